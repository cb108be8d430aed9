"""The text of a block with its links, as Markdown writes them."""

from __future__ import annotations

import contextlib
import html
from collections.abc import Sequence
from urllib.parse import urljoin

import numpy as np

from dedup.segment import reduce_kernels as reduction
from dedup.segment import walk_kernels as walk
from dedup.segment.segments import ElementTable, Segments

_SCHEMES = ("http://", "https://", "mailto:", "tel:", "/", "#", "?", "./", "../")


def linked_texts(page: Segments, blocks: Sequence[int], base: str | None) -> dict[int, str]:
    """The text of those of the given blocks that hold links, each link as `[text](address)`.

    Links that run a script are left out.

    Args:
        page: the blocks.
        blocks: indices, in any order.
        base: the page's URL, which relative addresses are resolved against; None leaves them as they are.
    """
    if page.table is None or not len(page.anchors):
        return {}
    starts = page.anchors[:, walk.ANCHOR_START]
    data = page.text.tobytes()
    found: dict[int, str] = {}
    for block in blocks:
        begin, end = int(page.offsets[block]), int(page.offsets[block + 1])
        first, last = np.searchsorted(starts, (begin, end)).tolist()
        parts, at = [], begin
        for start, stop, number in page.anchors[first:last].tolist():
            address = _address(page.table, number, base)
            if address is None or stop > end:
                continue
            parts += [data[at:start].decode(), f"[{data[start:stop].decode()}]({address})"]
            at = stop
        if parts:
            found[block] = "".join([*parts, data[at:end].decode()])
    return found


def _address(table: ElementTable, number: int, base: str | None) -> str | None:
    start, end = table.tags[number, [reduction.HREF_START, reduction.HREF_END]].tolist()
    address = "".join(html.unescape(table.source[start:end].tobytes().decode(errors="replace")).split())
    scheme, colon, _ = address.partition(":")
    if not address or (colon and scheme.isalnum() and not address.lower().startswith(_SCHEMES)):
        return None
    if base:
        with contextlib.suppress(ValueError):  # a malformed address stays as the page wrote it
            address = urljoin(base, address)
    return address.replace("(", "%28").replace(")", "%29")
