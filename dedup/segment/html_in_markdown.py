"""HTML that stands in Markdown: its blocks, images and tags, as the document's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from dedup.segment import reduce_kernels as reduction
from dedup.segment import walk_kernels as walk
from dedup.segment.addresses import image_address, stripped
from dedup.segment.attributes import attributes
from dedup.segment.build import Anchor, RawBlock
from dedup.segment.code import languages_of
from dedup.segment.links import target_of
from dedup.segment.outline import listed_items
from dedup.segment.pictures import images_in
from dedup.segment.quotes import quotes_of
from dedup.segment.rows import places_in_tables
from dedup.segment.segments import KINDS, Listed, Picture, Placed, Segments, Target

_ITEM: Final = KINDS.index("list_item")
_CODE: Final = KINDS.index("code")
_ROW: Final = KINDS.index("table_row")


def blocks_of(page: Segments, line: int, depth: int, items: int, tables: int, quotes: int) -> Iterator[RawBlock]:
    """The blocks of a piece of HTML.

    Args:
        page: the piece, segmented.
        line: of the document on which it begins.
        depth: lists that it stands in.
        items: a number above those of the list items before it, and of their lists.
        tables: a number above those of the tables before it, and of their rows.
        quotes: a number above those of the quotes before it.
    """
    listed = listed_items(page, np.flatnonzero(page.kinds == _ITEM).tolist())
    placed = places_in_tables(page, range(len(page)), np.flatnonzero(page.kinds == _ROW).tolist())
    quoted = quotes_of(page, range(len(page)))
    languages = languages_of(page, np.flatnonzero(page.kinds == _CODE).tolist())
    for index, text in enumerate(page.texts):
        item, place = listed.get(index), placed.get(index)
        yield RawBlock(
            text,
            KINDS[page.kinds[index]],
            line + int(page.lines[index]) - 1,
            int(page.levels[index]),
            int(page.link_chars[index]),
            int(page.links[index]),
            anchors=_anchors(page, index),
            listed=None
            if item is None
            else Listed(depth + item.depth, item.mark, items + item.item, items + max(item.group, 0)),
            placed=None if place is None else Placed(tables + max(place.table, 0), tables + place.row, place.cell),
            quote=quotes + quoted[index] if index in quoted else 0,
            language=languages.get(index, ""),
        )


def pictures_of(page: Segments, first: int) -> Iterator[Picture]:
    """The images of a piece of HTML.

    Args:
        page: the piece, segmented.
        first: index of its first block among those of the document.
    """
    if page.table is None:
        return
    tags, source = page.table.tags, page.table.source
    for row, block, _ in images_in(page, page.table, len(tags), len(page)):
        start, end = tags[row, [reduction.START, reduction.END]].tolist()
        picture = picture_of(attributes(source[start:end].tobytes().decode(errors="replace")), first + block)
        if picture is not None:
            yield picture


def picture_of(values: dict[str, str], block: int) -> Picture | None:
    """The image of a tag; None where it has no address.

    Args:
        values: of its attributes, by name.
        block: that it stands in or before.
    """
    address = image_address(values.get)
    return None if address is None else Picture(address, " ".join(values.get("alt", "").split()) or None, block)


def target_in(values: dict[str, str]) -> Target | None:
    """Where the link of a tag leads; None where it has no address.

    Args:
        values: of its attributes, by name.
    """
    address = stripped(values.get("href", ""))
    return Target(address, "nofollow" in values.get("rel", "").lower().split()) if address else None


def _anchors(page: Segments, block: int) -> tuple[Anchor, ...]:
    """The pieces of linked text of a block."""
    begin, end = page.offsets[block : block + 2].tolist()
    first, last = np.searchsorted(page.anchors[:, walk.ANCHOR_START], (begin, end)).tolist()
    return tuple(
        Anchor(start - begin, stop - begin, target_of(page, number))
        for start, stop, number in page.anchors[first:last].tolist()
    )
