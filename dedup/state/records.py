"""What the log holds: a record a page or document, counts that older pages were folded into, seeds, and tombstones.

A record is MessagePack behind a checksum. The checksum is seeded with the record's position, so a record that is
intact but in another's place is found too.
"""

from __future__ import annotations

import struct
from typing import Final, Literal, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import xxhash

from dedup.errors import StateDamagedError

Kind = Literal["site", "url", "document"]
SITE_PAGES: Final = 3  # pages of a site that hold a block before that site counts among those which repeat it
_CHECKSUM: Final = struct.Struct("<Q")


class PageRecord(msgspec.Struct, frozen=True, array_like=True, tag="page"):
    """A learned page. Arrays are kept as little-endian bytes and read without a copy.

    Attributes:
        namespace: the tenant.
        site: that the page belongs to.
        key: digest of the normalised URL; a later record of the same key replaces this one.
        url: normalised.
        time: of the page, seconds since 1970, as its caller gave it.
        blocks: uint64[n], the digests of its blocks.
        whole: key of all its blocks together; 0 where that is unknown.
        digest: 16 bytes, of its content; empty where that is unknown.
        sketch: 128 bytes, of its content; empty where that is unknown.
    """

    namespace: str
    site: str
    key: bytes
    url: str
    time: int
    blocks: bytes
    whole: int = 0
    digest: bytes = b""
    sketch: bytes = b""

    def block_keys(self) -> npt.NDArray[np.uint64]:
        """uint64[n], the digests of the blocks."""
        return np.frombuffer(self.blocks, "<u8")


class CountsRecord(msgspec.Struct, frozen=True, array_like=True, tag="counts"):
    """What the older pages of a site were folded into. It stands for *all* that earlier positions say of the site.

    Attributes:
        namespace: the tenant.
        site: whose pages they were.
        pages: how many pages with blocks were ever folded.
        weight: their decayed number, as of this position.
        keys: uint64[k], ascending: keys that two pages or more of a fold held. A key of one page only is never
            kept, so forgetting a page leaves none of its own text's digests behind.
        counts: float32[k], decayed numbers of distinct pages.
        first: int64[k], time of the first page that held each key, seconds since 1970.
        last: int64[k], the same of the last page.
    """

    namespace: str
    site: str
    pages: int
    weight: float
    keys: bytes
    counts: bytes
    first: bytes
    last: bytes

    def key_array(self) -> npt.NDArray[np.uint64]:
        """uint64[k], ascending."""
        return np.frombuffer(self.keys, "<u8")

    def count_array(self) -> npt.NDArray[np.float32]:
        """float32[k], decayed numbers of distinct pages."""
        return np.frombuffer(self.counts, "<f4")

    def first_times(self) -> npt.NDArray[np.int64]:
        """int64[k], seconds since 1970."""
        return np.frombuffer(self.first, "<i8")

    def last_times(self) -> npt.NDArray[np.int64]:
        """int64[k], seconds since 1970."""
        return np.frombuffer(self.last, "<i8")


class DocumentRecord(msgspec.Struct, frozen=True, array_like=True, tag="document"):
    """A document of the crawl index.

    Attributes:
        namespace: the tenant.
        id: the caller's; a later record of the same id replaces this one.
        site: where it was found; empty where that is unknown.
        key: digest of its normalised URL, as in `PageRecord`; empty where it has none.
        signature: uint32[num_perm], MinHash signature of the cleaned content.
        shingles: how many distinct shingles the content has.
        first_seen: seconds since 1970.
        url: normalised; empty where it has none.
        digest: 8 bytes, of the normalised content.
        hashes: uint32[shingles], hashes of those shingles, ascending; empty where there were too many to keep.
        time: when it was last added, seconds since 1970.
        is_short: whether its only shingle is all of it.
    """

    namespace: str
    id: str
    site: str
    key: bytes
    signature: bytes
    shingles: int
    first_seen: int
    url: str = ""
    digest: bytes = b""
    hashes: bytes = b""
    time: int = 0
    is_short: bool = False

    def signature_array(self) -> npt.NDArray[np.uint32]:
        """uint32[num_perm]."""
        return np.frombuffer(self.signature, "<u4")

    def hash_array(self) -> npt.NDArray[np.uint32]:
        """uint32[shingles] or [0]."""
        return np.frombuffer(self.hashes, "<u4")


class SeedRecord(msgspec.Struct, frozen=True, array_like=True, tag="seed"):
    """What sites of another install repeat.

    Attributes:
        namespace: the tenant that it counts for.
        key: that its digests are keyed with; empty in a file on its way.
        keys: uint64[k], ascending: keyed digests of block keys.
        sites: uint32[k], how many sites repeat each.
        check: 16 bytes that tell the key from others (`seeds.check_of`); empty in records of a time without.
    """

    namespace: str
    key: bytes
    keys: bytes
    sites: bytes
    check: bytes = b""

    def key_array(self) -> npt.NDArray[np.uint64]:
        """uint64[k], ascending."""
        return np.frombuffer(self.keys, "<u8")

    def site_array(self) -> npt.NDArray[np.uint32]:
        """uint32[k], sites that repeat each."""
        return np.frombuffer(self.sites, "<u4")


class Tombstone(msgspec.Struct, frozen=True, array_like=True, tag="tombstone"):
    """Something that was forgotten on purpose. Every earlier record of it is void, wherever it comes from.

    Attributes:
        target: digest of what was forgotten, keyed with the state's secret, so that it names nothing by itself.
        time: when, seconds since 1970.
        kind: of what was forgotten.
    """

    target: bytes
    time: int
    kind: Kind


Record = PageRecord | CountsRecord | DocumentRecord | SeedRecord | Tombstone


class Entry(NamedTuple):
    """A record and its place in the log; positions begin at 1 and only ever rise."""

    position: int
    record: Record


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final[msgspec.msgpack.Decoder[Record]] = msgspec.msgpack.Decoder(Record)


def encode(record: Record) -> bytes:
    """MessagePack of a record."""
    return _ENCODER.encode(record)


def seal(position: int, payload: bytes) -> bytes:
    """Bytes for a place in the log, behind their checksum (XXH3, 64 bits)."""
    return _CHECKSUM.pack(xxhash.xxh3_64_intdigest(payload, seed=position)) + payload


def unseal(state: str, position: int, frame: bytes) -> bytes:
    """The payload of a sealed frame.

    Raises:
        StateDamagedError: the bytes are not those that were sealed for this position.
    """
    payload = frame[_CHECKSUM.size :]
    if frame[: _CHECKSUM.size] != _CHECKSUM.pack(xxhash.xxh3_64_intdigest(payload, seed=position)):
        raise StateDamagedError(state, f"position {position}", "its checksum does not match")
    return payload


def decode(state: str, position: int, frame: bytes) -> Record:
    """The record of a sealed frame.

    Raises:
        StateDamagedError: the frame is damaged, or holds no record of this version.
    """
    try:
        return _DECODER.decode(unseal(state, position, frame))
    except msgspec.MsgspecError as error:
        raise StateDamagedError(state, f"position {position}", str(error)) from None
