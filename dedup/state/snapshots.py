"""Snapshots as files beside an embedded store."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Final

from dedup.errors import StateDamagedError
from dedup.state.records import seal, unseal
from dedup.state.store import Snapshot

_POSITION: Final = struct.Struct("<Q")
_SUFFIX: Final = ".snapshot"


def save(folder: Path, name: str, snapshot: Snapshot) -> None:
    """Replace a snapshot: after a crash there is the old one or the new one.

    Raises:
        OSError: it cannot be written; the old one stays.
    """
    frame = seal(snapshot.position, snapshot.content)
    write_atomically(folder / f"{name}{_SUFFIX}", _POSITION.pack(snapshot.position) + frame)


def load(folder: Path, name: str) -> Snapshot | None:
    """A snapshot; None where there is none.

    Raises:
        StateDamagedError: its bytes changed.
    """
    path = folder / f"{name}{_SUFFIX}"
    try:
        stored = path.read_bytes()
    except FileNotFoundError:
        return None
    if len(stored) < _POSITION.size:
        raise StateDamagedError(str(folder), path.name, "it is cut short")
    (position,) = _POSITION.unpack_from(stored)
    try:
        return Snapshot(position, unseal(str(folder), position, stored[_POSITION.size :]))
    except StateDamagedError as error:
        raise StateDamagedError(str(folder), path.name, error.damage) from None


def names(folder: Path) -> list[str]:
    """Names of the snapshots in a folder."""
    return sorted(path.name.removesuffix(_SUFFIX) for path in folder.glob(f"*{_SUFFIX}"))


def drop_all(folder: Path) -> None:
    """Delete every snapshot, half-written ones included."""
    for path in [*folder.glob(f"*{_SUFFIX}"), *folder.glob(f"*{_SUFFIX}.new")]:
        path.unlink(missing_ok=True)
    sync_folder(folder)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a crash leaves the old one or the new one."""
    new = path.with_name(f"{path.name}.new")
    try:
        with new.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError:
        new.unlink(missing_ok=True)
        raise
    new.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames and deletions in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
