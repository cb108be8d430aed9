"""Sorting the hashes of one text and dropping repeats."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dedup.fingerprint.words import uint32, uintp
from dedup.jit import kernel

if TYPE_CHECKING:
    from dedup.fingerprint.words import Array

FEW = uintp(64)  # up to here a quadratic sort without branches is the fastest


@kernel("void(uint32[::1], uint32[::1], uintp)", allocates=False)
def _sort_by_rank(values: Array, scratch: Array, count: int) -> None:
    """Each value goes where as many values as are smaller stand before it."""
    for at in range(count):
        value = values[at]
        rank = uint32(0)
        for earlier in range(at):
            rank += uint32(values[earlier] <= value)
        for later in range(at + uintp(1), count):
            rank += uint32(values[later] < value)
        scratch[uintp(rank)] = value
    for at in range(count):
        values[at] = scratch[at]


@kernel("void(uint32[::1], uint32[::1], uintp)")
def _sort_by_digits(values: Array, scratch: Array, count: int) -> None:
    """Radix sort of four bytes, the least significant first."""
    places = np.empty(256, np.uintp)
    source, target = values, scratch
    for digit in range(4):
        shift = uint32(8 * digit)
        places[:] = 0
        for at in range(count):
            places[uintp(source[at] >> shift & uint32(0xFF))] += uintp(1)
        place = uintp(0)
        for value in range(uintp(256)):
            place, places[value] = place + places[value], place
        for at in range(count):
            value = uintp(source[at] >> shift & uint32(0xFF))
            target[places[value]] = source[at]
            places[value] += uintp(1)
        source, target = target, source


@kernel("uintp(uint32[::1], uint32[::1], uintp)", allocates=False)
def sort_unique(values: Array, scratch: Array, count: int) -> int:
    """Sort the first `count` values in place, each once; how many are left.

    Args:
        values: uint32[count or more].
        scratch: uint32[count or more].
        count: how many values.
    """
    if count <= FEW:
        _sort_by_rank(values, scratch, count)
    else:
        _sort_by_digits(values, scratch, count)
    kept = uintp(0)
    for at in range(count):
        if at == uintp(0) or values[at] != values[at - uintp(1)]:
            values[kept] = values[at]
            kept += uintp(1)
    return kept
