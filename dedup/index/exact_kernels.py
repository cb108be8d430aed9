"""What two sets of shingle hashes have in common, counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dedup.fingerprint.words import uintp
from dedup.jit import kernel

if TYPE_CHECKING:
    from dedup.fingerprint.words import Array


@kernel(inline=True)
def common(left: Array, at: int, end: int, right: Array, other: int, other_end: int) -> int:
    """How many values `left[at:end]` and `right[other:other_end]` share; both ascend, each value once."""
    shared = uintp(0)
    while at < end and other < other_end:
        a, b = left[at], right[other]
        shared += uintp(a == b)
        at += uintp(a <= b)
        other += uintp(b <= a)
    return shared


@kernel(
    "void(uint32[::1], int64[::1], int64[::1], uint32[::1], int64[::1], int64[::1], float64[:, ::1])", allocates=False
)
def compare_pairs(
    left: Array,
    left_offsets: Array,
    left_rows: Array,
    right: Array,
    right_offsets: Array,
    right_rows: Array,
    similarities: Array,
) -> None:
    """Compare pairs of sets.

    Args:
        left: uint32[m], hashes of sets, each set ascending.
        left_offsets: int64[sets + 1].
        left_rows: int64[n], the left set of each pair.
        right: uint32[k], likewise.
        right_offsets: int64[sets + 1].
        right_rows: int64[n].
        similarities: float64[3, n], written: Jaccard, share of the left set that the right one holds, and the
            reverse; 0 where a set is empty.
    """
    for pair in range(uintp(left_rows.size)):
        i, j = uintp(left_rows[pair]), uintp(right_rows[pair])
        at, end = uintp(left_offsets[i]), uintp(left_offsets[i + uintp(1)])
        other, other_end = uintp(right_offsets[j]), uintp(right_offsets[j + uintp(1)])
        shared = common(left, at, end, right, other, other_end)
        if shared:
            similarities[0, pair] = shared / (end - at + other_end - other - shared)
            similarities[1, pair] = shared / (end - at)
            similarities[2, pair] = shared / (other_end - other)
        else:
            similarities[:, pair] = 0.0
