"""Which ancestor tells what a removed block is: one pass over the blocks that went."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dedup.jit import kernel


@kernel("void(float32[:, ::1], int64[::1], float32, boolean[::1], int8[::1])", allocates=False)
def nearest(
    table: npt.NDArray[np.float32],
    columns: npt.NDArray[np.int64],
    far: float,
    asked: npt.NDArray[np.bool_],
    found: npt.NDArray[np.int8],
) -> None:
    """The least of some distances of each block, the first of equal ones.

    Args:
        table: float32[n, features].
        columns: int64[d], the distances.
        far: a distance that is as good as none.
        asked: bool[n].
        found: int8[n], set to an index into `columns`; to d where all are far, or the block is not asked about.
    """
    for block in range(len(asked)):
        best, least = len(columns), far
        if asked[block]:
            for i in range(len(columns)):
                distance = table[block, columns[i]]
                if distance < least:
                    best, least = i, distance
        found[block] = best
