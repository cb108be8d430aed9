"""What the pages of a site, and of many sites, share: learned page by page, asked block by block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dedup.loading import on_demand
from dedup.memory.addresses import normalised_url, page_key, site_of
from dedup.memory.options import MemoryOptions
from dedup.memory.size import MemorySize

if TYPE_CHECKING:
    from dedup.memory.learned import LearnedMemory, Loaded
    from dedup.memory.seen import Seen, Version
    from dedup.memory.sites import SiteMemory
else:
    __getattr__ = on_demand(
        __name__,
        {
            "LearnedMemory": "dedup.memory.learned",
            "Loaded": "dedup.memory.learned",
            "Seen": "dedup.memory.seen",
            "SiteMemory": "dedup.memory.sites",
            "Version": "dedup.memory.seen",
        },
    )


__all__ = [
    "LearnedMemory",
    "Loaded",
    "MemoryOptions",
    "MemorySize",
    "Seen",
    "SiteMemory",
    "Version",
    "normalised_url",
    "page_key",
    "site_of",
]
