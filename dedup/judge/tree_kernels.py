"""Inference of boosted trees (Friedman, Greedy function approximation, 2001), without the library that grew them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dedup.jit import kernel


@kernel("void(float32[:, ::1], int32[::1], int16[::1], float32[::1], int16[:, ::1], float32[::1], float32[::1])")
def predict(
    table: npt.NDArray[np.float32],
    roots: npt.NDArray[np.int32],
    features: npt.NDArray[np.int16],
    thresholds: npt.NDArray[np.float32],
    children: npt.NDArray[np.int16],
    leaves: npt.NDArray[np.float32],
    scores: npt.NDArray[np.float32],
) -> None:
    """The probability that each row of a table is content.

    Args:
        table: float32[n, features].
        roots: int32[trees + 1], first node of each tree; its leaves start at the same number plus the tree's index.
        features: int16[nodes], column that a node asks.
        thresholds: float32[nodes]; a value at or below goes left.
        children: int16[nodes, 2], nodes counted from the tree's root; a leaf as -1 - its number in the tree.
        leaves: float32[nodes + trees], in log-odds.
        scores: float32[n], to be filled.
    """
    trees = len(roots) - 1
    for row in range(len(table)):
        total = np.float32(0.0)
        for tree in range(trees):
            root = roots[tree]
            node = np.int64(0)
            while node >= 0:
                at = np.uintp(root + node)
                right = table[row, np.uintp(features[at])] > thresholds[at]
                node = np.int64(children[at, np.uintp(right)])
            total += leaves[root + tree - 1 - node]
        scores[row] = np.float32(1.0) / (np.float32(1.0) + np.exp(-total))
