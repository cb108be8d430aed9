"""Content encodings, undone within bounds. Runs in workers and threads only: a few bytes can cost seconds."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable
from typing import Protocol

from service.errors import BodyTooLargeError, MalformedBodyError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_MEMBERS = 100  # streams one after another in a body; more are an attack
_PIECE = 256 * 1024  # bytes that a stream is decompressed into at a time
_PADDING = b"\0"  # behind a member of gzip, as gzip(1) takes it: some fill whole blocks
_TELLING = 2  # bytes that tell how a stream is compressed
_ZSTD_WINDOW = 23  # 8 MiB, the most that RFC 9659 allows in HTTP


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes | memoryview, max_length: int, /) -> bytes: ...


def decompress(body: bytes | memoryview, encoding: str, limit: int) -> bytes | memoryview:
    """The body as it was before compression.

    Args:
        body: what was sent.
        encoding: `gzip`, `deflate`, `zstd` or `identity`.
        limit: bytes it may come to.

    Raises:
        BodyTooLargeError: it comes to more.
        MalformedBodyError: it is not compressed in that way, or it is cut off.
    """
    if encoding == "identity":
        return body
    parts = []
    size = 0
    for _ in range(_MEMBERS):
        member = _OPEN[encoding](body)
        try:
            part = member.decompress(body, limit + 1 - size)
        except (zlib.error, zstd.ZstdError) as error:
            raise MalformedBodyError(encoding, str(error)) from None
        parts.append(part)
        size += len(part)
        if size > limit:
            raise BodyTooLargeError(limit, "decompressed")
        if not member.eof:
            raise MalformedBodyError(encoding, "it is cut off")
        body = member.unused_data.lstrip(_PADDING) if encoding == "gzip" else member.unused_data
        if not body:
            return b"".join(parts)
    raise MalformedBodyError(encoding, f"more than {_MEMBERS} streams one after another")


class StreamDecompressor:
    """Undoes the encoding of a body without end, piece by piece.

    Args:
        encoding: `gzip`, `deflate` or `zstd`.
    """

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._member: _Decompressor | None = None
        self._input = b""
        self._is_padded = False  # a member has ended, behind which there may be padding
        self._is_full = False  # the last piece: more may be waiting behind it

    def feed(self, data: bytes) -> None:
        """Take what has come in; `piece` gives it back."""
        self._input += data

    def piece(self) -> bytes:
        """The next bytes as they were before compression, a bounded number; empty where more has to come in first.

        Raises:
            MalformedBodyError: it is not compressed in that way.
        """
        while self._input or self._is_full:
            if self._member is None:
                if self._is_padded:
                    self._input = self._input.lstrip(_PADDING)
                if len(self._input) < _TELLING:
                    break
                self._member = _OPEN[self._encoding](self._input)
            try:
                piece = self._member.decompress(self._input, _PIECE)
            except (zlib.error, zstd.ZstdError) as error:
                raise MalformedBodyError(self._encoding, str(error)) from None
            self._input = getattr(self._member, "unconsumed_tail", b"")  # zlib hands it back, zstd keeps it
            self._is_full = len(piece) == _PIECE
            if self._member.eof:
                self._input, self._member, self._is_full = self._member.unused_data, None, False
                self._is_padded = self._encoding == "gzip"
            if piece:
                return piece
        return b""

    def end(self) -> None:
        """The body is at its end.

        Raises:
            MalformedBodyError: in the middle of what was compressed.
        """
        if self._member is not None or self._input:
            raise MalformedBodyError(self._encoding, "it is cut off")


def _open_deflate(body: bytes | memoryview) -> _Decompressor:
    """With zlib's header, as the standard says, or without, as some send it."""
    has_header = len(body) >= _TELLING and body[0] & 0x0F == 8 and int.from_bytes(body[:2]) % 31 == 0
    return zlib.decompressobj(zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS)


def _open_zstd(_body: bytes | memoryview) -> _Decompressor:
    return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW})


_OPEN: dict[str, Callable[[bytes | memoryview], _Decompressor]] = {
    "gzip": lambda _: zlib.decompressobj(zlib.MAX_WBITS | 16),
    "deflate": _open_deflate,
    "zstd": _open_zstd,
}
