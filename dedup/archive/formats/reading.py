"""A file of any known format → its records."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from dedup.archive.formats import arc, parquet, warc
from dedup.archive.formats.jsonl import SNIFFED, holds_a_row, holds_lines, read_jsonl
from dedup.archive.formats.record import Damage, Fields, Record
from dedup.archive.formats.remote import is_remote, open_remote
from dedup.archive.formats.sections import Section
from dedup.archive.formats.stream import ByteStream

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
                yield from read_jsonl(ByteStream(file, start), name, most, fields or Fields(), stop)
    except OSError as error:
        yield Damage(file=name, offset=0, length=None, why=f"cannot be read ({error.strerror or error})")


def _read(file: BinaryIO, name: str, fields: Fields, most: int) -> Iterator[Record | Damage]:
    if file.read(4) == parquet.MAGIC:
        yield from parquet.read_parquet(file, name, most, fields)
        return
    file.seek(0)
    stream = ByteStream(file)
    head = stream.peek(SNIFFED)
    begins = head.lstrip()
    if begins.startswith(arc.MAGIC):
        yield from arc.read_arc(stream, name, most)
    elif begins.startswith(warc.MAGIC):
        yield from warc.read_warc(stream, name, most)
    elif holds_lines(head):
        yield from read_jsonl(stream, name, most, fields)
    elif b"\nWARC/1." in head or stream.fault is not None:
        yield from warc.read_warc(stream, name, most)  # damaged at its start; what is readable behind that counts
    else:
        why = "no WARC, ARC, WET, JSON lines or Parquet" if begins else "empty"
        if stream.compressed and begins.startswith(parquet.MAGIC):
            why += ": Parquet within a compressed file; decompress it first, it compresses its columns itself"
        elif holds_a_row(head):
            why += ": fewer than half of its lines are objects"
        yield Damage(file=name, offset=0, length=file.seek(0, io.SEEK_END), why=why)
