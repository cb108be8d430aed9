"""Answers, compressed as the client asks (RFC 9110, section 12.5.3)."""

from __future__ import annotations

import asyncio
import sys
import zlib
from functools import lru_cache
from typing import Final, Protocol

from aiohttp import hdrs, web

from service.media import ENCODINGS, listed, qualities

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LEAST: Final = 1024  # bytes; a shorter answer fits into a packet as it is
_ON_THE_LOOP: Final = 16 * 1024  # bytes; what takes longer than a switch of threads goes to one
_LEVEL: Final = {"gzip": 1, "deflate": 1, "zstd": 1}  # cheap: an answer is sent once
_HEADERS_KEPT: Final = 256  # clients send the same ones all the time


@lru_cache(_HEADERS_KEPT)
def accepted_encoding(header: str | None) -> str:
    """The encoding that a client prefers of those that there are; `identity` where it names none of them."""
    wanted = dict(qualities(header or ""))
    weights = {name: wanted.get(name, wanted.get("*", 0.0)) for name in ("zstd", "gzip", "deflate")}
    weights["identity"] = wanted.get("identity", 0.0)  # named, it counts like the others; unnamed, it is the last
    best = max(weights, key=lambda name: weights[name])
    return best if weights[best] > 0 else "identity"


class Compressor(Protocol):
    """Compresses an answer piece by piece."""

    def add(self, data: bytes) -> bytes:
        """What of the answer can be read now, up to the end of `data`."""

    def end(self) -> bytes:
        """The rest."""


def compressor(encoding: str) -> Compressor:
    """For one answer.

    Args:
        encoding: `gzip`, `deflate` or `zstd`.
    """
    return _Zstd() if encoding == "zstd" else _Zlib(encoding)


class _Zlib:
    def __init__(self, encoding: str) -> None:
        window = zlib.MAX_WBITS | 16 if encoding == "gzip" else zlib.MAX_WBITS
        self._compress = zlib.compressobj(_LEVEL[encoding], zlib.DEFLATED, window)

    def add(self, data: bytes) -> bytes:
        return self._compress.compress(data) + self._compress.flush(zlib.Z_SYNC_FLUSH)

    def end(self) -> bytes:
        return self._compress.flush()


class _Zstd:
    def __init__(self) -> None:
        self._compress = zstd.ZstdCompressor(_LEVEL["zstd"])

    def add(self, data: bytes) -> bytes:
        return self._compress.compress(data, zstd.ZstdCompressor.FLUSH_BLOCK)

    def end(self) -> bytes:
        return self._compress.flush()


async def compressed(add: Compressor, data: bytes) -> bytes:
    """`data` through a compressor, in a thread where it is long."""
    if len(data) <= _ON_THE_LOOP:
        return add.add(data)
    return await asyncio.to_thread(add.add, data)


async def compress_response(request: web.Request, response: web.StreamResponse) -> None:
    """Compress an answer that is whole, if it is worth it and the client takes it."""
    if not isinstance(response, web.Response) or hdrs.CONTENT_ENCODING in response.headers:
        return
    body = response.body
    if not isinstance(body, bytes) or len(body) < LEAST:
        return
    vary(response, hdrs.ACCEPT_ENCODING)
    encoding = accepted_encoding(listed(request, hdrs.ACCEPT_ENCODING))
    if encoding == "identity":
        return
    add = compressor(encoding)
    response.body = await compressed(add, body) + add.end()
    response.headers[hdrs.CONTENT_ENCODING] = encoding


def vary(response: web.StreamResponse, name: str) -> None:
    """Tell caches that the answer depends on a header of the request, and on those that were named before."""
    names = [name for name in (response.headers.get(hdrs.VARY), name) if name]
    response.headers[hdrs.VARY] = ", ".join(names)


assert set(_LEVEL) == set(ENCODINGS)  # noqa: S101  (what is read is written, too)
