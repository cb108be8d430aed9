"""Files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from dedup.errors import ArchiveOutputError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
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


@contextlib.contextmanager
def replacing(*paths: Path) -> Iterator[tuple[BinaryIO, ...]]:
    """Open files for writing that take their names, in this order, only when all of them are on the disk.

    Raises:
        ArchiveOutputError: they cannot be written.
    """
    temporary = [path.with_name(f".{path.name}.unfinished") for path in paths]
    with failures_named(paths[0]):
        with contextlib.ExitStack() as stack:
            files = tuple(stack.enter_context(name.open("wb", _BUFFER)) for name in temporary)
            yield files
            for file in files:
                file.flush()
                os.fsync(file.fileno())
        for name, path in zip(temporary, paths, strict=True):
            name.replace(path)


def write(path: Path, content: bytes) -> None:
    """Write a file as a whole.

    Raises:
        ArchiveOutputError: it cannot be written.
    """
    with replacing(path) as (file,):
        file.write(content)
