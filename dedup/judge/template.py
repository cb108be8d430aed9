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

from dedup.judge.template_kernels import count_seen, fill_evidence, weigh_blocks
from dedup.memory.seen import SeenBlocks

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
    table = np.empty((len(scores), len(NAMES)), np.float64)
    fill_evidence(scores, words, counted.pages, counted.share, counted.company, counted.sites, table)
    return table


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
    if promise < STEADY_PROMISE:
        return scores
    counted, weighed = count(scores, seen, words), np.empty_like(scores)
    weigh_blocks(
        scores,
        words,
        titles,
        counted.pages,
        counted.share,
        counted.company,
        counted.sites,
        _weights(),
        promise < WEIGHED_PROMISE,
        weighed,
    )
    return weighed


def count(scores: npt.NDArray[np.float32], seen: SeenBlocks, words: Ints) -> Counted:
    """What counts, without what only looks like a template.

    A price, a date or a score that recurs but for its digits is a template only amid one: where it is short and all
    blocks around it stand on other pages as they are. And where most of the prose stands on other pages, those are
    copies of this page (print view, AMP, a story under eight tags): its prose is no template of theirs, or an article
    would come back empty.
    """
    n = len(scores)
    counted = Counted(np.empty(n, np.int32), np.empty(n), np.empty(n), seen.sites)
    count_seen(
        scores,
        words,
        seen.pages,
        seen.since,
        seen.exact,
        seen.exact_since,
        counted.pages,
        counted.share,
        counted.company,
    )
    return counted


@cache
def _weights() -> Floats:
    with resources.files(__package__).joinpath(FILE).open("rb") as source:
        weights = json.load(source)
    return np.array([weights[name] for name in NAMES])
