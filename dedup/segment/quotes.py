"""Which blocks stand in one quote: in Markdown, two that follow each other are told apart by the line between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dedup.segment import dom_kernels as dom
from dedup.segment.segments import Segments
from dedup.segment.tags import ID

_BLOCKQUOTE: Final = ID["blockquote"]


def quotes_of(page: Segments, blocks: Sequence[int]) -> dict[int, int]:
    """The outermost quote that blocks stand in, by a number that all of it shares, with the quotes in it.

    Args:
        page: that they stand in.
        blocks: their indices; those in no quote are left out.
    """
    if page.table is None:
        numbers = zip(blocks, page.quotes[list(blocks)].tolist(), strict=True)
        return {block: number for block, number in numbers if number}
    tags = page.table.rows[:, dom.TAG]
    found: dict[int, int] = {}
    for block in blocks if (tags == _BLOCKQUOTE).any() else ():
        around = page.table.ancestors(int(page.elements[block]))
        quotes = [element for element in around if tags[element] == _BLOCKQUOTE]
        if quotes:
            found[block] = min(quotes)
    return found
