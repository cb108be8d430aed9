"""ARC, what the Internet Archive and early Common Crawl wrote (M. Burner and B. Kahle, 1996)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dedup.archive.formats.blocks import BrokenError, Layout, block, read_records
from dedup.archive.formats.record import Damage, Record
from dedup.archive.formats.stream import CHUNK, ByteStream

MAGIC: Final = b"filedesc://"
_MOST_HEADER: Final = 1 << 16
# URL (which may hold spaces), IP, date, type (which may have parameters), for version 2 five fields more, length
_HEADER: Final = re.compile(
    rb"(?P<url>[A-Za-z][A-Za-z0-9+.-]*:\S.*?) (?P<ip>[0-9a-fA-F.:]+|-) (?P<date>\d{4,17}|0|-) (?P<type>\S+(?:; \S+)*)"
    rb"(?: \S+ \S+ \S+ \d+ \S+)? (?P<length>\d{1,18})\s*"
)
_NEXT: Final = re.compile(rb"\n(?=" + _HEADER.pattern.replace(rb"\s*", rb"[\r ]*\n") + rb")")


def begins(head: bytes) -> bool:
    """Whether a file is an ARC: it begins with a record, be it that of the file or, if that one is lost, another."""
    return head.startswith(MAGIC) or _HEADER.match(head.split(b"\n", 1)[0]) is not None


def holds_a_record(head: bytes) -> bool:
    """Whether a record begins further on in a file, whose beginning may be lost."""
    return _NEXT.search(head) is not None


def read_arc(stream: ByteStream, file: str, most: int) -> Iterator[Record | Damage]:
    """The records of an ARC; arguments as of `blocks.read_records`."""
    return read_records(stream, file, most, Layout(_record, _resume, _named))


def _record(stream: ByteStream, most: int) -> tuple[re.Match[bytes], bytes]:
    line = stream.line(_MOST_HEADER)
    header = _HEADER.fullmatch(line)
    if header is None:
        raise BrokenError(stream.fault if stream.fault and not line.endswith(b"\n") else "no record begins here")
    return header, block(stream, int(header["length"]), most, _ends_before)


def _ends_before(follows: bytes) -> bool:
    """Whether a record ends before these bytes: the end of a line stands behind it, the next record, or zeros.

    Whatever else stands behind the end of the line is no reason to lose a record that is whole.
    """
    if follows.startswith((b"\n", b"\r\n")) or not follows.strip(b"\0"):
        return True
    return _HEADER.match(follows.split(b"\n", 1)[0]) is not None


def _named(header: re.Match[bytes], payload: bytes, file: str, offset: int, length: int) -> Record:
    is_http = header["url"].lower().startswith((b"http:", b"https:"))
    return Record(
        file=file,
        offset=offset,
        length=length,
        kind="response" if is_http else "other",
        url=header["url"].decode("utf-8", "replace"),
        date=header["date"].decode(),
        content_type=header["type"].decode("utf-8", "replace"),
        headers=(
            ("WARC-IP-Address", header["ip"].decode()),
            ("Content-Type", header["type"].decode("utf-8", "replace")),
        ),
        payload=payload,
    )


def _resume(stream: ByteStream) -> bool:
    """Pass what cannot be read, up to the next record; False where there is none."""
    while window := stream.peek(CHUNK):
        if _HEADER.match(window.split(b"\n", 1)[0]):
            return True
        if found := _NEXT.search(window):
            stream.skip(found.end())
            return True
        if len(window) < CHUNK:
            stream.skip(len(window))
            break
        stream.skip(CHUNK // 2)  # a header may stand across the end of the window
    return stream.recover()
