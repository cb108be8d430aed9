"""A memory and the log that it is derived from."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Final, Self

import numpy as np
import numpy.typing as npt

from dedup.errors import StateError, StateFullError, StateUnavailableError
from dedup.memory.copies import without_copies
from dedup.memory.options import MemoryOptions
from dedup.memory.seen import Seen, Version
from dedup.memory.sites import SiteMemory
from dedup.memory.size import MemorySize
from dedup.memory.snapshot import NAME, Progress, SnapshotIgnoredError, restore, take
from dedup.state import Entry, PageRecord, Snapshot, StateOptions, Store, Tombstone, open_store
from dedup.state.forgetting import tombstone_of
from dedup.state.retention import Retention

_REFRESH: Final = 0.5  # seconds after which a state that others write to is asked again
_TELL: Final = 5_000  # entries between two words of progress
_WORTH_SAVING: Final = 10_000  # entries that are read faster than a snapshot of them would be of use
_SHARE_SAVING: Final = 4  # a snapshot is due after as many entries as this share of the pages that are known


@dataclass(frozen=True, slots=True)
class Loaded:
    """How a memory was read from its state.

    Attributes:
        snapshot: position up to which a snapshot told it; 0: there was none, or it was ignored.
        read: entries of the log that were read after that.
        ignored: why a snapshot was ignored; None where none was.
        seconds: that it took.
    """

    snapshot: int
    read: int
    ignored: str | None
    seconds: float


class LearnedMemory:
    """Tables in RAM over a store: asked there, learned into both.

    One thread learns. Others may ask meanwhile; pages that are being committed count once they are.

    Args:
        store: the log; closed with this.
        options: bounds.
        progress: told what is read at the start, how many parts of it were, and of how many.

    Attributes:
        loaded: how it was read.
        unsaved: why the last snapshot could not be saved; None where it could. The log alone holds everything.
    """

    def __init__(
        self, store: Store, options: MemoryOptions | None = None, progress: Progress = lambda *_: None
    ) -> None:
        self._store = store
        self._options = options or MemoryOptions()
        self._progress = progress
        self._is_shared = "://" in store.location
        self._tables = threading.RLock()  # held by whoever reads or changes them
        self._saving: threading.Thread | None = None
        self._closed = False
        self.unsaved: str | None = None
        self._load()

    @classmethod
    def open(
        cls,
        state: str | None,
        options: MemoryOptions | None = None,
        state_options: StateOptions | None = None,
        progress: Progress = lambda *_: None,
    ) -> LearnedMemory:
        """The memory of a state; raises as `dedup.state.open_store` does."""
        store = open_store(state, state_options)
        try:
            return cls(store, options, progress)
        except BaseException:
            store.close()
            raise

    @property
    def position(self) -> int:
        """Of the last entry of the log that is known here."""
        return self._memory.position

    @property
    def store(self) -> Store:
        """The log."""
        return self._store

    @property
    def size(self) -> MemorySize:
        """How much is known."""
        return self._memory.size

    def seen(
        self, namespace: str, site: str, page: bytes, keys: npt.NDArray[np.uint64], whole: int = 0, url: str = ""
    ) -> Seen:
        """See `SiteMemory.seen`. What other processes wrote to a shared state counts half a second later.

        A state that does not answer changes nothing here: what is known goes on counting.
        """
        with self._tables:
            self._catch_up()
            seen = self._memory.seen(namespace, site, page, keys, whole, url)
            position = self._memory.position_of(namespace, site, page)
        return seen if position is None else replace(seen, before=self._version(position))

    def seen_at_once(
        self, namespace: str, site: str, page: bytes, keys: npt.NDArray[np.uint64], whole: int = 0, url: str = ""
    ) -> Seen | None:
        """The same as `seen`, if neither the state nor what is being learned has to be waited for; else None."""
        if self._is_shared or not self._tables.acquire(blocking=False):
            return None
        try:
            if self._memory.position_of(namespace, site, page) is not None:
                return None  # its former version is in the state
            return self._memory.seen(namespace, site, page, keys, whole, url)
        finally:
            self._tables.release()

    def sites(self, namespace: str | None = None) -> list[tuple[str, str, int, int, int]]:
        """See `SiteMemory.sites`; what other processes learned or forgot counts as in `seen`."""
        with self._tables:
            self._catch_up()
            return self._memory.sites(namespace)

    def site(self, namespace: str, site: str) -> tuple[str, str, int, int, int] | None:
        """See `SiteMemory.site`; what other processes learned or forgot counts as in `seen`."""
        with self._tables:
            self._catch_up()
            return self._memory.site(namespace, site)

    def knows(self, namespace: str, site: str) -> bool:
        """Whether anything was learned of a site."""
        return self._memory.knows(namespace, site)

    def learn(self, records: Sequence[PageRecord]) -> int:
        """Commit pages together and learn them; the position of the last one.

        Raises:
            StateFullError: there is no room; none of them is learned.
            StateUnavailableError: the state does not answer.
        """
        with self._tables:
            kept = without_copies(records, self._memory, self._store)
        positions = self._store.append(kept)
        with self._tables:
            if positions.start == self.position + 1:
                self._take([Entry(position, record) for position, record in zip(positions, kept, strict=True)])
            else:
                self.refresh()  # others have written meanwhile
        with suppress(StateFullError, StateUnavailableError):  # the pages are committed; what is due stays so
            for site in self._retention.due():
                self._fold(site)
        if self._is_snapshot_due():
            self._start_saving()
        return positions[-1] if positions else self.position

    def refresh(self) -> None:
        """Take in what is new in the log."""
        with self._tables:
            self._refreshed = time.monotonic()
            for entry in self._store.entries(self._memory.position):
                if isinstance(entry.record, Tombstone):
                    self._bury(entry.record)
                self._take([entry])

    def save_snapshot(self) -> None:
        """Save a snapshot now, so that the next start is a short one; see `unsaved` for whether it was."""
        self._finish_saving()
        self._start_saving()
        self._finish_saving()

    def close(self) -> None:
        """Save a snapshot if a later start would miss it, and let go of the store; closing twice does nothing."""
        try:
            if not self._closed:
                self._closed = True
                self._finish_saving()
                if self._is_snapshot_due():
                    self.save_snapshot()
        finally:
            self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _catch_up(self) -> None:
        if self._is_shared and time.monotonic() - self._refreshed > _REFRESH:
            with suppress(StateUnavailableError):
                self.refresh()

    def _version(self, position: int) -> Version | None:
        with suppress(StateUnavailableError):
            for entry in self._store.fetch([position]):
                if isinstance(entry.record, PageRecord):
                    return Version(entry.record.digest, entry.record.sketch)
        return None

    def _fold(self, site: tuple[str, str]) -> None:
        # What others wrote to a shared state is taken in by whoever asks, and changes what is folded.
        with self._tables if self._is_shared else nullcontext():
            folded = self._retention.fold_site(self._store, site)
        with self._tables:
            if not self._memory.knows(*site):
                return  # it was left out for want of room
            if not folded.found:
                self._memory.replace_site(*site, self._store.fetch(self._retention.positions(site)))
            elif folded.entry is not None:
                self._memory.apply(folded.entry)

    def _load(self) -> None:
        began = time.perf_counter()
        ignored = None
        try:
            self._memory, self._retention = restore(self._store, self._options, self._progress)
        except SnapshotIgnoredError as error:
            ignored = str(error)
            self._read_nothing()
        snapshot, read = self._memory.position, self._read_rest()
        if read is None:
            ignored, snapshot = "something was forgotten since", 0
            self._read_nothing()
            read = self._read_rest()
        self._saved = snapshot
        self.loaded = Loaded(snapshot, read or 0, ignored, time.perf_counter() - began)

    def _read_nothing(self) -> None:
        self._memory = SiteMemory(self._options)
        self._retention = Retention(self._options.pages_per_site, self._options.slack, self._options.half_life)

    def _read_rest(self) -> int | None:
        """Read the log from where the tables are; returns how many entries that were, None where they are void."""
        self._refreshed = time.monotonic()
        start, read, total = self._memory.position, 0, self._store.count()
        for entry in self._store.entries(start):
            if start and _voids_pages(entry):
                return None
            self._take([entry])
            read += 1
            if not read % _TELL:
                self._progress("log", read, total)
        return read

    def _take(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._memory.apply(entry)
            self._retention.observe(entry)

    def _bury(self, grave: Tombstone) -> None:
        """Read the sites anew of which something was forgotten, and see to it that no snapshot tells of it.

        A page may be known of several, where callers name the site.
        """
        if grave.kind == "document":
            return
        self._finish_saving()
        if self._store.keeps_snapshots:
            self._store.drop_snapshots()
        self._saved = 0
        header, target = self._store.header, grave.target
        for namespace, site in self._memory.names():
            names = [site] if grave.kind == "site" else self._memory.page_keys(namespace, site)
            if any(tombstone_of(header, grave.kind, name, namespace) == target for name in names):
                entries = self._store.fetch(self._retention.positions((namespace, site)))
                self._memory.replace_site(namespace, site, entries)
                self._retention.set_positions((namespace, site), (entry.position for entry in entries))

    def _is_snapshot_due(self) -> bool:
        """Whether a start would read much of the log that a snapshot could tell."""
        if not self._store.keeps_snapshots or (self._saving is not None and self._saving.is_alive()):
            return False
        return self.position - self._saved > max(_WORTH_SAVING, self.size.pages // _SHARE_SAVING)

    def _start_saving(self) -> None:
        """Write a snapshot in a thread of its own: it takes seconds, and learning goes on."""
        try:
            taken = take(self._store, self._memory, self._retention, self._options)
        except StateError as error:
            self.unsaved = str(error)
            return
        self._saved = taken.position

        def save() -> None:
            try:
                self._store.save_snapshot(NAME, Snapshot(taken.position, taken.parts()))
                self.unsaved = None
            except (StateError, OSError) as error:
                self.unsaved = str(error)

        self._saving = threading.Thread(target=save, name="snapshot")
        self._saving.start()

    def _finish_saving(self) -> None:
        if self._saving is not None:
            self._saving.join()
            self._saving = None


def _voids_pages(entry: Entry) -> bool:
    return isinstance(entry.record, Tombstone) and entry.record.kind != "document"
