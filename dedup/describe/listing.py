"""The links and images of a page, of kept and of removed blocks."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Final

import numpy as np

from dedup.describe.attribute_kernels import NAMES
from dedup.describe.markup import attributes, value_of
from dedup.describe.sources import Sources
from dedup.page import Block, Image, Link, Role
from dedup.segment import reduce_kernels as reduction
from dedup.segment import walk_kernels as walk
from dedup.segment.addresses import absolute
from dedup.segment.tags import ID

MOST_IMAGES: Final = 2_000
_COLUMN: Final = {name: number for number, name in enumerate(NAMES)}
_IMG: Final = ID["img"]
_NO_PLACES: Final = ("javascript:", "data:", "about:", "blob:")


def list_links(page: Sources, blocks: Sequence[Block]) -> tuple[Link, ...]:
    """Every linked piece of text, in the page's order; links that run a script lead nowhere and are left out."""
    table, anchors = page.page.table, page.page.anchors
    if table is None or not len(anchors):
        return ()
    data, source = page.page.text.tobytes(), page.markup.source
    within = np.searchsorted(page.page.offsets, anchors[:, walk.ANCHOR_START], side="right") - 1
    found: list[Link] = []
    for (start, end, number), index in zip(anchors.tolist(), within.tolist(), strict=True):
        first, last, flags = table.tags[number, [reduction.HREF_START, reduction.HREF_END, reduction.FLAGS]].tolist()
        address = "".join(html.unescape(source[first:last].decode(errors="replace")).split())
        if not address or address.startswith("#") or address.lower().startswith(_NO_PLACES) or index >= len(blocks):
            continue
        block = blocks[index]
        found.append(
            Link(
                url=absolute(address, page.base),
                text=" ".join(data[start:end].decode(errors="replace").split()),
                block=index,
                kept=block.verdict.keep,
                role=_role(block),
                nofollow=bool(flags & reduction.NOFOLLOW),
            )
        )
    return tuple(found)


def list_images(page: Sources, blocks: Sequence[Block]) -> tuple[Image, ...]:
    """Every image with an address, in the page's order; each belongs to the first block that does not end before it."""
    table = page.page.table
    if table is None:
        return ()
    rows = np.flatnonzero(table.tags[:, reduction.TAG] == _IMG)[:MOST_IMAGES]
    within = np.searchsorted(page.page.first_tags[: len(blocks)], rows, side="left").tolist()
    found: list[Image] = []
    for row, index in zip(attributes(table, rows).tolist(), within, strict=True):
        address = _address(page.markup.source, row)
        if address is None:
            continue
        block = blocks[index] if index < len(blocks) else None
        found.append(
            Image(
                url=absolute(address, page.base),
                alt=value_of(page.markup.source, *row[_COLUMN["alt"]]),
                block=None if block is None else index,
                kept=block is not None and block.verdict.keep,
                role=None if block is None else _role(block),
            )
        )
    return tuple(found)


def _address(source: bytes, row: list[list[int]]) -> str | None:
    """Of an image: what it shows at once, or what a script puts there later."""
    for name in ("data-src", "data-lazy-src", "data-original", "src"):
        address = value_of(source, *row[_COLUMN[name]])
        if address and not address.startswith(_NO_PLACES):
            return address
    for name in ("data-srcset", "data-lazy-srcset", "srcset"):
        listed = value_of(source, *row[_COLUMN[name]])
        if listed:
            return listed.partition(",")[0].split()[0]
    return None


def _role(block: Block) -> Role | None:
    return block.verdict.evidence.role
