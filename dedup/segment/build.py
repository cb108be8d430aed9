"""Segments from blocks that were found one at a time, as plain text and Markdown give them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dedup.page import Kind
from dedup.segment import walk_kernels as walk
from dedup.segment.segments import KINDS, Listed, Picture, Placed, Segments, Target

_NO_ROW = Placed(-1, -1, -1)


class Anchor(NamedTuple):
    """A piece of linked text: the bytes of its block's text, in UTF-8, that it takes."""

    start: int
    end: int
    target: Target


class RawBlock(NamedTuple):
    """A block as a line-oriented reader finds it; `link_chars` and `links` as in `Segments`.

    `ranges` are the characters of the input that its text comes from; empty where they cannot be told. `listed` says
    where it stands in lists, `placed` where in tables; None: it is no item of one, no row. `quote`
    is the number of the quote that it stands in, 0 for none. `language` is that of code; empty where none is named.
    """

    text: str
    kind: Kind
    line: int
    level: int = 0
    link_chars: int = 0
    links: int = 0
    ranges: tuple[tuple[int, int], ...] = ()
    anchors: tuple[Anchor, ...] = ()
    listed: Listed | None = None
    placed: Placed | None = None
    quote: int = 0
    language: str = ""


def build(
    blocks: list[RawBlock],
    form: str,
    *,
    title: str | None = None,
    truncated: tuple[str, ...] = (),
    pictures: Sequence[Picture] = (),
) -> Segments:
    """Put blocks into arrays."""
    encoded = [block.text.encode(errors="replace") for block in blocks]
    offsets = np.zeros(len(blocks) + 1, np.int64)
    np.cumsum([len(text) for text in encoded], out=offsets[1:])
    anchors = [
        (begin + anchor.start, begin + anchor.end)
        for begin, block in zip(offsets.tolist(), blocks, strict=False)
        for anchor in block.anchors
    ]
    return Segments(
        text=np.frombuffer(bytearray(b"".join(encoded)), np.uint8),
        offsets=offsets,
        kinds=np.array([KINDS.index(block.kind) for block in blocks], np.uint8),
        elements=np.zeros(len(blocks), np.int32),
        flags=np.zeros(len(blocks), np.uint8),
        chars=np.array([sum(map(len, block.text.split())) for block in blocks], np.int32),
        link_chars=np.array([block.link_chars for block in blocks], np.int32),
        links=np.array([block.links for block in blocks], np.int32),
        levels=np.array([block.level for block in blocks], np.uint8),
        lines=np.array([block.line for block in blocks], np.int32),
        title=title,
        form=form,
        truncated=truncated,
        ranges=tuple(block.ranges for block in blocks),
        anchors=np.array([(start, end, number) for number, (start, end) in enumerate(anchors)], np.int32).reshape(
            -1, walk.ANCHOR_COLUMNS
        ),
        targets=tuple(anchor.target for block in blocks for anchor in block.anchors),
        listed=tuple(block.listed for block in blocks),
        placed=np.array([block.placed or _NO_ROW for block in blocks], np.int32).reshape(-1, len(_NO_ROW)),
        quotes=np.array([block.quote for block in blocks], np.int32),
        languages=tuple(block.language for block in blocks),
        pictures=tuple(pictures),
    )
