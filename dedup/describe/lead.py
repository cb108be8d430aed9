"""Where a page's headline, byline and dateline stand among its blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.describe import dates
from dedup.describe.names import names_of_byline
from dedup.judge.guards import find_headline, find_headline_of_text
from dedup.repeats.page import LONG_WORDS
from dedup.segment.segments import Segments

ABOVE: Final = 4  # blocks above the headline that may hold its date or author
BELOW: Final = 3  # blocks from the first paragraph on
END: Final = 3  # last blocks of the content and those right after it, where some pages name the author
SHORT_WORDS: Final = 25
_DATE_LETTERS: Final = 24  # beside the date, in a dateline
_MOST_LINES: Final = 24


@dataclass(frozen=True, slots=True)
class Lead:
    """What stands around the beginning of a page's content.

    Attributes:
        headline: index of the block; -1 for none.
        body: of the first paragraph; -1 for none.
        end: of the last block of the content; -1 for none.
        bylines: blocks that say who wrote, with the names.
        datelines: blocks that say when, with the date in ISO 8601.
    """

    headline: int = -1
    body: int = -1
    end: int = -1
    bylines: tuple[tuple[int, tuple[str, ...]], ...] = ()
    datelines: tuple[tuple[int, str], ...] = ()


def find_lead(
    page: Segments,
    words: npt.NDArray[np.int32],
    content: npt.NDArray[np.bool_],
    widget: npt.NDArray[np.bool_],
    lang: str | None,
) -> Lead:
    """Find it.

    Args:
        page: the blocks.
        words: int32[n], of each.
        content: bool[n], which are content.
        widget: bool[n], which belong to repeated lists.
        lang: the page's language, which tells ambiguous dates.
    """
    kept = np.flatnonzero(content)
    if not len(kept):
        return Lead()
    body = kept[words[kept] >= LONG_WORDS]
    body = body if len(body) else kept
    first, end = int(body[0]), int(kept[-1])
    if page.table is None and page.title is None:
        headline = find_headline_of_text(words, widget, body)
    else:
        headline = find_headline(page.levels, page.titles, body)
    start = max((headline if headline >= 0 else first) - ABOVE, 0)
    upper, after = range(start, min(first + BELOW, len(page))), range(max(end - END + 1, first + BELOW), end + END)
    lines = [*upper[:_MOST_LINES], *(block for block in after if block < len(page))]
    bylines: list[tuple[int, tuple[str, ...]]] = []
    datelines: list[tuple[int, str]] = []
    texts = page.texts
    for block, size in zip(lines, words[lines].tolist(), strict=True):
        if block == headline or size > SHORT_WORDS:
            continue
        text = texts[block]
        people = names_of_byline(text)
        if people:
            bylines.append((block, people))
        if block < first + BELOW and dates.may_hold(text):
            day = dates.iso(text, lang)
            if day is not None and (people or dates.holds_little_else(text, _DATE_LETTERS)):
                datelines.append((block, day))
    return Lead(headline, first, end, tuple(bylines), tuple(datelines))
