"""Takes connections as long as there are descriptors for them; later ones wait in the kernel's queue.

asyncio, where there is none left, tries again and again, each time with a stack trace in the log and ever more often,
until nothing else gets a turn.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import resource
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from aiohttp import web

from service.errors import ListenError

_QUEUE: Final = 1024  # connections that the kernel keeps waiting; one beyond them comes again after a second
_AT_ONCE: Final = 128  # that are taken in a turn
_LOOK: Final = 0.05  # seconds between two looks whether there is room for another one
_SPARE: Final = 16  # descriptors for all that is not a connection
_SPARE_A_WORKER: Final = 2
_SECONDS_BETWEEN_WORDS: Final = 5.0

_log = logging.getLogger(__name__)


class Listening:
    """The sockets of an address that takes connections.

    Args:
        server: that gets them.
        protocol: makes what each of them is handed to, before the server.
        sockets: bound to the address.
        workers: processes that take descriptors, too.
    """

    def __init__(
        self,
        server: web.Server,
        protocol: Callable[[], asyncio.Protocol],
        sockets: list[socket.socket],
        workers: int,
    ) -> None:
        self._server = server
        self._protocol = protocol
        self._sockets = sockets
        self._loop = asyncio.get_running_loop()
        self._spare = len(list(Path("/dev/fd").iterdir())) + _SPARE + _SPARE_A_WORKER * workers
        self._coming: set[asyncio.Task[None]] = set()
        self._said = -_SECONDS_BETWEEN_WORDS
        self._look: asyncio.TimerHandle | None = None
        for listening in sockets:
            listening.listen(_QUEUE)
        self._go_on()

    @classmethod
    async def at(
        cls, host: str, port: int, server: web.Server, protocol: Callable[[], asyncio.Protocol], workers: int
    ) -> Listening:
        """Listen on an address, with as many descriptors as the process may have.

        Raises:
            ListenError: the address cannot be listened on.
        """
        with contextlib.suppress(ValueError, OSError):  # more than the kernel allows, whatever the limit says
            _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        try:
            bound = await asyncio.get_running_loop().create_server(protocol, host, port, start_serving=False)
            sockets = [socket.socket(fileno=os.dup(each.fileno())) for each in bound.sockets]
            bound.close()
            return cls(server, protocol, sockets, workers)
        except OSError as error:
            raise ListenError(host, port, error.strerror or str(error)) from None

    @property
    def url(self) -> str:
        """Where it is reached."""
        host, port = self._sockets[0].getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def close(self) -> None:
        """Take no more connections."""
        self._pause()
        for listening in self._sockets:
            listening.close()

    def _go_on(self) -> None:
        self._look = None
        if not self._has_room():
            self._wait()
            return
        for listening in self._sockets:
            self._loop.add_reader(listening, self._take, listening)

    def _pause(self) -> None:
        if self._look is not None:
            self._look.cancel()
        for listening in self._sockets:
            self._loop.remove_reader(listening)

    def _wait(self) -> None:
        """Leave connections to the kernel until some of those that are open have ended."""
        self._pause()
        self._look = self._loop.call_later(_LOOK, self._go_on)
        if time.monotonic() - self._said >= _SECONDS_BETWEEN_WORDS:
            self._said = time.monotonic()
            _log.warning("%d connections are open; others wait, for want of open files (ulimit -n)", self._open())

    def _take(self, listening: socket.socket) -> None:
        for _ in range(_AT_ONCE):
            if not self._has_room():
                self._wait()
                return
            try:
                connection, _ = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError:  # of the whole system's descriptors, or of its memory
                self._wait()
                return
            task = self._loop.create_task(self._hand_over(connection))
            self._coming.add(task)
            task.add_done_callback(self._coming.discard)

    async def _hand_over(self, connection: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._protocol, connection)
        except OSError:  # it has gone again
            connection.close()

    def _open(self) -> int:
        return len(self._server.connections) + len(self._coming)

    def _has_room(self) -> bool:
        most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return most == resource.RLIM_INFINITY or self._open() < max(most - self._spare, 1)
