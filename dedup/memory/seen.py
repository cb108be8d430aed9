"""What a memory says of the blocks of a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

LEAST_PAGES: Final = 2  # a block on one other page may be a quotation
LEAST_SHARE: Final = 0.1


@dataclass(frozen=True, slots=True)
class Version:
    """What is kept of a page as it was last learned.

    Attributes:
        digest: 16 bytes, of its content (`Analysis.content_digest`).
        sketch: 128 bytes, of its content (`Analysis.sketch`).
    """

    digest: bytes
    sketch: bytes


@dataclass(frozen=True, slots=True)
class Seen:
    """How often the blocks of a page stand on other pages.

    Attributes:
        pages: int32[n], other pages of the site that hold each block.
        since: int32[n], other pages of the site that were learned since the first of them, itself included.
        of: other pages of the site that are known.
        sites: int32[n], other sites where the block stands on several pages.
        position: of the memory's log.
        copies: other pages of the site that are equal to this one as a whole.
        addresses: stems of their URLs, other than this one's: print views and the like of a page share one.
        before: the page as it was last learned; None where it was not, or where the state does not answer.
    """

    pages: npt.NDArray[np.int32]
    since: npt.NDArray[np.int32]
    of: int
    sites: npt.NDArray[np.int32]
    position: int
    copies: int = 0
    addresses: int = 0
    before: Version | None = None

    @property
    def share(self) -> npt.NDArray[np.float64]:
        """float64[n], lower bound of the share of pages that hold each block (one standard error; Wilson, 1927).

        Of the pages since the block was first seen: what a redesign brought in is not held against the pages before
        it. Two of two pages give .67, forty of two hundred .17.
        """
        count = np.maximum(self.since, 1).astype(np.float64)
        share = np.minimum(self.pages / count, 1)
        spread = np.sqrt(share * (1 - share) / count + 1 / (4 * count**2))
        bound: npt.NDArray[np.float64] = (share + 1 / (2 * count) - spread) / (1 + 1 / count)
        return np.where(self.pages > 0, bound, 0.0)

    @property
    def template(self) -> npt.NDArray[np.bool_]:
        """bool[n], blocks that enough pages hold to call them the site's."""
        return (self.pages >= LEAST_PAGES) & (self.share >= LEAST_SHARE)
