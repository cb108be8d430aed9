"""The ways in which files are compressed: gzip, zstd and bzip2, told by their first bytes.

Of zstd also what stands between its frames (RFC 8878, 3.1.2): skippable frames, and at the start of a `.warc.zst` the
dictionary that all others need (https://iipc.github.io/warc-specifications/specifications/warc-zstd/).
"""

from __future__ import annotations

import bz2
import sys
from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple, Protocol, cast

from zlib_ng import zlib_ng

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

GZIP: Final = b"\x1f\x8b\x08"
ZSTD: Final = b"\x28\xb5\x2f\xfd"
BZIP2: Final = b"BZh"
LONGEST_HEADER: Final = 18  # bytes of that of a zstd frame
SKIPPABLE_HEADER: Final = 8  # bytes of that of a skippable frame
MOST_DICTIONARY: Final = 64 * 1024**2  # bytes, compressed or not; those in use have some hundred thousand
GZIP_ERROR: Final = cast("type[Exception]", zlib_ng.error)  # its types say that it is an exception
FAILURES: Final = (GZIP_ERROR, zstd.ZstdError, OSError, ValueError)
_SKIPPABLE: Final = b"\x2a\x4d\x18"  # behind a first byte of 50 to 5F
_DICTIONARY: Final = 0x5D
_FORMATTED: Final = b"\x37\xa4\x30\xec"  # begins a dictionary that is more than text to copy from


class Decoder(Protocol):
    """What takes a member of a file apart."""

    @property
    def eof(self) -> bool:
        """Whether the member is read to its end."""

    @property
    def needs_input(self) -> bool:
        """Whether more comes of more bytes alone."""

    @property
    def unused_data(self) -> bytes:
        """What was given from behind the end."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """What comes of some bytes, and of those given before."""


class _Gzip:
    """The decoder of zlib-ng, which takes half of zlib's time, with the interface that bz2 and zstd have."""

    def __init__(self) -> None:
        self._decoder = zlib_ng.decompressobj(wbits=31)
        self._tail = b""

    @property
    def eof(self) -> bool:
        return self._decoder.eof

    @property
    def needs_input(self) -> bool:
        return not self._tail

    @property
    def unused_data(self) -> bytes:
        return self._decoder.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        decompressed = self._decoder.decompress(self._tail + data, max_length)
        self._tail = self._decoder.unconsumed_tail
        return decompressed


class Codec(NamedTuple):
    """A way of compression.

    Attributes:
        magic: begins each member.
        new_decoder: of a member.
        has_dictionary: whether a dictionary was loaded.
    """

    magic: bytes
    new_decoder: Callable[[], Decoder]
    has_dictionary: bool = False


_CODECS: Final = (Codec(GZIP, _Gzip), Codec(ZSTD, zstd.ZstdDecompressor), Codec(BZIP2, bz2.BZ2Decompressor))


def codec_of(head: bytes) -> Codec | None:
    """How a file is compressed; None where it is not.

    Args:
        head: its first 8 bytes.
    """
    magic = ZSTD if is_skippable(head) else head
    return next((codec for codec in _CODECS if magic.startswith(codec.magic)), None)


def is_skippable(frame: bytes) -> bool:
    """Whether it begins a frame of zstd that holds something else than data."""
    return frame[1:4] == _SKIPPABLE and 0x50 <= frame[0] <= 0x5F


def is_frame(data: bytes) -> bool:
    """Whether it begins a frame of zstd, of data or skippable."""
    return data.startswith(ZSTD) or is_skippable(data)


def is_dictionary(frame: bytes) -> bool:
    """Whether a skippable frame, which is the first of its file, holds the dictionary for the others."""
    return frame[0] == _DICTIONARY


def skipped(frame: bytes) -> int:
    """Bytes of a skippable frame behind its header."""
    return int.from_bytes(frame[4:SKIPPABLE_HEADER], "little")


def with_dictionary(content: bytes) -> Codec:
    """How the frames of a file are compressed that begins with a dictionary.

    Args:
        content: of the frame that holds it: the dictionary, or a frame in which it is compressed.

    Raises:
        ValueError: it is none; the message says why.
    """
    try:
        if content.startswith(ZSTD):
            content = zstd.ZstdDecompressor().decompress(content, MOST_DICTIONARY)
        dictionary = zstd.ZstdDict(content, is_raw=not content.startswith(_FORMATTED))
        codec = Codec(ZSTD, partial(zstd.ZstdDecompressor, zstd_dict=dictionary), has_dictionary=True)
        codec.new_decoder()  # which reads the dictionary
    except FAILURES as error:
        raise ValueError(str(error)) from error
    return codec


def dictionary_id(frame: bytes) -> int:
    """The number of the dictionary that a frame of zstd needs; 0 of one that needs none, or does not say so."""
    try:
        return zstd.get_frame_info(frame).dictionary_id
    except zstd.ZstdError:
        return 0
