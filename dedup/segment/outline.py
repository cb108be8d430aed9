"""How the items of lists are nested and numbered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from dedup.segment import walk_kernels as walk
from dedup.segment.segments import Ints, Listed, Segments
from dedup.segment.tags import ID

_OL: Final = ID["ol"]
_LISTS: Final = frozenset((_OL, ID["ul"], ID["dl"]))
_LI: Final = ID["li"]
_DEEPEST: Final = 16  # ancestors that are looked at: nobody reads a deeper list
_INTERRUPTS: Final = frozenset(("-", "1."))  # marks with which a list may follow a line of text (CommonMark 5.3)
_INDENT: Final = 3  # columns of a list in a list, at least: what stands after `1. ` begins there


class Item(NamedTuple):
    """How an item is written.

    Attributes:
        indent: columns before it.
        mark: `-`, or the item's number and a full stop; blanks before a further block of the same item.
        apart: whether a blank line has to stand before it, without which it would be read as part of what is before.
    """

    indent: int
    mark: str
    apart: bool = False


def list_items(page: Segments, blocks: Sequence[int]) -> dict[int, Item]:
    """How the given list items are written; none of plain text.

    Args:
        page: that they stand in.
        blocks: their indices, in order.
    """
    begins: dict[int, int] = {}  # the column in which the text of the last item of each depth does
    seen: set[int] = set()
    found: dict[int, Item] = {}
    depth_before = 0
    for block, (depth, mark, item) in listed_items(page, blocks).items():
        indent = max(_INDENT * depth, begins.get(depth - 1, 0))
        begins[depth] = indent + len(mark) + 1
        if item in seen:
            found[block] = Item(indent, " " * len(mark), apart=True)
        else:
            found[block] = Item(indent, mark, apart=depth > depth_before and mark not in _INTERRUPTS)
        seen.add(item)
        depth_before = depth
    return found


def listed_items(page: Segments, blocks: Sequence[int]) -> dict[int, Listed]:
    """Where the given list items stand; arguments as of `list_items`.

    In Markdown an item has its number; in HTML, where it is counted, its number among those that are given.
    """
    if page.table is not None:
        return _listed_in_html(page, page.table.rows, blocks)
    told = ((block, page.listed[block]) for block in blocks if page.listed)
    return {block: listed for block, listed in told if listed is not None}


def _listed_in_html(page: Segments, rows: Ints, blocks: Sequence[int]) -> dict[int, Listed]:
    found: dict[int, Listed] = {}
    counts: Counter[int] = Counter()
    counted: set[int] = set()
    for block in blocks:
        element = int(page.elements[block])
        own, nearest, depth = element, -1, -1
        for _ in range(_DEEPEST):
            tag = int(rows[element, walk.TAG])
            if tag == _LI and nearest < 0:
                own = element
            if tag in _LISTS:
                nearest = element if nearest < 0 else nearest
                depth += 1
            element = int(rows[element, walk.PARENT])
            if element < 0:
                break
        is_numbered = nearest >= 0 and rows[nearest, walk.TAG] == _OL
        counts[nearest] += own not in counted
        counted.add(own)
        found[block] = Listed(max(depth, 0), f"{counts[nearest]}." if is_numbered else "-", own)
    return found
