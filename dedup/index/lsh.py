"""An LSH index in RAM: which of the items so far resemble this one?"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.errors import FingerprintError, OptionError
from dedup.fingerprint import ShingleHashes
from dedup.index.arrays import checked, checked_hashes
from dedup.index.band_kernels import band_tags, digest_short_sets
from dedup.index.layout import Layout, require_threshold
from dedup.index.locks import ReadersWriterLock
from dedup.index.lsh_kernels import ALIVE, first_present, process
from dedup.index.removal_kernels import remove
from dedup.index.tables import Tables
from dedup.options import require_switch, require_whole

_CHUNK: Final = 8192
"""Items that are processed under one hold of the lock."""
_SKETCH_BYTES: Final = 128
_DEAD_TO_KEEP: Final = 1024
_NO_HASHES: Final = ShingleHashes(np.empty(0, np.uint32), np.empty(0, np.int64))
_NO_IDS: Final = np.empty(0, np.uint64)


class Matches(NamedTuple):
    """What resembles the items that were asked about; by item, most similar first, then by id.

    Attributes:
        query: int64[m], the item: its row among those asked about.
        id: int64[m], what resembles it.
        similarity: float64[m], Jaccard: exact, or the estimate from the signatures.
        containment: float64[m], share of the queried item's shingles that the other holds; NaN where estimated.
        contained: float64[m], share of the other's shingles that the queried item holds; NaN where estimated.
        estimated: bool[m]. An estimate only rejects: that it is here means that it was not below the threshold by
            more than three standard errors, so compare the shingle hashes before you call it a near-duplicate.
    """

    query: NDArray[np.int64]
    id: NDArray[np.int64]
    similarity: NDArray[np.float64]
    containment: NDArray[np.float64]
    contained: NDArray[np.float64]
    estimated: NDArray[np.bool_]


class LshIndex:
    """Finds near-duplicates among items known by their signatures.

    An item has an id of the caller's choice and is in the index once. The signature of the empty set (a text without
    tokens) never enters and matches nothing. Items of equal signature are kept as one entry with a list of ids, so
    any number of them costs about as much as one. In a crowded bucket the oldest `bucket_limit` entries are looked
    at, and of items of equal signature the oldest `bucket_limit` are reported: no query costs more than that,
    whatever was added, and results are the same for the same sequence of calls.

    With `keep_sets`, every call takes shingle hashes too, and sets of up to 32 are kept in place of the 128 bytes of
    a longer item's sketch: two short items are compared exactly, at once.

    An index holds about 225 bytes an item at the default layout beside those 128. Any number of threads may ask
    while one at a time writes; a call on many items lets others in between, so readers may see part of it.

    Args:
        threshold: least Jaccard.
        num_perm: permutations of the signatures.
        layout: bands; None: `Layout.for_threshold(threshold, num_perm)`.
        keep_sets: keep the shingle hashes of short items.
        bucket_limit: how many of a crowded bucket are looked at.
        capacity: items to have room for from the start; the index grows past it.

    Raises:
        OptionError: an option outside its range.
    """

    def __init__(
        self,
        threshold: float = 0.8,
        num_perm: int = 128,
        layout: Layout | None = None,
        *,
        keep_sets: bool = False,
        bucket_limit: int = 64,
        capacity: int = 0,
    ) -> None:
        require_whole("num_perm", num_perm, 4, 1 << 16)
        require_whole("bucket_limit", bucket_limit, 1, 1 << 16)
        require_whole("capacity", capacity, 0, (1 << 31) - 2)
        require_switch("keep_sets", keep_sets)
        if layout is not None and not isinstance(layout, Layout):
            raise OptionError("layout", layout, "a Layout, or None for that of the threshold")
        require_threshold(threshold)
        self.threshold = threshold
        self.num_perm = num_perm
        self.layout = layout or Layout.for_threshold(threshold, num_perm)
        if self.layout.bands * self.layout.rows > num_perm:
            raise OptionError("layout", self.layout, f"at most the {num_perm} permutations of a signature")
        self.keep_sets = keep_sets
        self.bucket_limit = bucket_limit
        width = min(num_perm, _SKETCH_BYTES) // 4
        self._least = _least_equal_bytes(threshold, 4 * width)
        hashed = self.layout.bands * self.layout.rows
        self._coefficients = np.frombuffer(np.random.RandomState(1).bytes(8 * (hashed + 1)), "<u8").copy()
        self._tables = Tables(self.layout.bands, width, capacity)
        self._lock = ReadersWriterLock()
        self._one_writer = threading.Lock()

    def __len__(self) -> int:
        return int(self._tables.counters[ALIVE])

    def __contains__(self, item_id: int) -> bool:
        wanted = _one_id(item_id).view(np.uint64)
        with self._lock.reading():
            return self._first_present(wanted) == 0

    @property
    def nbytes(self) -> int:
        """Bytes that the index holds, what is kept to verify with included."""
        return self._tables.nbytes

    def query(self, signature: NDArray[np.uint32], hashes: NDArray[np.uint32] | None = None) -> Matches:
        """`query_many` of one item: uint32[num_perm] and, where the index keeps sets, its shingle hashes."""
        return self.query_many(*_as_many(signature, hashes))

    def add(self, item_id: int, signature: NDArray[np.uint32], hashes: NDArray[np.uint32] | None = None) -> None:
        """`add_many` of one item."""
        self.add_many(_one_id(item_id), *_as_many(signature, hashes))

    def query_and_add(
        self, item_id: int, signature: NDArray[np.uint32], hashes: NDArray[np.uint32] | None = None
    ) -> Matches:
        """`query_and_add_many` of one item."""
        return self.query_and_add_many(_one_id(item_id), *_as_many(signature, hashes))

    def remove(self, item_id: int) -> bool:
        """Take one item out; False where the index does not hold it."""
        return bool(self.remove_many(_one_id(item_id))[0])

    def query_many(self, signatures: NDArray[np.uint32], hashes: ShingleHashes | None = None) -> Matches:
        """What resembles each item.

        Args:
            signatures: uint32[n, num_perm], contiguous.
            hashes: the shingle hashes of the n items, where the index keeps sets.

        Raises:
            FingerprintError: arrays of another type or shape.
        """
        batch = self._prepare(signatures, hashes)
        parts = []
        for chunk in _chunks(len(signatures)):
            with self._lock.reading():
                parts += self._process(batch.rows(chunk), _NO_IDS, chunk.start, ask=True)
        return _joined(parts)

    def add_many(
        self, ids: NDArray[np.int64], signatures: NDArray[np.uint32], hashes: ShingleHashes | None = None
    ) -> None:
        """Add items; all or, where an error is raised, none.

        Args:
            ids: int64[n], none of which is in the index.
            signatures: uint32[n, num_perm], contiguous.
            hashes: the shingle hashes of the n items, where the index keeps sets.

        Raises:
            FingerprintError: arrays of another type or shape, an id that comes twice or is in the index.
        """
        self._write(ids, signatures, hashes, ask=False)

    def query_and_add_many(
        self, ids: NDArray[np.int64], signatures: NDArray[np.uint32], hashes: ShingleHashes | None = None
    ) -> Matches:
        """What resembles each item among those before it, earlier ones of this call too; then add it.

        Arguments and errors as for `add_many`.
        """
        return _joined(self._write(ids, signatures, hashes, ask=True))

    def remove_many(self, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Take items out.

        Args:
            ids: int64[n].

        Returns:
            bool[n], whether the index held it.

        Raises:
            FingerprintError: an array of another type or shape.
        """
        wanted = checked("ids", ids, np.int64, 1).view(np.uint64)
        removed = np.empty(len(wanted), np.bool_)
        with self._one_writer, self._lock.writing():
            tables = self._tables
            remove(
                wanted,
                removed,
                tables.id_slots,
                tables.ids,
                tables.owner,
                tables.following,
                tables.preceding,
                tables.first,
                tables.last,
                tables.counters,
            )
            if tables.dead > max(_DEAD_TO_KEEP, len(self) // 8):
                tables.drop_dead()
        return removed

    def _write(
        self,
        ids: NDArray[np.int64],
        signatures: NDArray[np.uint32],
        hashes: ShingleHashes | None,
        *,
        ask: bool,
    ) -> list[Matches]:
        batch = self._prepare(signatures, hashes)
        new_ids = checked("ids", ids, np.int64, 1).view(np.uint64)
        if len(new_ids) != len(signatures):
            raise FingerprintError("ids", f"{len(new_ids)} ids", f"one for each of {len(signatures)} signatures")
        _require_distinct(ids)
        parts = []
        with self._one_writer:
            if (present := self._first_present(new_ids)) >= 0:
                raise FingerprintError(f"ids[{present}]", int(ids[present]), "an id that is not in the index")
            for chunk in _chunks(len(signatures)):
                with self._lock.writing():
                    self._tables.reserve(chunk.stop - chunk.start)
                    parts += self._process(batch.rows(chunk), new_ids[chunk], chunk.start, ask=ask)
        return parts

    def _first_present(self, ids: NDArray[np.uint64]) -> int:
        return int(first_present(ids, self._tables.id_slots, self._tables.ids))

    def _prepare(self, signatures: NDArray[np.uint32], hashes: ShingleHashes | None) -> _Batch:
        checked("signatures", signatures, np.uint32, 2)
        count, num_perm = signatures.shape
        if num_perm != self.num_perm:
            raise FingerprintError("signatures", f"{num_perm} permutations", f"{self.num_perm} permutations")
        if (hashes is not None) != self.keep_sets:
            got, expected = ("some", "none, since the index does not keep sets") if hashes else ("none", "hashes")
            raise FingerprintError("hashes", got, expected)
        bands = self.layout.bands
        batch = _Batch(
            signatures,
            np.empty((count, bands), np.uint32),
            np.empty(count, np.uint64),
            np.empty(count, np.bool_),
            checked_hashes(hashes, count) if hashes is not None else _NO_HASHES,
        )
        band_tags(signatures, bands, self.layout.rows, self._coefficients, batch.tags, batch.digests, batch.empty)
        if hashes is not None:
            digest_short_sets(*batch.hashes, self._tables.sets.shape[1], batch.digests)
        return batch

    def _process(self, batch: _Batch, ids: NDArray[np.uint64], first_row: int, *, ask: bool) -> list[Matches]:
        tables = self._tables
        most = self.layout.bands * self.bucket_limit + 1
        found = np.empty(self.layout.bands, np.uint64)
        candidates = np.empty(most if ask else 0, np.uint32)
        seen = np.zeros(2 * most if ask else 0, np.uint64)
        room = 4 * len(batch.signatures) + 64 if ask else 0
        parts: list[Matches] = []
        start = 0
        while start < len(batch.signatures):
            out = _Output(
                np.empty(room, np.int64),
                np.empty(room, np.uint64),
                np.empty((3, room), np.float64),
                np.empty(room, np.bool_),
            )
            stopped, filled = process(
                batch.signatures,
                batch.tags,
                batch.digests,
                batch.empty,
                *batch.hashes,
                ids,
                ask,
                len(ids) > 0,
                self.threshold,
                self._least,
                self.bucket_limit,
                tables.bands,
                tables.buckets,
                tables.nodes,
                tables.digest_slots,
                tables.entry_digests,
                tables.first,
                tables.last,
                tables.sets,
                tables.sets.view(np.uint8),
                tables.sizes,
                tables.id_slots,
                tables.ids,
                tables.owner,
                tables.following,
                tables.preceding,
                tables.counters,
                found,
                candidates,
                seen,
                start,
                *out,
            )
            if filled:
                parts.append(out.matches(filled, first_row))
            if stopped == start:
                room *= 4  # a single item matches more than there was room for
            start = stopped
            seen[:] = 0
        return parts


class _Batch(NamedTuple):
    signatures: NDArray[np.uint32]
    tags: NDArray[np.uint32]
    digests: NDArray[np.uint64]
    empty: NDArray[np.bool_]
    hashes: ShingleHashes

    def rows(self, chunk: slice) -> _Batch:
        hashes = self.hashes
        if hashes.offsets.size:
            hashes = ShingleHashes(hashes.values, hashes.offsets[chunk.start : chunk.stop + 1])
        return _Batch(self.signatures[chunk], self.tags[chunk], self.digests[chunk], self.empty[chunk], hashes)


class _Output(NamedTuple):
    query: NDArray[np.int64]
    id: NDArray[np.uint64]
    similarity: NDArray[np.float64]
    estimated: NDArray[np.bool_]

    def matches(self, filled: int, first_row: int) -> Matches:
        return Matches(
            self.query[:filled] + first_row,
            self.id[:filled].view(np.int64),
            self.similarity[0, :filled],
            self.similarity[1, :filled],
            self.similarity[2, :filled],
            self.estimated[:filled],
        )


def _joined(parts: list[Matches]) -> Matches:
    if not parts:
        none = np.empty(0)
        return Matches(none.astype(np.int64), none.astype(np.int64), none, none, none, none.astype(np.bool_))
    matches = Matches._make(np.concatenate(columns) for columns in zip(*parts, strict=True))
    best_first = np.lexsort((matches.id, -matches.similarity, matches.query))
    return Matches._make(column[best_first] for column in matches)


def _chunks(count: int) -> Iterator[slice]:
    return (slice(start, min(start + _CHUNK, count)) for start in range(0, count, _CHUNK))


def _least_equal_bytes(threshold: float, width: int) -> int:
    """How many bytes of a sketch agree at the threshold, less three standard errors."""
    agreeing = threshold + (1 - threshold) / 256
    error = math.sqrt(agreeing * (1 - agreeing) / width)
    return max(math.ceil(width * (agreeing - 3 * error)), 0)


def _as_many(
    signature: NDArray[np.uint32], hashes: NDArray[np.uint32] | None
) -> tuple[NDArray[np.uint32], ShingleHashes | None]:
    row = checked("signature", signature, np.uint32, 1)[np.newaxis]
    if hashes is None:
        return row, None
    return row, ShingleHashes(checked("hashes", hashes, np.uint32, 1), np.array([0, len(hashes)], np.int64))


def _one_id(item_id: int) -> NDArray[np.int64]:
    if not isinstance(item_id, int | np.integer) or isinstance(item_id, bool) or not -(2**63) <= item_id < 2**63:
        raise FingerprintError("item_id", item_id, "an integer of 64 bits")
    return np.array([item_id], np.int64)


def _require_distinct(ids: NDArray[np.int64]) -> None:
    if len(ids) > 1 and not np.all(ids[1:] > ids[:-1]):
        values, counts = np.unique(ids, return_counts=True)
        if len(values) < len(ids):
            raise FingerprintError("ids", f"{values[counts.argmax()]} twice", "distinct ids")
