"""Which blocks may say a part of the title: most begin as no part of it does."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.jit import kernel
from dedup.segment.chunk_kernels import Bytes, lower

_ASCII: Final = 128
_SPACE: Final = 32
_COMPARED: Final = 8  # bytes of a block's first word


@kernel("void(uint8[::1], int64[::1], int64[::1], uint8[::1], boolean[::1])", allocates=False)
def may_be_part(
    text: Bytes,
    offsets: npt.NDArray[np.int64],
    blocks: npt.NDArray[np.int64],
    title: Bytes,
    found: npt.NDArray[np.bool_],
) -> None:
    """Whether the ASCII that blocks begin with stands in the title.

    Args:
        text: uint8[bytes] of all blocks.
        offsets: int64[n + 1], where each begins.
        blocks: int64[k], those that are asked about.
        title: uint8[bytes], in lower case.
        found: bool[k], to be filled.
    """
    for i in range(len(blocks)):
        start, end = offsets[blocks[i]], offsets[blocks[i] + 1]
        while start < end and text[start] <= _SPACE:
            start += 1
        stop = start
        while stop < min(end, start + _COMPARED) and _SPACE < text[stop] < _ASCII:
            stop += 1
        found[i] = False
        for at in range(len(title) - (stop - start) + 1):
            same = 0
            while same < stop - start and title[at + same] == lower(text[start + same]):
                same += 1
            if same == stop - start:
                found[i] = True
                break
