"""Which documents of the crawl so far resemble this one: signatures of cleaned content, on the store of a state.

The names below are loaded on first use: importing this package compiles no kernel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dedup.crawl.options import CrawlOptions
from dedup.loading import on_demand

if TYPE_CHECKING:
    from dedup.crawl.content import Content, read_content
    from dedup.crawl.index import CrawlIndex
else:
    __getattr__ = on_demand(
        __name__,
        {
            "Content": "dedup.crawl.content",
            "CrawlIndex": "dedup.crawl.index",
            "read_content": "dedup.crawl.content",
        },
    )


__all__ = ["Content", "CrawlIndex", "CrawlOptions", "read_content"]
