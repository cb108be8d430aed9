"""The links and images of a page, of kept and of removed blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from dedup.describe.attribute_kernels import NAMES
from dedup.describe.markup import attributes, raw_value, tidy
from dedup.describe.sources import Sources
from dedup.page import Block, Image, Link, Role
from dedup.segment import walk_kernels as walk
from dedup.segment.addresses import absolute, image_address, is_no_place
from dedup.segment.links import target_of
from dedup.segment.pictures import images_in
from dedup.segment.segments import ElementTable, Picture

MOST_IMAGES: Final = 2_000
_COLUMN: Final = {name: number for number, name in enumerate(NAMES)}


def list_links(page: Sources, blocks: Sequence[Block]) -> tuple[Link, ...]:
    """Every linked piece of text, in the page's order; links that run a script lead nowhere and are left out."""
    anchors = page.page.anchors
    data = page.page.text.tobytes()
    within = np.searchsorted(page.page.offsets, anchors[:, walk.ANCHOR_START], side="right") - 1
    found: list[Link] = []
    for (start, end, number), index in zip(anchors.tolist(), within.tolist(), strict=True):
        address, nofollow = target_of(page.page, number)
        if not address or address.startswith("#") or is_no_place(address) or index >= len(blocks):
            continue
        block = blocks[index]
        found.append(
            Link(
                url=absolute(address, page.base),
                text=" ".join(data[start:end].decode(errors="replace").split()),
                block=index,
                kept=block.verdict.keep,
                role=_role(block),
                nofollow=nofollow,
            )
        )
    return tuple(found)


def list_images(page: Sources, blocks: Sequence[Block]) -> tuple[Image, ...]:
    """Every image with an address, in the page's order; each belongs to the first block that does not end before it."""
    table = page.page.table
    pictures = page.page.pictures[:MOST_IMAGES] if table is None else _pictures_in_html(page, table, len(blocks))
    found: list[Image] = []
    for address, alt, index in pictures:
        block = blocks[index] if index < len(blocks) else None
        found.append(
            Image(
                url=absolute(address, page.base),
                alt=alt,
                block=None if block is None else index,
                kept=block is not None and block.verdict.keep,
                role=None if block is None else _role(block),
            )
        )
    return tuple(found)


def _pictures_in_html(page: Sources, table: ElementTable, blocks: int) -> Iterator[Picture]:
    """Its images; of one that scripts load later, what stands in for it without them is left out."""
    source = page.markup.source
    images = list(images_in(page.page, table, MOST_IMAGES, blocks))
    rows = np.array([image.row for image in images], np.intp)
    before: str | None = None
    for image, row in zip(images, attributes(table, rows).tolist(), strict=True):
        values = {name: raw_value(source, *row[column]) for name, column in _COLUMN.items()}
        if address := image_address(values.get):
            if address != before or not image.in_noscript:
                yield Picture(address, tidy(values["alt"]) or None, image.block)
            before = address


def _role(block: Block) -> Role | None:
    return block.verdict.evidence.role
