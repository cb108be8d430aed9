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
    """How often other pages hold what a memory is asked for: the k keys of a page (`Analysis.keys`).

    Attributes:
        pages: int32[k], other pages of the site that hold each.
        since: int32[k], other pages of the site that were learned since the first of them, itself included.
        of: other pages of the site that are known.
        sites: int32[k], other sites where it stands on several pages.
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

    def by_block(self, numbered: npt.NDArray[np.bool_]) -> SeenBlocks:
        """What it says of each of the page's n blocks.

        Args:
            numbered: bool[n], blocks that hold digits; each was asked for twice, masked and as it is.
        """
        n = len(numbered)
        pages, since, sites = (each[:n].copy() for each in (self.pages, self.since, self.sites))  # to be writable
        exact, exact_since = pages.copy(), since.copy()
        exact[numbered], exact_since[numbered] = self.pages[n:], self.since[n:]
        return SeenBlocks(pages, since, exact, exact_since, self.of, sites)


@dataclass(frozen=True, slots=True)
class SeenBlocks:
    """How often the n blocks of a page stand on other pages.

    Attributes:
        pages: int32[n], other pages of the site that hold each block, but for its digits.
        since: int32[n], other pages of the site that were learned since the first of them, itself included.
        exact: int32[n], other pages that hold it digits and all.
        exact_since: int32[n], as `since`.
        of: other pages of the site that are known.
        sites: int32[n], other sites where the block stands on several pages, but for its digits.
    """

    pages: npt.NDArray[np.int32]
    since: npt.NDArray[np.int32]
    exact: npt.NDArray[np.int32]
    exact_since: npt.NDArray[np.int32]
    of: int
    sites: npt.NDArray[np.int32]

    @property
    def tells(self) -> bool:
        """Whether any other page holds any of the blocks; what none holds is judged as without a memory."""
        return bool(self.pages.any() or self.exact.any() or self.sites.any())

    @property
    def template(self) -> npt.NDArray[np.bool_]:
        """bool[n], blocks that enough pages hold to call them the site's."""
        from dedup.memory.share_kernels import least_share  # noqa: PLC0415  (loads the kernels)

        return (self.pages >= LEAST_PAGES) & (least_share(self.pages, self.since) >= LEAST_SHARE)
