"""The text of a block with its links, as Markdown writes them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from dedup.escape import escaped_address
from dedup.segment import reduce_kernels as reduction
from dedup.segment import walk_kernels as walk
from dedup.segment.addresses import absolute, attribute_text, is_no_place, stripped
from dedup.segment.segments import Segments, Target

_OF_LINK = [reduction.HREF_START, reduction.HREF_END, reduction.FLAGS]


class LinkedText(NamedTuple):
    """A text with its links, each as `[text](address)`.

    Attributes:
        text: the whole.
        markup: where in it each `[` and each `](address)` starts and ends, one bound after the other.
    """

    text: str
    markup: tuple[int, ...] = ()


def target_of(page: Segments, number: int) -> Target:
    """Where the link of an anchor leads.

    Args:
        page: that it stands in.
        number: of the link, the last column of `Segments.anchors`.
    """
    if page.table is None:
        return page.targets[number]
    start, end, flags = page.table.tags[number, _OF_LINK].tolist()
    address = attribute_text(page.table.source[start:end].tobytes().decode(errors="replace"))
    return Target(stripped(address), bool(flags & reduction.NOFOLLOW))


def linked_texts(page: Segments, blocks: Sequence[int], base: str | None) -> dict[int, LinkedText]:
    """The text of those of the given blocks that hold links.

    Links that run a script are left out.

    Args:
        page: the blocks.
        blocks: indices, in any order.
        base: the page's URL, which relative addresses are resolved against; None leaves them as they are.
    """
    if not len(page.anchors):
        return {}
    starts = page.anchors[:, walk.ANCHOR_START]
    data = page.text.tobytes()
    found: dict[int, LinkedText] = {}
    for block in blocks:
        begin, end = int(page.offsets[block]), int(page.offsets[block + 1])
        first, last = np.searchsorted(starts, (begin, end)).tolist()
        parts: list[str] = []
        at = begin
        for start, stop, number in page.anchors[first:last].tolist():
            address = _written(target_of(page, number).address, base)
            if address is None or stop > end:
                continue
            parts += [data[at:start].decode(), "[", data[start:stop].decode(), f"]({address})"]
            at = stop
        if parts:
            parts.append(data[at:end].decode())
            found[block] = LinkedText("".join(parts), tuple(accumulate(map(len, parts[:-1]))))
    return found


def _written(address: str, base: str | None) -> str | None:
    """An address as a link of Markdown has it; None of what is no place."""
    if not address or is_no_place(address):
        return None
    return escaped_address(absolute(address, base))
