"""How the items of lists are nested and numbered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from dedup.segment import dom_kernels as dom
from dedup.segment.attributes import number_in
from dedup.segment.segments import ElementTable, Listed, Segments
from dedup.segment.tags import ID

_OL: Final = ID["ol"]
_LISTS: Final = frozenset((_OL, ID["ul"], ID["dl"]))
_LI: Final = ID["li"]
# Marks with which a list may follow a line of text (CommonMark 5.3).
_INTERRUPTS: Final = frozenset(("-", "*", "1.", "1)"))
_OTHER: Final = {"-": "*", "*": "-", ".": ")", ")": "."}  # a bullet or what ends a number, and that of the next list
_INDENT: Final = 3  # columns of a list in a list, at least: what stands after `1. ` begins there


@dataclass(slots=True)
class _OpenList:
    """A list that is being written, or several with nothing between.

    Attributes:
        depth: of its items.
        begins: the column in which the text of the last one does.
        group: the number of the list.
        delimiter: the bullet of its items, or what stands behind their numbers; empty before the first.
    """

    depth: int
    begins: int = 0
    group: int = -1
    delimiter: str = ""

    def marked(self, mark: str, group: int) -> str:
        """The mark of its next item: with another delimiter a list begins that would else go on (CommonMark 5.3)."""
        delimiter = self.delimiter if group == self.group and self.delimiter else mark[-1]
        if group != self.group and delimiter == self.delimiter:
            delimiter = _OTHER[delimiter]
        self.group, self.delimiter = group, delimiter
        return mark[:-1] + delimiter


class Item(NamedTuple):
    """How an item is written.

    Attributes:
        indent: columns before it.
        mark: a bullet, or the item's number and what ends it; blanks before a further block of the same item, nothing
            where that can be no more than a paragraph.
        apart: whether a blank line has to stand before it, without which it would be read as part of what is before.
    """

    indent: int
    mark: str
    apart: bool = False


def list_items(page: Segments, runs: Sequence[Sequence[int]]) -> dict[int, Item]:
    """How the given list items are written; none of plain text.

    Args:
        page: that they stand in.
        runs: indices of the blocks of each stretch of items with nothing else between, all in order.
    """
    listed = listed_items(page, [block for run in runs for block in run])
    found: dict[int, Item] = {}
    seen: set[int] = set()
    for run in runs:
        found.update(_written(run, listed, seen))
    return found


def _written(run: Sequence[int], listed: dict[int, Listed], seen: set[int]) -> Iterator[tuple[int, Item]]:
    """How the items of a stretch are written; `seen` takes them."""
    lists: list[_OpenList] = []
    deeper = -1  # depth of the last item
    is_line = False  # whether what is before is no item, but a paragraph
    begun: set[int] = set()
    for block in run:
        if block not in listed:
            continue
        depth, mark, item, group = listed[block]
        while lists and lists[-1].depth > depth:
            lists.pop()
        if not lists or lists[-1].depth < depth:
            lists.append(_OpenList(depth))
        own, around = lists[-1], lists[-2].begins if len(lists) > 1 else 0
        mark = own.marked(mark, group)
        indent = max(_INDENT * (len(lists) - 1), around)
        own.begins = indent + len(mark) + 1
        if item in begun:
            yield block, Item(indent, " " * len(mark), apart=True)
        elif item in seen:  # something else stands between: it is no item any more that this could go on with
            yield block, Item(around, "", apart=True)
        else:
            yield block, Item(indent, mark, apart=(deeper < depth or is_line) and mark not in _INTERRUPTS)
            begun.add(item)
        is_line = item not in begun
        seen.add(item)
        deeper = depth


def listed_items(page: Segments, blocks: Sequence[int]) -> dict[int, Listed]:
    """Where the given list items stand.

    In Markdown an item has its number; in HTML, where it is counted, its number among those that are given.

    Args:
        page: that they stand in.
        blocks: their indices, in order.
    """
    if page.table is not None:
        return _listed_in_html(page, page.table, blocks)
    told = ((block, page.listed[block]) for block in blocks if page.listed)
    return {block: listed for block, listed in told if listed is not None}


def _listed_in_html(page: Segments, table: ElementTable, blocks: Sequence[int]) -> dict[int, Listed]:
    rows = table.rows
    found: dict[int, Listed] = {}
    numbers: dict[int, int] = {}  # of the last item of each list
    counted: set[int] = set()
    for block in blocks:
        element = int(page.elements[block])
        own, nearest, depth = element, -1, -1
        for around in table.ancestors(element):
            tag = int(rows[around, dom.TAG])
            if tag == _LI and nearest < 0:
                own = around
            if tag in _LISTS:
                nearest = around if nearest < 0 else nearest
                depth += 1
        is_numbered = nearest >= 0 and rows[nearest, dom.TAG] == _OL
        if is_numbered and own not in counted:
            before = numbers[nearest] if nearest in numbers else number_in(table, nearest, b"start", 1) - 1
            numbers[nearest] = number_in(table, own, b"value", before + 1)
        counted.add(own)
        found[block] = Listed(max(depth, 0), f"{numbers[nearest]}." if is_numbered else "-", own, nearest)
    return found
