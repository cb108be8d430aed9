"""A file of any known format → its records."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from dedup.archive.formats import arc, parquet, warc
from dedup.archive.formats.blocks import damage
from dedup.archive.formats.jsonl import SNIFFED, holds_lines, pass_line_before, read_jsonl
from dedup.archive.formats.record import Damage, Fields, Record
from dedup.archive.formats.remote import is_remote, open_remote
from dedup.archive.formats.sections import Section
from dedup.archive.formats.stream import ByteStream
from dedup.archive.formats.unknown import why_unknown

_MOST: Final = 64 * 1024 * 1024


def read(
    path: str | Path,
    fields: Fields | None = None,
    *,
    name: str | None = None,
    most: int = _MOST,
    section: Section | None = None,
) -> Iterator[Record | Damage]:
    """The records of an archive in order, and a `Damage` for whatever is not readable; never raises for its content.

    Args:
        path: a WARC, ARC, WET, WAT, JSON lines or Parquet file, or its URL; plain or compressed by gzip, zstd or
            bzip2.
        fields: what the fields of rows are called.
        name: what the records call the file; its path unless given.
        most: bytes of the longest record that is read.
        section: of the file, as `sections_of` has it; all of it unless given.
    """
    name = name or str(path)
    start, stop = (section.start, section.stop) if section else (0, None)
    try:
        with open_remote(str(path)) if is_remote(str(path)) else Path(path).open("rb") as file:
            if stop is None:
                yield from _read(file, name, fields or Fields(), most)
            else:
                stream = ByteStream(file, start)
                if start:
                    pass_line_before(stream)
                yield from read_jsonl(stream, name, most, fields or Fields(), stop)
    except OSError as error:
        yield Damage(file=name, offset=0, length=None, why=f"cannot be read ({error.strerror or error})")


def _read(file: BinaryIO, name: str, fields: Fields, most: int) -> Iterator[Record | Damage]:
    if file.read(4) == parquet.MAGIC:
        yield from parquet.read_parquet(file, name, most, fields)
        return
    file.seek(0)
    stream = ByteStream(file)
    while (records := _records(stream, name, fields, most)) is None:
        place, why = stream.place(), stream.fault
        if why is None:
            why = why_unknown(stream.peek(SNIFFED), compressed=stream.compressed)
            yield Damage(file=name, offset=0, length=file.seek(0, io.SEEK_END), why=why)
            return
        goes_on = stream.recover()  # a first member that is damaged tells nothing of the others
        yield damage(name, place, stream.place(), why)
        if not goes_on:
            return
    yield from records


def _records(stream: ByteStream, name: str, fields: Fields, most: int) -> Iterator[Record | Damage] | None:
    """What a file of a known format holds, as its beginning tells; None of any other."""
    head = stream.peek(SNIFFED)
    begins = head.lstrip()
    if arc.begins(begins):
        return arc.read_arc(stream, name, most)
    if begins.startswith(warc.MAGIC):
        return warc.read_warc(stream, name, most)
    if holds_lines(head):
        return read_jsonl(stream, name, most, fields)
    if b"\nWARC/1." in head:  # damaged at its start; what is readable behind that counts
        return warc.read_warc(stream, name, most)
    return arc.read_arc(stream, name, most) if arc.holds_a_record(head) else None
