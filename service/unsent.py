"""Answers that a client does not take: their bytes are counted while they wait, and not kept for ever."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import struct
import time
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from aiohttp import web

_LARGE: Final = 1 << 16  # bytes; of less, aiohttp lets no second answer follow before they are taken
_LOOK: Final = 1.0  # seconds between two looks at the connections
_PAUSES: Final = 10  # times the patience that whoever reads a stream may do something else meanwhile
_ACKNOWLEDGED: Final = 120  # where Linux's tcp_info holds tcpi_bytes_acked, a uint64
_INFO: Final = 192  # bytes of tcp_info that are asked for

_log = logging.getLogger(__name__)


def may_wait(request: web.Request, response: web.StreamResponse) -> bool:
    """Whether an answer may have to wait for its reader with more bytes than are worth no count."""
    if not isinstance(response, web.Response) or response.prepared:
        return False
    if isinstance(response.body, bytes) and len(response.body) >= _LARGE:
        return True
    transport = request.transport
    return transport is not None and transport.get_write_buffer_size() > 0


class _Seen(NamedTuple):
    taken: int
    since: float


class Unsent:
    """Cuts connections whose clients take nothing any more of what is there for them.

    Args:
        patience: seconds that one may take nothing.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._waiting: dict[asyncio.Transport, _Seen] = {}
        self._pausing: set[asyncio.Transport | None] = set()

    @contextlib.contextmanager
    def may_pause(self, transport: asyncio.Transport | None) -> Iterator[None]:
        """While the answer is a stream, which holds little, and whose reader may have work of its own to do."""
        self._pausing.add(transport)
        try:
            yield
        finally:
            self._pausing.discard(transport)

    async def watch(self, server: web.Server) -> None:
        """Look at the connections of a server, until this is cancelled."""
        while True:
            await asyncio.sleep(_LOOK)
            self._look(connection.transport for connection in server.connections)

    def _look(self, transports: Iterable[asyncio.Transport | None]) -> None:
        now = time.monotonic()
        # Those that wait, too: a connection that was closed is no longer the server's, and goes on sending.
        for transport in {*filter(None, transports), *self._waiting}:
            unsent = transport.get_write_buffer_size()
            if not unsent:
                self._waiting.pop(transport, None)
                continue
            taken, seen = _taken(transport), self._waiting.get(transport)
            if seen is None or seen.taken != taken:
                self._waiting[transport] = _Seen(taken, now)
                continue
            patience = self._patience * (_PAUSES if transport in self._pausing else 1)
            if now - seen.since >= patience:
                _log.info("cut a connection whose client took none of %d bytes for %g s", unsent, patience)
                del self._waiting[transport]
                transport.abort()


def _taken(transport: asyncio.Transport) -> int:
    """A number that changes when the client takes something.

    The buffer of this process does not tell: the kernel asks for more only once a third of its own, megabytes, is free.
    """
    connection = transport.get_extra_info("socket")
    with contextlib.suppress(AttributeError, OSError, struct.error):  # not Linux, or gone
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO)
        acknowledged: int = struct.unpack_from("=Q", info, _ACKNOWLEDGED)[0]
        return acknowledged
    return -transport.get_write_buffer_size()
