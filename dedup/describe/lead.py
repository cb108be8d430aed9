"""Where a page's headline, byline and dateline stand among its blocks."""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from dedup.describe import dates
from dedup.describe.lead_kernels import (
    BY,
    DONE,
    LITTLE_ELSE,
    MAY_DATE,
    MAY_NAME,
    MUCH_ELSE,
    OPENS,
    pick_lines,
)
from dedup.describe.names import BY_WORDS, DONE_WORDS, LABELS, is_just_by, names_of_byline
from dedup.judge.guard_kernels import body_bounds
from dedup.judge.guards import TITLE_WORDS, find_headline, find_headline_of_text
from dedup.repeats.page import LONG_WORDS
from dedup.segment.segments import Segments
from dedup.segment.tags import lookup_table

ABOVE: Final = 8  # blocks above the headline that may hold its date or author
_FAR: Final = 16  # blocks that may stand between a heading and the first paragraph
BELOW: Final = 3  # blocks from the first paragraph on
END: Final = 3  # last blocks of the content and those right after it, where some pages name the author
SHORT_WORDS: Final = 25
_DATE_LETTERS: Final = 24  # beside the date, in a dateline
_MOST_LINES: Final = 24
_MOST_FOUND: Final = _MOST_LINES + 2 * END

T = TypeVar("T")


def _openers() -> npt.NDArray[np.uint64]:
    """What lines may begin with that name somebody: whole ASCII words, else what of them is ASCII, or one letter."""
    found: dict[str, int] = {}
    for number, listed in ((BY, BY_WORDS), (DONE, DONE_WORDS), (OPENS, LABELS)):
        for word in listed:
            plain = word[: next((at for at, letter in enumerate(word) if not letter.isascii()), len(word))]
            if plain == word:
                found[word] = number
            else:
                found |= dict.fromkeys((plain,) if plain else (word[0], word[0].upper()), OPENS)
    return lookup_table(found | {"ein": OPENS, "eine": OPENS}, 8)


_OPENERS: Final = _openers()


class Lead(msgspec.Struct, frozen=True, gc=False):
    """What stands around the beginning of a page's content.

    Attributes:
        headline: index of the block; -1 for none.
        body: of the first paragraph; -1 for none.
        end: of the last block of the content; -1 for none.
        bylines: blocks that say who wrote, with the names; what stands below the headline first, then the nearest.
        datelines: blocks that say when, with the date in ISO 8601; in the same order.
    """

    headline: int = -1
    body: int = -1
    end: int = -1
    bylines: tuple[tuple[int, tuple[str, ...]], ...] = ()
    datelines: tuple[tuple[int, str], ...] = ()


NO_LEAD: Final = Lead()


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
    first, _, end = body_bounds(content, words, LONG_WORDS)
    if first < 0:
        return NO_LEAD
    if page.table is None and page.title is None:
        headline = _headline_of_text(page, words, widget, first, lang)
    else:
        if words[first] < LONG_WORDS:
            first = _below_headings(page, content, first)
        headline = find_headline(page, first)
    top = headline if headline >= 0 else _heading_above(page, first)
    start = max((top if top >= 0 else first) - ABOVE, 0)
    below = first + BELOW
    found = np.empty((_MOST_FOUND, 2), np.int32)
    count = pick_lines(
        page.text,
        page.offsets,
        words,
        start,
        min(below, start + _MOST_LINES),
        max(end - END + 1, below),
        end + END,
        headline,
        SHORT_WORDS,
        _DATE_LETTERS,
        _OPENERS,
        found,
    )
    bylines: list[tuple[int, tuple[str, ...]]] = []
    datelines: list[tuple[int, str]] = []
    for block, bits in found[:count].tolist():
        text = page.texts[block]
        people = names_of_byline(_with_name(text, page, block)) if bits & MAY_NAME else ()
        if people:
            bylines.append((block, people))
        if bits & MAY_DATE and block < below and (people or not bits & MUCH_ELSE):
            day = dates.iso(text, lang)
            is_line = people or bits & LITTLE_ELSE or dates.holds_little_else(text, _DATE_LETTERS)
            if day is not None and is_line:
                datelines.append((block, day))

    return Lead(headline, first, end, _from(top, bylines), _from(top, datelines))


def _from(top: int, lines: list[tuple[int, T]]) -> tuple[tuple[int, T], ...]:
    """Lines in order of their distance from a block, those below it first."""
    if len(lines) > 1:
        lines.sort(key=lambda line: (line[0] < top, abs(line[0] - top)))
    return tuple(lines)


def _below_headings(page: Segments, content: npt.NDArray[np.bool_], first: int) -> int:
    """The first block of the content that is no heading: where no paragraph is long, it begins with the headline."""
    below = np.flatnonzero(content[first:] & (page.levels[first:] == 0) & ~page.titles[first:])
    return first + int(below[0]) if len(below) else first


def _with_name(text: str, page: Segments, block: int) -> str:
    """The line of a block, which may name somebody; where it is a mere `By`, with the line below it."""
    return f"{text} {page.texts[block + 1]}" if is_just_by(text) and block + 1 < len(page) else text


def _heading_above(page: Segments, first: int) -> int:
    """The nearest h1 above the first paragraph, though it may be one of many; -1 where there is none."""
    above = max(first - _FAR, 0)
    found = page.levels[above:first].tobytes().rfind(1)
    return above + found if found >= 0 else -1


def _headline_of_text(
    page: Segments, words: npt.NDArray[np.int32], widget: npt.NDArray[np.bool_], first: int, lang: str | None
) -> int:
    """The headline above the first paragraph of a plain text; a line that is a date is none, the next one may be."""
    upper = find_headline_of_text(words, widget, first)
    for block in range(upper, first) if upper >= 0 else ():
        if words[block] >= TITLE_WORDS and not widget[block] and not _is_date(page.texts[block], lang):
            return block
    return -1


def _is_date(text: str, lang: str | None) -> bool:
    return dates.holds_little_else(text, _DATE_LETTERS) and dates.iso(text, lang) is not None
