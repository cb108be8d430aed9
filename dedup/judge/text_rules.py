"""A small rule for text without markup: tell-tale texts, and where the body stands."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.judge.phrases import is_list_heading, role_of
from dedup.repeats.page import LONG_WORDS, PageRepeats
from dedup.segment import shape_kernels as shape
from dedup.segment.segments import Segments

_KEEP: Final = 0.9
_REMOVE: Final = 0.1
_FURNITURE_WORDS: Final = 40  # a longer block is not judged by what it says of itself


def judge_text(page: Segments, shapes: npt.NDArray[np.int32], repeats: PageRepeats) -> npt.NDArray[np.float32]:
    """Score the blocks of a plain text: float32[n].

    All of it is content but what says otherwise outside the body of prose: a consent, share or copyright line, and
    after the body a heading of other pages' lists with all that stands under it.
    """
    words = shapes[:, shape.WORDS]
    scores = np.full(len(page), _KEEP, np.float32)
    body = np.flatnonzero((words >= LONG_WORDS) & ~repeats.widget)
    if not len(body):
        return scores
    short = words < _FURNITURE_WORDS
    for block in np.flatnonzero(short).tolist():
        outside = not body[0] <= block <= body[-1]
        if outside and role_of(page.texts[block]):
            scores[block] = _REMOVE
    for block in range(int(body[-1]) + 1, len(page)):
        if is_list_heading(page.texts[block]):
            scores[block:] = _REMOVE
            break
    return scores
