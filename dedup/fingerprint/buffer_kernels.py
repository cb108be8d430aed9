"""Checking offsets, and finding the texts in a packed list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dedup.fingerprint.words import POSITIONS, int64, uint8, uint64, uintp
from dedup.jit import kernel

if TYPE_CHECKING:
    from dedup.fingerprint.words import Array

# The heads of MessagePack: https://github.com/msgpack/msgpack/blob/master/spec.md
_FIX_STR, _FIX_STR_SIZE = uint8(0xA0), uint8(0x1F)
_BIN_8, _BIN_32 = uint8(0xC4), uint8(0xC6)
_STR_8, _STR_32 = uint8(0xD9), uint8(0xDB)
_ARRAY_16, _ARRAY_32 = uint8(0xDC), uint8(0xDD)


@kernel(f"int64({POSITIONS}, int64)", allocates=False)
def find_misplaced(offsets: Array, limit: int) -> int:
    """The first text that has fewer bytes than none or more than `limit`; -1 where there is none."""
    for text in range(uintp(offsets.size - 1)):
        if not int64(0) <= offsets[text + uintp(1)] - offsets[text] <= limit:
            return int64(text)
    return int64(-1)


@kernel(inline=True)
def _big_endian(data: Array, at: int, size: int) -> int:
    value = uint64(0)
    for index in range(size):
        value = value << uint64(8) | uint64(data[at + index])
    return value


@kernel("int64(uint8[::1], int64[::1], int64[::1])", allocates=False)
def find_texts(data: Array, begins: Array, ends: Array) -> int:
    """Find the strings in a MessagePack array of strings and binaries.

    Args:
        data: uint8[:], the array, complete.
        begins: int64[n], becomes the first byte of each.
        ends: int64[n], becomes one past the last byte of each.

    Returns:
        The first item that is neither a string nor binary; -1 where there is none.
    """
    at = uintp(1)
    if data[0] == _ARRAY_16:
        at = uintp(3)
    elif data[0] == _ARRAY_32:
        at = uintp(5)
    for item in range(uintp(begins.size)):
        head = data[at]
        at += uintp(1)
        if head & ~_FIX_STR_SIZE == _FIX_STR:
            size = uint64(head & _FIX_STR_SIZE)
        elif _STR_8 <= head <= _STR_32:
            width = uintp(1) << uintp(head - _STR_8)
            size = _big_endian(data, at, width)
            at += width
        elif _BIN_8 <= head <= _BIN_32:
            width = uintp(1) << uintp(head - _BIN_8)
            size = _big_endian(data, at, width)
            at += width
        else:
            return int64(item)
        begins[item] = int64(at)
        at += uintp(size)
        ends[item] = int64(at)
    return int64(-1)
