"""What no score may decide alone: the headline over the content, and texts that say what they are."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.judge import columns
from dedup.judge.guard_kernels import CERTAIN, TELLING_WORDS
from dedup.judge.phrases import ROLES, first_list_heading, told_roles
from dedup.segment.segments import Segments

LEAD_BLOCKS: Final = 6  # between the headline and the first paragraph
HEADLINE_SCORE: Final = 0.25  # golds disagree on headlines; over content they stay from here on
LEAD_SCORE: Final = 0.4  # bylines and the like
LEAD_SENTENCE_SCORE: Final = 0.35  # summaries
LEAD_SENTENCE: Final = 16  # words
LEAD_WORDS: Final = 60
LEAD_LINES: Final = 2
HEADLINE_WORDS: Final = 20
MOST_H1: Final = 2  # above the body, where one of them is its headline
TITLE_WORDS: Final = 4  # a label is shorter
FEW_BLOCKS: Final = 10
SPOKEN_WORDS: Final = (
    12  # nor is a sentence that mentions Facebook a share button, where the judge is as sure as this
)
SPOKEN_SCORE: Final = 0.8
LISTED_SCORE: Final = 0.75  # what stands below such a heading as "Related articles" is content from here on
MOST_LISTED: Final = 5  # times the words of all other content
AGREED_SCORE: Final = 0.6  # a short text that is furniture by its words and by its class is content from here on
AGREED_DISTANCE: Final = 4  # elements between it and the class

_CLASS_OF: Final = {role: columns.NAMES.index(f"class_{role}") for role in ROLES}
_END: Final = re.compile(r"\W+$")  # such as the link of a heading to itself

Mask = npt.NDArray[np.bool_]


class Doubts(NamedTuple):
    """From which score on a paragraph stays.

    Attributes:
        inside: the body.
        edge: where the body ends or begins right beside it.
        near: a few blocks off.
        far: anywhere else.
    """

    inside: float
    edge: float
    near: float
    far: float


DOUBTS: Final = Doubts(inside=0.2, edge=0.12, near=0.25, far=0.4)
DOUBTS_IF_VAGUE: Final = Doubts(inside=0.3, edge=0.3, near=0.4, far=0.45)  # where all scores of the page are so


def find_headline(page: Segments, first: int) -> int:
    """The block that is the headline of the body: the last one above it that says the page's title, or is an h1.

    A site's name may be an h1, too; where there are more, they stand over sections, and none is the headline. A site's
    name may even be most of the title: an h1 below it that is the title's other part is the headline.

    Returns:
        Its index; -1 where there is none.
    """
    in_title, above = page.titles[:first].tobytes().rfind(1), page.levels[:first].tobytes()
    if in_title >= 0:
        h1 = above.rfind(1)
        if h1 > in_title and _is_part(page.texts[h1], page.title or ""):
            return h1
        own = _own_heading(page, in_title, above)
        return in_title if own < 0 else own
    return -1 if above.count(1) > MOST_H1 else above.rfind(1)


def _is_part(heading: str, title: str) -> bool:
    """Whether a heading is what stands before or behind a mark in the title, or between two."""
    said = _said(heading)
    if not said:  # an icon
        return False
    before, found, after = _said(title).partition(said)
    marks = (before.rstrip()[-1:], after.lstrip()[:1])
    return bool(found) and all(not mark.isalnum() for mark in marks)


def _own_heading(page: Segments, site: int, levels: bytes) -> int:
    """Where a block says how the title ends, the heading below it that says how it begins; -1 where there is none."""
    title, name = _said(page.title or ""), _said(page.texts[site])
    if not title.endswith(name) or len(title) == len(name):
        return -1
    own = title.removesuffix(name).rstrip()
    for block in range(len(levels) - 1, site, -1):
        if levels[block]:
            said = _said(page.texts[block])
            if said and own.startswith(said) and not any(map(str.isalnum, own.removeprefix(said))):
                return block
    return -1


def _said(text: str) -> str:
    """A heading or a title, bare of how it is written and of what stands at its end."""
    return _END.sub("", " ".join(text.lower().split()))


def find_headline_of_text(words: npt.NDArray[np.int32], widget: Mask, first: int) -> int:
    """The block of a plain text that is the headline of the body: the upper of two short lines above it.

    The lower one may be a byline. Labels (a date, a category) may stand between them.

    Returns:
        Its index; -1 where there is none.
    """
    headline, found = -1, 0
    for block in range(first - 1, max(first - LEAD_BLOCKS, 0) - 1, -1):
        if widget[block] or words[block] > HEADLINE_WORDS:
            break
        if words[block] >= TITLE_WORDS:
            headline, found = block, found + 1
        if found == LEAD_LINES:
            break
    return headline


def keep_clean_text(content: Mask, widget: Mask) -> None:
    """Keep all of a plain text of which only a few lines look like furniture: nobody's menu is that short."""
    removed = ~content & ~widget
    if removed.sum() <= FEW_BLOCKS:
        content |= removed


def keep_lead(
    content: Mask,
    scores: npt.NDArray[np.float32],
    page: Segments,
    words: npt.NDArray[np.int32],
    headline: int,
    *,
    is_text: bool,
    is_prose: bool,
) -> None:
    """Keep the headline right above the content, and what stands between them (a byline, a date, a summary).

    What says that it is furniture (share buttons, as a rule) goes.

    Args:
        content: bool[n], changed in place.
        scores: float32[n].
        page: the blocks.
        words: int32[n].
        headline: index of the headline; -1 for none.
        is_text: a plain text, whose lead is told by its place alone: scores say nothing of it.
        is_prose: whether the content has paragraphs; a timetable says little without its headline, whatever its score.
    """
    below = np.flatnonzero(content[headline + 1 :])
    if headline < 0 or not len(below) or below[0] > LEAD_BLOCKS:
        return
    lead = slice(headline, headline + 1 + int(below[0]))
    least = np.where(words[lead] >= LEAD_SENTENCE, LEAD_SENTENCE_SCORE, LEAD_SCORE)
    least[0] = HEADLINE_SCORE if is_prose else 0
    content[lead] |= (is_text | (scores[lead] >= least)) & (words[lead] <= LEAD_WORDS)
    short = np.flatnonzero(content[lead] & (words[lead] <= TELLING_WORDS)) + headline
    for block, _ in told_roles(page, short[short > headline]):
        content[block] = False


def drop_telling(
    content: Mask, scores: npt.NDArray[np.float32], page: Segments, words: npt.NDArray[np.int32], body: range
) -> None:
    """Drop short texts outside the body that say what furniture they are, and lists under a telling heading.

    Args:
        content: bool[n], changed in place.
        scores: float32[n].
        page: the blocks.
        words: int32[n].
        body: from the headline to the last paragraph of the page.
    """
    short = (words < TELLING_WORDS) & (scores < CERTAIN)
    below = np.flatnonzero(short[body.stop :]) + body.stop
    heading = first_list_heading(page, below)
    if heading is not None:
        _drop_listed(content, scores, words, below[heading:])
    short[body.start : body.stop] = False
    spoken_of = (words >= SPOKEN_WORDS) & (scores >= SPOKEN_SCORE)
    for block, role in told_roles(page, np.flatnonzero(short & content)):
        content[block] = role == "share" and spoken_of[block]


def drop_agreed(
    content: Mask,
    scores: npt.NDArray[np.float32],
    page: Segments,
    words: npt.NDArray[np.int32],
    table: npt.NDArray[np.float32],
) -> None:
    """Drop short texts that say what furniture they are where a class around them says the same.

    Of the blocks of real pages that do and that the judge is in doubt about, hardly one is content.

    Args:
        content: bool[n], changed in place.
        scores: float32[n].
        page: the blocks.
        words: int32[n].
        table: float32[n, features].
    """
    doubted = content & (words < TELLING_WORDS) & (scores < AGREED_SCORE)
    for block, role in told_roles(page, np.flatnonzero(doubted)):
        if table[block, _CLASS_OF[role]] <= AGREED_DISTANCE:
            content[block] = False


def _drop_listed(
    content: Mask, scores: npt.NDArray[np.float32], words: npt.NDArray[np.int32], listed: npt.NDArray[np.intp]
) -> None:
    """Drop what stands below such a heading as "Related articles", itself included.

    Where the judge sees that the heading is furniture it sees the list, too: of an article that goes on below it in
    short paragraphs, what the judge is surer of stays. Where little is left beside them, the items are the page.

    Args:
        content: bool[n], changed in place.
        scores: float32[n].
        words: int32[n].
        listed: indices of the short blocks from the heading on.
    """
    if not content[listed[0]]:
        listed = listed[scores[listed] < LISTED_SCORE]
    gone = int(words[listed[content[listed]]].sum())
    if gone <= MOST_LISTED * (int(words[content].sum()) - gone):
        content[listed] = False
