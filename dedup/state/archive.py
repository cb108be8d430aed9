"""A log as one file: for backups, and to seed another install.

The file is a sequence of MessagePack byte strings: the header, sealed records in order, each behind its position, and
a last one that tells how many there are, so that a file that was cut short is found.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

import msgpack
import msgspec

from dedup.errors import StateDamagedError, StateError, StateFullError
from dedup.state.forgetting import Graves
from dedup.state.header import Header, decode_header, encode_header
from dedup.state.records import CountsRecord, Entry, PageRecord, Record, SeedRecord, Tombstone, decode, encode, seal
from dedup.state.retention import Retention, joined
from dedup.state.seeds import check_of, seeds_of
from dedup.state.store import NO_ROOM, Store

_KIND: Final = "dedup-log-1"
_AT_ONCE: Final = 1000
_LEAST_KEY: Final = 16  # bytes
_MOST_KEY: Final = 64  # bytes, of BLAKE2b
_Folded = dict[tuple[str, str], int]
"""Where the counts of a namespace's site are, which stand for all before them."""
_ANOTHER_COPY: Final = "take another copy of the file"


def backup(store: Store, path: Path) -> int:
    """Write the log to a file while others write to the store; returns the number of records.

    Raises:
        StateFullError: no room for the file; none is left behind.
        StateError: the file cannot be written for another reason.
        StateDamagedError: a record of the store is damaged.
    """
    return _write(path, store.header, store.entries(), store.head())


def export(store: Store, path: Path, *, counts_only: bool = False, key: bytes = b"") -> int:
    """Write records for another install, tombstones left out; returns their number.

    Args:
        store: to read.
        path: of the file.
        counts_only: what many sites repeat, and nothing else: digests keyed with `key` and numbers of sites.
        key: 16 to 64 bytes; an install that imports such counts needs it.

    Raises:
        StateError: the key is too short or too long, or the file cannot be written.
        StateFullError: no room for the file.
    """
    header = Header(store.header.format, store.header.parameters, b"")  # the secret stays at home
    if not counts_only:
        alive = (entry for entry in store.entries() if not isinstance(entry.record, Tombstone))
        return _write(path, header, alive, store.head())
    _require_key(path, key)
    seeds = list(seeds_of(store, key))
    return _write(path, header, (Entry(at, record) for at, record in enumerate(seeds, 1)), len(seeds))


def restore(path: Path, store: Store) -> tuple[int, int]:
    """Fill an empty store, or one of the same origin, from a backup.

    What the store has forgotten since the backup stays forgotten, what it holds stays as it is, pages that were folded
    there since do not come back, and positions go on beyond those of both.

    Returns:
        How many records were taken, and how many a tombstone kept out.

    Raises:
        StateError: the file is no backup of this store; import it instead.
        StateDamagedError: the file is damaged; the store is as before.
        StateMismatchError: other parameters.
    """
    header, _, entries = _checked(path)
    header.require(str(path), store.header.parameters)
    if not header.secret or (store.head() and header.secret != store.header.secret):
        raise StateError(str(path), f"is no backup of {store.location}; import it instead")
    folded: _Folded = {}

    def note(entry: Entry) -> None:
        if isinstance(entry.record, CountsRecord):
            folded[entry.record.namespace, entry.record.site] = entry.position

    graves = Graves(store.header.secret, _told(store.entries(), note))
    kept_out = 0

    def alive() -> Iterator[Entry]:
        nonlocal kept_out
        while some := list(itertools.islice(entries, _AT_ONCE)):
            held = store.present([entry.position for entry in some])
            for entry in some:
                if graves.hold(entry):
                    kept_out += 1
                elif entry.position not in held and not _is_folded(entry, folded):
                    yield entry

    before = store.count()
    store.drop_snapshots()
    store.adopt(header, alive(), _head(path))
    return store.count() - before, kept_out


def _told(entries: Iterable[Entry], note: Callable[[Entry], None]) -> Iterator[Entry]:
    """Records, each of which something else takes note of as it is read."""
    for entry in entries:
        note(entry)
        yield entry


def _is_folded(entry: Entry, folded: _Folded) -> bool:
    record = entry.record
    if not isinstance(record, PageRecord | CountsRecord):
        return False
    return entry.position < folded.get((record.namespace, record.site), 0)


def import_records(path: Path, store: Store, key: bytes = b"") -> tuple[int, int]:
    """Append the records of an export or a backup; returns how many were taken and kept out by tombstones.

    Counts of a site that is known here are joined with what is known of it, which they would stand for otherwise.

    Args:
        path: of the file.
        store: to append to.
        key: that counts in the file are keyed with, if there are any.

    Raises:
        StateError: the file holds counts, and the key is missing, too short or too long, or not theirs; nothing was
            taken.
        StateDamagedError: the file is damaged; nothing was taken.
        StateMismatchError: other parameters.
        StateFullError: no room; the records before are in the log.
    """
    header, checks, entries = _checked(path)
    header.require(str(path), store.header.parameters)
    if checks:
        _require_key(path, key)
        if checks != {check_of(key)}:
            raise StateError(str(path), "holds counts under another key; give the file that holds that one")
    here = Retention()
    graves = Graves(store.header.secret, _told(store.entries(), here.observe), any_position=True)
    taken = kept_out = 0
    batch: list[Record] = []
    for entry in entries:
        if graves.hold(entry):
            kept_out += 1
            continue
        if isinstance(entry.record, Tombstone):
            continue  # it names something with another state's secret
        if isinstance(entry.record, CountsRecord) and _join(store, here, entry.record):
            taken += 1
            continue
        batch.append(_with_key(entry.record, key))
        if len(batch) == _AT_ONCE:
            taken += len(store.append(batch))
            batch = []
    return taken + len(store.append(batch)), kept_out


def _join(store: Store, here: Retention, counts: CountsRecord) -> bool:
    """Put counts, joined with those of the store, before the pages that the store knows of their site.

    Args:
        store: to write to.
        here: where the records of its sites are; those of this one no more.
        counts: of the other store.

    Returns:
        Whether the store knew the site.
    """
    site = (counts.namespace, counts.site)
    known = store.fetch(here.positions(site))
    here.set_positions(site, ())
    pages: dict[bytes, PageRecord] = {}
    for _, record in known:
        if isinstance(record, CountsRecord):
            counts, pages = joined(record, counts), {}  # it stands for everything before it
        elif isinstance(record, PageRecord):
            pages.pop(record.key, None)
            pages[record.key] = record
    if known:
        store.rewrite({position: None for position, _ in known}, [counts, *pages.values()])
    return bool(known)


def migrate(source: Store, target: Store) -> int:
    """Copy a log, positions included, to an empty store of another kind; returns the number of records.

    Raises:
        StateError: the target is not empty.
        StateMismatchError: it was made with other parameters.
    """
    if target.head():
        raise StateError(target.location, "holds records already; migrate to a new state")
    source.header.require(source.location, target.header.parameters)
    target.adopt(source.header, source.entries(), source.head())
    return target.count()


def _with_key(record: Record, key: bytes) -> Record:
    if isinstance(record, SeedRecord) and not record.key:
        return msgspec.structs.replace(record, key=key)
    return record


def _require_key(path: Path, key: bytes) -> None:
    """Refuse what is no key.

    Args:
        path: the file that the error names.
        key: of the counts.

    Raises:
        StateError: it is missing, too short or too long.
    """
    if not key:
        raise StateError(str(path), "holds counts under a key; give the file that holds the key")
    _require_length(path, key, str(len(key)))


def read_key(path: Path) -> bytes:
    """The key that a file holds.

    Raises:
        StateError: it holds none.
    """
    with path.open("rb") as stream:
        key = stream.read(_MOST_KEY + 1)  # of a device that never ends, too
    _require_length(path, key, f"more than {_MOST_KEY}" if len(key) > _MOST_KEY else str(len(key)))
    return key


def _require_length(path: Path, key: bytes, held: str) -> None:
    if not _LEAST_KEY <= len(key) <= _MOST_KEY:
        raise StateError(str(path), f"the key has {held} bytes; give {_LEAST_KEY} to {_MOST_KEY}")


def _write(path: Path, header: Header, entries: Iterable[Entry], head: int) -> int:
    if path.exists() and not path.is_file():
        raise StateError(str(path), "is a folder or a device; name a file")  # whose place the new one would take
    target = Path(os.path.realpath(path))  # of a link, /dev/stdout among them, the file and not the link gives way
    new = target.with_name(f".{target.name}.unfinished")
    count = 0
    try:
        with _owned(path, new) as stream:
            stream.write(msgpack.packb([_KIND, encode_header(header), head]))
            for position, record in entries:
                stream.write(msgpack.packb([position, seal(position, encode(record))]))
                count += 1
            stream.write(msgpack.packb([0, seal(0, count.to_bytes(8, "little"))]))
            stream.flush()
            os.fsync(stream.fileno())
            new.replace(target)
    except OSError as error:
        problem = error.strerror or str(error)
        if error.errno in NO_ROOM:
            raise StateFullError(str(path), problem) from None
        raise StateError(str(path), f"cannot be written ({problem})") from None
    return count


@contextlib.contextmanager
def _owned(path: Path, new: Path) -> Iterator[BinaryIO]:
    """An empty file that this process alone writes; what a killed one left of it is written over.

    Args:
        path: that the user named.
        new: the file; it goes where the block fails.

    Raises:
        StateError: another process is at it.
    """
    with new.open("ab") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StateError(str(path), "another process is writing it; wait for that one") from None
        if not (new.exists() and os.path.samestat(new.stat(), os.fstat(stream.fileno()))):
            raise StateError(str(path), "another process has just written it")  # between the two calls
        try:
            stream.truncate(0)
            yield stream
        except BaseException:
            with contextlib.suppress(OSError):
                new.unlink(missing_ok=True)
            raise


def _checked(path: Path) -> tuple[Header, set[bytes], Iterator[Entry]]:
    """Header of a file whose every byte has been checked, `check_of` of the keys that counts lack, and its records."""
    header, _ = _opened(path)
    records = (entry.record for entry in _read(path))
    checks = {record.check for record in records if isinstance(record, SeedRecord) and not record.key}
    return header, checks, _read(path)


def _opened(path: Path) -> tuple[Header, Iterator[object]]:
    if path.is_fifo():
        raise StateError(str(path), "is a pipe, and a backup is read more than once; name a file")
    try:
        stream = path.open("rb")
    except OSError as error:
        raise StateError(str(path), error.strerror or str(error)) from None
    parts = _parts(stream, path)
    match next(parts, None):
        case [str(kind), bytes(header), int()] if kind == _KIND:
            with _of_a_file(path):
                return decode_header(str(path), header), parts
        case _:
            raise StateError(str(path), "is no file that `dedup state backup` or `export` wrote")


def _head(path: Path) -> int:
    with path.open("rb") as stream:
        head: int = next(msgpack.Unpacker(stream))[2]
    return head


def _parts(stream: object, path: Path) -> Iterator[object]:
    with stream:  # type: ignore[attr-defined]
        try:
            yield from msgpack.Unpacker(stream)
        except (ValueError, msgpack.UnpackException) as error:
            raise StateDamagedError(str(path), "file", str(error), _ANOTHER_COPY) from None


def _read(path: Path) -> Iterator[Entry]:
    _, parts = _opened(path)
    count = 0
    for part in parts:
        match part:
            case [0, bytes(frame)]:
                if frame != seal(0, count.to_bytes(8, "little")):
                    raise StateDamagedError(
                        str(path), "end", f"{count} records do not match its count", _ANOTHER_COPY
                    )
                return
            case [int(position), bytes(frame)]:
                with _of_a_file(path):
                    entry = Entry(position, decode(str(path), position, frame))
                yield entry
                count += 1
            case _:
                raise StateDamagedError(str(path), f"record {count + 1}", "it is no record", _ANOTHER_COPY)
    raise StateDamagedError(str(path), "end", f"it is cut short after {count} records", _ANOTHER_COPY)


@contextlib.contextmanager
def _of_a_file(path: Path) -> Iterator[None]:
    """Say of damage that it is a file's, not a state's."""
    try:
        yield
    except StateDamagedError as error:
        raise StateDamagedError(str(path), error.place, error.damage, _ANOTHER_COPY) from None
