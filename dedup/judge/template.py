"""What other pages say of a block, weighed against the judge's score.

A small calibrated stage behind the judge: logistic regression on the judge's log odds and on how often, how steadily
and in what company other pages of the site, and other sites, hold the block. The weights are fitted on sites with
several pages (`dedup.judge.training.template`), held out from the judge that scored them; repetition may only lower a
score.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.memory.seen import SeenBlocks, least_share

FILE: Final = "template.json"
NAMES: Final = (
    "constant", "log odds", "seen", "seen on two pages", "log pages", "share", "words if seen", "words times share",
    "high score if seen", "company", "company on two pages", "other sites", "log other sites",
)  # fmt: skip
FREE: Final = 2  # of the weights above; those after them are at most 0
# Expected F1 of a page below which it may list, as its content, what other pages list: what recurs is weighed, and what
# recurs steadily counts, from here on.
WEIGHED_PROMISE: Final = 0.75
STEADY_PROMISE: Final = 0.6
_EDGE: Final = 0.003  # a score is never surer than this
_MOST: Final = 16  # pages; the fit knows no more
_NEAR: Final = 2  # blocks on either side that are a block's company
_LONG: Final = 8  # words; a shorter block recurs by chance
_SENTENCE: Final = 15  # words; a longer one needs no company
_STEADY_PAGES: Final = 3
_STEADY_SHARE: Final = 0.4
_STEADY_COMPANY: Final = 0.5
_STEADY_SITES: Final = 5
_STEADY_SCORE: Final = 0.05
_COPIED_SHARE: Final = 0.6
_PROSE: Final = 20  # words

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Counted:
    """What counts of that which other pages hold.

    Attributes:
        pages: int32[n], other pages of the site that hold each block.
        share: float64[n], lower bound of the share of pages that do.
        company: float64[n], share of the blocks around it that stand on other pages, too.
        sites: int32[n], other sites that repeat it.
    """

    pages: Ints
    share: Floats
    company: Floats
    sites: Ints


def evidence_of(scores: npt.NDArray[np.float32], counted: Counted, words: Ints) -> Floats:
    """float64[n, len(NAMES)], what the stage looks at."""
    odds = np.clip(scores.astype(np.float64), _EDGE, 1 - _EDGE)
    odds = np.log(odds / (1 - odds))
    is_seen = (counted.pages > 0).astype(np.float64)
    is_seen_twice = (counted.pages > 1).astype(np.float64)
    size = np.log1p(words) / 3
    columns = (
        np.ones_like(odds),
        odds,
        is_seen,
        is_seen_twice,
        np.log1p(np.minimum(counted.pages, _MOST)),
        counted.share,
        is_seen * size,
        counted.share * size,
        is_seen * np.maximum(odds, 0),
        is_seen * counted.company,
        is_seen_twice * counted.company,
        (counted.sites > 0).astype(np.float64),
        np.log1p(np.minimum(counted.sites, _MOST)),
    )
    return np.stack(columns, axis=1)


def weigh_in(
    scores: npt.NDArray[np.float32],
    seen: SeenBlocks,
    words: Ints,
    titles: npt.NDArray[np.bool_],
    *,
    promise: float = 1.0,
) -> npt.NDArray[np.float32]:
    """The chance that each block is content, given what other pages hold.

    Args:
        scores: float32[n], the judge's.
        seen: on other pages.
        words: int32[n].
        titles: bool[n], what says the page's own title: other pages tease it.
        promise: the F1 that the scores promise of the page.

    Returns:
        float32[n]; equal to `scores` for what was not seen elsewhere.
    """
    counted = count(scores, seen, words)
    known = (counted.pages > 0) | (counted.sites > 0)
    known &= ~titles | (counted.share >= _STEADY_SHARE)
    if not known.any() or promise < STEADY_PROMISE:
        return scores
    chances = scores.astype(np.float64)
    if promise >= WEIGHED_PROMISE:
        chances = 1 / (1 + np.exp(-(evidence_of(scores, counted, words) @ _weights())))
    is_told = (words >= _SENTENCE) | ((words >= _LONG) & (counted.company >= _STEADY_COMPANY))
    steady = (counted.pages >= _STEADY_PAGES) & (counted.share >= _STEADY_SHARE)
    steady = (steady | (counted.sites >= _STEADY_SITES)) & is_told
    chances = np.where(steady, np.minimum(chances, _STEADY_SCORE), chances)
    weighed: npt.NDArray[np.float32] = np.where(known, np.minimum(chances, scores), scores).astype(np.float32)
    return weighed


def count(scores: npt.NDArray[np.float32], seen: SeenBlocks, words: Ints) -> Counted:
    """What counts, without what only looks like a template.

    A price, a date or a score that recurs but for its digits is a template only amid one: where it is short and all
    blocks around it stand on other pages as they are. And where most of the prose stands on other pages, those are
    copies of this page (print view, AMP, a story under eight tags): its prose is no template of theirs, or an article
    would come back empty.
    """
    company = _company(seen.exact > 0)
    is_amid = (seen.exact == 0) & (seen.pages > 1) & (company == 1) & (words < _SENTENCE)
    pages = np.where(is_amid, seen.pages, seen.exact)
    share = least_share(pages, np.where(is_amid, seen.since, seen.exact_since))
    prose = (words >= _PROSE) & (scores >= 0.5)
    copied = prose & (seen.pages > 0)
    if words[copied].sum() > _COPIED_SHARE * words[prose].sum():
        pages = np.where(copied, 0, pages)
        share = np.where(copied, 0.0, share)
    return Counted(pages.astype(np.int32), share, company, seen.sites)


def _company(elsewhere: npt.NDArray[np.bool_]) -> Floats:
    """Share of the blocks around each that stand on other pages; beyond the page's ends, all count as such."""
    padded = np.pad(elsewhere.astype(np.float64), _NEAR, constant_values=1)
    n = len(elsewhere)
    around = [padded[_NEAR + step : _NEAR + step + n] for step in range(-_NEAR, _NEAR + 1) if step]
    found: Floats = np.mean(around, axis=0)
    return found


@cache
def _weights() -> Floats:
    with resources.files(__package__).joinpath(FILE).open("rb") as source:
        weights = json.load(source)
    return np.array([weights[name] for name in NAMES])
