"""How large a memory is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MemorySize:
    """How much a memory holds, and what it gave up to stay within its bounds.

    Attributes:
        sites: that something is known of.
        pages: that are known.
        blocks: of those pages; each takes 12 bytes.
        evicted_blocks: blocks of one page alone that were given up since the start.
        evicted_sites: sites that were left out since the start.
    """

    sites: int = 0
    pages: int = 0
    blocks: int = 0
    evicted_blocks: int = 0
    evicted_sites: int = 0
