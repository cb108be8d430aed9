"""What the pages of a site, and of many sites, share: learned page by page, asked block by block."""

from __future__ import annotations

from dedup.memory.addresses import normalised_url, page_key, site_of
from dedup.memory.learned import LearnedMemory, Loaded
from dedup.memory.options import MemoryOptions
from dedup.memory.seen import Seen, Version
from dedup.memory.sites import MemorySize, SiteMemory

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
