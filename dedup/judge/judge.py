"""Scores to judgement: which blocks of a page are its content."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.judge import guard_kernels as around
from dedup.judge import guards
from dedup.judge.features import Features, features, rows_of
from dedup.judge.model import VERSION, load
from dedup.judge.roles import keep_comments, roles
from dedup.judge.template import weigh_in
from dedup.judge.threshold import page_threshold
from dedup.lazy import lazy
from dedup.memory.seen import LEAST_PAGES, SeenBlocks
from dedup.options import CleanOptions
from dedup.page import Role
from dedup.repeats.page import LONG_WORDS, PageRepeats
from dedup.segment import shape_kernels as shape
from dedup.segment.segments import Segments

_RULES: Final = 2  # of blocks, repeats, threshold, guards and roles: counted up where only they change a verdict
MODEL: Final = f"judge-{VERSION}.{_RULES}"
UNDERSTOOD_PROMISE: Final = 0.8  # expected F1; below it a page may list what other pages list too, as its content
LINKED_SCORE: Final = 0.6  # a repeated list of links that the judge is surer of than this stays
# Of other repeated lists, a paragraph that the judge takes for content, or any item that it is surer of, stays where it
# stands first: specifications, questions and the like are listed twice, too.
REPEATED_PROSE_SCORE: Final = 0.5
REPEATED_SCORE: Final = 0.7


@dataclass(frozen=True)
class Judgement:
    """What the judge says of each block.

    Attributes:
        scores: float32[n], the chance that each is content.
        content: bool[n], whether it stays, before any memory is asked.
        widget: bool[n], repeated lists that go.
        confidence: F1 of words that the page's content is expected to have.
        tell_roles: tells `roles`.
    """

    scores: npt.NDArray[np.float32]
    content: npt.NDArray[np.bool_]
    widget: npt.NDArray[np.bool_]
    confidence: float
    tell_roles: Callable[[], list[Role | None]]

    @lazy
    def roles(self) -> list[Role | None]:
        """Of each block that goes, what furniture it is; None where that cannot be told. Few ask."""
        return self.tell_roles()


@dataclass(frozen=True, slots=True)
class Examined:
    """A page's blocks as the model sees them, and what it makes of each by itself.

    Attributes:
        page: the blocks.
        shapes: int32[n, shape.COLUMNS] of their text.
        repeats: within the page.
        evidence: features of the blocks.
        scores: float32[n], the chance that each is content.
    """

    page: Segments
    shapes: npt.NDArray[np.int32]
    repeats: PageRepeats
    evidence: Features
    scores: npt.NDArray[np.float32]


def examine(
    page: Segments,
    shapes: npt.NDArray[np.int32],
    repeats: PageRepeats,
    scores: npt.NDArray[np.float32] | None = None,
) -> Examined:
    """Score the blocks of a page; `scores` where they are known already (held-out ones, in training)."""
    model = load("text" if page.table is None else "html")
    evidence = features(page, shapes, repeats, model.names)
    if scores is None:
        scores = model.score(evidence, page.elements, rows_of(page))
    return Examined(page, shapes, repeats, evidence, scores)


def judge(examined: Examined, options: CleanOptions, seen: SeenBlocks | None = None) -> Judgement:
    """Judge the blocks of a page from all that the page itself tells, and from what is known of other pages.

    Args:
        examined: the page.
        options: which way to lean, and whether comments are content.
        seen: how often other pages hold the blocks.
    """
    page, shapes, repeats = examined.page, examined.shapes, examined.repeats
    evidence, scores = examined.evidence, examined.scores
    words = shapes[:, shape.WORDS]
    weights = words.astype(np.float32)
    threshold, promise = page_threshold(scores, weights)
    prose = evidence.prose
    if seen is not None:
        scores = weigh_in(scores, seen, words, page.titles, promise=promise)
        threshold, promise = page_threshold(scores, weights)
        prose = prose & (seen.exact < LEAST_PAGES)  # a sentence of this page's own, that is
    content = scores >= threshold
    widget = (repeats.widget & ~_is_trusted(examined, scores)) | (repeats.linked & (scores < LINKED_SCORE))
    if page.table is None:
        guards.keep_clean_text(content, widget)
    content &= ~widget
    first, last, _ = around.body_bounds(content, words, LONG_WORDS)
    if first >= 0:
        understood = promise >= UNDERSTOOD_PROMISE
        if page.table is not None:
            doubts = guards.DOUBTS if understood else guards.DOUBTS_IF_VAGUE
            around.keep_sentences(content, scores, prose & ~widget, first, last, *doubts)
        around.keep_items(content, scores, evidence.next_items & ~widget, first)
        if page.table is not None:
            around.keep_between(content, scores)
        _guard(page, scores, words, widget, content, first, last, evidence.table, understood=understood)
    if options.lean != "balanced":
        threshold, promise = page_threshold(scores, weights, options.lean)
        above = scores >= threshold
        content = content & above if options.lean == "precision" else content | (above & ~widget)
    tell_roles = partial(roles, page, evidence.table, words, ~content)
    judgement = Judgement(scores, content, widget, promise, tell_roles)
    if options.comments:
        keep_comments(content, judgement.roles, evidence.table)
    return judgement


def _is_trusted(examined: Examined, scores: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """bool[n], what stays of repeated lists. Of a plain text nothing does, since little else tells its teasers."""
    if examined.page.table is None:
        return np.zeros(len(scores), np.bool_)
    least = np.where(examined.evidence.prose, REPEATED_PROSE_SCORE, REPEATED_SCORE)
    trusted: npt.NDArray[np.bool_] = (scores >= least) & ~examined.repeats.twins.later
    return trusted


def _guard(
    page: Segments,
    scores: npt.NDArray[np.float32],
    words: npt.NDArray[np.int32],
    widget: npt.NDArray[np.bool_],
    content: npt.NDArray[np.bool_],
    first: int,
    last: int,
    table: npt.NDArray[np.float32],
    *,
    understood: bool,
) -> None:
    is_text = page.table is None
    if is_text and page.title is None:
        headline = guards.find_headline_of_text(words, widget, first)
    else:
        headline = guards.find_headline(page, first)
    top = headline if headline >= 0 else first
    if not is_text:
        around.drop_above(content, scores, words, headline)
    if is_text or understood:  # else the page may be about what elsewhere is furniture
        guards.drop_telling(content, scores, page, words, range(top, last + 1))
    is_placed, is_prose = is_text and page.title is None, bool(words[first] >= LONG_WORDS)
    guards.keep_lead(content, scores, page, words, headline, is_text=is_placed, is_prose=is_prose)
    around.keep_code(content, scores, page.kinds)
    around.keep_headings(content, scores, page.kinds, first, last)
    if not is_text:
        guards.drop_agreed(content, scores, page, words, table)
