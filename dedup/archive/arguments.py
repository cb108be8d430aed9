"""What a caller hands to a job, looked at before anything is read or made."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from dedup.archive.formats.remote import is_remote
from dedup.archive.options import ArchiveOptions, require_local
from dedup.errors import InputError, OptionError


def checked_names(inputs: object) -> list[str]:
    """The inputs by their names.

    Raises:
        InputError: they are none, or not several, or one of them is no name.
    """
    if isinstance(inputs, str | bytes | os.PathLike) or not isinstance(inputs, Iterable):
        got = f"{inputs!r:.80}, which has to stand in a list" if _is_name(inputs) else type(inputs).__name__
        raise InputError("inputs", f"expected several names, such as ['crawl.warc.gz'], got {got}")
    names = [_checked_name(given) for given in inputs]
    if not names:
        raise InputError("inputs", "none is given; name a file, a folder, a pattern, or - for standard input")
    return names


def checked_out(out: object) -> Path:
    """The output folder.

    Raises:
        OptionError: it is no name of a folder of this machine.
    """
    name = os.fspath(out) if isinstance(out, str | os.PathLike) else None
    if not isinstance(name, str) or not name or "\0" in name:
        raise OptionError("out", out, "a folder as str or Path")
    require_local("out", name)
    return Path(name)


def require_apart(out: Path, options: ArchiveOptions) -> None:
    """See that an index and a memory have folders of their own, in which nothing else is written.

    Raises:
        OptionError: one has not.
    """
    written = {"out": str(out), "index_out": options.index_out, "state": options.state}
    places = {
        name: Path(os.path.realpath(folder))
        for name, folder in written.items()
        if folder is not None and not is_remote(folder)
    }
    for name in ("index_out", "state"):
        for other, place in places.items():
            if other != name and name in places and place.is_relative_to(places[name]):
                raise OptionError(name, written[name], f"a folder that does not hold that of {other}")


def _checked_name(given: object) -> str:
    name = os.fspath(given) if isinstance(given, str | os.PathLike) else None
    if not isinstance(name, str):
        raise InputError("inputs", f"expected names as str or Path, got {type(given).__name__}")
    if not name:
        raise InputError("inputs", "a name is empty, which would be the current folder; write '.' for that")
    if "\0" in name:
        raise InputError("inputs", f"no file has a NUL in its name: {name!r:.80}")
    return name


def _is_name(given: object) -> bool:
    return isinstance(given, str | bytes | os.PathLike)
