"""Segments from blocks that were found one at a time, as plain text and Markdown give them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dedup.page import Kind
from dedup.segment.segments import KINDS, Segments


class RawBlock(NamedTuple):
    """A block as a line-oriented reader finds it; `link_chars` and `links` as in `Segments`.

    `ranges` are the characters of the input that its text comes from; empty where they cannot be told.
    """

    text: str
    kind: Kind
    line: int
    level: int = 0
    link_chars: int = 0
    links: int = 0
    ranges: tuple[tuple[int, int], ...] = ()


def build(
    blocks: list[RawBlock], form: str, *, title: str | None = None, truncated: tuple[str, ...] = ()
) -> Segments:
    """Put blocks into arrays."""
    encoded = [block.text.encode(errors="replace") for block in blocks]
    offsets = np.zeros(len(blocks) + 1, np.int64)
    np.cumsum([len(text) for text in encoded], out=offsets[1:])
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
    )
