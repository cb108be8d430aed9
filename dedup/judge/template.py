"""What other pages say of a block, weighed against the judge's score.

A small calibrated stage behind the judge: logistic regression on the judge's log odds and on how often, and how
steadily, other pages of the site and other sites hold the block. The weights are fitted on sites with several pages
(`dedup.judge.training.template`), held out from the judge that scored them; repetition may only lower a score.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.memory.seen import Seen

FILE: Final = "template.json"
NAMES: Final = (
    "constant", "log odds", "seen", "seen on two pages", "log pages", "share", "words if seen", "words times share",
    "high score if seen", "other sites", "log other sites",
)  # fmt: skip
FREE: Final = 2  # of the weights above; those after them are at most 0
_EDGE: Final = 0.003  # a score is never surer than this
_MOST: Final = 16  # pages; the fit knows no more
_LONG: Final = 8  # words of a block that is no heading
_STEADY_PAGES: Final = 5
_STEADY_SHARE: Final = 0.5
_STEADY_SCORE: Final = 0.05
_COPIED_SHARE: Final = 0.6
_PROSE: Final = 20  # words

Floats = npt.NDArray[np.float64]


def evidence_of(scores: npt.NDArray[np.float32], seen: Seen, words: npt.NDArray[np.int32]) -> Floats:
    """float64[n, len(NAMES)], what the stage looks at."""
    odds = np.clip(scores.astype(np.float64), _EDGE, 1 - _EDGE)
    odds = np.log(odds / (1 - odds))
    is_seen = (seen.pages > 0).astype(np.float64)
    share = seen.share
    size = np.log1p(words) / 3
    columns = (
        np.ones_like(odds),
        odds,
        is_seen,
        (seen.pages > 1).astype(np.float64),
        np.log1p(np.minimum(seen.pages, _MOST)),
        share,
        is_seen * size,
        share * size,
        is_seen * np.maximum(odds, 0),
        (seen.sites > 0).astype(np.float64),
        np.log1p(np.minimum(seen.sites, _MOST)),
    )
    return np.stack(columns, axis=1)


def weigh_in(
    scores: npt.NDArray[np.float32], seen: Seen, words: npt.NDArray[np.int32], has_digits: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float32]:
    """The chance that each block is content, given what other pages hold.

    Args:
        scores: float32[n], the judge's.
        seen: on other pages; blocks count as equal if they differ in digits only.
        words: int32[n].
        has_digits: bool[n].

    Returns:
        float32[n]; equal to `scores` for what was not seen elsewhere.
    """
    seen = _guarded(scores, seen, words, has_digits)
    known = (seen.pages > 0) | (seen.sites > 0)
    if not known.any():
        return scores
    chances = 1 / (1 + np.exp(-(evidence_of(scores, seen, words) @ _weights())))
    steady = (seen.pages >= _STEADY_PAGES) & (seen.share >= _STEADY_SHARE) & (words >= _LONG)
    chances = np.where(steady, np.minimum(chances, _STEADY_SCORE), chances)
    weighed: npt.NDArray[np.float32] = np.where(known, np.minimum(chances, scores), scores).astype(np.float32)
    return weighed


def _guarded(
    scores: npt.NDArray[np.float32], seen: Seen, words: npt.NDArray[np.int32], has_digits: npt.NDArray[np.bool_]
) -> Seen:
    """Without what only looks like a template.

    A price or a score that recurs but for its digits is a template only amid one: it counts as often as its
    neighbours do. And where most of the prose stands on other pages, those are copies of this page (print view, AMP,
    a story under eight tags): its prose is not their template, or an article would come back empty.
    """
    pages = seen.pages
    if has_digits.any():
        padded = np.concatenate([[0], pages, [0]])
        around = np.maximum(padded[:-2], padded[2:])
        pages = np.where(has_digits, np.minimum(pages, around), pages).astype(np.int32)
    prose = (words >= _PROSE) & (scores >= 0.5)
    copied = prose & (pages > 0)
    if words[copied].sum() > _COPIED_SHARE * words[prose].sum():
        pages = np.where(copied, 0, pages).astype(np.int32)
    return Seen(pages, seen.since, seen.of, seen.sites, seen.position)


@cache
def _weights() -> Floats:
    with resources.files(__package__).joinpath(FILE).open("rb") as source:
        weights = json.load(source)
    return np.array([weights[name] for name in NAMES])
