"""One worker process, seen from its parent."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import subprocess
import sys

import msgpack

from dedup.pool.wire import Frame, FrameReader, FrameWriter, Kind, Part

_PAGE = resource.getpagesize()
_SEND_BUFFER = 2**20  # bytes that the kernel takes at once, most pages whole; Linux may allow less
_ONE_CORE = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
# bytes that glibc's malloc keeps for the next job, which the kernel would have to clear for it again
_KEPT_BY_MALLOC = {"MALLOC_TRIM_THRESHOLD_": 64 << 20, "MALLOC_MMAP_THRESHOLD_": 32 << 20}


class WorkerProcess:
    """Starts a worker and talks to it without blocking.

    The kernel ends a worker together with the *thread* that started it, so this is made by the thread that keeps it.

    Args:
        entry: `module:function`, see `WorkerPool`.
        setup: what the function is called with.
        memory_limit: bytes by which the worker may grow once it is set up.
    """

    def __init__(self, entry: str, setup: bytes, memory_limit: int) -> None:
        self._link, theirs = socket.socketpair()
        self._link.settimeout(0)
        self._link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        self._reader = FrameReader(self._link)
        self._writer = FrameWriter(self._link)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  (our own program)
                [sys.executable, "-P", "-m", "dedup.pool.worker", str(theirs.fileno()), str(os.getpid())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # what a job prints must not mix with what this process writes
                process_group=0,  # Ctrl-C on the terminal is for the parent
                env=_environment(),
            )
        self.pid = self._process.pid
        self.put(Kind.SETUP, 0, (msgpack.packb([entry, setup, memory_limit]),))

    def fileno(self) -> int:
        """Descriptor to wait on."""
        return self._link.fileno()

    def put(self, kind: Kind, job: int, parts: tuple[Part, ...]) -> None:
        """Queue a frame; `flush` sends it."""
        self._writer.put(kind, job, parts)

    def flush(self) -> bool:
        """Send what the worker takes; True when nothing is left. A worker that is gone is noticed by `receive`."""
        try:
            return self._writer.flush()
        except OSError:
            return True

    def receive(self) -> list[Frame]:
        """The frames that are complete by now.

        Raises:
            EOFError: the worker is gone.
            ValueError: what arrived is no frame.
        """
        return self._reader.read()

    def resident(self) -> int:
        """Bytes of memory that it occupies; 0 once it is gone."""
        try:
            with open(f"/proc/{self.pid}/statm", "rb") as file:  # noqa: PTH123  (asked often; a Path costs as much)
                return int(file.read().split()[1]) * _PAGE
        except (OSError, IndexError):
            return 0

    def end(self) -> int:
        """End it at once, if it has not ended by itself; returns its exit status."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._link.close()
        return self._process.wait()


def _environment() -> dict[str, str]:
    """The worker finds the modules its parent finds, in the same order, keeps to one core, and reuses its memory."""
    environment = dict(os.environ)
    environment["PYTHONPATH"] = os.pathsep.join(folder or os.getcwd() for folder in sys.path)  # noqa: PTH109
    for name in _ONE_CORE:
        environment.setdefault(name, "1")
    for name, size in _KEPT_BY_MALLOC.items():
        environment.setdefault(name, str(size))
    return environment
