"""Shingle hashes of one document, read from a file that holds those of all.

They are asked for here and there, and a mapped file would hand over sixteen pages at every such place: that takes the
system four times as long as copying the few hundred bytes that are asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from numba import types

from dedup.fingerprint.words import int32, int64, uintp
from dedup.jit import kernel

if TYPE_CHECKING:
    from collections.abc import Callable

    from dedup.fingerprint.words import Array

_HASH_BYTES: Final = 4
_PREAD: Final[Any] = types.intp(types.int32, types.uintp, types.uintp, types.int64)
_pread = cast("Callable[[int, int, int, int], int]", types.ExternalFunction("pread", _PREAD))


@kernel(inline=True)
def begin_of(ends: Array, document: int) -> int:
    """How many hashes the documents before one have."""
    return uintp(ends[document - uintp(1)]) if document else uintp(0)


@kernel(inline=True)
def read_hashes(file: int, begin: int, end: int, hashes: Array) -> bool:
    """Read the hashes from `begin` to `end` of an open file; False where it does not hold them all."""
    size = uintp(_HASH_BYTES) * (end - begin)
    return _pread(int32(file), uintp(hashes.ctypes.data), size, int64(uintp(_HASH_BYTES) * begin)) == int64(size)
