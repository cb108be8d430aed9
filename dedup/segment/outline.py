"""How the items of lists are nested and numbered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from dedup.segment import walk_kernels as walk
from dedup.segment.segments import Segments
from dedup.segment.tags import ID

_OL: Final = ID["ol"]
_LISTS: Final = frozenset((_OL, ID["ul"], ID["dl"]))
_LI: Final = ID["li"]
_DEEPEST: Final = 16  # ancestors that are looked at: nobody reads a deeper list


class Item(NamedTuple):
    """Where an item stands.

    Attributes:
        depth: lists around the item's own list.
        mark: `-`, or the item's number and a full stop.
    """

    depth: int
    mark: str


def list_items(page: Segments, blocks: Sequence[int]) -> dict[int, Item]:
    """The nesting and the marks of the given list items, in order; none for plain text and Markdown.

    Several blocks of one item (its paragraphs) share its number.
    """
    if page.table is None:
        return {}
    rows = page.table.rows
    found: dict[int, Item] = {}
    counts: Counter[int] = Counter()
    last: dict[int, int] = {}
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
        if nearest >= 0 and rows[nearest, walk.TAG] == _OL:
            counts[nearest] += last.get(nearest) != own
            last[nearest] = own
            found[block] = Item(depth, f"{counts[nearest]}.")
        else:
            found[block] = Item(max(depth, 0), "-")
    return found
