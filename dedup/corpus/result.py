"""What the search for near-duplicates returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

KEPT = -1


class Pairs(NamedTuple):
    """Pairs of near-duplicates, by the later document, then by the earlier one.

    Attributes:
        first: int64[m], the earlier document.
        second: int64[m], the later one.
        jaccard: float64[m], of their shingles, exact.
        first_in_second: float64[m], share of the first one's shingles that the second one holds.
        second_in_first: float64[m], the reverse: near 1 where the second is an excerpt of the first.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    jaccard: NDArray[np.float64]
    first_in_second: NDArray[np.float64]
    second_in_first: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class NearDuplicates:
    """Pairs, clusters and what to keep of `n` documents.

    Attributes:
        pairs: every pair found, all of them verified. A document whose text came before is paired with the first of
            that text only; what holds for the one holds for the other.
        cluster: int64[n], the first document of the cluster: of all that are linked by pairs, directly or by way of
            others. Clusters chain, so two documents of one need not resemble each other.
        duplicate_of: int64[n], for a document to drop, the earliest kept document that it was verified against; -1
            for one to keep. A document is kept unless it is a near-duplicate of an earlier one that is kept.
    """

    pairs: Pairs
    cluster: NDArray[np.int64]
    duplicate_of: NDArray[np.int64]

    @property
    def kept(self) -> NDArray[np.bool_]:
        """bool[n], which documents to keep."""
        kept: NDArray[np.bool_] = self.duplicate_of == KEPT
        return kept
