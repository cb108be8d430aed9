"""JSON lines: an object a line."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple, Self

import msgspec

from dedup.archive.formats.record import Damage, Fields, Record
from dedup.archive.formats.stream import ByteStream

_AT_ONCE: Final = 1 << 18  # bytes of whole lines that are taken apart together
_TYPES: Final = {"html": "text/html", "markdown": "text/markdown"}
_KINDS: Final = {
    type(None): "null",
    bool: "true or false",
    int: "an integer",
    float: "a number",
    list: "a list",
    dict: "an object",
    bytes: "binary data",
    str: "text",
}
_FAILURES: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_decode = msgspec.json.Decoder().decode


class _Columns(NamedTuple):
    """What a record takes of a line.

    Attributes:
        decode: a line → a struct of its values, those of the content first, None where there is none.
        types: of the content by its names, in their order.
        id: index of this value; so are `url` and `date`.
    """

    decode: Callable[[bytes], Any]
    types: tuple[str, ...]
    id: int
    url: int
    date: int

    @classmethod
    def of(cls, fields: Fields) -> Self:
        contents = tuple(dict.fromkeys(fields.content))
        names = tuple(dict.fromkeys((*contents, fields.id, fields.url, fields.date)))
        line = msgspec.defstruct(
            "Line",
            [(f"value_{number}", Any, None) for number in range(len(names))],
            rename={f"value_{number}": name for number, name in enumerate(names)},
        )
        others = (names.index(name) for name in (fields.id, fields.url, fields.date))
        return cls(msgspec.json.Decoder(line).decode, tuple(map(_type, contents)), *others)


def read_jsonl(
    stream: ByteStream, file: str, most: int, fields: Fields, stop: int = sys.maxsize
) -> Iterator[Record | Damage]:
    """The rows of a file of JSON lines, or of a section of it: those that begin in there.

    Args:
        stream: its bytes.
        file: its name, for the records.
        most: bytes of the longest line that is read; a longer one is a `Damage`.
        fields: what they are called.
        stop: bytes of the file up to the end of the section.
    """
    columns, at_once = _Columns.of(fields), min(most, _AT_ONCE)
    if stream.position:
        _pass_line_before(stream)
    while stream.position < stop:
        while lines := stream.lines(min(at_once, stop - stream.position)):
            yield from _rows(lines, file, stream.position - len(lines), fields, columns)
        if stream.position == stop:
            return
        found, goes_on = _line(stream, file, most)
        if isinstance(found, Damage):
            yield found
        elif found:
            yield from _rows(found, file, stream.position - len(found), fields, columns)
        if not goes_on:
            return


def _line(stream: ByteStream, file: str, most: int) -> tuple[bytes | Damage, bool]:
    """A line that is long, the last one, or cut off by a fault; and whether there may be more behind it."""
    offset = stream.position
    line = stream.line(most)
    size = len(line)
    whole = line.endswith(b"\n") or size < most
    while not line.endswith(b"\n") and (line_goes_on := stream.line(most)):
        size += len(line_goes_on)
        line = line_goes_on if not whole else line
    if stream.fault is not None and not line.endswith(b"\n"):  # whole lines before the fault are read
        damage = Damage(file=file, offset=offset, length=size, why=stream.fault)
        if not stream.recover():
            return damage, False
        if stream.peek(1) != b"{":
            stream.line(most)  # the rest of a line whose beginning is lost
        return damage, True
    if not whole:
        return Damage(file=file, offset=offset, length=size, why=f"{size} bytes, {most} are read at most"), True
    return line, bool(line)


def _pass_line_before(stream: ByteStream) -> None:
    """Leave the line that begins before a section to the section before."""
    stream.go_back(stream.position - 1)
    while (line := stream.line(_AT_ONCE)) and not line.endswith(b"\n"):
        pass


def _rows(lines: bytes, file: str, offset: int, fields: Fields, columns: _Columns) -> Iterator[Record | Damage]:
    """The rows of some lines: only what a record takes of each is decoded."""
    values_of, types = msgspec.structs.astuple, columns.types
    for line in io.BytesIO(lines).readlines():
        length = len(line)
        try:
            values = values_of(columns.decode(line))
        except _FAILURES:
            values = ()
        for content_type, value in zip(types, values, strict=False):
            if isinstance(value, str):
                yield Record(
                    file=file,
                    offset=offset,
                    length=length,
                    kind="row",
                    record_id=_text(values[columns.id]),
                    url=_text(values[columns.url]),
                    date=_text(values[columns.date]),
                    content_type=content_type,
                    payload=value.encode("utf-8", "replace"),
                )
                break
        else:
            if line.strip():
                yield _damage(line, file, offset, fields)
        offset += length


def _damage(line: bytes, file: str, offset: int, fields: Fields) -> Record | Damage:
    """What is wrong with a line."""
    try:
        row = _decode(line)
    except _FAILURES as error:
        return Damage(file=file, offset=offset, length=len(line), why=f"no JSON ({error})")
    return record_of(row, file, offset, len(line), fields)


def record_of(row: Any, file: str, offset: int, length: int, fields: Fields) -> Record | Damage:
    """The record of a row; a `Damage` where it holds no content."""
    name = next((name for name in fields.content if isinstance(row, dict) and isinstance(row.get(name), str)), None)
    if name is None:
        return Damage(file=file, offset=offset, length=length, why=_why_no_content(row, fields))
    return Record(
        file=file,
        offset=offset,
        length=length,
        kind="row",
        record_id=_text(row.get(fields.id)),
        url=_text(row.get(fields.url)),
        date=_text(row.get(fields.date)),
        content_type=_type(name),
        payload=row[name].encode("utf-8", "replace"),
    )


def _why_no_content(row: Any, fields: Fields) -> str:
    """Of the fields that may hold a row's content, those that are there hold something else than text; or none is."""
    if not isinstance(row, dict):
        return f"{_kind(row)} in place of an object"
    others = [f"{name} is {_kind(row[name])}, not text" for name in fields.content if name in row]
    return "; ".join(others) or f"no field of text among {', '.join(fields.content)}"


def _kind(value: object) -> str:
    """What a value is, in words."""
    return _KINDS.get(type(value), type(value).__name__)


def _type(name: str) -> str:
    """What a content is by the name of its field."""
    return _TYPES.get(name, "text/plain")


def _text(value: object) -> str | None:
    return None if value is None else str(value)
