"""JSON lines: an object a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from dedup.archive.formats.record import Damage, Fields, Record
from dedup.archive.formats.stream import ByteStream

_TYPES = {"html": "text/html", "markdown": "text/markdown"}
_decode = msgspec.json.Decoder().decode


def read_jsonl(stream: ByteStream, file: str, most: int, fields: Fields) -> Iterator[Record | Damage]:
    """The rows of a file of JSON lines.

    Args:
        stream: its bytes.
        file: its name, for the records.
        most: bytes of the longest line that is read; a longer one is a `Damage`.
        fields: what they are called.
    """
    while True:
        offset = stream.position
        line = stream.line(most)
        size = len(line)
        whole = line.endswith(b"\n") or size < most
        while not line.endswith(b"\n") and (line_goes_on := stream.line(most)):
            size += len(line_goes_on)
            line = line_goes_on if not whole else line
        if stream.fault is not None and not line.endswith(b"\n"):  # whole lines before the fault are read
            yield Damage(file=file, offset=offset, length=size, why=stream.fault)
            if not stream.recover():
                return
            if stream.peek(1) != b"{":
                stream.line(most)  # the rest of a line whose beginning is lost
            continue
        if not size:
            return
        if not whole:
            yield Damage(file=file, offset=offset, length=size, why=f"{size} bytes, {most} are read at most")
        elif line.strip():
            yield _row(line, file, offset, fields)


def _row(line: bytes, file: str, offset: int, fields: Fields) -> Record | Damage:
    try:
        row = _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Damage(file=file, offset=offset, length=len(line), why=f"no JSON ({error})")
    return record_of(row, file, offset, len(line), fields)


def record_of(row: Any, file: str, offset: int, length: int, fields: Fields) -> Record | Damage:
    """The record of a row; a `Damage` where it holds no content."""
    name = next((name for name in fields.content if isinstance(row, dict) and isinstance(row.get(name), str)), None)
    if name is None:
        expected = ", ".join(fields.content)
        return Damage(file=file, offset=offset, length=length, why=f"no field of text among {expected}")
    return Record(
        file=file,
        offset=offset,
        length=length,
        kind="row",
        record_id=_text(row.get(fields.id)),
        url=_text(row.get(fields.url)),
        date=_text(row.get(fields.date)),
        content_type=_TYPES.get(name, "text/plain"),
        payload=row[name].encode("utf-8", "replace"),
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)
