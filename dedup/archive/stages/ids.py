"""Documents of one id: all of them stay, and the user is told, who may take the id for a name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.archive.cleaned import ID, CleanedInput, Ids

_SHARE: Final = 8  # of the job's memory, what is compared at once: one in so many
_BYTES: Final = 16  # of a document while it is
_AT_A_TIME: Final = 1 << 20
_SHOWN: Final = 80  # characters of an id


class RepeatedIds(NamedTuple):
    """Ids that several documents have.

    Attributes:
        documents: that have the id of another one before them.
        example: such an id; None where there is none.
    """

    documents: int
    example: str | None

    def told(self) -> str:
        """In a sentence."""
        have = "document has" if self.documents == 1 else "documents have"
        example = (self.example or "")[:_SHOWN]
        return (
            f"{self.documents:,} {have} the id of an earlier one, such as {example}; file and offset tell them apart."
        )


def repeated_ids(inputs: list[CleanedInput], memory: int) -> RepeatedIds:
    """Count the documents whose id another one before them has, too, by 64 bits of a hash.

    Args:
        inputs: of the job.
        memory: of the job; beyond its share, the documents are compared in parts.
    """
    documents = sum(one.documents for one in inputs)
    parts = documents * _BYTES // (memory // _SHARE) + 1
    count, example = 0, None
    for part in range(parts):
        hashes = np.concatenate([np.empty(0, np.int64), *_of_part(inputs, part, parts)])
        hashes.sort()
        again = hashes[1:][hashes[1:] == hashes[:-1]]
        count += len(again)
        if example is None and len(again):
            example = _id_of(int(again[0]), inputs)
    return RepeatedIds(count, example)


def _of_part(inputs: list[CleanedInput], part: int, parts: int) -> Iterator[NDArray[np.int64]]:
    """Hashes of ids: equal ones are of one part."""
    for one in inputs:
        hashes = one.fields()[:, ID]
        for start in range(0, len(hashes), _AT_A_TIME):
            some = hashes[start : start + _AT_A_TIME]
            yield some[some % parts == part] if parts > 1 else some


def _id_of(wanted: int, inputs: list[CleanedInput]) -> str:
    """The id of the first document whose id has this hash."""
    first = np.cumsum([0, *(one.documents for one in inputs)])
    with Ids(inputs, first) as ids:
        return next(
            ids.of(int(first[number] + found[0]))
            for number, one in enumerate(inputs)
            if len(found := np.flatnonzero(one.fields()[:, ID] == wanted))
        )
