"""The arrays of an LSH index, and how they grow.

Tables are kept between 57 and 80 % full, so that a band costs an item 10 to 14 bytes. A table that grows is moved band
by band, and each band's old memory is given back at once: growing needs the new size and one band more.
"""

from __future__ import annotations

import mmap
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dedup.index.lsh_kernels import COUNTERS, DEAD, ENTRIES, ITEMS, NODES
from dedup.index.removal_kernels import rebuild_band, rebuild_digests
from dedup.index.table_kernels import GROUP, move_slots

_GROWTH: Final = 1.4
_FULLEST: Final = 0.8
_ROWS_GROWTH: Final = 1.15
_LEAST: Final = 256
MOST_ROWS: Final = (1 << 31) - 1


class MappedSlots:
    """Zeroed `uint64` slots in pages of their own: huge ones where the system has them, since access is random."""

    def __init__(self, size: int) -> None:
        self._memory = mmap.mmap(-1, max(size, 1) * 8, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        if hasattr(mmap, "MADV_HUGEPAGE") and size * 8 >= 1 << 22:
            self._memory.madvise(mmap.MADV_HUGEPAGE)
        self.array: NDArray[np.uint64] = np.frombuffer(self._memory, np.uint64, size)

    def give_back(self, start: int, stop: int) -> None:
        """Let go of the memory of slots that are needed no more."""
        first = -(-start * 8 // mmap.PAGESIZE) * mmap.PAGESIZE
        length = stop * 8 // mmap.PAGESIZE * mmap.PAGESIZE - first
        if length > 0:
            self._memory.madvise(mmap.MADV_DONTNEED, first, length)


class Tables:
    """What an index holds; `lsh_kernels.process` says what each array is.

    Args:
        bands: of the layout.
        width: 32-bit words kept of each entry.
        capacity: items to have room for from the start.
    """

    def __init__(self, bands: int, width: int, capacity: int) -> None:
        self.counters = np.zeros(COUNTERS, np.int64)
        self.counters[[ENTRIES, NODES, ITEMS]] = 1  # row 0 is none
        self._band_slots = MappedSlots(0)
        self._digest_slots = MappedSlots(0)
        self._id_slots = MappedSlots(0)
        self.buckets = np.zeros(bands, np.int64)
        self.nodes = np.empty((_LEAST, 2), np.uint32)
        self.entry_digests = np.empty(0, np.uint64)
        self.first = np.empty(0, np.uint32)
        self.last = np.empty(0, np.uint32)
        self.sets = np.empty((0, width), np.uint32)
        self.sizes = np.empty(0, np.uint8)
        self.ids = np.empty(0, np.uint64)
        self.owner = np.empty(0, np.uint32)
        self.following = np.empty(0, np.uint32)
        self.preceding = np.empty(0, np.uint32)
        self.reserve(max(capacity, _LEAST), capacity)

    @property
    def bands(self) -> NDArray[np.uint64]:
        """uint64[bands * capacity]."""
        return self._band_slots.array

    @property
    def digest_slots(self) -> NDArray[np.uint64]:
        """Table of the entries' digests."""
        return self._digest_slots.array

    @property
    def id_slots(self) -> NDArray[np.uint64]:
        """Table of the items' ids."""
        return self._id_slots.array

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        return sum(
            value.array.nbytes if isinstance(value, MappedSlots) else value.nbytes for value in vars(self).values()
        )

    def reserve(self, items: int, new_nodes: int | None = None) -> None:
        """Make room for further items, all of new entries."""
        entries = int(self.counters[ENTRIES]) + items
        rows = int(self.counters[ITEMS]) + items
        nodes = int(self.counters[NODES]) + (2 * len(self.buckets) * items if new_nodes is None else new_nodes)
        if max(entries, rows, nodes) > MOST_ROWS:
            raise MemoryError(f"an index holds at most {MOST_ROWS} items")
        if (fullest := int(self.buckets.max()) + items) > _FULLEST * self.bands.size / len(self.buckets):
            self._move_bands(_capacity(fullest))
        if entries > _FULLEST * self.digest_slots.size:
            self._move_digests(_capacity(entries))
        if rows > _FULLEST * self.id_slots.size:
            grown = MappedSlots(_capacity(rows))
            move_slots(self.id_slots, grown.array)
            self._id_slots = grown
        for names, count in (
            (("entry_digests", "first", "last", "sets", "sizes"), entries),
            (("ids", "owner", "following", "preceding"), rows),
            (("nodes",), nodes),
        ):
            if count > len(getattr(self, names[0])):
                for name in names:
                    _grow(getattr(self, name), int(count * _ROWS_GROWTH))

    def drop_dead(self) -> None:
        """Take dead entries out of their buckets, so that no walk passes them and their rows are used again."""
        self._move_bands(self.bands.size // len(self.buckets))
        self._move_digests(self.digest_slots.size)

    @property
    def dead(self) -> int:
        """Entries without items."""
        return int(self.counters[DEAD])

    def _move_bands(self, capacity: int) -> None:
        bands = len(self.buckets)
        old, before = self._band_slots, self.bands.size // bands
        grown = MappedSlots(bands * capacity)
        for band in range(bands):
            source = slice(band * before, (band + 1) * before)
            target = slice(band * capacity, (band + 1) * capacity)
            self.buckets[band] = rebuild_band(
                old.array[source], grown.array[target], self.nodes, self.first, self.counters
            )
            old.give_back(source.start, source.stop)
        self._band_slots = grown
        if self.dead:
            self._move_digests(self.digest_slots.size)

    def _move_digests(self, capacity: int) -> None:
        grown = MappedSlots(capacity)
        rebuild_digests(self.digest_slots, grown.array, self.first, self.last, self.counters)
        self._digest_slots = grown


def _capacity(items: int) -> int:
    return (int(items / _FULLEST * _GROWTH) // GROUP + 1) * GROUP


def _grow(array: NDArray[np.generic], rows: int) -> None:
    """Lengthen in place: the system moves pages instead of copying them, and there is never a second copy."""
    array.resize((rows, *array.shape[1:]), refcheck=False)  # views live no longer than the lock that is held
