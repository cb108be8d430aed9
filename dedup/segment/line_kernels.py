"""Where the text after a start tag begins."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.jit import kernel

_SPACE: Final = 32
_FARTHEST: Final = 4096  # bytes of white space that are passed over: many blocks may share one long gap


@kernel("void(uint8[::1], int32[::1], int32[::1])", allocates=False)
def skip_space(source: npt.NDArray[np.uint8], ends: npt.NDArray[np.int32], starts: npt.NDArray[np.int32]) -> None:
    """Set each start to the first byte at or after the end that is no white space or control character.

    Args:
        source: uint8[bytes], UTF-8.
        ends: int32[n], positions in it.
        starts: int32[n], to be filled.
    """
    for i in range(len(ends)):
        at = ends[i]
        limit = min(len(source), at + _FARTHEST)
        while at < limit and source[at] <= _SPACE:
            at += 1
        starts[i] = at
