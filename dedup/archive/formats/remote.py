"""Files behind a URL (S3, Google Cloud Storage, HTTPS and whatever else fsspec knows), read a range at a time.

A connection that breaks costs a range, not the file: the range is asked for again, from the byte where reading stands.

Needs the extra `dedup[remote]`, and for `gs://` the package gcsfs.
"""

from __future__ import annotations

import io
import re
import time
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple

from dedup.errors import ArchiveInputError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Buffer  # type: ignore[attr-defined]  # from Python 3.12 on

_URL: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_RANGE: Final = 4 * 1024**2  # bytes
_TRIES: Final = 6
_FIRST_PAUSE: Final = 0.25  # seconds, doubled with each try
_FINAL: Final = (FileNotFoundError, PermissionError, IsADirectoryError)


class Described(NamedTuple):
    """What a server says of a file: its bytes, and what tells that it has changed (ETag or time)."""

    size: int
    version: str | None


def is_remote(name: str) -> bool:
    """Whether an input is a URL."""
    return _URL.match(name) is not None


def find(url: str) -> list[str]:
    """The files that a URL, a folder's URL, or a pattern of URLs names, sorted.

    An address of HTTP is a file: its `?` begins a query and is no pattern.

    Raises:
        ArchiveInputError: it cannot be asked for.
        MissingExtraError: fsspec, or its package for this kind of URL, is not installed.
    """
    if url.lower().startswith(("http://", "https://")):
        return [url]
    files, path = _opened(url)
    try:
        found = files.find(path) if files.isdir(path) else files.glob(path)
        return sorted(str(files.unstrip_protocol(name)) for name in found if not files.isdir(name))
    except Exception as error:  # each kind of server has errors of its own
        raise ArchiveInputError(url, _said(error)) from error


def describe(url: str) -> Described:
    """Size and version of a file.

    Raises:
        ArchiveInputError: it is not there, or its server does not tell its size.
    """
    files, path = _opened(url)
    try:
        info = files.info(path)
    except Exception as error:  # the same
        raise ArchiveInputError(url, _said(error)) from error
    if info.get("size") is None:
        raise ArchiveInputError(url, "its server does not tell how long it is; download it first")
    version = info.get("ETag") or info.get("LastModified") or info.get("mtime") or info.get("updated")
    return Described(int(info["size"]), None if version is None else str(version))


def open_remote(url: str) -> BinaryIO:
    """A file to read and seek in.

    Raises:
        OSError: it cannot be read; so do its methods, once a range has failed time and again.
    """
    try:
        return io.BufferedReader(_RemoteFile(url), _RANGE)
    except ArchiveInputError as error:
        raise OSError(error.problem) from error


class _RemoteFile(io.RawIOBase):
    def __init__(self, url: str) -> None:
        self._files, self._path = _opened(url)
        self._size = describe(url).size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(start + offset, 0)
        return self._at

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer).cast("B")
        end = min(self._at + len(view), self._size)
        if end <= self._at:
            return 0
        data = self._range(self._at, end)
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def _range(self, start: int, end: int) -> bytes:
        """At least one byte from `start` on, none from `end` on."""
        problem = "it breaks off"
        for attempt in range(_TRIES):
            if attempt:
                time.sleep(_FIRST_PAUSE * 2 ** (attempt - 1))
            try:
                data: bytes = self._files.cat_file(self._path, start=start, end=end)
            except _FINAL:
                raise
            except Exception as error:  # noqa: BLE001  (each kind of server has errors of its own)
                problem = _said(error)
                continue
            if len(data) > end - start:
                raise OSError("its server sends whole files alone; download it first")
            if data:
                return data
        raise OSError(f"{problem}; given up at byte {start} after {_TRIES} tries")


def _opened(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path in it."""
    try:
        import fsspec  # noqa: PLC0415  (an extra)

        files, path = fsspec.core.url_to_fs(url)
    except ImportError as error:
        raise MissingExtraError("input", error.name or "fsspec", "remote") from None
    except Exception as error:  # such as an unknown kind of URL
        raise ArchiveInputError(url, _said(error)) from error
    files.invalidate_cache()  # listings are kept otherwise, for as long as the process lives
    return files, path


def _said(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        if isinstance(error.__cause__, OSError):  # of HTTP also where no server answers
            return f"its server does not answer ({error.__cause__})"
        return "no such file"
    return str(error).strip().partition("\n")[0] or type(error).__name__
