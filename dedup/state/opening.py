"""From what a user names to a store."""

from __future__ import annotations

import tempfile
from pathlib import Path

from dedup.errors import OptionError, StateError, StateMissingError
from dedup.state.address import without_password
from dedup.state.folders import PROBE, require_empty
from dedup.state.memory import MemoryStore
from dedup.state.options import StateOptions
from dedup.state.store import Store

_REDIS = ("redis://", "rediss://", "unix://")


def open_store(
    state: str | None, options: StateOptions | None = None, *, read_only: bool = False, create: bool = True
) -> Store:
    """Open a state, or make it.

    Args:
        state: a directory, the address of a Redis (`redis://…`, `rediss://…`, `unix://…`), or None for memory only.
        options: its parameters and durability.
        read_only: look at it, a directory also while another process owns it; nothing is made or changed.
        create: make it where it is missing.

    Raises:
        OptionError: `state` is no text.
        StateError: it cannot be opened; the subclass says why.
    """
    options = options or StateOptions()
    if state is None:
        return MemoryStore(options.parameters)
    if not isinstance(state, str) or not state or "\0" in state:
        raise OptionError("state", state, "a directory or the address of a Redis as str, or None")
    if state.startswith(_REDIS):
        try:
            from dedup.state.redis import RedisStore  # noqa: PLC0415  (an optional dependency)
        except ImportError:
            raise StateError(without_password(state), "needs the package redis: pip install 'dedup[redis]'") from None
        return RedisStore(state, options, read_only=read_only, create=create)
    scheme = state.partition(":")[0]
    if f"{scheme}://" in _REDIS:
        raise StateError(f"{scheme}:", f"an address begins with {scheme}:// (for a directory write ./{scheme}:…)")
    if "://" in state:
        raise StateError(without_password(state), f"neither a directory nor one of {', '.join(_REDIS)}")
    from dedup.state.lmdb import LmdbStore  # noqa: PLC0415  (memory-only use needs no database)

    return LmdbStore(Path(state), options, read_only=read_only, create=create)


def foresee(state: str, options: StateOptions) -> int | None:
    """What `open_store` would find, leaving everything as it is: how many records, or None for a new state.

    Raises:
        StateError: it could not be opened for writing; the subclass says why.
    """
    from dedup.state.lmdb import LmdbStore  # noqa: PLC0415  (see `open_store`)

    try:
        with open_store(state, options, read_only="://" not in state, create=False) as store:
            store.header.require(store.location, options.parameters)
            if isinstance(store, LmdbStore):
                store.require_free()
            return store.count()
    except StateMissingError:
        if "://" not in state:
            _require_room_for(Path(state))
        return None


def _require_room_for(folder: Path) -> None:
    """Make sure that a directory can be made, or be filled, by making one beside it: permissions do not tell all.

    Raises:
        StateError: it cannot, or holds other files.
    """
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not there.is_dir():
        raise StateError(str(folder), f"cannot be made: {there} is no directory")
    try:
        require_empty(folder, but_for_its_own=True)
        Path(tempfile.mkdtemp(prefix=PROBE, dir=there)).rmdir()
    except OSError as error:
        raise StateError(str(folder), f"cannot be made: {there} cannot be written ({error.strerror})") from None
