"""A large file → the sections that are read by themselves, so that one file keeps all cores busy."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from dedup.archive.formats.jsonl import SNIFFED, holds_lines
from dedup.archive.formats.names import found, kept, shown
from dedup.archive.formats.remote import is_remote

_LEAST: Final = 32 * 1024**2  # bytes of a section
_MOST: Final = 1024  # sections of a file


class Section(msgspec.Struct, frozen=True):
    """A file, or the part of it that begins in a range of bytes.

    Attributes:
        name: of the file, as it is shown.
        start: bytes before the range.
        stop: bytes up to its end; None where the whole file is one section.
        path: bytes of the name where it is no UTF-8.
    """

    name: str
    start: int = 0
    stop: int | None = None
    path: bytes = b""

    @property
    def location(self) -> str:
        """What opens the file."""
        return found(self.name, self.path)


def sections_of(name: str, size: int | None) -> list[Section]:
    """The sections of a file in order: several of large plain JSON lines, which are read from anywhere; else one.

    Args:
        name: of the file.
        size: bytes; None of what is no file.
    """
    if size is None or size < 2 * _LEAST or is_remote(name) or not _holds_lines(name):
        return [Section(shown(name), path=kept(name))]
    step = max(_LEAST, -(-size // _MOST))
    bounds = range(0, size, step)
    return [Section(shown(name), start, min(start + step, size), kept(name)) for start in bounds]


def _holds_lines(name: str) -> bool:
    """Whether a file is plain JSON lines; what cannot be read is told by who reads it."""
    try:
        with Path(name).open("rb") as file:
            return holds_lines(file.read(SNIFFED))
    except OSError:
        return False
