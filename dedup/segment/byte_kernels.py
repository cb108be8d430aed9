"""Counting bytes: how many tags a page may have, and on which line the text after each begins."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.jit import kernel

_SPACE: Final = 32
_LINE_FEED: Final = np.uint8(10)
_FARTHEST: Final = 4096  # bytes of white space that are passed over: many blocks may share one long gap
_CHUNK: Final = 128  # bytes looked at together; how often one stands in so many fits a byte


@kernel(inline=True)
def _occurrences(piece: npt.NDArray[np.uint8], byte: int) -> int:
    """How often a byte stands in a chunk at most."""
    found = np.uint8(0)
    for i in range(len(piece)):
        found = np.uint8(found + np.uint8(piece[i] == byte))
    return found


@kernel("int64(uint8[::1], uint8)", allocates=False)
def count_byte(source: npt.NDArray[np.uint8], byte: int) -> int:
    """How often a byte stands in uint8[bytes]."""
    total = 0
    for start in range(0, len(source), _CHUNK):
        total += _occurrences(source[start : start + _CHUNK], byte)
    return total


@kernel("void(uint8[::1], int32[::1], int32[::1])")
def find_lines(source: npt.NDArray[np.uint8], ends: npt.NDArray[np.int32], lines: npt.NDArray[np.int32]) -> None:
    """The line of the first byte at or after each end that is no white space or control character.

    Args:
        source: uint8[bytes], UTF-8.
        ends: int32[n], positions in it.
        lines: int32[n], to be filled; from 1.
    """
    size = len(source)
    before = np.empty(size // _CHUNK + 1, np.int32)  # line feeds before each chunk
    total = 0
    for chunk in range(size // _CHUNK):
        before[chunk] = total
        total += _occurrences(source[chunk * _CHUNK : (chunk + 1) * _CHUNK], _LINE_FEED)
    before[size // _CHUNK] = total
    for i in range(len(ends)):
        at = ends[i]
        limit = min(size, at + _FARTHEST)
        while at < limit and source[at] <= _SPACE:
            at += 1
        chunk = at // _CHUNK
        lines[i] = 1 + before[chunk] + _occurrences(source[chunk * _CHUNK : at], _LINE_FEED)
