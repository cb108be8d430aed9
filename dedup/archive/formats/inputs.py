"""From arguments to files: patterns, folders, files, URLs and standard input."""

from __future__ import annotations

import glob
from collections.abc import Iterable
from pathlib import Path

from dedup.archive.formats.remote import find, is_remote
from dedup.errors import ArchiveInputError


def expand(arguments: Iterable[str]) -> list[str]:
    """Names of files in order, each once: of a folder all files below it, hidden ones left out, sorted.

    Raises:
        ArchiveInputError: an argument names nothing.
    """
    names: dict[str, None] = {}
    for argument in arguments:
        found = _files(argument)
        if not found:
            raise ArchiveInputError(argument, "no such file, and no folder or pattern with files")
        names.update(dict.fromkeys(found))
    return list(names)


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


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
