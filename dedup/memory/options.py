"""Bounds of what is remembered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from dedup.options import require_number, require_whole

COPIES: Final = 8  # equal pages of a site that are remembered; more say nothing new


@dataclass(frozen=True, slots=True)
class MemoryOptions:
    """How much is remembered.

    Attributes:
        pages_per_site: latest pages that each count whole; older ones are folded into decayed counts.
        slack: further pages before a site is folded.
        half_life: pages after which a folded page counts half.
        max_pages: pages of all sites in RAM (56 bytes each); beyond it, the sites that were learned from longest ago
            are left out.
        max_blocks: blocks of all these pages (12 bytes each). Beyond it, blocks that one page alone holds go first, of
            the sites that were learned from longest ago, then those sites.

    Raises:
        OptionError: a value outside its range.
    """

    pages_per_site: int = 500
    slack: int = 100
    half_life: float = 200.0
    max_pages: int = 10_000_000
    max_blocks: int = 100_000_000

    def __post_init__(self) -> None:
        for name in ("pages_per_site", "slack", "max_pages", "max_blocks"):
            require_whole(name, getattr(self, name), 1, 2**31)
        require_number("half_life", self.half_life, 1, 2**31)
