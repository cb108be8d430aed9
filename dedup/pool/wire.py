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

HEADER = struct.Struct("!BQQQ")
MAX_PAYLOAD = 2**31  # a longer frame is damage, not a page
_MAX_BUFFERS = 64  # a call of sendmsg takes up to 1024 on Linux


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


class FrameReader:
    """Assembles frames as they arrive, from a blocking or a non-blocking socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._header: tuple[Kind, int, int] | None = None
        self._expect(HEADER.size)

    def read(self) -> Frame | None:
        """The next frame; None where the socket does not block and the rest is still on the way.

        Raises:
            EOFError: the other side is gone.
            ValueError: what arrived is no frame.
        """
        while True:
            while self._filled < len(self._buffer):
                try:
                    received = self._connection.recv_into(memoryview(self._buffer)[self._filled :])
                except BlockingIOError:
                    return None
                except ConnectionError as error:
                    raise EOFError from error
                if not received:
                    raise EOFError
                self._filled += received
            if self._header is None:
                kind, job, resident, size = HEADER.unpack(self._buffer)
                if size > MAX_PAYLOAD:
                    raise ValueError(f"a frame of {size} bytes")
                self._header = Kind(kind), job, resident
                self._expect(size)
            else:
                frame = Frame(*self._header, bytes(self._buffer))
                self._header = None
                self._expect(HEADER.size)
                return frame

    def _expect(self, size: int) -> None:
        self._buffer = bytearray(size)
        self._filled = 0


class FrameWriter:
    """Sends frames; what a non-blocking socket does not take at once is kept for the next `flush`."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._unsent: deque[memoryview] = deque()

    def put(self, kind: Kind, job: int, parts: tuple[bytes, ...] = (), resident: int = 0) -> None:
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
