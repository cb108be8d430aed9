"""Cleaned content as the crawl index knows it: a digest, a signature, and the shingles behind it."""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.errors import InputError
from dedup.fingerprint import Fingerprinter, ShingleHashes
from dedup.index import compare
from dedup.state import DocumentRecord, Parameters

_PARAMETERS: Final = Parameters()


class Content(NamedTuple):
    """Fingerprints of a document's cleaned text.

    Attributes:
        digest: 8 bytes, of the normalised text.
        signature: uint32[num_perm], MinHash of its five-word shingles.
        hashes: uint32[k], of those shingles, ascending and each once; empty where they were not kept.
        shingles: how many there are.
        is_short: whether the only one is all of the text.
    """

    digest: bytes
    signature: npt.NDArray[np.uint32]
    hashes: npt.NDArray[np.uint32]
    shingles: int
    is_short: bool

    @property
    def is_exact(self) -> bool:
        """Whether the shingles themselves are at hand."""
        return len(self.hashes) == self.shingles


class Likeness(NamedTuple):
    """How alike two documents are; see `dedup.NearDuplicate`."""

    jaccard: float
    containment: float
    contained: float
    estimated: bool


_UNLIKE: Final = Likeness(0.0, 0.0, 0.0, estimated=False)


def read_content(text: str) -> Content:
    """Fingerprint a cleaned text; a lone surrogate counts as a question mark.

    Raises:
        InputError: it is no str.
    """
    if not isinstance(text, str):
        raise InputError("text", f"expected str, got {type(text).__name__}")
    data = text.encode(errors="replace")
    ends = np.array([0, len(data)], np.int64)
    prints = _fingerprinter().blocks(np.frombuffer(data, np.uint8), ends)
    return Content(
        digest=int(prints.digests[0]).to_bytes(8, "little"),
        signature=prints.signatures[0],
        hashes=prints.hashes.copy(),
        shingles=len(prints.hashes),
        is_short=0 < int(prints.token_counts[0]) <= _PARAMETERS.shingles[-1],
    )


def content_of(record: DocumentRecord) -> Content:
    """The fingerprints that a record holds."""
    signature, hashes = record.signature_array(), record.hash_array()
    return Content(
        record.digest,
        signature.astype(np.uint32),  # writable
        hashes.astype(np.uint32),
        record.shingles,
        record.is_short,
    )


def likeness(one: Content, others: list[Content]) -> list[Likeness]:
    """How alike a document is to each of others: exact where the shingles of both are at hand.

    Two texts that are no longer than a shingle are equal or not: where they are not, their hashes of 32 bits may be, by
    chance.
    """
    exact = [number for number, other in enumerate(others) if one.is_exact and other.is_exact]
    counted = dict(zip(exact, _counted(one, [others[number] for number in exact]), strict=True))
    return [
        _UNLIKE if _is_chance(one, other) else counted.get(number) or _estimated(one, other)
        for number, other in enumerate(others)
    ]


def _is_chance(one: Content, other: Content) -> bool:
    return one.is_short and other.is_short and one.digest != other.digest


def _counted(one: Content, others: list[Content]) -> list[Likeness]:
    if not others:
        return []
    offsets = np.zeros(len(others) + 1, np.int64)
    np.cumsum([len(other.hashes) for other in others], out=offsets[1:])
    sets = ShingleHashes(np.concatenate([other.hashes for other in others]), offsets)
    mine = ShingleHashes(one.hashes, np.array([0, len(one.hashes)], np.int64))
    rows = np.arange(len(others))
    found = compare(mine, np.zeros(len(others), np.int64), sets, rows)
    columns = (found.jaccard.tolist(), found.containment.tolist(), found.contained.tolist())
    return [Likeness(one, two, three, estimated=False) for one, two, three in zip(*columns, strict=True)]


def _estimated(one: Content, other: Content) -> Likeness:
    if one.digest == other.digest:
        return Likeness(1.0, 1.0, 1.0, estimated=False)
    jaccard = float(np.mean(one.signature == other.signature))
    shared = jaccard * (one.shingles + other.shingles) / (1 + jaccard)
    mine, theirs = (min(1.0, shared / max(1, size)) for size in (one.shingles, other.shingles))
    return Likeness(jaccard, mine, theirs, estimated=True)


@cache
def _fingerprinter() -> Fingerprinter:
    return Fingerprinter(num_perm=_PARAMETERS.num_perm, shingle=_PARAMETERS.shingles[-1], seed=_PARAMETERS.seed)
