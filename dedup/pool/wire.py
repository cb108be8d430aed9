"""Frames between a pool and its workers.

A frame is a header of fixed size and a payload of bytes, sent as they are: a large page is copied by the kernel
only. Every value that is more than bytes (why a job failed) is MessagePack; nothing is ever unpickled.
"""

from __future__ import annotations

import enum
import socket
import struct
from collections import deque
from typing import NamedTuple

import msgpack

HEADER = struct.Struct("!BQQQ")
MAX_PAYLOAD = 2**31  # a longer frame is damage, not a page
_READ = 64 * 1024  # bytes that the parent receives at a time
_MAX_BUFFERS = 64  # a call of sendmsg takes up to 1024 on Linux


Part = bytes | memoryview
"""Of a payload: it goes out as if its parts were one, without being joined."""


class Kind(enum.IntEnum):
    """What a frame says. A worker is sent one SETUP, then JOBs."""

    SETUP = 0
    JOB = 1
    READY = 2
    REFUSED = 3
    RESULT = 4
    FAILED = 5
    OUT_OF_MEMORY = 6


class Frame(NamedTuple):
    """One message.

    Attributes:
        kind: what it says.
        job: number of the job it is about; 0 where it is about none.
        resident: bytes of memory the sending worker occupies.
        payload: the job's input or result, or MessagePack.
    """

    kind: Kind
    job: int
    resident: int
    payload: bytes


def explanation(frame: Frame) -> list[str]:
    """Why a worker failed, as its frame says: name of the error, message, traceback.

    Raises:
        ValueError: it says nothing of the kind.
    """
    lines = msgpack.unpackb(frame.payload)
    if not isinstance(lines, list) or len(lines) != 3:
        raise ValueError("a worker explains nothing")
    return lines


def read_frame(connection: socket.socket) -> Frame:
    """Wait for the next frame on a socket that blocks.

    Raises:
        EOFError: the other side is gone.
        ValueError: what arrived is no frame.
    """
    kind, job, resident, size = _unpack(_exactly(connection, HEADER.size))
    return Frame(kind, job, resident, _exactly(connection, size))


def _exactly(connection: socket.socket, size: int) -> bytes:
    """So many bytes; the kernel puts them where they stay, so that a page is copied once."""
    pieces: list[bytes] = []
    missing = size
    while missing:
        try:
            piece = connection.recv(missing, socket.MSG_WAITALL)
        except ConnectionError as error:
            raise EOFError from error
        if not piece:
            raise EOFError
        pieces.append(piece)
        missing -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _unpack(header: bytes | bytearray | memoryview) -> tuple[Kind, int, int, int]:
    kind, job, resident, size = HEADER.unpack(header)
    if size > MAX_PAYLOAD:
        raise ValueError(f"a frame of {size} bytes")
    return Kind(kind), job, resident, size


class FrameReader:
    """Assembles frames as they arrive on a socket that does not block. Most are small: one call reads them whole."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = bytearray(_READ)
        self._filled = 0  # bytes of the buffer that were received
        self._start = 0  # of those, how many were given out

    def read(self) -> list[Frame]:
        """The frames that are complete by now.

        Raises:
            EOFError: the other side is gone.
            ValueError: what arrived is no frame.
        """
        frames: list[Frame] = []
        while True:
            self._make_room()
            room = len(self._buffer) - self._filled
            try:
                received = self._connection.recv_into(memoryview(self._buffer)[self._filled :])
            except BlockingIOError:
                return frames
            except ConnectionError as error:
                raise EOFError from error
            if not received:
                if frames:
                    return frames  # the next call tells
                raise EOFError
            self._filled += received
            while (frame := self._complete()) is not None:
                frames.append(frame)
            if received < room:  # nothing is left to receive
                return frames

    def _complete(self) -> Frame | None:
        """A frame that was received whole."""
        begin = self._start + HEADER.size
        if self._filled < begin:
            return None
        view = memoryview(self._buffer)
        kind, job, resident, size = _unpack(view[self._start : begin])
        if self._filled < begin + size:
            return None
        self._start = begin + size
        return Frame(kind, job, resident, bytes(view[begin : self._start]))

    def _make_room(self) -> None:
        """For the rest of the frame that has begun; a buffer that one large frame took is let go after it."""
        begun = self._buffer[self._start : self._filled]
        size = HEADER.size
        if len(begun) >= HEADER.size:
            size += _unpack(begun[: HEADER.size])[3]
        if self._start or size > len(self._buffer):
            if len(self._buffer) != max(size, _READ):
                self._buffer = bytearray(max(size, _READ))
            self._buffer[: len(begun)] = begun
            self._start, self._filled = 0, len(begun)


class FrameWriter:
    """Sends frames; what a non-blocking socket does not take at once is kept for the next `flush`."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._unsent: deque[memoryview] = deque()

    def put(self, kind: Kind, job: int, parts: tuple[Part, ...] = (), resident: int = 0) -> None:
        """Add a frame whose payload is these parts, one after another."""
        size = sum(map(len, parts))
        self._unsent.append(memoryview(HEADER.pack(kind, job, resident, size)))
        self._unsent.extend(memoryview(part) for part in parts if part)

    def flush(self) -> bool:
        """Send what the socket takes; True when nothing is left.

        Raises:
            OSError: the other side is gone.
        """
        while self._unsent:
            try:
                sent = self._connection.sendmsg(
                    [self._unsent[i] for i in range(min(len(self._unsent), _MAX_BUFFERS))]
                )
            except BlockingIOError:
                return False
            while sent:
                first = self._unsent[0]
                if sent < len(first):
                    self._unsent[0] = first[sent:]
                    break
                sent -= len(first)
                self._unsent.popleft()
        return True
