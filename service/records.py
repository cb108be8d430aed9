"""A stream of bytes cut into records: lines of JSON, or MessagePack objects one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Protocol

import msgpack

from dedup.pool import Part
from service.errors import BodyTooLargeError, MalformedBodyError

Parts = list[Part]
"""A record where it lies, in the pieces that it came in: a page is large, and whoever sends it on need not join it."""

_MANY: Final = 16  # pieces, which are joined: each costs whoever takes it more than copying it does
_EMPTY_LINES: Final = re.compile(rb"\n\s*\n")  # dropped at once: taken one by one, they stop the event loop


class Splitter(Protocol):
    """Cuts what comes in; holds at most one record."""

    @property
    def is_skipping(self) -> bool:
        """Whether what comes in belongs to a record that is too large, and is thrown away."""

    def feed(self, data: bytes) -> Iterator[Parts | BodyTooLargeError]:
        """The records that are complete now; an error in the place of one that is too large.

        Raises:
            MalformedBodyError: nothing that follows can be read.
        """
        ...

    @property
    def held(self) -> int:
        """Bytes of a record whose end is still to come."""

    def rest(self) -> Parts | BodyTooLargeError | None:
        """What is left when the stream has ended, a record without its end; None where there is none."""
        ...


class Lines:
    """Records that end with a line feed; empty lines are none."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = bytearray()
        self._skipping = False

    @property
    def is_skipping(self) -> bool:
        """See `Splitter`."""
        return self._skipping

    def feed(self, data: bytes) -> Iterator[Parts | BodyTooLargeError]:
        """The lines that are complete now."""
        *whole, last = _EMPTY_LINES.sub(b"\n", data).split(b"\n")
        for piece in whole:
            line, skipped = bytes(self._held) + piece, self._skipping
            self._held.clear()
            self._skipping = False
            if skipped or len(line) > self._limit:
                yield BodyTooLargeError(self._limit, "received")
            elif line.strip():
                yield [line]
        if not self._skipping:
            self._held += last
            if len(self._held) > self._limit:
                self._held.clear()
                self._skipping = True

    @property
    def held(self) -> int:
        """See `Splitter`."""
        return len(self._held)

    def rest(self) -> Parts | BodyTooLargeError | None:
        """A last line without its line feed; an error in the place of one that is too large."""
        if self._skipping:
            return BodyTooLargeError(self._limit, "received")
        last = bytes(self._held).strip()
        return [last] if last else None


class Objects:
    """MessagePack objects, one after the other."""

    is_skipping = False

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._unpacker = msgpack.Unpacker(max_buffer_size=0)
        self._pieces: Parts = []  # of an object whose end is still to come
        self._held = 0  # bytes of them
        self._start = 0  # position in the stream of what is held

    def feed(self, data: bytes) -> Iterator[Parts | BodyTooLargeError]:
        """The objects that are complete now."""
        self._unpacker.feed(data)
        given = 0  # bytes of `data` that were given out
        while True:
            try:
                self._unpacker.skip()
            except msgpack.OutOfData:
                break
            except msgpack.StackError:
                raise MalformedBodyError("MessagePack", "nested too deeply", self._start) from None
            except (ValueError, msgpack.UnpackException) as error:
                raise MalformedBodyError("MessagePack", str(error) or "no object", self._start) from None
            size = self._unpacker.tell() - self._start
            end = given + size - self._held
            record = [*self._pieces, memoryview(data)[given:end]]
            if len(record) > _MANY:
                record = [b"".join(record)]
            self._pieces, self._held, given = [], 0, end
            self._start += size
            yield record if size <= self._limit else BodyTooLargeError(self._limit, "received")
        if given < len(data):
            self._pieces.append(memoryview(data)[given:])
            self._held += len(data) - given
        if self._held > self._limit:
            raise MalformedBodyError("MessagePack", f"an object of more than {self._limit} bytes", self._start)

    @property
    def held(self) -> int:
        """See `Splitter`."""
        return self._held

    def rest(self) -> Parts | None:
        """Part of an object."""
        return [b"".join(self._pieces)] if self._pieces else None
