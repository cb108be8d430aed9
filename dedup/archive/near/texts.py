"""The cleaned texts of a job in the order in which documents are kept, read a few at a time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dedup.archive.cleaned import COLUMNS, SITE, CleanedInput
from dedup.archive.files import OpenFiles
from dedup.archive.options import Canonical
from dedup.fingerprint import TextBuffer

_BYTES: Final = 2 << 20
"""Read together: their fingerprints take about four times as much."""


class CleanedTexts:
    """Documents by their rank.

    With `first`, nothing is in memory; else 8 bytes a document, and 24 while they are sorted.

    Args:
        inputs: of the job.
        canonical: which of two near-duplicates stays, and so comes first; equals stay in the order of the input.
    """

    def __init__(self, inputs: list[CleanedInput], canonical: Canonical) -> None:
        self._inputs = inputs
        self._first = np.cumsum([0, *(one.documents for one in inputs)])
        self.order = None if canonical == "first" else self._sorted(canonical)

    def __len__(self) -> int:
        return int(self._first[-1])

    def documents(self, ranks: NDArray[np.int64]) -> NDArray[np.int64]:
        """Number of the document of each rank."""
        return ranks if self.order is None else self.order[ranks]

    def read(self, start: int, stop: int) -> Iterator[tuple[TextBuffer, NDArray[np.uint32]]]:
        """The texts of ranks `start` to `stop`, in pieces of a few megabytes, each with 32 bits of its site."""
        file_of, fields = self._fields(self.documents(np.arange(start, stop)))
        begins, sizes, sites = fields[:, 0], fields[:, 1], fields[:, SITE].astype(np.uint32)
        piece_of = (np.cumsum(sizes) - sizes) // _BYTES
        cuts = [*np.flatnonzero(np.diff(piece_of, prepend=-1)).tolist(), len(sizes)]
        with OpenFiles([one.texts for one in self._inputs]) as files:
            for low, high in pairwise(cuts):
                yield _buffer(files, file_of[low:high], begins[low:high], sizes[low:high]), sites[low:high]

    def rows(self, ranks: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
        """Number of the input, and bytes before the row, of each rank."""
        documents = self.documents(ranks)
        file_of, fields = self._fields(documents)
        yield from zip(file_of.tolist(), fields[:, 3].tolist(), strict=True)

    def _fields(self, documents: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The input and the fields of the index of each document."""
        file_of = np.searchsorted(self._first, documents, side="right") - 1
        fields = np.empty((len(documents), COLUMNS), np.int64)
        for number in np.unique(file_of).tolist():
            here = file_of == number
            fields[here] = self._inputs[number].fields()[documents[here] - self._first[number]]
        return file_of, fields

    def _sorted(self, canonical: Canonical) -> NDArray[np.int64]:
        key = np.empty(len(self), np.int64)
        for number, one in enumerate(self._inputs):
            fields = one.fields()
            of_input = slice(self._first[number], self._first[number + 1])
            key[of_input] = fields[:, 2] if canonical == "earliest" else -fields[:, 1]
        return np.argsort(key, kind="stable")


def _buffer(
    files: OpenFiles, file_of: NDArray[np.int64], begins: NDArray[np.int64], sizes: NDArray[np.int64]
) -> TextBuffer:
    """Texts side by side; those that are so in a file are read at once."""
    follows = (np.diff(file_of) == 0) & (begins[1:] == begins[:-1] + sizes[:-1])
    cuts = [0, *(np.flatnonzero(~follows) + 1).tolist(), len(sizes)]
    parts = [
        files.read(int(file_of[low]), int(begins[low]), int(sizes[low:high].sum())) for low, high in pairwise(cuts)
    ]
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    return TextBuffer(np.frombuffer(b"".join(parts), np.uint8), offsets)
