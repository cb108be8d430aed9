"""What the service is at: taking requests, or finishing those it has."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator

from aiohttp import web

from service.errors import ShuttingDownError

_LOOK = 0.02  # seconds between two looks at what is under way


class Lifecycle:
    """Counts the requests under way, and turns new ones away once the service is to stop."""

    def __init__(self) -> None:
        self.stopping = False
        self._under_way = 0

    def admit(self) -> None:
        """Let a request in.

        Raises:
            ShuttingDownError: no more are taken.
        """
        if self.stopping:
            raise ShuttingDownError

    @contextlib.contextmanager
    def request(self) -> Iterator[None]:
        """Around the handling of a request."""
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1

    async def drain(self, server: web.Server, grace: float) -> bool:
        """Take no more requests, finish those under way; False where the grace time was not enough.

        aiohttp's own shutdown comes later: from its first moment on it reads no further byte of a body that is
        still being sent.
        """
        self.stopping = True
        ends = time.monotonic() + grace
        while self._under_way or _has_unsent(server):
            if time.monotonic() >= ends:
                return False
            await asyncio.sleep(_LOOK)
        return True


def _has_unsent(server: web.Server) -> bool:
    """Whether a response still waits in a buffer of this process, which would end with it."""
    transports = [connection.transport for connection in server.connections]
    return any(transport is not None and transport.get_write_buffer_size() for transport in transports)
