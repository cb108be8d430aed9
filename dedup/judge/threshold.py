"""From which score on a block of this page is content."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

LOWEST: Final = 0.15
SURE: Final = 0.5
_TOLERANCE: Final = 0.01


def page_threshold(scores: npt.NDArray[np.float32], words: npt.NDArray[np.float32]) -> tuple[float, float]:
    """The threshold that promises the best F1 of words on this page, and the F1 that it promises.

    With calibrated scores the expected F1 of keeping the best k blocks is 2 * sum(p w) / (sum(w) + sum over all of
    p w); the best k may lie below one half where the whole page is uncertain (Lipton et al., Thresholding classifiers
    to maximize F1 score, 2014). One half is kept where it is as good.

    Args:
        scores: float32[n], chances that each block is content.
        words: float32[n], words of each.
    """
    mass = scores * words
    total = float(mass.sum())
    if total <= 0:
        return SURE, 0.0
    order = np.argsort(-scores, kind="stable")
    promise = 2 * np.cumsum(mass[order]) / (np.cumsum(words[order]) + total)
    best = int(np.argmax(promise))
    sure = scores >= SURE
    at_half = 2 * float(mass[sure].sum()) / (float(words[sure].sum()) + total)
    if at_half >= promise[best] - _TOLERANCE:
        return SURE, at_half
    return float(np.clip(scores[order[best]], LOWEST, SURE)), float(promise[best])
