"""A new state that is there whole or not at all."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import filelock

from dedup.errors import StateError, StateInUseError
from dedup.state import snapshots
from dedup.state.folders import LOCK_FILE, LOG_FILE, require_empty
from dedup.state.opening import open_store
from dedup.state.store import Store


@contextlib.contextmanager
def filled(state: str) -> Iterator[Store]:
    """A state to fill. A directory that is new takes its name when it is full; where that fails, there is none.

    What was there before is filled where it is: it is a state at any moment. So is a Redis.

    Raises:
        StateError: it cannot be opened or made; the subclass says why.
    """
    folder = Path(state).absolute()
    if "://" in state or (folder / LOG_FILE).exists():
        with open_store(state) as store:
            yield store
        return
    with _failures_named(state):
        require_empty(Path(state))
        unfinished = folder.with_name(f".{folder.name}.unfinished")
        _remove(unfinished)
        unfinished.mkdir(parents=True)
    try:
        with open_store(str(unfinished)) as store:
            store.location = state  # errors are about what the user named
            yield store
        with _failures_named(state):
            unfinished.replace(folder)
            snapshots.sync_folder(folder.parent)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _remove(unfinished: Path) -> None:
    """Remove what a killed process has left behind, and nothing that one is at work on."""
    if unfinished.exists():
        try:
            with filelock.FileLock(unfinished / LOCK_FILE, timeout=0):
                shutil.rmtree(unfinished)
        except filelock.Timeout:
            raise StateInUseError(str(unfinished)) from None


@contextlib.contextmanager
def _failures_named(state: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StateError(state, f"cannot be made ({error.strerror or error})") from error
