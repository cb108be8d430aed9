"""Attributes of chosen start tags, as spans of the page."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.jit import kernel
from dedup.segment import tags
from dedup.segment.chunk_kernels import Bytes, find_byte, is_space, lower
from dedup.segment.scan_kernels import lookup, number_of

_FNV_OFFSET = np.uint64(tags.FNV_OFFSET)
_FNV_PRIME = np.uint64(tags.FNV_PRIME)

Spans = npt.NDArray[np.int32]

NAMES: Final = (
    *(
        "name",
        "property",
        "itemprop",
        "http-equiv",
        "content",
        "datetime",
        "rel",
        "href",
        "lang",
        "itemtype",
        "title",
    ),
    *(
        "src",
        "data-src",
        "data-lazy-src",
        "data-original",
        "srcset",
        "data-srcset",
        "data-lazy-srcset",
        "alt",
        "type",
    ),
)
TABLE: Final = tags.lookup_table({name: number for number, name in enumerate(NAMES, 1)}, 6)


LANG, BASE, CANONICAL, LICENCE = range(1, 5)  # what `head_values` finds beside metas, whose numbers begin after these
FIRST_META: Final = 5

_MOST_NAME: Final = 64  # bytes of a meta's name; no known one is longer
_META, _LINK, _BASE, _HTML, _TIME = (tags.ID[name] for name in ("meta", "link", "base", "html", "time"))
_REL_KEY, _HREF_KEY, _LANG_KEY, _CONTENT_KEY = (
    np.uint64(tags.name_key(n)) for n in ("rel", "href", "lang", "content")
)
# What names a meta, the attribute that counts first.
_META_KEYS = tuple(np.uint64(tags.name_key(name)) for name in ("property", "name", "itemprop", "http-equiv"))
RELS: Final = tags.lookup_table({"canonical": CANONICAL, "license": LICENCE, "copyright": LICENCE}, 4)


@kernel(inline=True)
def _name_end(src: Bytes, start: int, end: int) -> int:
    """Where the name of the tag ends that begins there."""
    i = start + 1
    while i < end and src[i] != 62 and src[i] != 47 and not is_space(src[i]):
        i += 1
    return i


@kernel(inline=True)
def _next_attribute(src: Bytes, i: int, n: int) -> tuple[np.uint64, int, int, int]:
    """The key of the next attribute of a tag, the bounds of its value, and where it ends; `n` where there is none."""
    while i < n and (src[i] == 47 or is_space(src[i])):
        i += 1
    key = _FNV_OFFSET
    if i >= n or src[i] == 62:
        return key, n, n, n
    name_at = i
    while i < n and src[i] != 62 and src[i] != 47 and not is_space(src[i]) and (src[i] != 61 or i == name_at):
        key = (key ^ np.uint64(lower(src[i]))) * _FNV_PRIME
        i += 1
    while i < n and is_space(src[i]):
        i += 1
    if i >= n or src[i] != 61:
        return key, i, i, i
    i += 1
    while i < n and is_space(src[i]):
        i += 1
    value_start = i
    if i < n and src[i] in (34, 39):
        i = min(find_byte(src, i + 1, src[i]), n)
        return key, value_start + 1, i, min(i + 1, n)
    while i < n and src[i] != 62 and not is_space(src[i]):
        i += 1
    return key, value_start, i, i


@kernel()
def _read_attributes(src: Bytes, start: int, end: int, names: npt.NDArray[np.uint64], spans: Spans) -> None:
    n = min(end, len(src))
    i = _name_end(src, start, n)
    while i < n:
        key, value_start, value_end, i = _next_attribute(src, i, n)
        if value_end > value_start:
            number = np.int64(lookup(names, key))
            if number and spans[number - 1, 1] == 0:
                spans[number - 1, 0] = value_start
                spans[number - 1, 1] = value_end


@kernel("void(uint8[::1], int32[::1], int32[::1], uint64[:, ::1], int32[:, :, ::1])")
def attribute_spans(
    src: Bytes,
    starts: npt.NDArray[np.int32],
    ends: npt.NDArray[np.int32],
    names: npt.NDArray[np.uint64],
    spans: npt.NDArray[np.int32],
) -> None:
    """Where the values of known attributes stand; of an attribute that is given twice, the first (HTML 13.2.5.33).

    Args:
        src: the page, UTF-8.
        starts: int32[t], where each start tag begins.
        ends: int32[t], where it ends.
        names: attribute names to numbers (`TABLE`).
        spans: int32[t, len(NAMES), 2], zeros, set to start and end of each value.
    """
    for row in range(len(starts)):
        _read_attributes(src, starts[row], ends[row], names, spans[row])


@kernel()
def _value_number(src: Bytes, start: int, end: int, numbers: npt.NDArray[np.uint64]) -> int:
    """The number of a value in a table, without regard to case and to white space around it."""
    while start < end and is_space(src[start]):
        start += 1
    while start < end and is_space(src[end - 1]):
        end -= 1
    if end == start or end - start > _MOST_NAME:
        return 0
    return number_of(src, start, end, numbers)


@kernel()
def _relation(src: Bytes, start: int, end: int, rels: npt.NDArray[np.uint64]) -> int:
    """The number of the first known one of the relations that a link names, parted by white space (HTML 4.6.7)."""
    number = 0
    while start < end and not number:
        while start < end and is_space(src[start]):
            start += 1
        begin = start
        while start < end and not is_space(src[start]):
            start += 1
        number = _value_number(src, begin, start, rels)
    return number


@kernel()
def _link_value(src: Bytes, start: int, end: int, rels: npt.NDArray[np.uint64]) -> tuple[int, int, int]:
    """The number of a link's relation and the bounds of its address; most relations have none.

    The rest of their tags is not read.
    """
    n = min(end, len(src))
    number = value_start = value_end = 0
    i = _name_end(src, start, n)
    while i < n:
        key, first, last, i = _next_attribute(src, i, n)
        if last == first:
            continue
        if key == _REL_KEY and not number:
            number = _relation(src, first, last, rels)
            if not number:
                break
        elif key == _HREF_KEY and not value_end:
            value_start, value_end = first, last
    return number, value_start, value_end


@kernel()
def _meta_value(src: Bytes, start: int, end: int, metas: npt.NDArray[np.uint64]) -> tuple[int, int, int]:
    """The number of a meta's name and the bounds of its content; most have no known name."""
    n = min(end, len(src))
    number = value_start = value_end = given = 0
    best = len(_META_KEYS)
    i = _name_end(src, start, n)
    while i < n:
        key, first, last, i = _next_attribute(src, i, n)
        if last == first:
            continue
        if key == _CONTENT_KEY:
            if not value_end:
                value_start, value_end = first, last
            continue
        for rank in range(best):
            if key == _META_KEYS[rank]:
                if not given >> rank & 1:
                    found = _value_number(src, first, last, metas)
                    best, number = (rank, found) if found else (best, number)
                given |= 1 << rank
                break
    return number, value_start, value_end


@kernel()
def _attribute(src: Bytes, start: int, end: int, wanted: np.uint64) -> tuple[int, int]:
    """The bounds of the first value of an attribute; 0, 0 where it has none."""
    n = min(end, len(src))
    i = _name_end(src, start, n)
    while i < n:
        key, first, last, i = _next_attribute(src, i, n)
        if key == wanted and last > first:
            return first, last
    return 0, 0


@kernel()
def _insert(found: Spans, count: int, number: int, start: int, end: int) -> None:
    """Put a value behind those of the same or a smaller number."""
    at = count
    while at > 0 and found[at - 1, 0] > number:
        found[at, 0], found[at, 1], found[at, 2] = found[at - 1, 0], found[at - 1, 1], found[at - 1, 2]
        at -= 1
    found[at, 0] = number
    found[at, 1] = start
    found[at, 2] = end


@kernel(
    "int64(uint8[::1], int32[:, ::1], int64, int64, int64, uint64[:, ::1], uint64[:, ::1], int32[::1], int32[:, ::1],"
    " int32[::1])",
    allocates=False,
)
def head_values(
    src: Bytes,
    table: Spans,
    tag_column: int,
    start_column: int,
    end_column: int,
    metas: npt.NDArray[np.uint64],
    rels: npt.NDArray[np.uint64],
    firsts: npt.NDArray[np.int32],
    found: Spans,
    bounds: npt.NDArray[np.int32],
) -> int:
    """The values of the known `<meta>` names, of `<html lang>`, `<base href>` and known relations of `<link>`.

    Args:
        src: the page, UTF-8.
        table: the reduction's table of tags.
        tag_column: of `table`; so are `start_column` and `end_column`.
        start_column: where each start tag begins.
        end_column: where it ends.
        metas: names of metas to numbers, from FIRST_META.
        rels: relations to numbers (`RELS`).
        firsts: int32[f + 1], the first number of each field, ascending.
        found: int32[v, 3], filled with number, start and end of each value, by number, else in the page's order.
        bounds: int32[f + 1], filled with the first row of `found` of each field.

    Returns:
        How many were found; those that `found` has no room for are left out.
    """
    count = 0
    for row in range(len(table)):
        tag = table[row, tag_column]
        if tag not in (_META, _LINK, _BASE, _HTML):
            continue
        if count == len(found):
            break
        start, end = table[row, start_column], table[row, end_column]
        if tag == _META:
            number, start, end = _meta_value(src, start, end, metas)
        elif tag == _LINK:
            number, start, end = _link_value(src, start, end, rels)
        elif tag == _BASE:
            number = BASE
            start, end = _attribute(src, start, end, _HREF_KEY)
        else:
            number = LANG
            start, end = _attribute(src, start, end, _LANG_KEY)
        if number and end > start:
            _insert(found, count, number, start, end)
            count += 1
    at = 0
    for field in range(len(firsts)):
        while at < count and found[at, 0] < firsts[field]:
            at += 1
        bounds[field] = at
    return count


# Columns of what `marked_near` finds: the distance from the headline, the tag, the bounds of the text, and those of
# the values of `OF_MARKS`.
OF_MARKS: Final = tuple(NAMES.index(name) for name in ("datetime", "content", "itemprop", "rel", "title"))
DISTANCE, MARK_TAG, TEXT_START, TEXT_END, FIRST_VALUE = range(5)
MARK_COLUMNS: Final = FIRST_VALUE + 2 * len(OF_MARKS)

_OPEN: Final = ord("<")
_TEXT_BYTES: Final = 600  # of an element, in which its text is looked for
_HEAD_TAGS = np.zeros(256, np.bool_)
_HEAD_TAGS[[tags.ID[name] for name in ("meta", "link", "base", "html", "body")]] = True


@kernel()
def _is_end_tag(src: Bytes, at: int, stop: int, start: int) -> bool:
    """Whether the end tag of the element that begins at `start` stands there, before `stop`."""
    if at + 1 >= stop or src[at + 1] != 47:
        return False
    at, name = at + 2, start + 1
    while (
        at < stop and name < len(src) and (48 <= src[name] <= 57 or 97 <= lower(src[name]) <= 122 or src[name] == 45)
    ):
        if lower(src[at]) != lower(src[name]):
            return False
        at, name = at + 1, name + 1
    while at < stop and is_space(src[at]):
        at += 1
    return at < stop and src[at] == 62 and name > start + 1


@kernel()
def _text_end(src: Bytes, start: int, end: int) -> int:
    """Where the text of the element ends whose start tag is there; of a long one, before the last tag in reach."""
    stop = min(end + _TEXT_BYTES, len(src))
    last = end
    at = find_byte(src, end, _OPEN)
    while at < stop:
        last = at
        if _is_end_tag(src, at, stop, start):
            break
        at = find_byte(src, at + 1, _OPEN)
    return last


@kernel()
def _first_row(table: Spans, column: int, place: int) -> int:
    """The first row that begins at or after a place."""
    low, high = 0, len(table)
    while low < high:
        middle = (low + high) // 2
        if table[middle, column] < place:
            low = middle + 1
        else:
            high = middle
    return low


@kernel(
    "int64(uint8[::1], int32[:, ::1], uint64[::1], int64, int64, int64, uint64, boolean, int64, int64, int64, int64,"
    " uint64[:, ::1], int32[:, ::1])"
)
def marked_near(
    src: Bytes,
    table: Spans,
    categories: npt.NDArray[np.uint64],
    tag_column: int,
    start_column: int,
    end_column: int,
    category: np.uint64,
    with_times: bool,  # noqa: FBT001  (kernels take arguments by position)
    headline: int,
    body: int,
    above: int,
    below: int,
    names: npt.NDArray[np.uint64],
    found: Spans,
) -> int:
    """The elements nearest to a headline that bear a mark.

    Args:
        src: the page, UTF-8.
        table: the reduction's table of tags.
        categories: uint64[t], tell-tale words of each tag.
        tag_column: of `table`; so are `start_column` and `end_column`.
        start_column: where each start tag begins.
        end_column: where it ends.
        category: bits of `categories` that are the mark.
        with_times: whether `<time>` is one, too.
        headline: byte at which the headline begins.
        body: byte at which the first paragraph begins.
        above: bytes above the headline that are looked at.
        below: and beyond the beginning of the first paragraph. What stands above the headline counts as further away.
        names: attribute names to numbers (`TABLE`).
        found: int32[f, MARK_COLUMNS], filled with the nearest, in order of distance.

    Returns:
        How many were found.
    """
    count = 0
    rows = np.empty(len(found), np.int64)
    for row in range(
        _first_row(table, start_column, headline - above),
        _first_row(table, start_column, max(body, headline) + below),
    ):
        tag = table[row, tag_column]
        if _HEAD_TAGS[tag] or not (categories[row] & category or (with_times and tag == _TIME)):
            continue
        distance = table[row, start_column] - headline
        distance = distance if distance >= 0 else below - distance
        if count == len(found) and distance >= found[count - 1, DISTANCE]:
            continue
        at = min(count, len(found) - 1)
        while at > 0 and found[at - 1, DISTANCE] > distance:
            found[at, DISTANCE] = found[at - 1, DISTANCE]
            rows[at] = rows[at - 1]
            at -= 1
        found[at, DISTANCE] = distance
        rows[at] = row
        count = min(count + 1, len(found))
    spans = np.zeros((len(NAMES), 2), np.int32)
    for at in range(count):
        start, end = table[rows[at], start_column], table[rows[at], end_column]
        found[at, MARK_TAG] = table[rows[at], tag_column]
        found[at, TEXT_START] = end
        found[at, TEXT_END] = _text_end(src, start, end)
        spans[:] = 0
        _read_attributes(src, start, end, names, spans)
        for number in range(len(OF_MARKS)):
            found[at, FIRST_VALUE + 2 * number] = spans[OF_MARKS[number], 0]
            found[at, FIRST_VALUE + 2 * number + 1] = spans[OF_MARKS[number], 1]
    return count
