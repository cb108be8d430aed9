"""JSON lines: an object a line."""

from __future__ import annotations

import codecs
import io
import json
import math
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple, Self

import msgspec

from dedup.archive.formats import arc, warc
from dedup.archive.formats.record import UTF8, Damage, Fields, Record
from dedup.archive.formats.stream import CHUNK, ByteStream

SNIFFED: Final = CHUNK
"""Bytes of a file that `holds_lines` goes by: its first line may be a long one that was cut."""
_ROW: Final = re.compile(rb"[ \t]*\{[ \t]*\"")  # a brace alone may be of a program, or of a style sheet
_NEARLY_ALL: Final = 0.9
_AT_ONCE: Final = 1 << 18  # bytes of whole lines that are taken apart together
_TYPES: Final = {"html": "text/html", "markdown": "text/markdown"}
_KINDS: Final = {
    type(None): "null",
    bool: "true or false",
    int: "an integer",
    float: "a number",
    list: "a list",
    dict: "an object",
    str: "text",
}
_FAILURES: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


class _Columns(NamedTuple):
    """What a record takes of a line.

    Attributes:
        decode: a line → a struct of its values, those of the content first, None where there is none.
        types: of the content by its names, in their order, as of text.
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
        return cls(msgspec.json.Decoder(line).decode, tuple(_type(name) + UTF8 for name in contents), *others)


def holds_lines(head: bytes) -> bool:
    """Whether a file is JSON lines: its first line is an object, or half of it is; a text may show one as an example.

    Args:
        head: its first SNIFFED bytes.
    """
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    first = text.partition(b"\n")[0].rstrip()
    if first.startswith(b"{") and first != b"{" and not first.startswith(b"{\0"):  # alone it opens several lines
        return True
    if text.startswith((b"<", arc.MAGIC, warc.MAGIC)) or b"\nWARC/1." in head or b"\0" in head:
        return False
    is_array = first.startswith(b"[") and not first.endswith(b"]")  # a list over several lines
    return not is_array and _are_rows([line for line in text.split(b"\n") if line.strip()])


def holds_a_row(head: bytes) -> bool:
    """Whether a line of text begins an object; `head` as for `holds_lines`."""
    return b"\0" not in head and any(map(_ROW.match, head.split(b"\n")))


def _are_rows(lines: list[bytes]) -> bool:
    """Whether half of the lines begin an object, or those that do are nearly all of the text, as a long one is."""
    rows = [line for line in lines if _ROW.match(line)]
    return bool(rows) and (2 * len(rows) >= len(lines) or sum(map(len, rows)) >= _NEARLY_ALL * sum(map(len, lines)))


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
        damage = Damage(file=file, offset=offset, length=size or None, why=stream.fault)
        if not stream.recover():
            return damage, False
        if stream.peek(1) != b"{":
            stream.line(most)  # the rest of a line whose beginning is lost
        return damage, True
    if not whole:
        return Damage(file=file, offset=offset, length=size, why=f"{size} bytes, {most} are read at most"), True
    return line, bool(line)


def pass_line_before(stream: ByteStream) -> None:
    """Leave the line that begins before a section, which begins in a stream, to the section before."""
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
        found = _first_that_holds(zip(types, values, strict=False))
        if found is not None:
            content_type, value = found
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
        elif line.strip():
            yield _damage(line, file, offset, fields)
        offset += length


def _first_that_holds(contents: Iterable[tuple[str, Any]]) -> tuple[str, Any] | None:
    """The first content that holds something; a blank one where none does, and None where none is text or bytes."""
    blank = None
    for content in contents:
        value = content[1]
        if isinstance(value, str | bytes):
            if value and not value.isspace():
                return content
            blank = blank or content
    return blank


def _damage(line: bytes, file: str, offset: int, fields: Fields) -> Record | Damage:
    """What is wrong with a line; its record where a decoder that allows more can read it."""
    try:
        row = _decode(line)
    except _FAILURES as error:
        try:
            row = _decode_leniently(line)
        except (ValueError, RecursionError):
            return Damage(file=file, offset=offset, length=len(line), why=f"no JSON ({error})")
    return record_of(row, file, offset, len(line), fields)


def _decode_leniently(line: bytes) -> Any:
    """What Python's own decoder makes of a line: it takes what its encoder writes, half of a surrogate pair or NaN.

    Raises:
        ValueError: it is no JSON for that one either.
    """
    row = json.loads(line.decode("utf-8-sig"))
    if not isinstance(row, dict):
        return row
    return {name: _whole(value) if isinstance(value, str) else value for name, value in row.items()}


def _whole(text: str) -> str:
    """The text with a replacement character for each half of a surrogate pair, which no UTF-8 can hold."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def record_of(row: Any, file: str, offset: int, length: int, fields: Fields) -> Record | Damage:
    """The record of a row; a `Damage` where it holds no content."""
    contents = ((name, row[name]) for name in fields.content if name in row) if isinstance(row, dict) else ()
    found = _first_that_holds(contents)
    if found is None:
        return Damage(file=file, offset=offset, length=length, why=_why_no_content(row, fields))
    name, value = found
    is_text = isinstance(value, str)
    return Record(
        file=file,
        offset=offset,
        length=length,
        kind="row",
        record_id=_text(row.get(fields.id)),
        url=_text(row.get(fields.url)),
        date=_text(row.get(fields.date)),
        content_type=_type(name) + UTF8 if is_text else _type(name),
        payload=value.encode("utf-8", "replace") if is_text else value,
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
    """An id, address or date; None of NaN, which is how tables write that there is none."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, bool | list | dict):
        return _as_json(value)
    return None if isinstance(value, float) and not math.isfinite(value) else str(value)


def _as_json(value: object) -> str | None:
    """As the row had it, so that it can be found again; None of what JSON cannot hold."""
    try:
        return _encode(value).decode()
    except (TypeError, ValueError, RecursionError):
        return None
