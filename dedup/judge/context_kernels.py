"""The second look: what the first scores say of a block's surroundings.

A block alone is often ambiguous where its neighbours, its container or the blocks of its shape are not (stacking:
Wolpert, Stacked generalization, 1992; for sequences, Cohen and Carvalho, IJCAI 2005).
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.jit import kernel
from dedup.segment import dom_kernels as dom

_STEPS: Final = 4
_WINDOWS: Final = (2, 5, 12)
_LEVELS: Final = 5

NAMES: Final[tuple[str, ...]] = (
    "score",
    *(f"score{step:+d}" for step in (*range(-_STEPS, 0), *range(1, _STEPS + 1))),
    *(f"mean_of_{reach}" for reach in _WINDOWS),
    "best_before", "best_after", "content_before", "content_after", "page_score", "page_doubt", "page_content",
    "shape_score", "shape_content",
    *(f"{what}^{level}" for level in range(1, _LEVELS + 1) for what in ("container_score", "container_content")),
)  # fmt: skip

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]


@kernel("void(float32[::1], float32[::1], uint64[::1], int32[::1], int32[:, ::1], float32[:, ::1])")
def context_features(
    scores: Floats, words: Floats, keys: npt.NDArray[np.uint64], elements: Ints, rows: Ints, table: Floats
) -> None:
    """Fill the table of context features.

    Args:
        scores: float32[n], of the first look.
        words: float32[n], weight of each block.
        keys: uint64[n], equal for blocks of the same shape.
        elements: int32[n], element of each block.
        rows: int32[e, dom.ELEMENT_COLUMNS].
        table: float32[n, len(NAMES)], to be filled.
    """
    n = len(scores)
    e = len(rows)
    mass = np.zeros(e, np.float64)
    weight = np.zeros(e, np.float64)
    sums = np.zeros(n + 1, np.float64)
    weights = np.zeros(n + 1, np.float64)
    doubt = 0.0
    for block in range(n):
        weigh = words[block] + 1.0
        content = weigh * scores[block]
        mass[elements[block]] += content
        weight[elements[block]] += weigh
        sums[block + 1] = sums[block] + content
        weights[block + 1] = weights[block] + weigh
        doubt += weigh * min(scores[block], np.float32(1.0) - scores[block])
    for element in range(e - 1, 0, -1):
        parent = rows[element, dom.PARENT]
        if parent >= 0:
            mass[parent] += mass[element]
            weight[parent] += weight[element]
    total = sums[n] + 1e-9
    everything = max(weights[n], 1e-9)

    bits = np.uint64(4)
    while (np.uint64(1) << bits) < np.uint64(2 * n + 2):
        bits += np.uint64(1)
    size = np.int64(1) << np.int64(bits)
    heads = np.full(size, -1, np.int32)
    slots = np.zeros(n, np.int32)
    shape_mass = np.zeros(n, np.float64)
    shape_weight = np.zeros(n, np.float64)
    for block in range(n):
        slot = keys[block] >> (np.uint64(64) - bits)
        while heads[slot] >= 0 and keys[heads[slot]] != keys[block]:
            slot = (slot + np.uint64(1)) & np.uint64(size - 1)
        if heads[slot] < 0:
            heads[slot] = block
        slots[block] = heads[slot]
        shape_mass[heads[slot]] += sums[block + 1] - sums[block]
        shape_weight[heads[slot]] += weights[block + 1] - weights[block]

    best_after = np.zeros(n + 1, np.float32)
    for block in range(n - 1, -1, -1):
        best_after[block] = max(best_after[block + 1], scores[block])
    best_before = np.float32(0.0)
    for block in range(n):
        out = table[block]
        out[0] = scores[block]
        f = 1
        for step in range(-_STEPS, _STEPS + 1):
            if step:
                other = block + step
                out[f] = scores[other] if 0 <= other < n else -1.0
                f += 1
        for reach in _WINDOWS:
            low = max(block - reach, 0)
            high = min(block + reach + 1, n)
            out[f] = (sums[high] - sums[low]) / (weights[high] - weights[low])
            f += 1
        out[f] = best_before
        out[f + 1] = best_after[block + 1]
        out[f + 2] = sums[block] / total
        out[f + 3] = 1.0 - sums[block + 1] / total
        out[f + 4] = total / everything
        out[f + 5] = doubt / everything
        out[f + 6] = np.log(1.0 + total)
        out[f + 7] = shape_mass[slots[block]] / shape_weight[slots[block]]
        out[f + 8] = shape_mass[slots[block]] / total
        f += 9
        container = elements[block]
        for _ in range(_LEVELS):
            container = max(rows[container, dom.PARENT], 0)
            out[f] = mass[container] / max(weight[container], 1e-9)
            out[f + 1] = mass[container] / total
            f += 2
        best_before = max(best_before, scores[block])
