"""Which blocks of a page repeat which."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.fingerprint import BlockPrints
from dedup.index.layout import Layout
from dedup.options import RepeatOptions
from dedup.repeats import kernels

_LEAST_TOKENS: Final = 5  # a shorter block differs in most of its shingles where it differs in one word


@dataclass(frozen=True, slots=True)
class Twins:
    """Equal and near-equal blocks of a page.

    Attributes:
        group: int32[n], the first block that each is equal or near-equal to (itself where there is none).
        twin: int32[n], index of the block that each repeats; for a first copy, of the next one; -1 for none.
        similarity: float32[n], exact Jaccard with the twin.
        copies: int64[n], how many blocks each group has, by its first block; 0 elsewhere.
    """

    group: npt.NDArray[np.int32]
    twin: npt.NDArray[np.int32]
    similarity: npt.NDArray[np.float32]
    copies: npt.NDArray[np.int64]

    @property
    def repeated(self) -> npt.NDArray[np.bool_]:
        """bool[n], whether a block has a twin."""
        repeated: npt.NDArray[np.bool_] = self.twin != kernels.NOBODY
        return repeated

    @property
    def later(self) -> npt.NDArray[np.bool_]:
        """bool[n], whether a block is equal or near-equal to one before it."""
        later: npt.NDArray[np.bool_] = self.group != np.arange(len(self.group))
        return later


def find_twins(prints: BlockPrints, options: RepeatOptions) -> Twins:
    """Group the equal and near-equal blocks of a page."""
    n = len(prints.digests)
    layout = _layout(options.threshold, prints.signatures.shape[1])
    group = np.empty(n, np.int32)
    twin = np.empty(n, np.int32)
    similarity = np.empty(n, np.float32)
    copies = np.empty(n, np.int64)
    kernels.find_twins(
        prints.digests,
        prints.token_counts,
        prints.hashes,
        prints.hash_offsets,
        prints.signatures,
        layout.bands,
        layout.rows,
        options.threshold,
        _LEAST_TOKENS,
        group,
        twin,
        similarity,
        copies,
    )
    return Twins(group, twin, similarity, copies)


_layout = cache(Layout.for_threshold)  # a search over all layouts, for few thresholds
