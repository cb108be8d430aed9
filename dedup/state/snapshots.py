"""Snapshots as files beside an embedded store.

A file is its position, then parts: the length of each and its bytes behind their checksum, which is seeded with the
part's place. A part of length 0 and the number of parts end it, so that a file that was cut short is found.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from dedup.errors import StateDamagedError
from dedup.state.records import seal, unseal
from dedup.state.store import Snapshot

_NUMBER: Final = struct.Struct("<Q")
_SUFFIX: Final = ".snapshot"
_BUFFER: Final = 1 << 20
_SEAL: Final = 8  # bytes of a checksum


def save(folder: Path, name: str, snapshot: Snapshot) -> None:
    """Replace a snapshot: after a crash there is the old one or the new one.

    Raises:
        OSError: it cannot be written; the old one stays.
    """
    path = folder / f"{name}{_SUFFIX}"
    new = path.with_name(f"{path.name}.new")
    try:
        with new.open("wb", _BUFFER) as stream:
            stream.write(_NUMBER.pack(snapshot.position))
            count = 0
            for part in snapshot.parts:
                stream.write(_NUMBER.pack(len(part)))
                stream.write(seal(snapshot.position + count, part))
                count += 1
            stream.write(_NUMBER.pack(0))
            stream.write(seal(snapshot.position + count, _NUMBER.pack(count)))
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    sync_folder(folder)


def load(folder: Path, name: str) -> Snapshot | None:
    """A snapshot; None where there is none.

    Raises:
        StateDamagedError: it is cut short, or the part that was asked for has changed.
    """
    path = folder / f"{name}{_SUFFIX}"
    try:
        stream = path.open("rb", _BUFFER)
    except FileNotFoundError:
        return None
    start = stream.read(_NUMBER.size)
    if len(start) < _NUMBER.size:
        stream.close()
        raise StateDamagedError(str(folder), path.name, "it is cut short")
    (position,) = _NUMBER.unpack(start)
    return Snapshot(position, _parts(stream, path, position))


def _parts(stream: BinaryIO, path: Path, position: int) -> Iterator[bytes]:
    with stream:
        size, count = os.fstat(stream.fileno()).st_size, 0
        while True:
            start = stream.read(_NUMBER.size)
            length = _NUMBER.unpack(start)[0] if len(start) == _NUMBER.size else size
            wanted = _SEAL + (length or _NUMBER.size)
            frame = stream.read(wanted) if wanted <= size else b""
            if len(frame) < wanted:
                raise StateDamagedError(str(path.parent), f"{path.name}, part {count + 1}", "it is cut short")
            try:
                part = unseal(str(path.parent), position + count, frame)
            except StateDamagedError as error:
                raise StateDamagedError(str(path.parent), f"{path.name}, part {count + 1}", error.damage) from None
            if not length:
                if part != _NUMBER.pack(count) or stream.read(1):
                    raise StateDamagedError(str(path.parent), path.name, f"{count} parts do not match its end")
                return
            yield part
            count += 1


def names(folder: Path) -> list[str]:
    """Names of the snapshots in a folder."""
    return sorted(path.name.removesuffix(_SUFFIX) for path in folder.glob(f"*{_SUFFIX}"))


def drop_all(folder: Path) -> None:
    """Delete every snapshot, half-written ones included."""
    for path in [*folder.glob(f"*{_SUFFIX}"), *folder.glob(f"*{_SUFFIX}.new")]:
        path.unlink(missing_ok=True)
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Make renames and deletions in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
