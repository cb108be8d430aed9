"""Arrays that a caller hands in, looked at before a kernel that checks no bounds reads them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.errors import FingerprintError
from dedup.fingerprint import ShingleHashes


def checked(name: str, array: NDArray[Any], dtype: type[np.generic], dimensions: int) -> NDArray[Any]:
    """The array, which is of this kind and without gaps.

    Raises:
        FingerprintError: it is not.
    """
    if not isinstance(array, np.ndarray):
        raise FingerprintError(name, type(array).__name__, f"a NumPy array of {dtype.__name__}")
    if array.dtype != dtype or array.ndim != dimensions:
        expected = f"{dtype.__name__}, {dimensions} dimensions"
        raise FingerprintError(name, f"{array.dtype}, {array.ndim} dimensions", expected)
    if not array.flags.c_contiguous:
        raise FingerprintError(name, "an array with gaps", "a contiguous one (numpy.ascontiguousarray)")
    return array


def checked_hashes(hashes: ShingleHashes, count: int | None = None, name: str = "hashes") -> ShingleHashes:
    """Sets of shingle hashes whose offsets lie within the values.

    Args:
        hashes: the sets.
        count: how many there must be; None: any number.
        name: of the argument.

    Raises:
        FingerprintError: they are none.
    """
    if not isinstance(hashes, ShingleHashes):
        raise FingerprintError(name, type(hashes).__name__, "ShingleHashes, as Fingerprinter.shingle_hashes gives")
    values = checked(f"{name}.values", hashes.values, np.uint32, 1)
    offsets = checked(f"{name}.offsets", hashes.offsets, np.int64, 1)
    if count is not None and len(offsets) != count + 1:
        raise FingerprintError(f"{name}.offsets", f"{len(offsets)} offsets", f"{count + 1}, one more than items")
    if not len(offsets):
        raise FingerprintError(f"{name}.offsets", "no offsets", "one more than sets")
    if offsets[0] < 0 or offsets[-1] > len(values) or np.any(np.diff(offsets) < 0):
        raise FingerprintError(f"{name}.offsets", "offsets out of order", f"ascending within {len(values)} values")
    return hashes


def checked_rows(name: str, rows: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """Rows of `count` sets.

    Raises:
        FingerprintError: another kind of array, or a row that there is not.
    """
    checked(name, rows, np.int64, 1)
    wrong = np.flatnonzero((rows < 0) | (rows >= count))
    if len(wrong):
        raise FingerprintError(f"{name}[{wrong[0]}]", int(rows[wrong[0]]), f"a row of {count} sets, from 0")
    return rows
