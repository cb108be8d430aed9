"""Sets of shingle hashes that have nothing in common with those of another site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dedup.fingerprint.words import uint32, uintp
from dedup.jit import kernel

if TYPE_CHECKING:
    from dedup.fingerprint.words import Array


@kernel("void(uint32[::1], int64[::1], uint32[::1], uint32[::1])", allocates=False)
def shift_sets(hashes: Array, offsets: Array, shifts: Array, shifted: Array) -> None:
    """Add a number to all hashes of a set, modulo 2^32. Sets of one shift keep their Jaccard, others lose theirs.

    Args:
        hashes: uint32[m], ascending within each set.
        offsets: int64[n + 1], where the sets begin and end.
        shifts: uint32[n], of each set.
        shifted: uint32[m], written: ascending again, what passed 2^32 first.
    """
    for item in range(uintp(shifts.size)):
        start, end, shift = uintp(offsets[item]), uintp(offsets[item + uintp(1)]), uint32(shifts[item])
        first = start  # that passes 2^32
        while first < end and uint32(hashes[first] + shift) >= shift:
            first += uintp(1)
        at = start
        for number in range(first, end):
            shifted[at] = uint32(hashes[number] + shift)
            at += uintp(1)
        for number in range(start, first):
            shifted[at] = uint32(hashes[number] + shift)
            at += uintp(1)
