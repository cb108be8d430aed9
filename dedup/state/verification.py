"""Reading all of a state to say what of it is lost, by name."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from dedup.errors import StateDamagedError, StateError
from dedup.state import snapshots
from dedup.state.lmdb import LmdbStore
from dedup.state.opening import open_store
from dedup.state.options import StateOptions
from dedup.state.records import decode
from dedup.state.store import Store

_DERIVED: Final = "delete that file; the log holds all of it"


def verify(store: Store) -> Iterator[StateError]:
    """Every damage that is found; nothing where all is well."""
    if isinstance(store, LmdbStore):
        try:
            store.check()
        except StateDamagedError as error:
            yield error
            return  # LMDB must not read such a file
    found = 0
    before = 0
    try:
        for position, frame in store.frames():
            found += 1
            if position <= before:
                yield StateDamagedError(store.location, f"position {position}", f"it stands behind {before}")
            before = position
            try:
                decode(store.location, position, frame)
            except StateDamagedError as error:
                yield error
    except StateDamagedError as error:
        yield error
    expected = store.count()
    if found != expected:
        yield StateDamagedError(store.location, "log", f"{found} records are there, {expected} were written")
    if before > store.head():
        yield StateDamagedError(
            store.location, "tally", f"the head is {store.head()}, yet there is position {before}"
        )
    if isinstance(store, LmdbStore):
        yield from _damaged_snapshots(store)


def verify_state(state: str, options: StateOptions) -> Iterator[StateError]:
    """The same for a state that may not even open; each says what to do about it, once all is read."""
    try:
        store = open_store(state, options, read_only="://" in state, create=False)
    except StateDamagedError as error:
        yield _advised(error)
        return
    with store:
        yield from map(_advised, verify(store))


def _advised(error: StateError) -> StateError:
    """An error of a state that need not be verified any more."""
    if not isinstance(error, StateDamagedError) or error.fix == _DERIVED:
        return error
    return StateDamagedError(error.state, error.place, error.damage, "restore a backup to a new state")


def _damaged_snapshots(store: LmdbStore) -> Iterator[StateError]:
    for name in snapshots.names(Path(store.location)):
        try:
            snapshot = store.load_snapshot(name)
            deque(snapshot.parts if snapshot else (), maxlen=0)
        except StateDamagedError as error:
            yield StateDamagedError(error.state, error.place, error.damage, _DERIVED)
