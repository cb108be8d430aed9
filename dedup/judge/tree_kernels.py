"""Inference of boosted trees (Friedman, Greedy function approximation, 2001), without the library that grew them.

No row walks down a tree. Every node is asked of many rows at once, and a row's answers strike out the leaves that it
cannot reach; the first leaf left is its own (Lucchese et al., QuickScorer, SIGIR 2015). That asks five times as many
nodes and needs no branch and no scattered load. So that one instruction asks a node of as many rows as a register has
bytes, a value is the number of its column's thresholds that it exceeds, and the leaves of a tree are kept eight at a
time: a node is asked only for those bytes in which it strikes out a leaf, mostly one (Ye et al., RapidScorer: fast tree
ensemble evaluation by maximizing compactness in data level parallelization, KDD 2018).
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.jit import kernel

LEAVES: Final = 32  # of a tree at most: one bit each
PARTS: Final = 4  # of a tree's leaves, eight each
ROWS: Final = 1024  # asked at once; what they need stays in the second cache
LANES: Final = 32  # ranks of a column are this many or a multiple, so that no row is asked by itself
CUTS: Final = 4  # thresholds that are counted in one pass over the rows
QUESTIONS: Final = 6  # asked in one pass over the rows, which then loads and stores a row's leaves once
_TILE: Final = 8  # columns that are read at once: a row's values stand next to each other
_CUTS, _QUESTIONS = np.uintp(CUTS), np.uintp(QUESTIONS)
_1, _2, _3, _4, _5 = (np.uintp(i) for i in range(1, 6))
_ALL: Final = np.uint8(0xFF)
_SECOND, _THIRD, _FOURTH = (np.uint32(8 * part) for part in range(1, PARTS))
_DE_BRUIJN: Final = np.uint32(0x077CB531)
_SHIFT: Final = np.uint32(27)

# Where the leaf of each bit stands: multiplying by a de Bruijn sequence brings every power of two to five bits of its
# own (Leiserson, Prokop and Randall, Using de Bruijn sequences to index a 1 in a computer word, 1998).
SLOTS: Final[tuple[int, ...]] = tuple((int(_DE_BRUIJN) << bit & 0xFFFFFFFF) >> int(_SHIFT) for bit in range(LEAVES))


@kernel("void(float32[:, ::1], intp[::1], float32[::1], int32[::1], int8[:, ::1])")
def rank(
    table: npt.NDArray[np.float32],
    rows: npt.NDArray[np.intp],
    cuts: npt.NDArray[np.float32],
    bounds: npt.NDArray[np.int32],
    ranks: npt.NDArray[np.int8],
) -> None:
    """How many thresholds of its column each value exceeds; trees ask nothing else of it.

    Args:
        table: float32[n, at least c].
        rows: intp[k], those that are asked about.
        cuts: float32[cuts], thresholds, those of a column together: `CUTS` of them or a multiple, infinite ones added.
        bounds: int32[c + 1], where those of each column begin.
        ranks: int8[c, at least k], to be filled; with more columns than k, the last ones mean nothing.
    """
    count, width = ranks.shape
    values = np.zeros((_TILE, width), np.float32)
    found = np.empty(width, np.int32)
    for first in range(0, count, _TILE):
        some = min(_TILE, count - first)
        for i in range(len(rows)):
            row = table[rows[i]]
            for j in range(some):
                values[j, i] = row[first + j]
        for j in range(some):
            column, out = values[j], ranks[first + j]
            found[:] = 0
            cut, end = np.uintp(bounds[first + j]), np.uintp(bounds[first + j + 1])
            while cut < end:
                a, b, c, d = cuts[cut], cuts[cut + _1], cuts[cut + _2], cuts[cut + _3]
                for i in range(width):
                    found[i] += (
                        np.int32(column[i] > a)
                        + np.int32(column[i] > b)
                        + np.int32(column[i] > c)
                        + np.int32(column[i] > d)
                    )
                cut += _CUTS
            for i in range(width):
                out[i] = np.int8(found[i])


@kernel("void(int8[:, ::1], int32[::1], int16[::1], int8[::1], uint8[::1], float32[:, ::1], float32[::1])")
def predict(
    ranks: npt.NDArray[np.int8],
    starts: npt.NDArray[np.int32],
    columns: npt.NDArray[np.int16],
    limits: npt.NDArray[np.int8],
    masks: npt.NDArray[np.uint8],
    leaves: npt.NDArray[np.float32],
    scores: npt.NDArray[np.float32],
) -> None:
    """The probability that each of at most `ROWS` rows is content.

    A question is a node and a part of its tree's leaves in which it strikes out some.

    Args:
        ranks: int8[columns, at least n], of the values; a multiple of `LANES`.
        starts: int32[PARTS * trees + 1], first question of each part of each tree; a part has `QUESTIONS` or a
            multiple, those added that strike out nothing.
        columns: int16[questions], column that is asked.
        limits: int8[questions]; a rank at or below goes left.
        masks: uint8[questions], bits of the leaves that a row may still reach if it goes right.
        leaves: float32[trees, LEAVES], in log-odds; the leaf of bit b stands at `SLOTS[b]`.
        scores: float32[n], to be filled.
    """
    width = ranks.shape[1]
    parts = np.empty((PARTS, width), np.uint8)
    slots = np.empty(width, np.uint32)
    sums = np.zeros(width, np.float32)
    for tree in range(len(leaves)):
        for number in range(PARTS):
            part = parts[np.uintp(number)]
            part[:] = _ALL
            at = np.uintp(starts[PARTS * tree + number])
            end = np.uintp(starts[PARTS * tree + number + 1])
            while at < end:
                a, b = ranks[np.uintp(columns[at])], ranks[np.uintp(columns[at + _1])]
                c, d = ranks[np.uintp(columns[at + _2])], ranks[np.uintp(columns[at + _3])]
                e, f = ranks[np.uintp(columns[at + _4])], ranks[np.uintp(columns[at + _5])]
                to_a, to_b, to_c = limits[at], limits[at + _1], limits[at + _2]
                to_d, to_e, to_f = limits[at + _3], limits[at + _4], limits[at + _5]
                for_a, for_b, for_c = masks[at], masks[at + _1], masks[at + _2]
                for_d, for_e, for_f = masks[at + _3], masks[at + _4], masks[at + _5]
                for i in range(width):
                    part[i] &= (
                        (for_a if a[i] > to_a else _ALL)
                        & (for_b if b[i] > to_b else _ALL)
                        & (for_c if c[i] > to_c else _ALL)
                        & (for_d if d[i] > to_d else _ALL)
                        & (for_e if e[i] > to_e else _ALL)
                        & (for_f if f[i] > to_f else _ALL)
                    )
                at += _QUESTIONS
        first, second, third, fourth = parts[0], parts[1], parts[2], parts[3]
        for i in range(width):
            alive = (
                np.uint32(first[i])
                | np.uint32(np.uint32(second[i]) << _SECOND)
                | np.uint32(np.uint32(third[i]) << _THIRD)
                | np.uint32(np.uint32(fourth[i]) << _FOURTH)
            )
            lowest = np.uint32(alive & np.uint32(np.uint32(0) - alive))
            slots[i] = np.uint32(lowest * _DE_BRUIJN) >> _SHIFT
        outputs = leaves[tree]
        for i in range(width):
            sums[i] += outputs[np.uintp(slots[i])]
    for i in range(len(scores)):
        scores[i] = np.float32(1.0) / (np.float32(1.0) + np.exp(-sums[i]))
