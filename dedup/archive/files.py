"""Files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Self

from dedup.errors import ArchiveOutputError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_OPEN_FILES = 128
_LINE = 512  # bytes of a line that are read at first
_BUFFER = 1 << 18  # documents are short; the default would call the system for every few of them


@contextlib.contextmanager
def failures_named(path: Path) -> Iterator[None]:
    """Turn what the system says of a write to `path` into an error that says what to do.

    Raises:
        ArchiveOutputError: it cannot be written.
    """
    try:
        yield
    except OSError as error:
        where = str(error.filename or path)
        if error.errno in _FULL:
            problem = "no space left on the disk; free some and run the same command again, it goes on where it was"
            raise ArchiveOutputError(where, problem) from error
        raise ArchiveOutputError(where, f"cannot be written ({error.strerror or error})") from error


def require_room_for(folder: Path) -> None:
    """See that a folder can be made, or be filled, by making one in it or beside it: permissions do not tell all.

    Raises:
        ArchiveOutputError: it cannot.
    """
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    try:
        Path(tempfile.mkdtemp(prefix=".dedup-", dir=there)).rmdir()
    except OSError as error:
        raise ArchiveOutputError(str(folder), f"cannot be written ({error.strerror or error})") from error


@contextlib.contextmanager
def replacing(*paths: Path) -> Iterator[tuple[BinaryIO, ...]]:
    """Open files for writing that take their names, in this order, only when all of them are on the disk.

    Raises:
        ArchiveOutputError: they cannot be written.
    """
    with writing(*paths) as files:
        yield files
    take_names(paths)


@contextlib.contextmanager
def writing(*paths: Path) -> Iterator[tuple[BinaryIO, ...]]:
    """Open files for writing; `take_names` is still to be called for them, and may be by another process.

    Raises:
        ArchiveOutputError: they cannot be written.
    """
    with failures_named(paths[0]), contextlib.ExitStack() as stack:
        yield tuple(stack.enter_context(unfinished(path).open("wb", _BUFFER)) for path in paths)


def take_names(paths: Sequence[Path]) -> None:
    """Give files that were written their names, in this order, once all of them are on the disk.

    Raises:
        ArchiveOutputError: they cannot be written.
    """
    with failures_named(paths[0]):
        for path in paths:
            put_on_disk(unfinished(path))
        for path in paths:
            unfinished(path).replace(path)


def put_on_disk(path: Path) -> None:
    """Wait until all that was written to a file is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def uncache(path: Path) -> None:
    """Give back the memory that the system holds of a file that is on the disk, and that the job is through with.

    A job may write more than the machine has of it; what others read would be driven out for what nobody does.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def unfinished(path: Path) -> Path:
    """What a file is called until all of it is there."""
    return path.with_name(f".{path.name}.unfinished")


class OpenFiles:
    """Files of which pieces are read here and there; the last few stay open.

    Args:
        paths: by their number.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self._open: dict[int, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        while self._open:
            os.close(self._open.popitem()[1])

    def read(self, number: int, start: int, size: int) -> bytes:
        """A piece of a file, shorter at its end."""
        if number not in self._open:
            if len(self._open) == _OPEN_FILES:
                os.close(self._open.pop(next(iter(self._open))))
            self._open[number] = os.open(self._paths[number], os.O_RDONLY)
        return os.pread(self._open[number], size, start)

    def line(self, number: int, start: int) -> bytes:
        """The line that begins there."""
        size = _LINE
        while True:
            piece = self.read(number, start, size)
            end = piece.find(b"\n")
            if end >= 0 or len(piece) < size:
                return piece[: end + 1] if end >= 0 else piece
            size *= 4


def write(path: Path, content: bytes) -> None:
    """Write a file as a whole.

    Raises:
        ArchiveOutputError: it cannot be written.
    """
    with replacing(path) as (file,):
        file.write(content)
