"""Inference of boosted trees (Friedman, Greedy function approximation, 2001), without the library that grew them.

No row walks down a tree. Every node is asked of many rows at once, and a row's answers strike out the leaves that it
cannot reach; the first leaf left is its own (Lucchese et al., QuickScorer, SIGIR 2015; over rows rather than trees,
as their vectorised form). That asks five times as many nodes and needs no branch and no scattered load, so that one
instruction asks a node of up to sixteen rows.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.jit import kernel

LEAVES: Final = 32  # of a tree at most: one bit each
_ROWS: Final = 256  # asked at once; what they need stays in the nearest cache
_NODES: Final = np.uintp(6)  # asked in one pass over the rows, which then loads and stores a row's leaves once
_1, _2, _3, _4, _5 = (np.uintp(i) for i in range(1, 6))
_ALL: Final = np.uint32(0xFFFFFFFF)
_DE_BRUIJN: Final = np.uint32(0x077CB531)
_SHIFT: Final = np.uint32(27)

# Where the leaf of each bit stands: multiplying by a de Bruijn sequence brings every power of two to five bits of its
# own (Leiserson, Prokop and Randall, Using de Bruijn sequences to index a 1 in a computer word, 1998).
SLOTS: Final[tuple[int, ...]] = tuple((int(_DE_BRUIJN) << bit & 0xFFFFFFFF) >> int(_SHIFT) for bit in range(LEAVES))


@kernel("void(float32[:, ::1], int32[::1], int16[::1], float32[::1], uint32[::1], float32[:, ::1], float32[::1])")
def predict(
    columns: npt.NDArray[np.float32],
    roots: npt.NDArray[np.int32],
    features: npt.NDArray[np.int16],
    thresholds: npt.NDArray[np.float32],
    masks: npt.NDArray[np.uint32],
    leaves: npt.NDArray[np.float32],
    scores: npt.NDArray[np.float32],
) -> None:
    """The probability that each row of a table is content.

    Args:
        columns: float32[features, n], the table, column by column.
        roots: int32[trees + 1], first node of each tree.
        features: int16[nodes], column that a node asks.
        thresholds: float32[nodes]; a value at or below goes left.
        masks: uint32[nodes], bits of the leaves that a row may still reach if it goes right.
        leaves: float32[trees, LEAVES], in log-odds; the leaf of bit b stands at `SLOTS[b]`.
        scores: float32[n], to be filled.
    """
    n = len(scores)
    trees = len(roots) - 1
    alive = np.empty(_ROWS, np.uint32)
    sums = np.empty(_ROWS, np.float32)
    for first in range(0, n, _ROWS):
        width = np.uintp(min(_ROWS, n - first))
        base = np.uintp(first)
        sums[:] = 0.0
        for tree in range(trees):
            alive[:] = _ALL
            node = np.uintp(roots[tree])
            end = np.uintp(roots[tree + 1])
            while node + _NODES <= end:
                a, b, c = np.uintp(features[node]), np.uintp(features[node + _1]), np.uintp(features[node + _2])
                d, e, f = np.uintp(features[node + _3]), np.uintp(features[node + _4]), np.uintp(features[node + _5])
                at_a, at_b, at_c = thresholds[node], thresholds[node + _1], thresholds[node + _2]
                at_d, at_e, at_f = thresholds[node + _3], thresholds[node + _4], thresholds[node + _5]
                for_a, for_b, for_c = masks[node], masks[node + _1], masks[node + _2]
                for_d, for_e, for_f = masks[node + _3], masks[node + _4], masks[node + _5]
                for i in range(width):
                    row = base + np.uintp(i)
                    alive[i] &= (
                        (for_a if columns[a, row] > at_a else _ALL)
                        & (for_b if columns[b, row] > at_b else _ALL)
                        & (for_c if columns[c, row] > at_c else _ALL)
                        & (for_d if columns[d, row] > at_d else _ALL)
                        & (for_e if columns[e, row] > at_e else _ALL)
                        & (for_f if columns[f, row] > at_f else _ALL)
                    )
                node += _NODES
            while node < end:
                column, threshold, mask = np.uintp(features[node]), thresholds[node], masks[node]
                for i in range(width):
                    alive[i] &= mask if columns[column, base + np.uintp(i)] > threshold else _ALL
                node += _1
            outputs = np.uintp(tree)
            for i in range(width):
                lowest = np.uint32(alive[i] & np.uint32(np.uint32(0) - alive[i]))
                sums[i] += leaves[outputs, np.uintp(np.uint32(lowest * _DE_BRUIJN) >> _SHIFT)]
        for i in range(width):
            scores[base + np.uintp(i)] = np.float32(1.0) / (np.float32(1.0) + np.exp(-sums[i]))
