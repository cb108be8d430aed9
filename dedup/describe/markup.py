"""What a page's markup says of the page: its `<meta>`, `<link>` and `<html>`, and elements marked as byline or date."""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterator
from typing import Final, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from dedup.describe import meta_names
from dedup.describe.attribute_kernels import (
    FIRST_VALUE,
    MARK_COLUMNS,
    MARK_TAG,
    NAMES,
    RELS,
    TABLE,
    TEXT_END,
    TEXT_START,
    attribute_spans,
    head_values,
    marked_near,
)
from dedup.page import Said
from dedup.segment import reduce_kernels as reduction
from dedup.segment.addresses import attribute_text, is_no_place, stripped
from dedup.segment.segments import ElementTable
from dedup.segment.tags import ID
from dedup.segment.telltales import CATEGORIES

MOST_VALUES: Final = 200  # of metas; a page that says more about itself says it in its first ones
MOST_MARKED: Final = 8  # the nearest to the headline
_MOST_VALUE: Final = 4_000  # bytes of a value
ABOVE: Final = 3_000  # bytes above the headline in which a date or a byline may belong to it
BELOW: Final = 6_000  # and beyond the first paragraph
_MOST_BELOW: Final = 32_000  # bytes below the headline in which a link to its author may stand
_MOST_TAG: Final = 600  # bytes of a start tag
_OF_CHANGE: Final = re.compile(
    rb"(?:last|date)[-_]?(?:updated|modified|changed)|modified[-_]?(?:date|time)|-changed\b", re.IGNORECASE
)
_OF_FIRST: Final = re.compile(rb"publish|posted|created", re.IGNORECASE)
_LABEL_BYTES: Final = 60  # before an element, in which what it is called is looked for
_TIME: Final = ID["time"]
_MARK: Final = {kind: np.uint64(1 << CATEGORIES.index(kind)) for kind in ("date", "author")}
_INLINE: Final = re.compile(
    rb"</?(?:span|b|i|em|strong|small|font|u|bdi|bdo|cite|mark|sup|abbr)\b[^>]*>", re.IGNORECASE
)
_TAG: Final = re.compile(rb"<[^>]*>")
_OF_AUTHORS: Final = (
    rb"/(?:authors?|aut(?:eu|o)r(?:e?s|en|es|i|e)?|bylines?|contributors?|writers?|journalists?|reporters?"
    rb"|columnists?|staff)/"
)
_AUTHOR_PATH: Final = re.compile(_OF_AUTHORS, re.IGNORECASE)
_AUTHOR_PAGE: Final = re.compile(
    rb"<a\s[^<>]{0,400}?\bhref\s*=\s*[\"']?[^\"'\s<>]{0,200}"
    + _OF_AUTHORS
    + rb"[^\"'\s<>][^<>]{0,600}>(.{1,200}?)</a\s*>",
    re.IGNORECASE | re.DOTALL,
)
_SCRIPT: Final = re.compile(rb"<(script|style|svg)\b.*?(?:</\1\s*>|$)", re.DOTALL | re.IGNORECASE)


class Marked:
    """An element that its tag, class, `rel` or `itemprop` marks as a date or as an author, read as far as it is asked.

    Attributes:
        is_time: whether it is a `<time>`.
    """

    __slots__ = ("_row", "_source", "_text", "is_time")

    def __init__(self, source: bytes, row: list[int]) -> None:
        self._source = source
        self._row = row
        self._text: str | None = None  # kept, since a date and a name are looked for in it in several ways
        self.is_time = row[MARK_TAG] == _TIME

    @property
    def text(self) -> str:
        """What it says, white space collapsed; boxes and links in it separated by `|`."""
        if self._text is None:
            self._text = self._read()
        return self._text

    def _read(self) -> str:
        inside = self._source[self._row[TEXT_START] : self._row[TEXT_END]]
        if b"<" in inside:
            inside = _TAG.sub(b" | ", _INLINE.sub(b" ", _SCRIPT.sub(b" ", inside)))
        text = inside.decode("utf-8", "replace")
        if "&" in text:
            text = entities.unescape(text)
        return tidy(text).strip("| ")

    @property
    def label(self) -> str:
        """What stands right before it, such as `Last updated:`."""
        start = max(self._start, 0)
        before = self._source[max(start - _LABEL_BYTES, 0) : start]
        return tidy(_TAG.sub(b" ", before).rpartition(b">")[2].decode("utf-8", "replace"))

    @property
    def _start(self) -> int:
        """Where its start tag begins."""
        return self._source.rfind(b"<", 0, self._row[TEXT_START])

    @property
    def is_of_change(self) -> bool:
        """Whether its tag calls it the day of the last change, and not that of publication, too."""
        end = self._row[TEXT_START]
        tag = self._source[max(self._start, end - _MOST_TAG) : end]
        return _OF_CHANGE.search(tag) is not None and _OF_FIRST.search(tag) is None

    @property
    def value(self) -> str | None:
        """Of `datetime` or `content`."""
        return self._of(0) or self._of(1)

    @property
    def itemprop(self) -> str | None:
        """What property it is, in microdata."""
        return self._of(2)

    @property
    def rel(self) -> str | None:
        """Of a link."""
        return self._of(3)

    @property
    def title(self) -> str | None:
        """Of the element, which some sites put the full date in."""
        return self._of(4)

    def _of(self, number: int) -> str | None:
        at = FIRST_VALUE + 2 * number
        return value_of(self._source, self._row[at], self._row[at + 1])


class Markup(msgspec.Struct, frozen=True, gc=False):
    """What the head of a page says, values with entities decoded and white space collapsed.

    Attributes:
        source: the page, UTF-8.
        values: number, start and end of each value, by number; see `attribute_kernels.head_values`.
        bounds: the first of `values` of each field of `meta_names`.
    """

    source: bytes
    values: list[list[int]]
    bounds: list[int]

    def first(self, field: int) -> Said | None:
        """The first value of a field that says anything, of its most telling name."""
        for at in range(self.bounds[field], self.bounds[field + 1]):
            number, start, end = self.values[at]
            read = address_of if field in meta_names.ADDRESSES else value_of
            if value := read(self.source, start, end):
                return Said(value, meta_names.SOURCES[number])
        return None

    def each(self, field: int) -> Iterator[tuple[int, Said]]:
        """All values of a field, each with the number of its name, the most telling name first."""
        for number, start, end in self.values[self.bounds[field] : self.bounds[field + 1]]:
            if value := value_of(self.source, start, end):
                yield number, Said(value, meta_names.SOURCES[number])

    def has(self, field: int, number: int) -> bool:
        """Whether there is a value of a name of a field."""
        return any(row[0] == number for row in self.values[self.bounds[field] : self.bounds[field + 1]])


_NOTHING: Final = Markup(b"", [], [0] * (meta_names.FIELDS + 1))


def read_markup(table: ElementTable | None, source: bytes) -> Markup:
    """Read what a page's head says of the page.

    Args:
        table: of the page; None for plain text, which has no head.
        source: its bytes.
    """
    if table is None:
        return _NOTHING
    found, bounds = find_head_values(table)
    return Markup(source, found.tolist(), bounds.tolist())


def find_head_values(table: ElementTable) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Where the head's known values stand, and which of them each field asks for, see `head_values`."""
    found = np.empty((MOST_VALUES, 3), np.int32)
    bounds = np.empty(meta_names.FIELDS + 1, np.int32)
    count = head_values(
        table.source,
        table.tags,
        reduction.TAG,
        reduction.START,
        reduction.END,
        meta_names.TABLE,
        RELS,
        meta_names.FIRSTS,
        found,
        bounds,
    )
    return found[:count], bounds


def read_marked(
    table: ElementTable, source: bytes, headline: int, body: int, kind: Literal["date", "author"]
) -> list[Marked]:
    """Read the elements near a headline that are marked as date or as author, the nearest first.

    Args:
        table: of the page.
        source: its bytes.
        headline: byte at which the headline begins.
        body: byte at which the first paragraph begins.
        kind: of the mark.
    """
    found = np.empty((MOST_MARKED, MARK_COLUMNS), np.int32)
    count = marked_near(
        table.source,
        table.tags,
        table.categories,
        reduction.TAG,
        reduction.START,
        reduction.END,
        _MARK[kind],
        kind == "date",
        headline,
        body,
        ABOVE,
        BELOW,
        TABLE,
        found,
    )
    return [Marked(source, row) for row in found[:count].tolist()]


def read_author_page(source: bytes, headline: int, body: int) -> str | None:
    """What the link to an author's page says that is nearest to the headline, below it if there is one.

    Args:
        source: the page's bytes.
        headline: byte at which the headline begins.
        body: byte at which the first paragraph begins.
    """
    start, stop = max(headline - ABOVE, 0), min(body + BELOW, headline + _MOST_BELOW)
    if not _AUTHOR_PATH.search(source, start, stop):  # which spares most pages a closer look at each link
        return None
    found = _AUTHOR_PAGE.finditer(source, start, stop)
    nearest = min(found, key=lambda link: (link.start() < headline, abs(link.start() - headline)), default=None)
    return nearest and tidy(entities.unescape(_TAG.sub(b" ", nearest[1]).decode("utf-8", "replace")))


def attributes(table: ElementTable, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.int32]:
    """int32[rows, len(NAMES), 2]: where the values of the known attributes of start tags stand; 0, 0 for none."""
    spans = np.zeros((len(rows), len(NAMES), 2), np.int32)
    starts = np.ascontiguousarray(table.tags[rows, reduction.START])
    ends = np.ascontiguousarray(table.tags[rows, reduction.END])
    attribute_spans(table.source, starts, ends, TABLE, spans)
    return spans


def value_of(source: bytes, start: int, end: int) -> str | None:
    """The text of an attribute's value, entities decoded and white space collapsed; None where it says nothing."""
    return tidy(raw_value(source, start, end)) or None


def values_of(source: bytes, spans: list[list[int]]) -> str:
    """The values of attributes, entities decoded, a line each, for a search in all of them at once."""
    raw = b"\n".join([source[start : min(end, start + _MOST_VALUE)] for start, end in spans])
    return attribute_text(raw.decode("utf-8", "replace"))


def address_of(source: bytes, start: int, end: int) -> str | None:
    """The address that an attribute's value is, as browsers read it; None where it is no place."""
    address = stripped(raw_value(source, start, end))
    return address if address and not is_no_place(address) else None


def raw_value(source: bytes, start: int, end: int) -> str:
    """An attribute's value, entities decoded."""
    if end - start > _MOST_VALUE:
        end = start + _MOST_VALUE
    text = source[start:end].decode("utf-8", "replace")
    return attribute_text(text) if "&" in text else text


def tidy(text: str) -> str:
    """A text with its white space collapsed."""
    if text.isprintable() and "  " not in text:  # most are: of white space, nothing but a single space is printable
        return text.strip(" ")
    return " ".join(text.split())
