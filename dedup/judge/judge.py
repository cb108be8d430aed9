"""Scores to judgement: which blocks of a page are its content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.judge.features import features, rows_of
from dedup.judge.model import VERSION, load
from dedup.judge.roles import roles
from dedup.judge.text_rules import judge_text
from dedup.judge.threshold import page_threshold
from dedup.page import Role
from dedup.repeats.page import PageRepeats
from dedup.segment import shape_kernels as shape
from dedup.segment.segments import Segments

MODEL: Final = f"judge-{VERSION}"
WIDGET_SCORE: Final = 0.8  # a repeated list that the judge is surer of than this stays


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the judge says of each block.

    Attributes:
        scores: float32[n], the chance that each is content.
        content: bool[n], whether it stays, before any memory is asked.
        widget: bool[n], repeated lists that go.
        roles: n roles of furniture, None where it cannot be told.
        confidence: F1 of words that the page's content is expected to have.
    """

    scores: npt.NDArray[np.float32]
    content: npt.NDArray[np.bool_]
    widget: npt.NDArray[np.bool_]
    roles: list[Role | None]
    confidence: float


def judge(page: Segments, shapes: npt.NDArray[np.int32], repeats: PageRepeats) -> Judgement:
    """Judge the blocks of a page from all that the page itself tells."""
    evidence = features(page, shapes, repeats)
    words = evidence.table[:, 0].copy()
    if page.table is None:
        scores = judge_text(page, shapes, repeats)
        widget = repeats.widget
    else:
        scores = load("html").score(evidence, page.elements, rows_of(page))
        widget = repeats.widget & (scores < WIDGET_SCORE)
    threshold, promise = page_threshold(scores, words)
    content = (scores >= threshold) & ~widget
    return Judgement(
        scores,
        content,
        widget,
        roles(evidence.table, page.texts, shapes[:, shape.WORDS], ~content),
        promise,
    )
