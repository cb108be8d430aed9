"""Which formats go in and out, by Content-Type and Accept (RFC 9110, sections 8.3 and 12.5)."""

from __future__ import annotations

import re
from email.message import Message
from functools import lru_cache
from typing import Literal

from aiohttp import web

from dedup.page import Form
from service.errors import NotAcceptableError, UnsupportedContentEncodingError, UnsupportedMediaTypeError

Format = Literal["json", "msgpack"]

STRUCTURED: dict[str, Format] = {
    "application/json": "json",
    "application/msgpack": "msgpack",
    "application/vnd.msgpack": "msgpack",
    "application/x-msgpack": "msgpack",
}
RAW: dict[str, Form] = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "text/plain": "text",
    "text/markdown": "markdown",
}
STREAMED: dict[str, Format] = {
    "application/x-ndjson": "json",
    "application/ndjson": "json",
    "application/jsonl": "json",
    "application/msgpack": "msgpack",
    "application/vnd.msgpack": "msgpack",
    "application/x-msgpack": "msgpack",
}
ENCODINGS = ("gzip", "deflate", "zstd")
PROBLEM = "application/problem+json"

_MEDIA_TYPE = re.compile(r"[^\s/,]+/[^\s/,]+")
_HEADERS_KEPT = 256  # clients send the same ones all the time


def listed(request: web.Request, name: str) -> str | None:
    """A header that is a list, and may come in several fields (RFC 9110, section 5.3); None where there is none."""
    fields = request.headers.getall(name, ())
    return ", ".join(fields) if fields else None


def as_text(header: str | None) -> str | None:
    """A header without the bytes that are no UTF-8: aiohttp hands them over as surrogates, which nothing can encode."""
    if header is None or header.isascii():
        return header
    return header.encode(errors="surrogateescape").decode(errors="replace")


@lru_cache(_HEADERS_KEPT)
def request_type(header: str | None) -> Format | Form:
    """What a body is.

    Raises:
        UnsupportedMediaTypeError: nothing that is read, or JSON that is not UTF-8.
    """
    name, charset = _parsed(header or "")
    if name in RAW:
        return RAW[name]
    if name not in STRUCTURED or (name == "application/json" and charset not in {"", "utf-8", "utf8"}):
        raise UnsupportedMediaTypeError(header, (*STRUCTURED, *RAW))
    return STRUCTURED[name]


def stream_type(header: str | None) -> Format:
    """What the records of a stream are.

    Raises:
        UnsupportedMediaTypeError: neither lines of JSON nor MessagePack.
    """
    name, _ = _parsed(header or "")
    if name in STREAMED:
        return STREAMED[name]
    raise UnsupportedMediaTypeError(header, tuple(STREAMED))


def request_encoding(header: str | None) -> str:
    """How a body is compressed: `gzip`, `deflate`, `zstd`, or `identity`.

    Raises:
        UnsupportedContentEncodingError: in another way, or in several.
    """
    name = (header or "identity").strip().lower().replace("x-gzip", "gzip")
    if name not in {"identity", *ENCODINGS}:
        raise UnsupportedContentEncodingError(header or "", ENCODINGS)
    return name


@lru_cache(_HEADERS_KEPT)
def response_type(accept: str | None, sent: Format | Form) -> str:
    """The media type to answer in: what the client prefers, else the format that it sent, else JSON.

    Raises:
        NotAcceptableError: the client takes neither JSON nor MessagePack.
    """
    own = "application/msgpack" if sent == "msgpack" else "application/json"
    offers = (own, *(name for name in STRUCTURED if name != own))
    if accept is None or not accept.strip():
        return own
    ranges = qualities(accept)
    best = max(offers, key=lambda name: _quality(name, ranges))  # the first of equals
    if _quality(best, ranges) <= 0:
        raise NotAcceptableError(accept, tuple(STRUCTURED))
    return best


def qualities(header: str) -> list[tuple[str, float]]:
    """The names that an `Accept` or `Accept-Encoding` lists, each with its quality."""
    return [_range(part) for part in header.split(",") if part.strip()]


def _quality(name: str, ranges: list[tuple[str, float]]) -> float:
    """What the most specific range that covers the name says of it."""
    for pattern in (name, name.partition("/")[0] + "/*", "*/*"):
        qualities = [quality for range_, quality in ranges if range_ == pattern]
        if qualities:
            return max(qualities)
    return 0.0


def _range(part: str) -> tuple[str, float]:
    name, *parameters = part.split(";")
    quality = 1.0
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip().lower() == "q":
            try:
                quality = float(value)
            except ValueError:
                quality = 0.0
    return name.strip().lower(), quality


def _parsed(header: str) -> tuple[str, str]:
    if not _MEDIA_TYPE.fullmatch(header.partition(";")[0].strip()):  # for which `Message` would say text/plain
        return "", ""
    message = Message()
    message["Content-Type"] = header
    return message.get_content_type(), str(message.get_param("charset", "")).lower()
