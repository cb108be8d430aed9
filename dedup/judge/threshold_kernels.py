"""The threshold that promises the best F of words, in one call: a page asks twice, and numpy would take ten steps."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.jit import kernel

SURE: Final = 0.5
_TOLERANCE: Final = 0.05  # the promise of a low threshold is less certain than that of one half


@kernel("UniTuple(float64, 2)(float32[::1], float32[::1], float64, float64, float64, boolean)")
def best_threshold(
    scores: npt.NDArray[np.float32],
    words: npt.NDArray[np.float32],
    beta: float,
    lowest: float,
    highest: float,
    prefers_half: bool,  # noqa: FBT001  (a kernel's arguments go by position)
) -> tuple[float, float]:
    """The threshold, and the F1 that it promises.

    Args:
        scores: float32[n], chances that each block is content.
        words: float32[n], words of each.
        beta: how many times recall counts for precision.
        lowest: no lower threshold is chosen.
        highest: no higher one.
        prefers_half: one half is chosen where it promises nearly as much.
    """
    total = 0.0
    for i in range(len(scores)):
        total += scores[i] * words[i]
    if total <= 0:
        return SURE, 0.0
    order = np.argsort(-scores, kind="mergesort")  # stable
    kept = found = 0.0
    best, best_kept, best_found, best_promise = SURE, 0.0, 0.0, -1.0
    half_kept = half_found = half_promise = -1.0
    for block in order:
        kept += words[block]
        found += scores[block] * words[block]
        promise = (1 + beta * beta) * found / (kept + beta * beta * total)
        if promise > best_promise:
            best, best_kept, best_found, best_promise = float(scores[block]), kept, found, promise
        if scores[block] >= SURE:
            half_kept, half_found, half_promise = kept, found, promise
    if prefers_half and half_kept >= 0 and half_promise >= best_promise - _TOLERANCE:
        return SURE, 2 * half_found / (half_kept + total)
    return min(max(best, lowest), highest), 2 * best_found / (best_kept + total)
