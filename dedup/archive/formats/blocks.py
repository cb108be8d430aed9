"""The block of a record: as many bytes as its header announces, if they are there and the record ends behind them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from dedup.archive.formats.record import Damage
from dedup.archive.formats.stream import ByteStream, Place

_BEHIND: Final = 1 << 12  # bytes that tell whether a record ends: a header with a long address


class BrokenError(Exception):
    """The record at hand cannot be used."""


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
