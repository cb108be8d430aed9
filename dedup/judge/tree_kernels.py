"""Inference of boosted trees (Friedman, Greedy function approximation, 2001), without the library that grew them."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.jit import kernel

_WIDTH: Final = 8  # rows that go down a tree at once: one row alone would wait for memory at every node


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
    n = len(table)
    trees = len(roots) - 1
    nodes = np.zeros(_WIDTH, np.int64)
    sums = np.zeros(_WIDTH, np.float32)
    for first in range(0, n, _WIDTH):
        width = min(_WIDTH, n - first)
        sums[:] = 0.0
        for tree in range(trees):
            root = roots[tree]
            nodes[:] = 0
            inside = width
            while inside:
                inside = 0
                for lane in range(width):
                    node = nodes[lane]
                    if node >= 0:
                        at = np.uintp(root + node)
                        right = table[np.uintp(first + lane), np.uintp(features[at])] > thresholds[at]
                        node = np.int64(children[at, np.uintp(right)])
                        nodes[lane] = node
                        inside += node >= 0
            for lane in range(width):
                sums[lane] += leaves[root + tree - 1 - nodes[lane]]
        for lane in range(width):
            scores[first + lane] = np.float32(1.0) / (np.float32(1.0) + np.exp(-sums[lane]))
