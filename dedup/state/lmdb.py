"""The log in an LMDB file: the embedded default. One process owns it.

Every commit is one LMDB transaction, synced before it is acknowledged. Reads copy a bounded number of frames per
transaction, so a slow reader never pins freed pages, and the map may grow between any two of them.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import struct
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import filelock
import lmdb

from dedup.errors import StateDamagedError, StateError, StateFullError, StateInUseError, StateMissingError
from dedup.state import snapshots
from dedup.state.folders import LOCK_FILE, LOG_FILE, require_empty
from dedup.state.framed import FramedStore
from dedup.state.header import Header, decode_header, encode_header
from dedup.state.lmdb_pages import check_pages, check_size
from dedup.state.options import StateOptions
from dedup.state.records import Entry, Record, encode, seal, unseal
from dedup.state.store import NO_ROOM, Snapshot

_SMALLEST_MAP: Final = 64 << 20
_FRAMES_AT_ONCE: Final = 1024
_PAGE: Final = 4096
_A_MOMENT: Final = 0.2  # seconds, while which a reader may look whether there is an owner
_LITTLE_ROOM: Final = 64 * _PAGE  # bytes; a write that ends early takes all there is
_KEY: Final = struct.Struct(">Q")
_TALLY: Final = struct.Struct("<QQQ")


class LmdbStore(FramedStore):
    """A directory with the log and its snapshots.

    Args:
        folder: is made where it is missing.
        options: of the state.
        read_only: look at a state, also while its owner writes to it; nothing is made or changed.
        create: make it where it is missing.

    Raises:
        StateMissingError: there is none, and it is not to be made.
        StateInUseError: another process owns it.
        StateMismatchError: it was made by another version or with other parameters.
        StateDamagedError: the file is cut short or its tree is broken.
        StateFullError: there is no room to make it.
        StateError: it cannot be opened for another reason.
    """

    def __init__(self, folder: Path, options: StateOptions, *, read_only: bool = False, create: bool = True) -> None:
        self.location = str(folder)
        if folder.exists() and not folder.is_dir():
            raise StateError(self.location, "is a file; a state is a directory")
        if (read_only or not create) and not (folder / LOG_FILE).exists():
            raise StateMissingError(self.location)
        self._folder = folder
        self._options = options
        self._read_only = read_only
        self.keeps_snapshots = not read_only
        self._process = os.getpid()
        self._lock = threading.RLock()
        self._environment: Any = None
        self._records = 0
        self._owner = filelock.FileLock(folder / LOCK_FILE, timeout=_A_MOMENT, thread_local=False)
        try:
            if not read_only:
                if not (folder / LOG_FILE).exists():
                    require_empty(folder, but_for_its_own=True)
                folder.mkdir(parents=True, exist_ok=True)
                self._take_ownership()
            self._open()
            self.header = self._read_header()
        except OSError as error:
            self.close()
            raise self._failure(error) from None
        except BaseException:
            self.close()
            raise

    def head(self) -> int:
        """The last position given out."""
        return self._tally()[0]

    def count(self) -> int:
        """How many records the log ought to hold."""
        return self._tally()[1]

    def rewrite(self, changes: Mapping[int, Record | None], append: Sequence[Record] = ()) -> range:
        """Change and append records in one transaction, on the disk when it returns."""
        payloads = [encode(record) for record in append]
        replaced = {
            position: None if record is None else seal(position, encode(record))
            for position, record in changes.items()
        }
        with self._lock:
            head, count = self._tally()
            positions = range(head + 1, head + 1 + len(payloads))
            frames = [
                (position, seal(position, payload)) for position, payload in zip(positions, payloads, strict=True)
            ]
            wanted = sum(len(frame) for _, frame in frames) + sum(len(frame or b"") for frame in replaced.values())
            self._grow(wanted + _PAGE * 4 * (len(replaced) + 64))
            try:
                with self._environment.begin(write=True) as transaction:
                    count += self._change(transaction, replaced)
                    for position, frame in frames:
                        if not transaction.put(_KEY.pack(position), frame, db=self._log, append=True):
                            raise StateDamagedError(self.location, "tally", f"the log goes on beyond position {head}")
                    self._put_tally(transaction, positions.stop - 1, count + len(frames))
            except lmdb.Error as error:
                self._recover(error, positions.stop - 1 if frames else None)
            return positions

    def adopt(self, header: Header, entries: Iterable[Entry], head: int) -> None:
        """Take over records with their positions, a bounded number a transaction."""
        with self._lock:
            self._require_own_process()
            self._put_header(header)
        for batch in _batches(entries, _FRAMES_AT_ONCE):
            frames = {entry.position: seal(entry.position, encode(entry.record)) for entry in batch}
            with self._lock:
                self._grow(sum(map(len, frames.values())) + _PAGE * 4 * (len(frames) + 64))
                try:
                    with self._environment.begin(write=True) as transaction:
                        old_head, count = self._tally(transaction)
                        for position, frame in frames.items():
                            new = transaction.put(_KEY.pack(position), frame, db=self._log, overwrite=False)
                            if not new:
                                transaction.put(_KEY.pack(position), frame, db=self._log)
                            count += new
                        self._put_tally(transaction, max(old_head, *frames), count)
                except lmdb.Error as error:
                    self._recover(error, None)
        with self._lock, self._environment.begin(write=True) as transaction:
            old_head, count = self._tally(transaction)
            self._put_tally(transaction, max(old_head, head), count)

    def frames(self, after: int = 0) -> Iterator[tuple[int, bytes]]:
        """Sealed records beyond a position, in order."""
        while True:
            with self._lock, self._reading() as transaction, transaction.cursor(db=self._log) as cursor:
                found = cursor.set_range(_KEY.pack(after + 1))
                batch = list(itertools.islice(cursor.iternext(), _FRAMES_AT_ONCE)) if found else []
            for key, frame in batch:
                yield (after := self._position(key, after)), frame
            if len(batch) < _FRAMES_AT_ONCE:
                return

    def _position(self, key: bytes, before: int) -> int:
        """The position that a key stands for; it has to be beyond the one before."""
        position = int.from_bytes(key, "big")
        if len(key) != _KEY.size or position <= before:
            raise StateDamagedError(self.location, "log", f"the key {key.hex()} stands behind position {before}")
        return position

    def _frames_at(self, positions: Iterable[int]) -> list[tuple[int, bytes]]:
        with self._lock, self._reading() as transaction:
            found = ((position, transaction.get(_KEY.pack(position), db=self._log)) for position in positions)
            return [(position, frame) for position, frame in found if frame is not None]

    def save_snapshot(self, name: str, snapshot: Snapshot) -> None:
        """Replace a snapshot, all or nothing."""
        try:
            snapshots.save(self._folder, name, snapshot)
        except OSError as error:
            raise self._failure(error) from None

    def load_snapshot(self, name: str) -> Snapshot | None:
        """A snapshot, if it was saved."""
        return snapshots.load(self._folder, name)

    def drop_snapshots(self) -> None:
        """Delete all snapshots."""
        snapshots.drop_all(self._folder)

    def compact(self) -> None:
        """Write the live records to a new file and put it in the old one's place.

        LMDB's own compacting copy would copy pages as they are, with what was deleted in the gaps between entries.
        """
        path, new = self._folder / LOG_FILE, self._folder / f"{LOG_FILE}.new"
        with self._lock:
            self._require_own_process()
            _remove(new)
            try:
                self._copy_to(new)
                self._environment.close()
                new.replace(path)
                snapshots.sync_folder(self._folder)
            except lmdb.Error as error:
                raise self._failure(error) from None
            finally:
                _remove(new)
                self._environment.close()
                self._map()

    def check(self) -> None:
        """Walk every page of the file.

        Raises:
            StateDamagedError: at the first page that is cut off or broken.
        """
        with self._lock:
            check_pages(self._folder / LOG_FILE)

    def size(self) -> int:
        """Bytes that the log's file takes."""
        return (self._folder / LOG_FILE).stat().st_size

    def require_free(self) -> None:
        """Make sure, as a reader, that this process could own it.

        Raises:
            StateInUseError: another process does.
            StateError: it cannot be written.
        """
        if self._is_owned():
            raise StateInUseError(self.location)
        if not all(os.access(path, os.W_OK) for path in (self._folder, self._folder / LOG_FILE)):
            raise StateError(self.location, "may only be read")

    def close(self) -> None:
        """Close the file and give up ownership."""
        if os.getpid() != self._process:
            return  # the parent's, not ours to close
        with self._lock:
            if self._environment is not None:
                self._environment.close()
                self._environment = None
            self._owner.release()

    def _take_ownership(self) -> None:
        try:
            self._owner.acquire()
        except filelock.Timeout:
            raise StateInUseError(self.location) from None

    def _open(self) -> None:
        path = self._folder / LOG_FILE
        if self._read_only:
            self._check_as_a_reader(path)
        else:
            _remove(path.with_name(f"{LOG_FILE}.new"))
            if path.exists():
                self._records = check_pages(path)
        self._map()
        self._environment.reader_check()

    def _check_as_a_reader(self, path: Path) -> None:
        """Check a file that an owner may write to meanwhile, who has checked it before."""
        try:
            if not self._is_owned():
                check_pages(path)
                return
        except StateDamagedError:
            if not self._is_owned():
                raise
        check_size(path)

    def _is_owned(self) -> bool:
        if not (self._folder / LOCK_FILE).exists():
            return False
        try:
            with self._owner.acquire(timeout=0):
                return False
        except filelock.Timeout:
            return True
        except PermissionError:  # nobody can tell, and LMDB would refuse to be opened as well
            raise
        except OSError:  # a file system that cannot be written has no owner
            return False

    def _map(self) -> None:
        """Map the file with room to spare."""
        path = self._folder / LOG_FILE
        size = path.stat().st_size if path.exists() else 0
        try:
            self._environment = _environment(
                path, map_size=max(_SMALLEST_MAP, 2 * size), read_only=self._read_only, options=self._options
            )
            self._meta = self._environment.open_db(b"meta", create=not self._read_only)
            self._log = self._environment.open_db(b"log", create=not self._read_only)
            self._file = _identity(path)
        except lmdb.Error as error:
            raise self._failure(error) from None

    def _read_header(self) -> Header:
        with self._reading() as transaction:
            stored = transaction.get(b"header", db=self._meta)
            entries = transaction.stat(self._log)["entries"]
        if stored is None:
            if entries or self._read_only:
                raise StateDamagedError(self.location, "header", "it is missing")
            header = Header.new(self._options.parameters)
            self._put_header(header)
            return header
        header = decode_header(self.location, stored)
        if not self._read_only:
            header.require(self.location, self._options.parameters)
            self._require_last_commit()
        return header

    def _put_header(self, header: Header) -> None:
        try:
            with self._environment.begin(write=True) as transaction:
                transaction.put(b"header", encode_header(header), db=self._meta)
                is_new = transaction.get(b"tally", db=self._meta) is None
                self._put_tally(transaction, *((0, 0) if is_new else self._tally(transaction)))
        except lmdb.Error as error:
            raise self._failure(error) from None
        self.header = header

    def _tally(self, transaction: Any = None) -> tuple[int, int]:
        """Head and number of records."""
        if transaction is None:
            with self._lock, self._reading() as reading:
                return self._tally(reading)
        head, count, _ = self._whole_tally(transaction)
        return head, count

    def _whole_tally(self, transaction: Any) -> tuple[int, int, int]:
        """Head, number of records, and the number of the transaction that wrote both."""
        try:
            head, count, number = _TALLY.unpack(
                unseal(self.location, 0, transaction.get(b"tally", db=self._meta, default=b""))
            )
        except (StateDamagedError, struct.error):
            raise StateDamagedError(self.location, "tally", "its checksum does not match") from None
        return head, count, number

    def _put_tally(self, transaction: Any, head: int, count: int) -> None:
        transaction.put(b"tally", seal(0, _TALLY.pack(head, count, transaction.id())), db=self._meta)

    def _require_last_commit(self) -> None:
        """Make sure that LMDB sees the last commit, each of which writes the tally, and all of its records."""
        with self._reading() as transaction:
            _, count, number = self._whole_tally(transaction)
        if count != self._records:
            raise StateDamagedError(self.location, "log", f"{self._records} records are there, {count} were written")
        if number != self._environment.info()["last_txnid"]:
            raise StateDamagedError(self.location, LOG_FILE, "its pages are not those of its last commit")

    def _change(self, transaction: Any, replaced: Mapping[int, bytes | None]) -> int:
        """Replace and drop frames; returns by how many the log has grown (never more than 0)."""
        grown = 0
        for position, frame in replaced.items():
            key = _KEY.pack(position)
            if frame is None:
                grown -= transaction.delete(key, db=self._log)
            elif transaction.get(key, db=self._log) is not None:
                transaction.put(key, frame, db=self._log)
        return grown

    def _grow(self, wanted: int) -> None:
        """Make sure that there is a file to commit `wanted` bytes to, and that its map has room for them."""
        self._require_own_process()
        if _identity(self._folder / LOG_FILE) != self._file:  # what is written would be gone with the process
            fix = "open the state again, empty or restored from a backup"
            raise StateDamagedError(self.location, LOG_FILE, "it was moved or deleted while it was open", fix)
        information = self._environment.info()
        used = (information["last_pgno"] + 1) * _PAGE
        if used + 2 * wanted > information["map_size"]:
            self._environment.set_mapsize(2 * (used + 2 * wanted))

    def _recover(self, error: lmdb.Error, head: int | None) -> None:
        """After a failed commit: open the file anew, and raise unless the commit had been made after all."""
        self._environment.close()
        self._map()
        if head is None or self.head() != head:
            raise self._failure(error) from None

    def _copy_to(self, path: Path) -> None:
        environment = _environment(
            path, map_size=max(_SMALLEST_MAP, 2 * self.size()), read_only=False, options=self._options
        )
        try:
            meta, log = environment.open_db(b"meta"), environment.open_db(b"log")
            with self._reading() as source:
                with environment.begin(write=True) as target:
                    for key, value in source.cursor(db=self._meta):
                        target.put(key, value, db=meta)
                for batch in _batches(source.cursor(db=self._log), _FRAMES_AT_ONCE):
                    with environment.begin(write=True) as target:
                        for key, value in batch:
                            target.put(key, value, db=log, append=True)
                with environment.begin(write=True) as target:
                    target.put(b"tally", seal(0, _TALLY.pack(*self._tally(source), target.id())), db=meta)
            environment.sync(True)  # noqa: FBT003  (the binding takes it by position)
        finally:
            environment.close()

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Any]:
        """A transaction that reads; raises StateDamagedError where LMDB stumbles over the file."""
        self._require_own_process()
        try:
            with self._environment.begin() as transaction:
                yield transaction
        except lmdb.Error as error:
            raise self._failure(error) from None

    def _require_own_process(self) -> None:
        if self._environment is None:
            raise StateError(self.location, "it is closed")
        if os.getpid() != self._process:
            raise StateError(self.location, "it was opened before a fork; open it in the process that uses it")

    def _failure(self, error: Exception) -> StateError:
        if isinstance(error, OSError):
            number, message = error.errno, error.strerror or str(error)
        else:
            number, message = (error.args[1] if len(error.args) > 1 else None), str(error)
        if number in NO_ROOM or any(os.strerror(code) in message for code in NO_ROOM):
            return StateFullError(self.location, message)
        if os.strerror(errno.EIO) in message and self._room() < _LITTLE_ROOM:  # LMDB's word for a short write
            return StateFullError(self.location, os.strerror(errno.ENOSPC))
        if os.strerror(errno.EACCES) in message:
            return StateError(self.location, f"{message}; even who only reads it needs leave to write to its files")
        if isinstance(
            error, (lmdb.CorruptedError, lmdb.InvalidError, lmdb.PageNotFoundError, lmdb.VersionMismatchError)
        ):
            return StateDamagedError(self.location, LOG_FILE, message)
        return StateError(self.location, message)

    def _room(self) -> int:
        """Bytes that the file system has left."""
        status = os.statvfs(self._folder)
        return status.f_bavail * status.f_frsize


def _environment(path: Path, *, map_size: int, read_only: bool, options: StateOptions) -> Any:
    return lmdb.open(
        os.fsencode(path),  # as text it would have to be UTF-8
        subdir=False,
        map_size=map_size,
        max_dbs=2,
        max_readers=512,
        readonly=read_only,
        sync=options.durability == "fsync",
        metasync=options.durability == "fsync",
    )


def _identity(path: Path) -> tuple[int, int] | None:
    """By which a file is told from another one of its name; None where there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _remove(path: Path) -> None:
    for name in (path.name, f"{path.name}-lock"):
        path.with_name(name).unlink(missing_ok=True)


def _batches(things: Iterable[Any], size: int) -> Iterator[list[Any]]:
    iterator = iter(things)
    while batch := list(itertools.islice(iterator, size)):
        yield batch
