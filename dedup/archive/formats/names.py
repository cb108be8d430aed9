"""Names of files, which need not be text: how they are written down, and how they are kept."""

from __future__ import annotations

import os


def shown(name: str) -> str:
    """The name as text that UTF-8 takes: a byte that is none as x and its two digits behind a backslash."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def kept(name: str) -> bytes:
    """The bytes of a name that is not shown as it is; none of one that is."""
    return b"" if shown(name) == name else os.fsencode(name)


def found(name: str, path: bytes) -> str:
    """The name that was shown as `name` and kept as `path`, as the system takes it."""
    return os.fsdecode(path) if path else name
