"""Sorted (tag, document) keys to groups of documents with a common tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dedup.fingerprint.words import uint32, uint64, uintp
from dedup.index.table_kernels import mix_64
from dedup.jit import kernel

if TYPE_CHECKING:
    from dedup.fingerprint.words import Array


@kernel("int64(uint64[::1], int64, uint64[::1])", allocates=False)
def group(keys: Array, fresh: int, entries: Array) -> int:
    """Name the groups of two and more documents of which one at least is new.

    A group is named by a hash of its members, so that bands in which the same documents meet give one group. Two
    groups of one name are one group: what that brings together is compared, and found unlike.

    Args:
        keys: uint64[n], ascending: tag above document.
        fresh: the first new document.
        entries: uint64[n], written: document above group.

    Returns:
        Entries written.
    """
    filled = uintp(0)
    start = uintp(0)
    size = uintp(keys.size)
    while start < size:
        tag = keys[start] >> uint64(32)
        end = start + uintp(1)
        while end < size and keys[end] >> uint64(32) == tag:
            end += uintp(1)
        if end - start > uintp(1) and uint32(keys[end - uintp(1)]) >= fresh:
            name = uint64(end - start)
            for at in range(start, end):
                name = mix_64(name ^ uint64(uint32(keys[at])))
            for at in range(start, end):
                entries[filled] = (uint64(uint32(keys[at])) << uint64(32)) | (name >> uint64(32))
                filled += uintp(1)
        start = end
    return filled
