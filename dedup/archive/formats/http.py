"""The HTTP message inside a record: status, headers, and the body as its reader would have seen it (RFC 9112)."""

from __future__ import annotations

import bz2
import contextlib
import re
import sys
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, NamedTuple

import brotli

from dedup.archive.formats.stream import BZIP2, GZIP, ZSTD

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_MOST_HEADER: Final = 1 << 16
_STEP: Final = 1 << 14  # bytes that are decoded at a time
_STATUS: Final = re.compile(r"\d{3}", re.ASCII)
_FAILURES: Final = (zlib.error, zstd.ZstdError, brotli.error, OSError, EOFError, ValueError)


class Message(NamedTuple):
    """An HTTP response.

    Attributes:
        status: of the response; None where its first line is none.
        content_type: as declared.
        body: decoded, at most as long as was asked for.
    """

    status: int | None
    content_type: str | None
    body: bytes


def parse(message: bytes, most: int) -> Message:
    """Take a response apart.

    Crawlers often keep a body decoded and its headers as they were: a body that is not chunked, or not compressed,
    although the headers say so is taken as it is. Of a body that breaks off, what can be decoded is returned.

    Args:
        message: as it was recorded.
        most: bytes of a decoded body; what is beyond is cut off.
    """
    head, separator, body = _split(message)
    if not head.startswith(b"HTTP/"):
        return Message(None, None, message[:most])
    first, *lines = head.decode("latin-1").splitlines()
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    status = first.split(" ", 2)[1:2]
    if "chunked" in headers.get("transfer-encoding", "").lower():
        body = _join_chunks(body)
    for coding in reversed(headers.get("content-encoding", "").lower().split(",")):
        body = _decode(coding.strip(), body, most)
    number = _STATUS.fullmatch(status[0]) if status else None
    return Message(int(number[0]) if number else None, headers.get("content-type"), body[:most] if separator else b"")


def fields(message: bytes) -> tuple[tuple[str, str], ...]:
    """The first line of a response, as `Status`, and its header fields as they are written.

    Args:
        message: as it was recorded.
    """
    head = _split(message)[0]
    if not head.startswith(b"HTTP/"):
        return ()
    first, *lines = head.decode("utf-8", "replace").splitlines()
    named = (line.partition(":") for line in lines if ":" in line)
    return (("Status", first.strip()), *((name.strip(), value.strip()) for name, _, value in named))


def _split(message: bytes) -> tuple[bytes, bytes, bytes]:
    """Header, the empty line, and body; a header may end its lines with line feeds alone."""
    ends = [(at, end) for end in (b"\r\n\r\n", b"\n\n") if (at := message.find(end, 0, _MOST_HEADER)) >= 0]
    if not ends:
        return message[:_MOST_HEADER], b"", b""
    at, end = min(ends)
    return message[:at], end, message[at + len(end) :]


def _join_chunks(body: bytes) -> bytes:
    chunks: list[bytes] = []
    at = 0
    while (end := body.find(b"\n", at, at + 256)) >= 0:
        try:
            size = int(body[at:end].split(b";", 1)[0].strip(), 16)
        except ValueError:
            return b"".join(chunks) if chunks else body
        if size <= 0:
            break
        chunks.append(body[end + 1 : end + 1 + size])
        at = end + 1 + size
        at += 2 if body.startswith(b"\r\n", at) else 1 if body.startswith(b"\n", at) else 0
    return b"".join(chunks) if chunks or not body else body


def _decode(coding: str, body: bytes, most: int) -> bytes:
    decode = _DECODERS.get(coding)
    return body if decode is None or not body else decode(body, most)


def _inflate(body: bytes, most: int, *, wbits: int = 47) -> bytes:
    """Gzip or zlib, as its header says."""
    return _joined(_streams(partial(zlib.decompressobj, wbits=wbits), GZIP, body, most), most)


def _gunzip(body: bytes, most: int) -> bytes:
    return _inflate(body, most) or body


def _deflate(body: bytes, most: int) -> bytes:
    return _inflate(body, most) or _inflate(body, most, wbits=-15) or body  # raw, as some servers send it


def _brotli(body: bytes, most: int) -> bytes:
    decoder = brotli.Decompressor()
    parts = (decoder.process(piece, output_buffer_limit=most) for piece in _pieces(body))
    return _joined(parts, most) or body


def _zstd(body: bytes, most: int) -> bytes:
    return _joined(_streams(zstd.ZstdDecompressor, ZSTD, body, most), most) or body


def _bzip2(body: bytes, most: int) -> bytes:
    return _joined(_streams(bz2.BZ2Decompressor, BZIP2, body, most), most) or body


def _streams(make: Callable[[], Any], magic: bytes, body: bytes, most: int) -> Iterator[bytes]:
    """What a body holds, in parts: one compressed stream or several, one behind the other, as each format allows."""
    decoder = make()
    for piece in _pieces(body):
        rest = piece
        while rest:
            if decoder.eof:
                if not magic.startswith(rest[: len(magic)]):
                    return
                decoder = make()
            yield decoder.decompress(rest, most)
            rest = decoder.unused_data


def _pieces(body: bytes) -> Iterator[bytes]:
    for at in range(0, len(body), _STEP):
        yield body[at : at + _STEP]


def _joined(parts: Iterator[bytes], most: int) -> bytes:
    """Parts until they fail or are enough: a body that breaks off is worth what came before."""
    decoded = bytearray()
    with contextlib.suppress(*_FAILURES):
        for part in parts:
            decoded += part
            if len(decoded) >= most:
                break
    return bytes(decoded)


_DECODERS: Final[dict[str, Callable[[bytes, int], bytes]]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
    "bzip2": _bzip2,
}
