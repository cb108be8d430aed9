"""From what a user names to a store."""

from __future__ import annotations

from pathlib import Path

from dedup.errors import OptionError, StateError
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
        read_only: look at a directory, also while another process owns it.
        create: make a directory that is not there.

    Raises:
        OptionError: `state` is no text.
        StateError: it cannot be opened; the subclass says why.
    """
    options = options or StateOptions()
    if state is None:
        return MemoryStore(options.parameters)
    if not isinstance(state, str):
        raise OptionError("state", state, "a directory or the address of a Redis as str, or None")
    if state.startswith(_REDIS):
        try:
            from dedup.state.redis import RedisStore  # noqa: PLC0415  (an optional dependency)
        except ImportError:
            raise StateError(state, "needs the package redis: pip install 'dedup[redis]'") from None
        return RedisStore(state, options)
    if "://" in state:
        raise StateError(state, f"neither a directory nor one of {', '.join(_REDIS)}")
    from dedup.state.lmdb import LmdbStore  # noqa: PLC0415  (memory-only use needs no database)

    return LmdbStore(Path(state), options, read_only=read_only, create=create)
