"""ARC, what the Internet Archive and early Common Crawl wrote (M. Burner and B. Kahle, 1996)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from dedup.archive.formats.record import Damage, Record
from dedup.archive.formats.stream import CHUNK, ByteStream

MAGIC: Final = b"filedesc://"
_MOST_HEADER: Final = 1 << 16
# URL (which may hold spaces), IP, date, type, for version 2 five fields more, length
_HEADER: Final = re.compile(
    rb"(?P<url>[a-z][a-z0-9+.-]*:\S.*?) (?P<ip>[0-9a-fA-F.:]+) (?P<date>\d{4,17}) (?P<type>\S+)"
    rb"(?: \S+ \S+ \S+ \d+ \S+)? (?P<length>\d{1,18})\s*"
)
_NEXT: Final = re.compile(rb"\n(?=" + _HEADER.pattern.replace(rb"\s*", rb"[\r ]*\n") + rb")")


def read_arc(stream: ByteStream, file: str, most: int) -> Iterator[Record | Damage]:
    """The records of an ARC; arguments as of `read_warc`."""
    while True:
        while stream.peek(1) in {b"\n", b"\r"}:
            stream.skip(1)
        start = stream.position
        stream.forget_before(start)
        if not stream.peek(1) and stream.fault is None:
            return
        offset = stream.offset(start)
        record = _record(stream, file, offset, most)
        if isinstance(record, Record):
            yield record
            continue
        why, goes_on = stream.fault or record, _resume(stream)
        yield Damage(file=file, offset=offset, length=max(stream.offset(stream.position) - offset, 0), why=why)
        if not goes_on:
            return


def _record(stream: ByteStream, file: str, offset: int, most: int) -> Record | str:
    """The record, or why there is none."""
    line = stream.line(_MOST_HEADER)
    header = _HEADER.fullmatch(line)
    if header is None:
        return "no record begins here"
    size = int(header["length"])
    if size > most:
        body = stream.position
        if stream.skip(size) < size and stream.go_back(body):
            return f"{size} bytes announced, fewer there"
        return f"{size} bytes, {most} are read at most"
    payload = stream.take(size)
    if len(payload) < size:
        stream.push_back(payload)
        return f"{size} bytes announced, {len(payload)} there"
    follows = stream.peek(_MOST_HEADER).lstrip(b"\r\n")
    if follows and not _HEADER.match(follows.split(b"\n", 1)[0]):
        stream.push_back(payload)
        return f"a length of {size}, but no record follows there"
    while stream.peek(1) in {b"\n", b"\r"}:
        stream.skip(1)
    is_http = header["url"].startswith((b"http:", b"https:"))
    return Record(
        file=file,
        offset=offset,
        length=max(stream.offset(stream.position) - offset, 0),
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
