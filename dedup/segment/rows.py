"""Where blocks stand in tables, as Markdown has to know."""

from __future__ import annotations

import html
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from dedup.segment import dom_kernels as dom
from dedup.segment import reduce_kernels as reduction
from dedup.segment.attributes import number_in
from dedup.segment.segments import ElementTable, Placed, Segments
from dedup.segment.tags import ID

_TR, _TABLE = ID["tr"], ID["table"]
_CELLS: Final = frozenset((ID["td"], ID["th"]))
_MOST_BETWEEN: Final = 16  # blocks between two rows that may be a row, too
_IN_CELLS: Final = frozenset((dom.PARAGRAPH, dom.LIST_ITEM, dom.OTHER, dom.TABLE_ROW))
_SPANS: Final = re.compile(rb"(?:row|col)span\s*=", re.IGNORECASE)
_WIDEST: Final = 4  # times as many columns as the row of most cells has: what spans more is no table to be read
_MOST_COLUMNS: Final = 256  # nor is what is wider, of which each row would be as long as all columns
_MARKUP: Final = re.compile(r"<!--(?:[^-]|-(?!->))*+-->|<[^>]*+>?")


def places_in_tables(page: Segments, blocks: Sequence[int], rows: Sequence[int]) -> dict[int, Placed]:
    """Where the rows stand, and what stands between two rows of one table and is a row of it that is no single block.

    Args:
        page: that they stand in.
        blocks: indices of those that are written, in order.
        rows: of those among them that are rows.
    """
    if page.table is None:
        told = {row: Placed(*page.placed[row].tolist()) for row in rows}
        return {row: place if place.table >= 0 else Placed(0, row, 0) for row, place in told.items()}  # of plain text
    found = dict(_places_of_rows(page, page.table)) if rows else {}
    position = {block: number for number, block in enumerate(blocks)} if len(rows) > 1 else {}
    for above, below in pairwise(rows):
        between = blocks[position[above] + 1 : position[below]]
        if 0 < len(between) <= _MOST_BETWEEN and found[above].table == found[below].table:
            parts = [_place_in_cell(page, page.table, block) for block in between]
            if all(part is not None and part.table == found[above].table for part in parts):
                found.update((block, part) for block, part in zip(between, parts, strict=True) if part is not None)
    return found


def columns_in_tables(page: Segments, places: Iterable[Placed]) -> dict[int, list[int]]:
    """The column of each cell of a row, by the row's number; none of tables of which no cell spans several.

    Args:
        page: that the tables stand in.
        places: of what is written of them.
    """
    if page.table is None:
        return {}
    found: dict[int, list[int]] = {}
    tables = {place.table for place in places if place.table >= 0}
    # Looked for once a page: a hundred tables may stand one in the other.
    spans = [span.start() for span in _SPANS.finditer(page.table.source.tobytes())] if tables else []
    for number in tables:
        found |= _columns_in(page.table, number, spans)
    return found


def _columns_in(table: ElementTable, number: int, spans: Sequence[int]) -> dict[int, list[int]]:
    """The same of one table, as HTML forms it (4.9.12): a cell takes the first column that none above reaches into.

    Args:
        table: the elements of the page.
        number: of the table's own.
        spans: bytes of the page before each that says how far a cell reaches.
    """
    end = int(table.rows[number, dom.LAST])
    tags = table.rows[number:end, dom.NUMBER]
    start, stop = table.tags[tags[0], reduction.START], table.tags[tags.max(), reduction.END]
    if tags[0] < 0 or bisect_left(spans, start) == bisect_left(spans, stop):
        return {}
    found: dict[int, list[int]] = {}
    reaching: dict[int, int] = {}  # rows that a cell above goes on for, by column
    group, most = -1, _WIDEST
    for row in _rows_in(table, number, end):
        if table.rows[row, dom.PARENT] != group:
            group, reaching = int(table.rows[row, dom.PARENT]), {}
        taken = set(reaching)
        reaching = {column: rows - 1 for column, rows in reaching.items() if rows > 1}
        cells, columns, column = _cells_of(table, row), [], 0
        most = max(most, len(cells))
        for cell in cells:
            while column in taken:
                column += 1
            columns.append(column)
            following = column + max(number_in(table, cell, b"colspan", 1), 1)
            if following > min(_WIDEST * most, _MOST_COLUMNS):
                return {}
            if rows := number_in(table, cell, b"rowspan", 1) - 1:
                reaching |= dict.fromkeys(range(column, following), rows if rows > 0 else end)
            column = following
        found[row] = columns
    return found


def _rows_in(table: ElementTable, number: int, end: int) -> Iterator[int]:
    """The rows of a table, but for those of tables in it."""
    rows = number + np.flatnonzero(table.rows[number:end, dom.TAG] == _TR)
    parents = table.rows[rows, dom.PARENT]
    yield from rows[(parents == number) | (table.rows[parents, dom.PARENT] == number)].tolist()


def _cells_of(table: ElementTable, row: int) -> list[int]:
    inside = table.rows[row + 1 : table.rows[row, dom.LAST]]
    is_cell = (inside[:, dom.PARENT] == row) & np.isin(inside[:, dom.TAG], list(_CELLS))
    cells: list[int] = (row + 1 + np.flatnonzero(is_cell)).tolist()
    return cells


def _places_of_rows(page: Segments, table: ElementTable) -> Iterator[tuple[int, Placed]]:
    """The places of all rows; two line breaks in a cell part a row into several blocks."""
    place, text = Placed(-1, -1, 0), ""
    for block in np.flatnonzero(page.kinds == dom.TABLE_ROW).tolist():
        row = int(page.elements[block])
        if row == place.row:
            place = place._replace(cell=place.cell + text.count("\t"))
        text = page.texts[block]
        if row != place.row:
            place = Placed(_ancestor(table, row, _TABLE), row, _blank_cells(table, row, text.count("\t") + 1))
        yield block, place


def _blank_cells(table: ElementTable, row: int, told: int) -> int:
    """How many cells of a row without text stand before its first with text; so many are told of in its block."""
    inside = table.rows[row + 1 : table.rows[row, dom.LAST], dom.TAG].tolist()
    cells = [element for element, tag in enumerate(inside, row + 1) if tag in _CELLS]
    for number, (cell, following) in enumerate(pairwise(cells)):
        if number + told >= len(cells) or not _is_blank(table, cell, following):
            return number
    return max(len(cells) - 1, 0)


def _is_blank(table: ElementTable, cell: int, following: int) -> bool:
    """Whether a cell, up to the one that follows, shows no text."""
    if not (table.rows[cell:following, dom.STATE] & dom.HAS_TEXT).any():
        return True
    number, end = table.rows[[cell, following], dom.NUMBER].tolist()
    if number < 0 or end < 0:
        return False
    bounds = slice(table.tags[number, reduction.END], table.tags[end, reduction.START])
    source = table.source[bounds].tobytes().decode(errors="replace")
    return not html.unescape(_MARKUP.sub("", source)).strip("\xad\ufeff \t\n\x0b\x0c\r\xa0\u3000")


def _place_in_cell(page: Segments, table: ElementTable, block: int) -> Placed | None:
    """The place of a block in a cell of a table; None where it stands in none, or is too much for one."""
    if page.kinds[block] not in _IN_CELLS or page.offsets[block + 1] - page.offsets[block] > dom.LONG_CELL:
        return None
    cell = -1
    for element in table.ancestors(int(page.elements[block])):
        tag = table.rows[element, dom.TAG]
        if tag in _CELLS:
            cell = element
        elif tag == _TABLE:
            return None
        elif tag == _TR:
            before = table.rows[element + 1 : cell, dom.PARENT].tolist().count(element)
            return Placed(_ancestor(table, element, _TABLE), element, before) if cell >= 0 else None
    return None


def _ancestor(table: ElementTable, element: int, tag: int) -> int:
    """The nearest element of a kind around another; -1 where there is none near."""
    return next((found for found in table.ancestors(element) if table.rows[found, dom.TAG] == tag), -1)
