"""WARC, and WET and WAT, which are WARC (ISO 28500:2017)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dedup.archive.formats.blocks import BrokenError, Layout, block, read_records
from dedup.archive.formats.headers import Field, field, unfolded
from dedup.archive.formats.record import Damage, Kind, Record
from dedup.archive.formats.stream import CHUNK, ByteStream

MAGIC: Final = b"WARC/"
MOST_HEADER: Final = 1 << 20
"""Bytes of the longest header that is read; one that holds another's, renamed, is longer than either."""
_MOST_DIGITS: Final = 18  # of a length; Python refuses to read a number of thousands
# At the beginning of a line, behind zeros, or where nothing but a record begins like this.
_NEXT: Final = re.compile(rb"WARC/\d(?:(?<=[\n\0]WARC/\d)|(?=\.\d\r?\nWARC-))")
_LONGEST_NEXT: Final = 32  # bytes that it looks at
_KINDS: Final[dict[str, Kind]] = {
    "response": "response",
    "resource": "resource",
    "conversion": "conversion",
    "revisit": "revisit",
}


def read_warc(stream: ByteStream, file: str, most: int) -> Iterator[Record | Damage]:
    """The records of a WARC; arguments as of `blocks.read_records`."""
    return read_records(stream, file, most, Layout(_record, _resume, _named))


def _named(given: list[Field], payload: bytes, file: str, offset: int, length: int) -> Record:
    headers = {name.lower(): value for name, value in given}
    return Record(
        file=file,
        offset=offset,
        length=length,
        kind=_KINDS.get(headers.get("warc-type", "").lower(), "other"),
        record_id=headers.get("warc-record-id"),
        url=headers.get("warc-target-uri", "").strip("<>") or None,
        date=headers.get("warc-date"),
        content_type=headers.get("content-type"),
        headers=tuple(given),
        payload=payload,
    )


def _record(stream: ByteStream, most: int) -> tuple[list[Field], bytes]:
    begins = stream.peek(len(MAGIC))
    if not begins.startswith(MAGIC):
        if not begins and stream.fault:
            raise BrokenError(stream.fault)
        raise BrokenError("zeros in place of a record" if begins.startswith(b"\0") else "no record begins here")
    headers = _headers(stream)
    declared = next((value for name, value in headers if name.lower() == "content-length"), "")
    if not declared.isascii() or not declared.isdigit():
        raise BrokenError(f"Content-Length is {declared[:80]!r}" if declared else "no Content-Length")
    if len(declared) > _MOST_DIGITS:
        raise BrokenError(f"a Content-Length of {len(declared)} digits")
    return headers, block(stream, int(declared), most, _ends_before)


def _ends_before(follows: bytes) -> bool:
    """Whether a record ends before these bytes: two ends of lines stand behind it, the next record, or zeros.

    Whatever else stands behind the ends of lines is no reason to lose a record that is whole.
    """
    if follows.startswith(b"\r\n\r\n") or not follows.strip(b"\0"):
        return True
    return MAGIC.startswith(follows.lstrip(b"\r\n")[: len(MAGIC)])  # or what is left of it where the file breaks off


def _headers(stream: ByteStream) -> list[Field]:
    size = len(stream.line(MOST_HEADER))
    lines: list[bytes] = []
    while True:
        line = stream.line(MOST_HEADER)
        if line.startswith(MAGIC):
            stream.unread(line)
            raise BrokenError("its header breaks off where another record begins")
        size += len(line)
        if line in {b"\r\n", b"\n"}:
            return _fields(lines)
        if not line.endswith(b"\n"):
            raise BrokenError(stream.fault or "the header does not end")
        if size > MOST_HEADER:
            raise BrokenError(f"a header of over {MOST_HEADER} bytes")
        lines.append(line)


def _fields(lines: list[bytes]) -> list[Field]:
    fields = list(map(field, unfolded(lines)))
    if not all(name for name, _ in fields):
        raise BrokenError("a header line without a name and a colon")
    return fields


def _resume(stream: ByteStream) -> bool:
    """Pass what cannot be read, up to the next record; False where there is none."""
    if stream.peek(len(MAGIC)).startswith(MAGIC) and stream.fault is None:
        return True  # a record that is too long was passed whole
    while window := stream.peek(CHUNK):
        if found := _NEXT.search(window, 1):
            stream.skip(found.start())
            return True
        if len(window) < CHUNK:
            stream.skip(len(window))
            break
        stream.skip(CHUNK - _LONGEST_NEXT)
    return stream.recover()
