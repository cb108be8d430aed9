"""Exact comparison of sets of shingle hashes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.errors import FingerprintError
from dedup.fingerprint import ShingleHashes
from dedup.index.arrays import checked_hashes, checked_rows
from dedup.index.exact_kernels import compare_pairs


class Similarities(NamedTuple):
    """How alike the two sets of each pair are.

    Attributes:
        jaccard: float64[n].
        containment: float64[n], share of the left set that the right one holds.
        contained: float64[n], share of the right set that the left one holds.
    """

    jaccard: NDArray[np.float64]
    containment: NDArray[np.float64]
    contained: NDArray[np.float64]


def compare(
    left: ShingleHashes, left_rows: NDArray[np.int64], right: ShingleHashes, right_rows: NDArray[np.int64]
) -> Similarities:
    """Jaccard and containment of pairs of sets, exact up to collisions of 32-bit hashes; 0 where a set is empty.

    Args:
        left: sets, as `Fingerprinter.shingle_hashes` gives them.
        left_rows: int64[n], the left set of each pair.
        right: sets; may be `left` again.
        right_rows: int64[n], the right set of each pair.

    Raises:
        FingerprintError: arrays of another type, rows that there are not, or not as many left ones as right ones.
    """
    checked_rows("left_rows", left_rows, len(checked_hashes(left, name="left").offsets) - 1)
    checked_rows("right_rows", right_rows, len(checked_hashes(right, name="right").offsets) - 1)
    if len(left_rows) != len(right_rows):
        raise FingerprintError("right_rows", f"{len(right_rows)} rows", f"{len(left_rows)}, one for each left one")
    similarities = np.empty((3, len(left_rows)), np.float64)
    compare_pairs(*left, left_rows, *right, right_rows, similarities)
    return Similarities(*similarities)
