"""The program that a worker process runs: `python -m dedup.pool.worker CONNECTION PARENT`.

It is told what to run, loads it, says that it is ready, and then does one job after another until its parent
closes the connection or dies.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import resource
import signal
import socket
import sys
import traceback
from collections.abc import Callable

import msgpack

from dedup.loading import named, uncollected
from dedup.pool.wire import FrameWriter, Kind, read_frame

Job = Callable[[bytes], bytes]

_PAGE = resource.getpagesize()
_PR_SET_PDEATHSIG = 1


def main(connection: int, parent: int) -> None:
    """Work for the process `parent` over the socket that was inherited as descriptor `connection`."""
    _die_with(parent)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # sent to a whole service; its parent finishes what is under way
    parent_is_gone = contextlib.suppress(EOFError, BrokenPipeError)
    with socket.socket(fileno=connection) as link, parent_is_gone:
        _Worker(link).run()


class _Worker:
    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._writer = FrameWriter(link)
        self._statm = os.open("/proc/self/statm", os.O_RDONLY)

    def run(self) -> None:
        frame = read_frame(self._link)
        entry, setup, memory_limit = msgpack.unpackb(frame.payload)
        try:
            with uncollected():
                do: Job = named(entry)(setup)
        except Exception as error:  # noqa: BLE001  (whatever it is, the parent is told)
            self._say(Kind.REFUSED, 0, _describe(error))
            return
        gc.freeze()  # what is loaded by now stays, and need not be looked through again and again
        self._limit_growth(memory_limit)
        self._say(Kind.READY, 0)
        while self._next(do):
            pass

    def _next(self, do: Job) -> bool:
        frame = read_frame(self._link)
        try:
            result = _bytes_of(do(frame.payload))
        except MemoryError:
            self._say(Kind.OUT_OF_MEMORY, frame.job)
            return False
        except Exception as error:  # noqa: BLE001  (whatever it is, the parent is told)
            self._say(Kind.FAILED, frame.job, _describe(error))
        else:
            self._say(Kind.RESULT, frame.job, result)
        return True

    def _say(self, kind: Kind, job: int, payload: bytes = b"") -> None:
        self._writer.put(kind, job, (payload,), resident=self._sizes()[1])
        self._writer.flush()

    def _limit_growth(self, limit: int) -> None:
        """A wall for what allocates faster than the parent can watch: `limit` beyond what is there by now."""
        wall = self._sizes()[5] + limit
        resource.setrlimit(resource.RLIMIT_DATA, (wall, wall))

    def _sizes(self) -> list[int]:
        """Bytes, in the order of proc_pid_statm(5): the second is what is resident, the sixth what is private."""
        return [int(pages) * _PAGE for pages in os.pread(self._statm, 256, 0).split()]


def _die_with(parent: int) -> None:
    """A worker that hangs does not see its connection close, so the kernel is to end it with its parent."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the call
        os._exit(1)


def _bytes_of(result: object) -> bytes:
    if not isinstance(result, bytes):
        raise TypeError(f"a job must return bytes, got {type(result).__name__}")
    return result


def _describe(error: Exception) -> bytes:
    lines = traceback.format_exception(error)
    described: bytes = msgpack.packb(
        [type(error).__name__, str(error), "".join(lines)],
        unicode_errors="backslashreplace",  # a message may quote broken text
    )
    return described


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
