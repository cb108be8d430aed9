"""What a page's markup says of the page: its `<meta>`, `<link>` and `<html>`, and elements marked as byline or date."""

from __future__ import annotations

import html as entities
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.describe import meta_names
from dedup.describe.attribute_kernels import (
    BASE,
    CANONICAL,
    FIRST_META,
    LANG,
    LICENCE,
    NAMES,
    RELS,
    TABLE,
    attribute_spans,
    head_values,
)
from dedup.segment import reduce_kernels as reduction
from dedup.segment.segments import ElementTable
from dedup.segment.tags import ID
from dedup.segment.telltales import CATEGORIES

MOST_VALUES: Final = 200  # of metas; a page that says more about itself says it in its first ones
MOST_MARKED: Final = 8  # the nearest to the headline
_MOST_VALUE: Final = 4_000  # bytes of a value
ABOVE: Final = 3_000  # bytes above the headline in which a date or a byline may belong to it
BELOW: Final = 6_000  # and beyond the first paragraph
_TEXT_BYTES: Final = 600  # of an element, in which its text is looked for
_TIME: Final = ID["time"]
_HEAD_TAGS: Final = np.zeros(256, np.bool_)
_HEAD_TAGS[[ID[name] for name in ("meta", "link", "base", "html", "body")]] = True
_AUTHOR: Final = np.uint64(1 << CATEGORIES.index("author"))
_DATE: Final = np.uint64(1 << CATEGORIES.index("date"))
_OF_MARKS: Final = [NAMES.index(name) for name in ("datetime", "content", "itemprop", "rel", "title")]
_INLINE: Final = re.compile(
    rb"</?(?:span|b|i|em|strong|small|font|u|bdi|bdo|cite|mark|sup|abbr)\b[^>]*>", re.IGNORECASE
)
_TAG: Final = re.compile(rb"<[^>]*>")
_SCRIPT: Final = re.compile(rb"<(script|style|svg)\b.*?(?:</\1\s*>|$)", re.DOTALL | re.IGNORECASE)


class Marked(NamedTuple):
    """An element that its tag, class, `rel` or `itemprop` marks as a date or as an author.

    Attributes:
        distance: from the headline, in bytes; what stands above it counts as further than what stands below.
        text: in it, white space collapsed; boxes and links in it separated by `|`.
        value: of `datetime` or `content`.
        itemprop: what property it is, in microdata.
        rel: of a link.
        title: of the element, which some sites put the full date in.
        is_time: whether it is a `<time>`.
    """

    distance: int
    text: str
    value: str | None
    itemprop: str | None
    rel: str | None
    title: str | None
    is_time: bool


@dataclass(frozen=True, slots=True)
class Markup:
    """What the head of a page says, values with entities decoded and white space collapsed.

    Attributes:
        source: the page, UTF-8.
        lang: of `<html>`.
        base: of `<base>`.
        metas: by lower-case name (those of `meta_names`), where in the page the values of `<meta>` stand, in order.
        canonical: address of the `<link>` of that relation.
        licence: likewise.
    """

    source: bytes = b""
    lang: str | None = None
    base: str | None = None
    metas: Mapping[str, Sequence[tuple[int, int]]] = field(default_factory=dict)
    canonical: str | None = None
    licence: str | None = None

    def first(self, *names: str) -> tuple[str, str] | None:
        """The name and the first value of the first of the given metas that says anything."""
        for name in names:
            if name in self.metas:
                for value in self.values(name):
                    return name, value
        return None

    def values(self, name: str) -> Iterator[str]:
        """All values of a meta."""
        for start, end in self.metas.get(name, ()):
            if value := value_of(self.source, start, end):
                yield value


def read_markup(table: ElementTable, source: bytes) -> Markup:
    """Read what a page's head says of the page.

    Args:
        table: of the page.
        source: its bytes.
    """
    found = np.empty((MOST_VALUES, 3), np.int32)
    count = head_values(
        table.source, table.tags, reduction.TAG, reduction.START, reduction.END, TABLE, meta_names.TABLE, RELS, found
    )
    others: dict[int, str | None] = {}
    metas: dict[str, list[tuple[int, int]]] = {}
    for number, start, end in found[:count].tolist():
        if number >= FIRST_META:
            metas.setdefault(meta_names.NAMES[number - FIRST_META], []).append((start, end))
        elif number not in others:
            others[number] = value_of(source, start, end)
    return Markup(source, others.get(LANG), others.get(BASE), metas, others.get(CANONICAL), others.get(LICENCE))


def read_marked(
    table: ElementTable, source: bytes, headline: int, body: int, kind: Literal["date", "author"]
) -> tuple[Marked, ...]:
    """Read the elements near a headline that are marked as date or as author, the nearest first.

    Args:
        table: of the page.
        source: its bytes.
        headline: byte at which the headline begins.
        body: byte at which the first paragraph begins.
        kind: of the mark.
    """
    starts = table.tags[:, reduction.START]
    first, last = np.searchsorted(starts, (headline - ABOVE, max(body, headline) + BELOW)).tolist()
    tag = table.tags[first:last, reduction.TAG]
    if kind == "author":
        marked = (table.categories[first:last] & _AUTHOR) != 0
    else:
        marked = ((table.categories[first:last] & _DATE) != 0) | (tag == _TIME)
    distances = starts[first:last] - np.int32(headline)
    distances = np.where(distances < 0, BELOW - distances, distances)
    return _read_marked(source, table, first, _nearest(marked & ~_HEAD_TAGS[tag], distances), distances)


def _nearest(marked: npt.NDArray[np.bool_], distances: npt.NDArray[np.int32]) -> npt.NDArray[np.intp]:
    found = np.flatnonzero(marked)
    return found[np.argsort(distances[found], kind="stable")][:MOST_MARKED]


def attributes(table: ElementTable, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.int32]:
    """int32[rows, len(NAMES), 2]: where the values of the known attributes of start tags stand; 0, 0 for none."""
    spans = np.zeros((len(rows), len(NAMES), 2), np.int32)
    starts = np.ascontiguousarray(table.tags[rows, reduction.START])
    ends = np.ascontiguousarray(table.tags[rows, reduction.END])
    attribute_spans(table.source, starts, ends, TABLE, spans)
    return spans


def value_of(source: bytes, start: int, end: int) -> str | None:
    """The text of an attribute's value, entities decoded and white space collapsed; None where it says nothing."""
    if end == start:
        return None
    text = source[start : min(end, start + _MOST_VALUE)].decode(errors="replace")
    if "&" in text:
        text = entities.unescape(text)
    return " ".join(text.split()) or None


def _read_marked(
    source: bytes,
    table: ElementTable,
    first: int,
    rows: npt.NDArray[np.intp],
    distances: npt.NDArray[np.int32],
) -> tuple[Marked, ...]:
    if not len(rows):
        return ()
    spans = attributes(table, rows + first)[:, _OF_MARKS].tolist()
    places = table.tags[rows + first][:, [reduction.TAG, reduction.START, reduction.END]].tolist()
    return tuple(
        Marked(
            distance=distance,
            text=_text(source, start, end),
            value=value_of(source, *moment) or value_of(source, *content),
            itemprop=value_of(source, *itemprop),
            rel=value_of(source, *rel),
            title=value_of(source, *title),
            is_time=tag == _TIME,
        )
        for (tag, start, end), (moment, content, itemprop, rel, title), distance in zip(
            places, spans, distances[rows].tolist(), strict=True
        )
    )


def _text(source: bytes, start: int, end: int) -> str:
    """The text of the element whose start tag stands there, as far as it is short."""
    name = re.match(rb"<([a-zA-Z0-9-]+)", source[start : start + 40])
    if name is None:
        return ""
    inside = source[end : end + _TEXT_BYTES]
    close = re.search(rb"</" + re.escape(name[1]) + rb"\s*>", inside, re.IGNORECASE)
    inside = inside[: close.start() if close else max(inside.rfind(b"<"), 0)]
    text = _TAG.sub(b" | ", _INLINE.sub(b" ", _SCRIPT.sub(b" ", inside))).decode(errors="replace")
    return " ".join(entities.unescape(text).split()).strip("| ")
