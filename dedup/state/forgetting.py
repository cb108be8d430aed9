"""Forgetting a site, a page or a document, so that neither a backup nor an import brings it back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from dedup.state.header import Header, keyed_digest
from dedup.state.records import CountsRecord, DocumentRecord, Entry, Kind, PageRecord, Record, SeedRecord, Tombstone
from dedup.state.store import Store

_DROPS_AT_ONCE: Final = 10_000


def forget(store: Store, kind: Kind, name: bytes | str, *, namespace: str = "default", time: int) -> int:
    """Drop every record of a site, page or document and leave a tombstone.

    The tombstone is written with the last of the drops and is the last record of the log: whoever holds tables made
    from the log undoes the same there. After a crash before that, some records may be gone; forget again.
    Snapshots are dropped first. `compact` then takes the last bytes out of the files. What a page shares with others
    may stay in the counts that older pages were folded into; keys of its own are never in there. Of equal pages one
    holds the blocks for all: if that one is forgotten, another takes its place.

    Args:
        store: to forget in.
        kind: of what is forgotten.
        name: the site, the page's key (`PageRecord.key`), or the document's id.
        namespace: the tenant.
        time: now, seconds since 1970.

    Returns:
        How many records were dropped.

    Raises:
        StateFullError: there is no room for the tombstone; nothing is forgotten.
    """
    store.drop_snapshots()
    tombstone = Tombstone(tombstone_of(store.header, kind, name, namespace), time, kind)
    graves = _graves_of(store, tombstone)
    doomed: list[int] = []
    holders: dict[str, PageRecord] = {}  # of each site that the page is known of, its last version
    for entry in store.entries():
        if graves.hold(entry):
            doomed.append(entry.position)
            if isinstance(entry.record, PageRecord):
                holders[entry.record.site] = entry.record
    last = len(doomed) - len(doomed) % _DROPS_AT_ONCE
    for start in range(0, last, _DROPS_AT_ONCE):
        store.rewrite(dict.fromkeys(doomed[start : start + _DROPS_AT_ONCE]))
    inherited: dict[int, PageRecord] = {}
    for page in holders.values() if kind == "url" else ():
        inherited |= _inherited(store, page)
    store.rewrite(dict.fromkeys(doomed[last:]) | inherited, [tombstone])
    return len(doomed)


def holds(store: Store, kind: Kind, name: bytes | str, *, namespace: str = "default") -> bool:
    """Whether there is any record that `forget` would drop; reads the log up to the first one."""
    graves = _graves_of(store, Tombstone(tombstone_of(store.header, kind, name, namespace), 0, kind))
    return any(map(graves.hold, store.entries()))


def _graves_of(store: Store, tombstone: Tombstone) -> Graves:
    """What one tombstone voids of a store, wherever it stands."""
    return Graves(store.header.secret, [Entry(1, tombstone)], any_position=True)


def _inherited(store: Store, page: PageRecord) -> dict[int, PageRecord]:
    """The blocks of a page as those of the first page that equals it, by position; none where another has them."""
    if not page.whole or not page.blocks:
        return {}
    equal: dict[bytes, Entry] = {}
    for entry in store.entries():
        record = entry.record
        if isinstance(record, PageRecord) and record.key != page.key and _is_beside(record, page):
            equal.pop(record.key, None)
            if record.whole == page.whole:
                equal[record.key] = entry
    records = {position: record for position, record in equal.values() if isinstance(record, PageRecord)}
    if not records or any(record.blocks for record in records.values()):
        return {}
    first = min(records)
    return {first: msgspec.structs.replace(records[first], blocks=page.blocks)}


def _is_beside(one: PageRecord, other: PageRecord) -> bool:
    return (one.namespace, one.site) == (other.namespace, other.site)


class Graves:
    """The tombstones of a state, to ask which records they make void.

    Args:
        secret: of the state that they are from.
        entries: of its log; all but tombstones are passed over.
        any_position: a tombstone voids records at every position: for records of another log.
    """

    def __init__(self, secret: bytes, entries: Iterable[Entry], *, any_position: bool = False) -> None:
        self._secret = secret
        self._any_position = any_position
        self._last: dict[bytes, int] = {}
        for position, record in entries:
            if isinstance(record, Tombstone):
                self._last[record.target] = position

    def hold(self, entry: Entry) -> bool:
        """Whether a record was forgotten after it had been written."""
        if not self._last:
            return False
        graves = (self._last.get(target, 0) for target in targets(self._secret, entry.record))
        return any(grave > (0 if self._any_position else entry.position) for grave in graves)


def targets(secret: bytes, record: Record) -> list[bytes]:
    """What tombstones could be of a record: its site, its page, its document."""
    match record:
        case PageRecord():
            return [
                _target(secret, "site", record.namespace, record.site),
                _target(secret, "url", record.namespace, record.key),
            ]
        case CountsRecord():
            return [_target(secret, "site", record.namespace, record.site)]
        case DocumentRecord():
            return [
                _target(secret, "site", record.namespace, record.site),
                _target(secret, "url", record.namespace, record.key),
                _target(secret, "document", record.namespace, record.id),
            ]
        case SeedRecord() | Tombstone():
            return []


def tombstone_of(header: Header, kind: Kind, name: bytes | str, namespace: str = "default") -> bytes:
    """The target that a tombstone of `name` carries."""
    return _target(header.secret, kind, namespace, name)


def _target(secret: bytes, kind: Kind, namespace: str, name: bytes | str) -> bytes:
    return keyed_digest(secret, kind, namespace, name)
