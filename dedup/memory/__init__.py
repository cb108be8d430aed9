"""What the pages of a site, and of many sites, share: learned page by page, asked block by block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dedup.memory.addresses import normalised_url, page_key, site_of
from dedup.memory.options import MemoryOptions
from dedup.memory.size import MemorySize

if TYPE_CHECKING:
    from dedup.memory.learned import LearnedMemory, Loaded
    from dedup.memory.seen import Seen, Version
    from dedup.memory.sites import SiteMemory

_HOME = {
    "LearnedMemory": "dedup.memory.learned",
    "Loaded": "dedup.memory.learned",
    "Seen": "dedup.memory.seen",
    "SiteMemory": "dedup.memory.sites",
    "Version": "dedup.memory.seen",
}

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


def __getattr__(name: str) -> object:
    """Load what compiles kernels when it is asked for."""
    if name not in _HOME:
        raise AttributeError(f"module 'dedup.memory' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415  (only this lazy path needs it)

    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value
