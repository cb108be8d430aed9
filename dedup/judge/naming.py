"""What the tags, classes and ids of templates are worth, as evidence for or against the blocks inside."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from dedup.judge import columns
from dedup.judge.naming_kernels import BUCKET_BITS, REACHES, name_features
from dedup.segment.segments import ElementTable

_AT = columns.NAMES.index("names_own")
_WORDS = columns.NAMES.index("words")


@dataclass(frozen=True)
class NameWeights:
    """Weights of a logistic regression over the terms around a block.

    Attributes:
        keys: uint32[k], of `naming_kernels`, ascending.
        weights: float16[k, REACHES], in log-odds.
    """

    keys: npt.NDArray[np.uint32]
    weights: npt.NDArray[np.float16]

    @cached_property
    def _looked_up(self) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        firsts = np.arange((1 << BUCKET_BITS) + 1, dtype=np.int64) << (32 - BUCKET_BITS)
        buckets = np.searchsorted(self.keys.astype(np.int64), firsts).astype(np.int32)
        return self.keys, buckets, self.weights.astype(np.float32, order="C")

    def fill(self, elements: npt.NDArray[np.int32], around: ElementTable, table: npt.NDArray[np.float32]) -> None:
        """Fill the columns of a page's features that tell of names.

        Args:
            elements: int32[n], element of each block.
            around: the page's elements.
            table: float32[n, len(columns.NAMES)].
        """
        name_features(around.rows, around.tags, around.source, elements, *self._looked_up, _WORDS, _AT, table)


NO_NAMES = NameWeights(np.zeros(0, np.uint32), np.zeros((0, REACHES), np.float16))
"""Of plain text, and of pages that are trained on until the weights are known."""
