"""WARC, and WET and WAT, which are WARC (ISO 28500:2017)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dedup.archive.formats.record import Damage, Kind, Record
from dedup.archive.formats.stream import CHUNK, ByteStream

MAGIC: Final = b"WARC/"
_MOST_HEADER: Final = 1 << 16
_MOST_DIGITS: Final = 18  # of a length; Python refuses to read a number of thousands
_NEXT: Final = re.compile(rb"(?:^|\n)(?=WARC/\d)")
_KINDS: Final[dict[str, Kind]] = {
    "response": "response",
    "resource": "resource",
    "conversion": "conversion",
    "revisit": "revisit",
}


class _BrokenError(Exception):
    """The record at hand cannot be used."""


def read_warc(stream: ByteStream, file: str, most: int) -> Iterator[Record | Damage]:
    """The records of a WARC.

    Args:
        stream: its bytes.
        file: its name, for the records.
        most: bytes of the longest block that is read; a longer one is a `Damage`.
    """
    while True:
        _skip_blank(stream)
        start = stream.position
        stream.forget_before(start)
        if not stream.peek(1) and stream.fault is None:
            return
        offset = stream.offset(start)
        try:
            given, payload = _record(stream, most)
        except _BrokenError as broken:
            why, goes_on = stream.fault or str(broken), _resume(stream)
            yield Damage(file=file, offset=offset, length=_length(stream, offset), why=why)
            if not goes_on:
                return
            continue
        headers = {name.lower(): value for name, value in given}
        yield Record(
            file=file,
            offset=offset,
            length=_length(stream, offset),
            kind=_KINDS.get(headers.get("warc-type", ""), "other"),
            record_id=headers.get("warc-record-id"),
            url=headers.get("warc-target-uri", "").strip("<>") or None,
            date=headers.get("warc-date"),
            content_type=headers.get("content-type"),
            headers=tuple(given),
            payload=payload,
        )


def _record(stream: ByteStream, most: int) -> tuple[list[tuple[str, str]], bytes]:
    if not stream.peek(len(MAGIC)).startswith(MAGIC):
        raise _BrokenError("no record begins here")
    headers = _headers(stream)
    declared = next((value for name, value in headers if name.lower() == "content-length"), "")
    if not declared.isascii() or not declared.isdigit():
        raise _BrokenError(f"Content-Length is {declared!r}" if declared else "no Content-Length")
    if len(declared) > _MOST_DIGITS:
        raise _BrokenError(f"a Content-Length of {len(declared)} digits")
    size = int(declared)
    if size > most:
        body = stream.position
        if stream.skip(size) < size and stream.go_back(body):
            raise _BrokenError(f"{size} bytes announced, fewer there")
        raise _BrokenError(f"{size} bytes, {most} are read at most")
    payload = stream.take(size)
    if len(payload) < size:
        stream.push_back(payload)
        raise _BrokenError(f"{size} bytes announced, {len(payload)} there")
    _skip_blank(stream)
    if MAGIC.startswith(stream.peek(len(MAGIC))):  # or what is left of it where the file breaks off
        return headers, payload
    stream.push_back(payload)  # it may hold the beginning of the next record
    raise _BrokenError(f"Content-Length is {size}, but no record follows there")


def _headers(stream: ByteStream) -> list[tuple[str, str]]:
    headers: list[tuple[str, str]] = []
    size = len(stream.line(_MOST_HEADER))
    while True:
        line = stream.line(_MOST_HEADER)
        size += len(line)
        if line in {b"\r\n", b"\n"}:
            return headers
        if not line.endswith(b"\n"):
            raise _BrokenError("the header does not end")
        if size > _MOST_HEADER:
            raise _BrokenError(f"a header of over {_MOST_HEADER} bytes")
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        if text.startswith((" ", "\t")) and headers:
            name, value = headers.pop()
            headers.append((name, f"{value} {text.strip()}"))
            continue
        name, colon, value = text.partition(":")
        if not colon:
            raise _BrokenError("a header line without a colon")
        headers.append((name.strip(), value.strip()))


def _skip_blank(stream: ByteStream) -> None:
    while (head := stream.peek(16)) and (blank := len(head) - len(head.lstrip(b"\r\n"))):
        stream.skip(blank)
        if blank < len(head):
            return


def _resume(stream: ByteStream) -> bool:
    """Pass what cannot be read, up to the next record; False where there is none."""
    if stream.peek(len(MAGIC)).startswith(MAGIC) and stream.fault is None:
        return True  # a record that is too long was passed whole
    while window := stream.peek(CHUNK):
        if found := _NEXT.search(window, 1):
            stream.skip(found.end())
            return True
        if len(window) < CHUNK:
            stream.skip(len(window))
            break
        stream.skip(CHUNK - len(MAGIC) - 2)
    return stream.recover()


def _length(stream: ByteStream, offset: int) -> int:
    return max(stream.offset(stream.position) - offset, 0)
