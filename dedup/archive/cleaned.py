"""What the cleaning of an input file leaves for the later stages."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Self

import msgspec
import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from dedup.archive.dates import microseconds, read_date
from dedup.archive.files import OpenFiles, replacing
from dedup.archive.rows import Row
from dedup.archive.workspace import Workspace

_NO_DATE: Final = 2**63 - 1
INDEXED: Final = struct.Struct("<4qQQ")
"""Of a document: start and size of its text, its date, start of its row, xxh3_64 of its id and of its site."""
COLUMNS: Final = INDEXED.size // 8
ID, SITE = 4, 5


@dataclass(frozen=True, slots=True)
class CleanedInput:
    """The files of one input. None of them need fit in memory.

    Attributes:
        rows: JSON lines of `Row`.
        texts: the texts of the documents among them.
        index: INDEXED of each document.
    """

    rows: Path
    texts: Path
    index: Path

    @classmethod
    def of(cls, workspace: Workspace, number: int) -> CleanedInput:
        """Those of an input by its number."""
        return cls(workspace.rows(number), workspace.texts(number), workspace.index(number))

    @property
    def files(self) -> tuple[Path, Path, Path]:
        """All of them, the one last whose name says that the input is done."""
        return self.rows, self.texts, self.index

    @property
    def documents(self) -> int:
        """How many there are."""
        return self.index.stat().st_size // INDEXED.size

    def fields(self) -> NDArray[np.int64]:
        """The index, mapped: int64[documents, COLUMNS]."""
        if not self.documents:
            return np.empty((0, COLUMNS), np.int64)
        return np.memmap(self.index, np.int64, "r", shape=(self.documents, COLUMNS))


class Ids:
    """The ids of documents, read when asked for.

    Args:
        cleaned: the inputs, in order.
        first: documents before each of them.
    """

    def __init__(self, cleaned: list[CleanedInput], first: NDArray[np.int64]) -> None:
        self._first: list[int] = first.tolist()
        self._indexes = OpenFiles([one.index for one in cleaned])
        self._rows = OpenFiles([one.rows for one in cleaned])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._indexes.__exit__()
        self._rows.__exit__()

    def of(self, document: int) -> str:
        """Of a document, numbered over all inputs."""
        number = bisect_right(self._first, document) - 1
        at = (document - self._first[number]) * INDEXED.size
        start = INDEXED.unpack(self._indexes.read(number, at, INDEXED.size))[3]
        return _decode(self._rows.line(number, start)).id


class CleanedWriter:
    """Writes the files of one input.

    Args:
        rows: as in `CleanedInput`; so are `texts` and `index`.
        by_site: whether the index is to tell sites apart; else it calls all of them 0.
    """

    def __init__(self, rows: BinaryIO, texts: BinaryIO, index: BinaryIO, *, by_site: bool = False) -> None:
        self._rows, self._texts, self._index = rows.write, texts.write, index.write
        self._row_at = self._text_at = 0
        self._site_of = _site_of if by_site else _any_site

    @classmethod
    @contextmanager
    def of(cls, workspace: Workspace, number: int, *, by_site: bool) -> Iterator[Self]:
        """That of an input by its number; the files take their names afterwards.

        Raises:
            ArchiveOutputError: the files cannot be written.
        """
        with replacing(*CleanedInput.of(workspace, number).files) as files:
            yield cls(*files, by_site=by_site)

    def add(self, row: Row, text: bytes) -> None:
        """Take a record, with the text that it holds if it is a document."""
        if row.status == "document":
            row.start, row.size = self._text_at, len(text)
            same = xxh3_64_intdigest(row.id.encode("utf-8", "replace"))
            site = self._site_of(row)
            self._index(INDEXED.pack(self._text_at, len(text), _moment(row.date), self._row_at, same, site))
            self._texts(text)
            self._text_at += len(text)
        line = _encode(row) + b"\n"
        self._rows(line)
        self._row_at += len(line)


def _any_site(_: Row) -> int:
    return 0


def _site_of(row: Row) -> int:
    """A hash of the site of a document; those of which none is known are taken for one."""
    from dedup.memory.addresses import site_of  # noqa: PLC0415  (loads the list of suffixes)

    site = (row.page.site if row.page else None) or (site_of(row.url) if row.url else None)
    return xxh3_64_intdigest((site or "").encode("utf-8", "replace"))


def _moment(date: str | None) -> int:
    """A date as a number that orders like the dates; what has none comes last."""
    found = read_date(date)
    return _NO_DATE if found is None else microseconds(found)


class _Named(msgspec.Struct):
    """As much of a `Row` as its id takes."""

    id: str


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(_Named).decode
