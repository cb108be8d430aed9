"""A record's two trips to a worker: what is sent, what comes back, and how it lies on the disk in between."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Final

import msgspec
import numpy as np
import xxhash
from numpy.typing import NDArray

from dedup.archive.formats import Record
from dedup.archive.rows import Row, Status

_SIZE: Final = struct.Struct("<Q")
POSITION_BITS: Final = 32
"""Of a page's position, those that number the record in its input; the higher ones number the input."""


class Evidence(msgspec.Struct, frozen=True, array_like=True):
    """What a page says of its site.

    Attributes:
        site: XXH3 of the site's name, 64 bits.
        page: 16 bytes that name the page, whatever version of it this is.
        whole: key of all its blocks together.
        stem: XXH3 of the stem of its URL.
        known: uint64[n], ascending: the keys of its blocks that are learned; none where it holds no content.
    """

    site: int
    page: bytes
    whole: int
    stem: int
    known: bytes

    def known_keys(self) -> NDArray[np.uint64]:
        """uint64[n], ascending."""
        return np.frombuffer(self.known, np.uint64)


class Analysed(msgspec.Struct, frozen=True, array_like=True):
    """What comes back from the first trip.

    Attributes:
        status: `document` of what has a second trip, else why it has none.
        why: of what is quarantined.
        draft: see `drafts.pack`.
        evidence: None of a page that belongs to no site.
        record: for a service's memory, see `state.records.encode`; empty where there is none to be taught.
    """

    status: Status
    why: str | None = None
    draft: bytes = b""
    evidence: Evidence | None = None
    record: bytes = b""


class Second(msgspec.Struct, frozen=True, array_like=True):
    """What is sent on the second trip: the page's position, and fields of `Analysed`."""

    position: int
    draft: bytes
    evidence: Evidence | None


class Job(msgspec.Struct, frozen=True, array_like=True):
    """What a worker is sent: records on their first trip, or pages on their second."""

    records: Sequence[Record] = ()
    seconds: Sequence[Second] = ()


class Draft(msgspec.Struct, frozen=True, array_like=True):
    """A record between its trips."""

    row: Row
    analysed: Analysed


_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Draft).decode


def named(text: str) -> int:
    """The 64 bits by which statistics know a name."""
    return xxhash.xxh3_64_intdigest(text.encode(errors="surrogatepass"))


def write_draft(file: BinaryIO, draft: Draft) -> None:
    """Add a record."""
    content = _encode(draft)
    file.write(_SIZE.pack(len(content)) + content)


def read_drafts(path: Path) -> Iterator[Draft]:
    """The records of an input, in order."""
    with path.open("rb") as file:
        while head := file.read(_SIZE.size):
            yield _decode(file.read(_SIZE.unpack(head)[0]))
