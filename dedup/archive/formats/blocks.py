"""Records one behind the other, each a header and a block: as many bytes as the header announces.

A block counts if its bytes are there and the record ends behind them; what is not one is passed, and named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, Generic, NamedTuple, TypeVar

from dedup.archive.formats.record import Damage, Record
from dedup.archive.formats.stream import ByteStream, Place

_BEHIND: Final = 1 << 12  # bytes that tell whether a record ends: a header with a long address

T = TypeVar("T")


class BrokenError(Exception):
    """The record at hand cannot be used."""


class Layout(NamedTuple, Generic[T]):
    """How the records of a format are read.

    Attributes:
        take: header and block of the next record; raises `BrokenError`.
        resume: passes what cannot be read, up to the next record; False where there is none.
        named: the record that they are, in a file of this name, at an offset, of a length.
    """

    take: Callable[[ByteStream, int], tuple[T, bytes]]
    resume: Callable[[ByteStream], bool]
    named: Callable[[T, bytes, str, int, int], Record]


def read_records(stream: ByteStream, file: str, most: int, layout: Layout[T]) -> Iterator[Record | Damage]:
    """The records of a file.

    Args:
        stream: its bytes.
        file: its name, for the records.
        most: bytes of the longest block that is read; a longer one is a `Damage`.
        layout: of its format.
    """
    while True:
        _skip_blank(stream)
        place = stream.place()
        if not stream.peek(1) and stream.fault is None:
            return
        try:
            header, payload = layout.take(stream, most)
        except BrokenError as broken:
            goes_on = layout.resume(stream)
            yield damage(file, place, stream.place(), str(broken))
            if not goes_on:
                return
            continue
        _skip_blank(stream)
        yield layout.named(header, payload, file, place.offset, place.length_to(stream.place()))


def _skip_blank(stream: ByteStream) -> None:
    while (head := stream.peek(16)) and (blank := len(head) - len(head.lstrip(b"\r\n"))):
        stream.skip(blank)
        if blank < len(head):
            return


def block(stream: ByteStream, size: int, most: int, ends_before: Callable[[bytes], bool]) -> bytes:
    """Take the block of a record.

    Nothing is taken where it cannot be used: the next record may begin within what was announced.

    Args:
        stream: behind the header.
        size: that it announces.
        most: bytes of the longest block that is read; a longer one is passed.
        ends_before: whether a record ends before these bytes, which follow the block.

    Raises:
        BrokenError: it is not there, or too long.
    """
    if size > most:
        raise BrokenError(_pass_long(stream, size, most, ends_before))
    behind = stream.ahead(size, _BEHIND)
    if behind is None:
        raise BrokenError(stream.fault or f"{size} bytes announced, fewer there")
    if not ends_before(behind):
        raise BrokenError(f"a length of {size}, but no record follows there")
    return stream.take(size)


def damage(file: str, begin: Place, end: Place, why: str) -> Damage:
    """What is lost between two places; how long it was is not known where nothing of it is left but a fault."""
    return Damage(file=file, offset=begin.offset, length=begin.length_to(end) or None, why=why)


def _pass_long(stream: ByteStream, size: int, most: int, ends_before: Callable[[bytes], bool]) -> str:
    """Go behind a long block, unless its length is wrong; what is to be said of it."""
    fewer = f"{size} bytes announced, fewer there"
    if stream.ends_within(size):
        return fewer
    begin = stream.position
    if stream.skip(size) < size:
        fault = stream.fault
        stream.go_back(begin)  # once: from now on the end is known
        return fault or fewer
    if not stream.compressed and not ends_before(stream.peek(_BEHIND)):  # going back in others would read them again
        stream.go_back(begin)
        return f"a length of {size}, but no record follows there"
    return f"{size} bytes, {most} are read at most"
