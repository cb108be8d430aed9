"""Tables as they were at a position of the log, so that a start reads them and the log's tail, not all of it.

A snapshot is taken only where it must be true: made by this version with these bounds, from this log, of which it
still holds the records that the snapshot names. Sites that were folded since are read from the log anew. Otherwise it
is ignored, for a reason that has a name, and the log is read from its start: the tables are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import astuple
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import xxhash

from dedup.errors import StateDamagedError
from dedup.memory.block_kernels import COLUMNS, POSITION, SERIAL
from dedup.memory.options import MemoryOptions
from dedup.memory.site import NO_RUN, Folded, Parts, Run, Site, merged
from dedup.memory.sites import SiteMemory
from dedup.state import Snapshot, Store
from dedup.state.records import encode
from dedup.state.retention import Retention

NAME: Final = "sites"
Progress = Callable[[str, int, int], None]
"""Told what is read, how much of it was, and how much there is."""

_VERSION: Final = 1
_WITNESSES: Final = 64  # records that have to be in the log as they were
_SITES_AT_ONCE: Final = 1024


class SnapshotIgnoredError(Exception):
    """A snapshot that tells nothing of this log, or not for sure; its text says why."""


class _Head(msgspec.Struct, array_like=True):
    """What a snapshot was made from.

    Attributes:
        version: of what follows.
        options: values of the `MemoryOptions`.
        state: names the log.
        sites: how many follow.
        witnesses: positions of records, and digests of them.
        seeds: positions of the seeds from other installs.
    """

    version: int
    options: list[float]
    state: bytes
    sites: int
    witnesses: list[tuple[int, int]]
    seeds: list[int]


class _SitePart(msgspec.Struct, array_like=True):
    """What is known of a site; see `Parts`, `SiteMemory.parts` and `Retention.positions`. Untouched, it was evicted."""

    namespace: str
    site: str
    is_whole: bool
    pages: bytes
    keys: bytes
    serials: bytes
    folded_keys: bytes
    folded_counts: bytes
    folded_weight: float
    touched: int
    positions: bytes


class Taken(NamedTuple):
    """Tables as they are at one moment; they stay so, whatever is learned meanwhile.

    Attributes:
        position: of the last entry in them.
        head: of the snapshot.
        sites: see `SiteMemory.parts`.
        positions: of each site's records in the log, as bytes.
    """

    position: int
    head: bytes
    sites: list[tuple[str, str, bool, Parts]]
    positions: list[bytes]

    def parts(self) -> Iterator[bytes]:
        """The bytes of a snapshot. Equal tables give equal bytes."""
        yield self.head
        for (namespace, site, is_whole, parts), positions in zip(self.sites, self.positions, strict=True):
            yield msgspec.msgpack.encode(_part(namespace, site, parts, positions, is_whole=is_whole))


def take(store: Store, memory: SiteMemory, retention: Retention, options: MemoryOptions) -> Taken:
    """What a snapshot of tables is written from; takes some microseconds a site."""
    sites = memory.parts()
    known = {(namespace, site) for namespace, site, *_ in sites}
    sites += [(*name, False, Site().parts) for name in sorted(retention.sites() - known)]  # evicted; still in the log
    head = _Head(
        _VERSION,
        list(astuple(options)),
        _name_of(store),
        len(sites),
        _witnesses(store, sites),
        memory.seed_positions(),
    )
    positions = [np.asarray(retention.positions((name, site)), "<u8").tobytes() for name, site, *_ in sites]
    return Taken(memory.position, msgspec.msgpack.encode(head), sites, positions)


def restore(store: Store, options: MemoryOptions, progress: Progress) -> tuple[SiteMemory, Retention]:
    """Tables as they were at the position of the store's snapshot; those of an empty log where it has none.

    Raises:
        SnapshotIgnoredError: it is damaged, or was made from another log or otherwise.
    """
    memory = SiteMemory(options)
    retention = Retention(options.pages_per_site, options.slack, options.half_life)
    try:
        snapshot = store.load_snapshot(NAME)
        if snapshot is not None:
            parts = iter(snapshot.parts)
            head = _checked(store, snapshot, options, next(parts, b""))
            for number, part in enumerate(parts):
                _add(memory, retention, msgspec.msgpack.decode(part, type=_SitePart))
                progress("snapshot", number + 1, head.sites)
            for entry in store.fetch(head.seeds):
                memory.apply(entry)
            memory.position = snapshot.position
            _read_folded_sites(store, memory, retention)
    except StateDamagedError as error:
        raise SnapshotIgnoredError(f"{error.place}: {error.damage}") from None
    except msgspec.MsgspecError as error:
        raise SnapshotIgnoredError(f"another version wrote it ({error})") from None
    return memory, retention


def _checked(store: Store, snapshot: Snapshot, options: MemoryOptions, part: bytes) -> _Head:
    head = msgspec.msgpack.decode(part, type=_Head)
    if head.version != _VERSION:
        raise SnapshotIgnoredError(f"version {head.version} wrote it, this is {_VERSION}")
    if head.options != list(astuple(options)):
        raise SnapshotIgnoredError(f"it was made with the bounds {head.options}, these are {list(astuple(options))}")
    if head.state != _name_of(store):
        raise SnapshotIgnoredError("it belongs to another state")
    if snapshot.position > store.head():
        raise SnapshotIgnoredError(f"it knows position {snapshot.position}, and the log ends at {store.head()}")
    expected = dict(head.witnesses)
    found = store.fetch(expected)
    if any(_digest(entry.record) != expected[entry.position] for entry in found) or (expected and not found):
        raise SnapshotIgnoredError("the log does not hold the records that it was made from")
    return head


def _witnesses(store: Store, sites: list[tuple[str, str, bool, Parts]]) -> list[tuple[int, int]]:
    """Records of the pages that some sites learned last, the very last one among them."""
    last = [int(parts.pages[-1, POSITION]) for *_, parts in sites if len(parts.pages)]
    chosen = last[:: max(1, len(last) // _WITNESSES)] + last[-1:]
    return [(entry.position, _digest(entry.record)) for entry in store.fetch(sorted(set(chosen)))]


def _digest(record: Any) -> int:
    return xxhash.xxh3_64_intdigest(encode(record))


def _name_of(store: Store) -> bytes:
    return store.header.keyed_digest("snapshot", NAME)


def _part(namespace: str, site: str, parts: Parts, positions: bytes, *, is_whole: bool) -> _SitePart:
    """A site's part; serials become places among the pages, so that they do not tell of versions long gone."""
    run = merged(parts.old, parts.new)
    pages = parts.pages.copy()
    serials = np.searchsorted(pages[:, SERIAL], run.serials)
    pages[:, SERIAL] = np.arange(len(pages))
    return _SitePart(
        namespace,
        site,
        is_whole,
        pages.astype("<u8").tobytes(),
        run.keys.astype("<u8").tobytes(),
        serials.astype("<u4").tobytes(),
        parts.folded.keys.astype("<u8").tobytes(),
        parts.folded.counts.astype("<f4").tobytes(),
        parts.folded.weight,
        parts.touched,
        positions,
    )


def _add(memory: SiteMemory, retention: Retention, part: _SitePart) -> None:
    run = Run(np.frombuffer(part.keys, "<u8"), np.frombuffer(part.serials, "<u4"))
    folded = Folded(
        np.frombuffer(part.folded_keys, "<u8"), np.frombuffer(part.folded_counts, "<f4"), part.folded_weight
    )
    parts = Parts(np.frombuffer(part.pages, "<u8").reshape(-1, COLUMNS), run, NO_RUN, folded, part.touched)
    if part.touched:
        memory.add_parts(part.namespace, part.site, parts, whole=part.is_whole)
    retention.set_positions((part.namespace, part.site), np.frombuffer(part.positions, "<u8").tolist())


def _read_folded_sites(store: Store, memory: SiteMemory, retention: Retention) -> None:
    """Read sites anew whose oldest record is gone: a fold takes it, whatever else it takes."""
    sites = [(namespace, site) for namespace, site, *_ in memory.parts()]
    for start in range(0, len(sites), _SITES_AT_ONCE):
        some = sites[start : start + _SITES_AT_ONCE]
        oldest = {site: retention.positions(site)[0] for site in some if len(retention.positions(site))}
        there = store.present(oldest.values())
        for site, position in oldest.items():
            if position not in there:
                entries = store.fetch(retention.positions(site))
                memory.replace_site(*site, entries)
                retention.set_positions(site, (entry.position for entry in entries))
