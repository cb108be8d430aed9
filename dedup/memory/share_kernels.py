"""How large a share of a site's pages holds a block, at least."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from dedup.jit import kernel


@kernel(inline=True)
def share_bound(pages: int, since: int) -> float:
    """Lower bound of the share of pages that hold a block (one standard error; Wilson, 1927); see `least_share`."""
    if pages <= 0:
        return 0.0
    count = float(max(since, 1))
    share = min(pages / count, 1.0)
    spread = math.sqrt(share * (1 - share) / count + 1 / (4 * count * count))
    return (share + 1 / (2 * count) - spread) / (1 + 1 / count)


@kernel("float64[::1](int32[:], int32[:])")
def least_share(pages: npt.NDArray[np.int32], since: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
    """float64[n], lower bound of the share of pages that hold each block.

    Of the pages since the block was first seen: what a redesign brought in is not held against the pages before it.
    Two of two pages give .67, forty of two hundred .17.

    Args:
        pages: int32[n], that hold each.
        since: int32[n], pages since the first of them, itself included.
    """
    bounds = np.empty(len(pages), np.float64)
    for block in range(len(pages)):
        bounds[block] = share_bound(pages[block], since[block])
    return bounds
