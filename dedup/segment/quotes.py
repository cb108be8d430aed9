"""Which blocks stand in one quote: in Markdown, two that follow each other are told apart by the line between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dedup.segment import walk_kernels as walk
from dedup.segment.segments import Segments
from dedup.segment.tags import ID

_BLOCKQUOTE: Final = ID["blockquote"]
_DEEPEST: Final = 16  # ancestors that are looked at


def quotes_of(page: Segments, blocks: Sequence[int]) -> dict[int, int]:
    """The quote that each block stands in, by a number that all of it shares, with the quotes in it.

    Args:
        page: that they stand in.
        blocks: their indices.
    """
    if page.table is None:
        return {block: int(page.quotes[block]) for block in blocks}
    rows = page.table.rows
    found: dict[int, int] = {}
    for block in blocks:
        element, outermost = int(page.elements[block]), 0
        for _ in range(_DEEPEST):
            if element < 0:
                break
            if rows[element, walk.TAG] == _BLOCKQUOTE:
                outermost = element
            element = int(rows[element, walk.PARENT])
        found[block] = outermost
    return found
