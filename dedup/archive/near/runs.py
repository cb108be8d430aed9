"""Sorted runs of 64-bit keys on disk, of which any range is read without the rest."""

from __future__ import annotations

import mmap
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

LAST_KEY: Final = (1 << 64) - 1


class Run(NamedTuple):
    """Ascending keys within a file.

    Attributes:
        path: the file, of uint64.
        start: keys before the run.
        keys: how many.
        base: added to every key that is read.
    """

    path: Path
    start: int
    keys: int
    base: int = 0

    def between(self, low: int, last: int) -> NDArray[np.uint64]:
        """The keys from `low` to `last`, counted without the base; uint64[n]."""
        if not self.keys:
            return np.empty(0, np.uint64)
        mapped = np.memmap(self.path, np.uint64, "r", 8 * self.start, (self.keys,))
        begin = int(mapped.searchsorted(np.uint64(low)))
        end = int(mapped.searchsorted(np.uint64(last), side="right"))
        del mapped  # what is mapped counts as memory of this process
        found = np.fromfile(self.path, np.uint64, end - begin, offset=8 * (self.start + begin))
        found += np.uint64(self.base)
        return found

    def all(self) -> NDArray[np.uint64]:
        """All keys."""
        return self.between(0, LAST_KEY)


def merged(runs: Iterable[Run], low: int, last: int) -> NDArray[np.uint64]:
    """The keys of all runs within a range, ascending."""
    keys = np.concatenate([np.empty(0, np.uint64), *(run.between(low, last) for run in runs)])
    keys.sort()  # vectorised, and faster than a merge that knows of the order
    return keys


class Mapped:
    """An array in a file. Memory holds only what was looked at since it was last let go.

    Args:
        path: the file.
        dtype: of the array.
    """

    def __init__(self, path: Path, dtype: type[np.generic]) -> None:
        self._memory: mmap.mmap | None = None
        self.array: NDArray[Any] = np.empty(0, dtype)
        if path.exists() and path.stat().st_size:
            with path.open("rb") as file:
                self._memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            whole = len(self._memory) // np.dtype(dtype).itemsize  # a killed job may leave a piece of one more
            self.array = np.frombuffer(self._memory, dtype, whole)

    def let_go(self) -> None:
        """Give the memory back; what is looked at again is read again."""
        if self._memory is not None:
            self._memory.madvise(mmap.MADV_DONTNEED)
