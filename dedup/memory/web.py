"""How many sites repeat a block: consent texts, themes and comment boxes that many of them share."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.memory.block_kernels import EMPTY, add_counts, look_up_counts, rehash_counts
from dedup.memory.lookup import look_up
from dedup.state.records import SeedRecord
from dedup.state.seeds import keyed_number

_REMEMBERED: Final = 1 << 16  # keyed digests
_SMALLEST: Final = 64  # slots
_FULL: Final = 0.6  # share of the slots in use from which a table grows

Keys = npt.NDArray[np.uint64]


class Seeds:
    """What sites of another install repeat.

    Args:
        record: with its key.
    """

    def __init__(self, record: SeedRecord) -> None:
        self._keys, self._sites = record.key_array(), record.site_array()
        self._keyed = lru_cache(_REMEMBERED)(partial(keyed_number, record.key))  # most are asked for again and again

    def look_up(self, keys: Keys) -> npt.NDArray[np.int32]:
        """int32[k], sites of each key."""
        if not len(self._keys):
            return np.zeros(len(keys), np.int32)
        keyed = np.array([self._keyed(key) for key in keys.tolist()], np.uint64)
        return look_up(self._keys, keyed, self._sites).astype(np.int32)


class SiteCounts:
    """Block key → number of sites, in a table with open addressing: 12 bytes a slot."""

    def __init__(self) -> None:
        self._used = 0
        self._make(_SMALLEST)

    def add(self, keys: Keys) -> None:
        """Count one more site for each key (uint64[k], each once)."""
        if self._used + len(keys) > _FULL * len(self._counts):
            self._grow(len(keys))
        self._used += add_counts(self._table, self._counts, keys, 1)

    def remove(self, keys: Keys) -> None:
        """Count one site less for keys that were added."""
        add_counts(self._table, self._counts, keys, -1)

    def look_up(self, keys: Keys) -> npt.NDArray[np.int32]:
        """int32[k], sites of each key."""
        found = np.empty(len(keys), np.int32)
        look_up_counts(self._table, self._counts, keys, found)
        return found

    @property
    def nbytes(self) -> int:
        """Bytes of RAM."""
        return self._table.nbytes + self._counts.nbytes

    def _make(self, slots: int) -> None:
        self._table = np.zeros(slots, np.uint64)
        self._counts = np.full(slots, EMPTY, np.int32)

    def _grow(self, wanted: int) -> None:
        """Make room; slots whose sites are all gone are given up."""
        table, counts = self._table, self._counts
        live = int(np.count_nonzero(counts > 0))
        slots = len(counts)
        while live + wanted > _FULL / 2 * slots:
            slots *= 2
        self._make(slots)
        self._used = rehash_counts(table, counts, self._table, self._counts)
