"""Which documents of the crawl so far resemble this one: signatures of cleaned content, on the store of a state.

The names below are loaded on first use: importing this package compiles no kernel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dedup.crawl.options import CrawlOptions

if TYPE_CHECKING:
    from dedup.crawl.content import Content, read_content
    from dedup.crawl.index import CrawlIndex

_HOME = {
    "Content": "dedup.crawl.content",
    "CrawlIndex": "dedup.crawl.index",
    "read_content": "dedup.crawl.content",
}

__all__ = ["Content", "CrawlIndex", "CrawlOptions", "read_content"]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'dedup.crawl' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415  (only this lazy path needs it)

    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value
