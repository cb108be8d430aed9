"""Which blocks stand in one quote: in Markdown, two that follow each other are told apart by the line between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dedup.segment import dom_kernels as dom
from dedup.segment.segments import Segments
from dedup.segment.tags import ID

_BLOCKQUOTE: Final = ID["blockquote"]


def quotes_of(page: Segments, blocks: Sequence[int]) -> dict[int, int]:
    """The outermost quote that each block stands in, by a number that all of it shares, with the quotes in it.

    Args:
        page: that they stand in.
        blocks: their indices.
    """
    if page.table is None:
        return {block: int(page.quotes[block]) for block in blocks}
    tags = page.table.rows[:, dom.TAG]
    found: dict[int, int] = {}
    for block in blocks:
        around = page.table.ancestors(int(page.elements[block]))
        found[block] = min((element for element in around if tags[element] == _BLOCKQUOTE), default=0)
    return found
