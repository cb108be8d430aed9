"""What the cleaning of an input file leaves for the later stages."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedup.archive.workspace import Workspace

INDEXED: Final = struct.Struct("<4q")
"""Of a document: start and size of its text, its date, start of its row."""


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
    def documents(self) -> int:
        """How many there are."""
        return self.index.stat().st_size // INDEXED.size

    def fields(self) -> NDArray[np.int64]:
        """The index, mapped: int64[documents, 4]."""
        if not self.documents:
            return np.empty((0, 4), np.int64)
        return np.memmap(self.index, np.int64, "r", shape=(self.documents, 4))

    def id_of(self, document: int) -> str:
        """The id of a document, numbered from 0."""
        with self.index.open("rb") as index:
            start = INDEXED.unpack(os.pread(index.fileno(), INDEXED.size, document * INDEXED.size))[3]
        with self.rows.open("rb") as rows:
            rows.seek(start)
            return _decode(rows.readline()).id


class _Named(msgspec.Struct):
    """As much of a `Row` as its id takes."""

    id: str


_decode: Final = msgspec.json.Decoder(_Named).decode
