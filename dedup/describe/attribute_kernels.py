"""Attributes of chosen start tags, as spans of the page."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.jit import kernel
from dedup.segment import tags
from dedup.segment.scan_kernels import Bytes, is_space, lookup, lower

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
    *("src", "data-src", "srcset", "data-srcset", "alt", "width", "height", "type"),
)
TABLE: Final = tags.lookup_table({name: number for number, name in enumerate(NAMES, 1)}, 6)


LANG, BASE, CANONICAL, LICENCE = range(1, 5)  # what `head_values` finds beside metas, whose numbers begin after these
FIRST_META: Final = 5

_MOST_NAME: Final = 64  # bytes of a meta's name; no known one is longer
_META, _LINK, _BASE, _HTML = (tags.ID[name] for name in ("meta", "link", "base", "html"))
_NAME, _PROPERTY, _ITEMPROP, _EQUIV, _CONTENT, _DATETIME, _REL, _HREF, _LANG = range(9)
RELS: Final = tags.lookup_table({"canonical": CANONICAL, "license": LICENCE, "copyright": LICENCE}, 4)


@kernel()
def _read_attributes(src: Bytes, start: int, end: int, names: npt.NDArray[np.uint64], spans: Spans) -> None:
    i = start + 1
    n = min(end, len(src))
    while i < n and src[i] != 62 and src[i] != 47 and not is_space(src[i]):
        i += 1
    while i < n:
        if src[i] == 62:
            break
        if src[i] == 47 or is_space(src[i]):
            i += 1
            continue
        key = _FNV_OFFSET
        name_at = i
        while i < n and src[i] != 62 and src[i] != 47 and not is_space(src[i]) and (src[i] != 61 or i == name_at):
            key = (key ^ np.uint64(lower(src[i]))) * _FNV_PRIME
            i += 1
        while i < n and is_space(src[i]):
            i += 1
        value_start = value_end = i
        if i < n and src[i] == 61:
            i += 1
            while i < n and is_space(src[i]):
                i += 1
            value_start = i
            if i < n and src[i] in (34, 39):
                quote = src[i]
                value_start = i + 1
                i += 1
                while i < n and src[i] != quote:
                    i += 1
                value_end = i
                i += 1
            else:
                while i < n and src[i] != 62 and not is_space(src[i]):
                    i += 1
                value_end = i
        number = np.int64(lookup(names, key))
        if number and value_end > value_start and spans[number - 1, 1] == 0:
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
    key = _FNV_OFFSET
    for at in range(start, end):
        key = (key ^ np.uint64(lower(src[at]))) * _FNV_PRIME
    return np.int64(lookup(numbers, key))


@kernel(
    "int64(uint8[::1], int32[:, ::1], int64, int64, int64, uint64[:, ::1], uint64[:, ::1], uint64[:, ::1],"
    " int32[:, ::1])"
)
def head_values(
    src: Bytes,
    table: Spans,
    tag_column: int,
    start_column: int,
    end_column: int,
    names: npt.NDArray[np.uint64],
    metas: npt.NDArray[np.uint64],
    rels: npt.NDArray[np.uint64],
    found: Spans,
) -> int:
    """The values of the known `<meta>` names, of `<html lang>`, `<base href>` and known relations of `<link>`.

    Args:
        src: the page, UTF-8.
        table: the reduction's table of tags.
        tag_column: of `table`; so are `start_column` and `end_column`.
        start_column: where each start tag begins.
        end_column: where it ends.
        names: attribute names to numbers (`TABLE`).
        metas: names of metas to numbers, from FIRST_META.
        rels: relations to numbers (`RELS`).
        found: int32[f, 3], filled with number, start and end of each value, in the page's order.

    Returns:
        How many were found; those that `found` has no room for are left out.
    """
    spans = np.zeros((len(NAMES), 2), np.int32)
    count = 0
    for row in range(len(table)):
        tag = table[row, tag_column]
        if tag not in (_META, _LINK, _BASE, _HTML):
            continue
        spans[:] = 0
        _read_attributes(src, table[row, start_column], table[row, end_column], names, spans)
        value = _CONTENT
        if tag == _META:
            for column in (_PROPERTY, _NAME, _ITEMPROP, _EQUIV):
                number = _value_number(src, spans[column, 0], spans[column, 1], metas)
                if number:
                    break
        elif tag == _LINK:
            number, value = _value_number(src, spans[_REL, 0], spans[_REL, 1], rels), _HREF
        elif tag == _BASE:
            number, value = BASE, _HREF
        else:
            number, value = LANG, _LANG
        if number and spans[value, 1] > spans[value, 0]:
            if count == len(found):
                break
            found[count, 0] = number
            found[count, 1] = spans[value, 0]
            found[count, 2] = spans[value, 1]
            count += 1
    return count
