"""From which score on a block of this page is content."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.judge.threshold_kernels import SURE, best_threshold
from dedup.page import Lean


class _Leaning(NamedTuple):
    """How a threshold is chosen.

    Attributes:
        beta: how many times recall counts for precision (van Rijsbergen, Information retrieval, 1979, chapter 7).
        lowest: no lower threshold is chosen.
        highest: no higher one.
    """

    beta: float
    lowest: float
    highest: float


_LEANINGS: Final[dict[Lean, _Leaning]] = {
    "precision": _Leaning(0.5, SURE, 0.9),
    "balanced": _Leaning(1.0, 0.15, SURE),
    "recall": _Leaning(2.0, 0.05, SURE),
}


def page_threshold(
    scores: npt.NDArray[np.float32], words: npt.NDArray[np.float32], lean: Lean = "balanced"
) -> tuple[float, float]:
    """The threshold that promises the best F of words on this page, and the F1 that it promises.

    With calibrated scores the expected F of keeping the best k blocks is (1 + beta²) sum(p w) / (sum(w) + beta² times
    the sum over all of p w); the best k may lie below one half where the whole page is uncertain (Lipton et al.,
    Thresholding classifiers to maximize F1 score, 2014). One half is kept where it is as good.

    Args:
        scores: float32[n], chances that each block is content.
        words: float32[n], words of each.
        lean: which of precision and recall counts for more.
    """
    beta, lowest, highest = _LEANINGS[lean]
    threshold, promise = best_threshold(scores, words, beta, lowest, highest, lean == "balanced")
    return threshold, promise
