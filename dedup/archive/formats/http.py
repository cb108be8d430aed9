"""The HTTP message inside a record: status, headers, and the body as its reader would have seen it (RFC 9112)."""

from __future__ import annotations

import bz2
import contextlib
import re
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, NamedTuple

import brotli
from zlib_ng import zlib_ng

from dedup.archive.formats.compression import BZIP2, GZIP, GZIP_ERROR, ZSTD
from dedup.archive.formats.headers import Field, content_type_of, fields_of, lines_of, text_of, values_of

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_MOST_HEADER: Final = 1 << 16
_STEP: Final = 1 << 14  # bytes that are decoded at a time
_MOST_CODINGS: Final = 4  # that are undone; each may be 64 MiB
_HEAD_END: Final = re.compile(rb"\n\r?\n")
_INTERIM: Final = re.compile(rb"HTTP/\S* 1\d\d(?!\d)")
_STATUS: Final = re.compile(rb"\S+ +(\d{3})(?:\s|$)")
_FAILURES: Final = (GZIP_ERROR, zstd.ZstdError, brotli.error, OSError, EOFError, ValueError)


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
    head, begin = _last_head(message)
    if not head.startswith(b"HTTP/"):
        return Message(None, None, message[:most])
    first, *lines = lines_of(head)
    headers = fields_of(lines)
    body = message[begin:]
    for coding in _undone(headers, "transfer-encoding") + _undone(headers, "content-encoding"):
        body = _join_chunks(body) if coding == "chunked" else _decode(coding, body, most)
    declared = content_type_of(values_of(headers, "content-type"))
    return Message(_status(first), declared, body[:most])


def fields(message: bytes) -> tuple[Field, ...]:
    """The first line of a response, as `Status`, and its header fields as they are written.

    Args:
        message: as it was recorded.
    """
    head = _last_head(message)[0]
    if not head.startswith(b"HTTP/"):
        return ()
    first, *lines = lines_of(head)
    return (("Status", text_of(first).strip()), *fields_of(lines))


def _last_head(message: bytes) -> tuple[bytes, int]:
    """The header of the response itself, and where its body begins: messages such as 100 Continue stand before it."""
    begin = 0
    while True:
        end = _HEAD_END.search(message, begin, begin + _MOST_HEADER)
        if end is None:
            return message[begin : begin + _MOST_HEADER], len(message)
        head = message[begin : end.start()].removesuffix(b"\r")
        begin = end.end()
        if not (_INTERIM.match(head) and message.startswith(b"HTTP/", begin)):
            return head, begin


def _status(first: bytes) -> int | None:
    found = _STATUS.match(first)
    return int(found[1]) if found else None


def _undone(headers: list[Field], name: str) -> list[str]:
    """Codings in the order in which they are undone: the last of all lines first."""
    return [coding.lower() for coding in reversed(values_of(headers, name))][:_MOST_CODINGS]


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
    return _joined(_streams(partial(zlib_ng.decompressobj, wbits=wbits), GZIP, body, most), most)


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
