"""Which block an image belongs to: the one that it stands in, else the one that it stands before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.segment import dom_kernels as dom
from dedup.segment import reduce_kernels as reduction
from dedup.segment.segments import ElementTable, Segments
from dedup.segment.tags import CUSTOM, ID

_IMG, _BR = ID["img"], ID["br"]
_AMP: Final = b"amp-img"


class Shown(NamedTuple):
    """An image's place.

    Attributes:
        row: of its start tag in `ElementTable.tags`.
        block: index of the block; that of the end where it stands after all.
        in_noscript: whether it stands in for what scripts show.
    """

    row: int
    block: int
    in_noscript: bool


def images_in(page: Segments, table: ElementTable, most: int, blocks: int) -> Iterator[Shown]:
    """The images of a page in its order.

    Args:
        page: its blocks.
        table: its elements.
        most: that are wanted.
        blocks: of the page that count.
    """
    rows = _image_tags(table)[:most]
    breaks = np.cumsum(table.tags[:, reduction.TAG] == _BR)  # of lines, up to each start tag
    firsts = np.maximum.accumulate(page.first_tags[:blocks])  # what only JSON says stands at the end and has no tag
    within = np.searchsorted(firsts, rows, side="left").tolist()
    elements = np.full(len(table.tags) + 1, -1)
    elements[table.rows[:, dom.NUMBER]] = np.arange(len(table.rows))  # those without a number take the last place
    for row, index in zip(rows.tolist(), within, strict=True):
        element = int(elements[row])
        is_behind = index > 0 and _is_behind(page, table, breaks, row, element, index)
        in_noscript = element >= 0 and bool(table.rows[element, dom.STATE] & dom.NOSCRIPT)
        yield Shown(row, index - is_behind, in_noscript)


def _image_tags(table: ElementTable) -> npt.NDArray[np.intp]:
    """Start tags of images, those of AMP included."""
    tags = table.tags[:, reduction.TAG]
    custom = np.flatnonzero(tags == CUSTOM)
    starts = (table.tags[custom, reduction.START] + 1).tolist()
    is_image = [table.source[start : start + len(_AMP)].tobytes().lower() == _AMP for start in starts]
    return np.sort(np.concatenate([np.flatnonzero(tags == _IMG), custom[np.array(is_image, np.bool_)]]))


def _is_behind(
    page: Segments, table: ElementTable, breaks: npt.NDArray[np.intp], row: int, element: int, index: int
) -> bool:
    """Whether an image, whose start tag and element are given, ends the block before the one that begins after it."""
    while element >= 0 and not table.rows[element, dom.STATE] & dom.BREAKS:
        element = int(table.rows[element, dom.PARENT])
    if element != page.elements[index - 1]:
        return False
    if index == len(page) or page.elements[index] != element:
        return True
    return bool(breaks[page.first_tags[index]] > breaks[row])  # line breaks part two blocks of one element
