"""The links and images of a page, of kept and of removed blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.describe.attribute_kernels import NAMES
from dedup.describe.markup import attributes, raw_value, tidy
from dedup.describe.sources import Sources
from dedup.page import Block, Image, Link, Role
from dedup.segment import reduce_kernels as reduction
from dedup.segment import walk_kernels as walk
from dedup.segment.addresses import NO_PLACES, absolute, image_address
from dedup.segment.links import target_of
from dedup.segment.segments import ElementTable, Picture, Segments
from dedup.segment.tags import CUSTOM, ID

MOST_IMAGES: Final = 2_000
_COLUMN: Final = {name: number for number, name in enumerate(NAMES)}
_IMG, _BR = ID["img"], ID["br"]
_AMP: Final = b"amp-img"


def list_links(page: Sources, blocks: Sequence[Block]) -> tuple[Link, ...]:
    """Every linked piece of text, in the page's order; links that run a script lead nowhere and are left out."""
    anchors = page.page.anchors
    data = page.page.text.tobytes()
    within = np.searchsorted(page.page.offsets, anchors[:, walk.ANCHOR_START], side="right") - 1
    found: list[Link] = []
    for (start, end, number), index in zip(anchors.tolist(), within.tolist(), strict=True):
        address, nofollow = target_of(page.page, number)
        if not address or address.startswith("#") or address.lower().startswith(NO_PLACES) or index >= len(blocks):
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
    rows = _image_tags(table, source)[:MOST_IMAGES]
    within = np.searchsorted(page.page.first_tags[:blocks], rows, side="left").tolist()
    elements = np.full(len(table.tags) + 1, -1)
    elements[table.rows[:, walk.NUMBER]] = np.arange(len(table.rows))  # those without a number take the last place
    before: str | None = None
    for row, values_at, index in zip(rows.tolist(), attributes(table, rows).tolist(), within, strict=True):
        values = {name: raw_value(source, *values_at[column]) for name, column in _COLUMN.items()}
        if address := image_address(values.get):
            element = int(elements[row])
            if address != before or not table.rows[element, walk.STATE] & walk.NOSCRIPT:
                is_behind = index > 0 and _is_behind(page.page, table, row, element, index)
                yield Picture(address, tidy(values["alt"]) or None, index - is_behind)
            before = address


def _image_tags(table: ElementTable, source: bytes) -> npt.NDArray[np.intp]:
    """Start tags of images, those of AMP included."""
    tags = table.tags[:, reduction.TAG]
    custom = np.flatnonzero(tags == CUSTOM)
    starts = table.tags[custom, reduction.START].tolist()
    is_image = [source[start + 1 : start + 1 + len(_AMP)].lower() == _AMP for start in starts]
    return np.sort(np.concatenate([np.flatnonzero(tags == _IMG), custom[np.array(is_image, np.bool_)]]))


def _is_behind(page: Segments, table: ElementTable, row: int, element: int, index: int) -> bool:
    """Whether an image, whose start tag and element are given, ends the block before the one that begins after it."""
    while element >= 0 and not table.rows[element, walk.STATE] & walk.BREAKS:
        element = int(table.rows[element, walk.PARENT])
    if element != page.elements[index - 1]:
        return False
    if index == len(page) or page.elements[index] != element:
        return True
    between = table.tags[
        row : page.first_tags[index] + 1, reduction.TAG
    ]  # line breaks part two blocks of one element
    return bool((between == _BR).any())


def _role(block: Block) -> Role | None:
    return block.verdict.evidence.role
