"""From the arguments of `dedup clean` to bytes and what they are: patterns, files and standard input."""

from __future__ import annotations

import contextlib
import errno
import glob
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dedup.errors import InputTooLargeError

if TYPE_CHECKING:
    from dedup.page import Form

_BY_ENDING: dict[str, Form] = {
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".xht": "html",
    ".shtml": "html",
    ".txt": "text",
    ".text": "text",
    ".md": "markdown",
    ".markdown": "markdown",
}
_PAGE_TAG = re.compile(rb"<!doctype\s+html|<(?:html|head|body)[\s>]", re.IGNORECASE)


def expand(arguments: Iterable[str]) -> list[str]:
    """Names of inputs in order; a pattern that the shell left alone becomes the files that it matches.

    An argument that names a file is that file, whatever characters it holds. A pattern that matches no file stays
    as it is, and fails when it is read.

    Raises:
        UsageError: an argument is empty, as an unset variable of a shell is; is an address; or is standard input again.
    """
    names: list[str] = []
    for argument in arguments:
        require_names("PAGE", argument)
        if argument == "-" and "-" in names:
            raise click.UsageError("- is named twice; standard input can be read once only")
        if "://" in argument and not Path(argument).exists():
            raise click.UsageError(
                f"{argument} is fetched by nobody here: curl {argument} | dedup clean --url {argument}"
            )
        names.extend([argument] if argument == "-" or Path(argument).exists() else _matches(argument) or [argument])
    return names


def require_names(what: str, *names: str) -> None:
    """Refuse an empty name, which an unset variable of a shell makes; as a path it would be the current folder.

    Raises:
        UsageError: one is empty.
    """
    if not all(names):
        raise click.UsageError(f"{what} is empty; is a variable of the shell unset?")


def require_utf8(what: str, *texts: str) -> None:
    """Refuse bytes that are no UTF-8 where a text is read and not the name of a file: nothing could write it down.

    Raises:
        UsageError: one holds such bytes.
    """
    for text in texts:
        try:
            text.encode()
        except UnicodeEncodeError:
            raise click.UsageError(f"{what} is no UTF-8: {click.format_filename(text)}") from None


def _matches(pattern: str) -> list[str]:
    if not glob.has_magic(pattern):
        return []
    return sorted(name for name in glob.glob(pattern, recursive=True) if Path(name).is_file())  # noqa: PTH207  (Path.glob takes no absolute pattern)


def read(name: str, max_bytes: int) -> bytes:
    """The bytes of a file, or of standard input for `-`.

    Raises:
        OSError: it cannot be read.
        InputTooLargeError: there are more than `max_bytes`; no more than those are read.
    """
    if name == "-" and sys.stdin is None:
        raise OSError(errno.EBADF, "closed")
    with contextlib.nullcontext(sys.stdin.buffer) if name == "-" else Path(name).open("rb") as stream:
        content = stream.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise InputTooLargeError("page", len(content), max_bytes)
    return content


def form_of(name: str, content: bytes) -> Form:
    """What an input is: by the ending of its name, else by how it begins.

    Markdown is never guessed: read as plain text it loses nothing but its structure.
    """
    if known := _BY_ENDING.get(Path(name).suffix.lower()):
        return known
    from dedup.inputs import opens_as_markup, sniffed  # noqa: PLC0415  (loads numpy)

    return "html" if opens_as_markup(content) or _PAGE_TAG.search(sniffed(content)) else "text"
