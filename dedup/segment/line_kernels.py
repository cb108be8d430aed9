"""On which line the text after a start tag begins."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.jit import kernel

_SPACE: Final = 32
_LINE_FEED: Final = 10
_FARTHEST: Final = 4096  # bytes of white space that are passed over: many blocks may share one long gap
_CHUNK: Final = 256  # bytes whose line feeds are counted once


@kernel(inline=True)
def _line_feeds(piece: npt.NDArray[np.uint8]) -> int:
    found = 0
    for byte in piece:
        found += byte == _LINE_FEED
    return found


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
        total += _line_feeds(source[chunk * _CHUNK : (chunk + 1) * _CHUNK])
    before[size // _CHUNK] = total
    for i in range(len(ends)):
        at = ends[i]
        limit = min(size, at + _FARTHEST)
        while at < limit and source[at] <= _SPACE:
            at += 1
        chunk = at // _CHUNK
        lines[i] = 1 + before[chunk] + _line_feeds(source[chunk * _CHUNK : at])
