"""From arguments to files: patterns, folders, files, URLs and standard input."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NoReturn

from dedup.archive.formats.remote import find, is_remote
from dedup.errors import ArchiveInputError


def expand(arguments: Iterable[str], out: Path | None = None) -> list[str]:
    """Names of files in order, each file once: of a folder all files below it, hidden ones left out, sorted.

    Args:
        arguments: as they were given.
        out: folder that is no input, though one may hold it, unless nothing else is given.

    Raises:
        ArchiveInputError: an argument names nothing, or a folder that cannot be listed.
    """
    place = cache(os.path.realpath)  # of a folder: asks the disk, so once for all files in it
    names: dict[str, str] = {}  # by where they are: the first of several spellings counts
    for argument in arguments:
        found = _files(argument)
        if not found:
            raise ArchiveInputError(argument, "no such file, and no folder or pattern with files")
        for name in found:
            folder, file = os.path.split(name)
            names.setdefault(name if _is_no_path(name) else os.path.join(place(folder), file), name)  # noqa: PTH118  (Path takes a million of them too slowly)
    inside = Path(place(out)) if out is not None else None
    outside = [name for where, name in names.items() if inside is None or not Path(where).is_relative_to(inside)]
    return outside or list(names.values())


def _is_no_path(name: str) -> bool:
    return name == "-" or is_remote(name)


def _files(argument: str) -> list[str]:
    if is_remote(argument):
        return find(argument)
    path = Path(argument)
    if argument == "-" or path.is_file():
        return [argument]
    if path.is_dir():
        return sorted(str(file) for file in _below(path) if file.is_file())
    if path.exists():  # a device, or a pipe, which is refused by whoever opens it
        return [argument]
    return sorted(name for name in glob.glob(argument, recursive=True) if Path(name).is_file())  # noqa: PTH207  (Path.glob takes no absolute pattern)


def _below(root: Path) -> Iterator[Path]:
    """What is in a folder and below it, also behind links to folders, each folder once: links may lead in circles.

    Links come last, so that a folder keeps its own name where there is a link to it, too.
    """
    entered: set[tuple[int, int]] = set()
    to_enter = [root]
    for start in to_enter:
        for folder, folders, files in os.walk(start, onerror=_refuse):
            status = os.stat(folder)  # noqa: PTH116  (as os.walk gives it)
            if (status.st_dev, status.st_ino) in entered:
                folders.clear()
                continue
            entered.add((status.st_dev, status.st_ino))
            folders[:] = sorted(_visible(folders))
            to_enter += [link for name in folders if (link := Path(folder, name)).is_symlink()]
            yield from (Path(folder, name) for name in _visible(files))


def _visible(names: Iterable[str]) -> Iterator[str]:
    return (name for name in names if not name.startswith("."))


def _refuse(error: OSError) -> NoReturn:
    """Say which folder cannot be listed: what it holds would be missed in silence."""
    raise ArchiveInputError(str(error.filename), f"cannot be listed ({error.strerror})") from error
