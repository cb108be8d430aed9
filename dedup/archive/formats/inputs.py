"""From arguments to files: patterns, folders, files, URLs and standard input."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from pathlib import Path

from dedup.archive.formats.remote import find, is_remote
from dedup.errors import ArchiveInputError


def expand(arguments: Iterable[str], out: Path | None = None) -> list[str]:
    """Names of files in order, each once: of a folder all files below it, hidden ones left out, sorted.

    Args:
        arguments: as they were given.
        out: folder that is no input, though one may hold it, unless nothing else is given.

    Raises:
        ArchiveInputError: an argument names nothing.
    """
    names: dict[str, None] = {}
    for argument in arguments:
        found = _files(argument)
        if not found:
            raise ArchiveInputError(argument, "no such file, and no folder or pattern with files")
        names.update(dict.fromkeys(found))
    outside = names if out is None else [name for name in names if not _within(name, out)]
    return list(outside or names)


def _files(argument: str) -> list[str]:
    if is_remote(argument):
        return find(argument)
    path = Path(argument)
    if argument == "-" or path.is_file():
        return [argument]
    if path.is_dir():
        return sorted(str(file) for file in path.rglob("*") if file.is_file() and not _hidden(file.relative_to(path)))
    if path.exists():  # a device, or a pipe, which is refused by whoever opens it
        return [argument]
    return sorted(name for name in glob.glob(argument, recursive=True) if Path(name).is_file())  # noqa: PTH207  (Path.glob takes no absolute pattern)


def _within(name: str, folder: Path) -> bool:
    return not is_remote(name) and Path(os.path.abspath(name)).is_relative_to(os.path.abspath(folder))  # noqa: PTH100  (resolve asks the disk)


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
