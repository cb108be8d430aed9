"""The machine's integers, as kernels use them, in terms a type checker follows.

To numba these are types, and calling one casts; to a type checker, functions from int to int. Called from Python they
give the NumPy scalar, which numba takes as a constant of that width.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numba

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]
    """An argument of a kernel; its signature says of which type."""
    Tables: TypeAlias = tuple[NDArray[Any], ...]
    """The fields of `UnicodeTables`, as a plain tuple."""

BYTES = "Array(uint8, 1, 'C', readonly=True)"
POSITIONS = "Array(int64, 1, 'C', readonly=True)"
"""Signatures of arguments that may be read-only arrays."""

uint8 = cast("Callable[[int], int]", numba.uint8)
int32 = cast("Callable[[int], int]", numba.int32)
uint32 = cast("Callable[[int], int]", numba.uint32)
int64 = cast("Callable[[int], int]", numba.int64)
uint64 = cast("Callable[[int], int]", numba.uint64)
uintp = cast("Callable[[int], int]", numba.uintp)
