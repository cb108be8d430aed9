"""Stands before aiohttp: turns pages away while there is no place for them, before a request is made of them.

At three times the load that the service can take, two of three pages are refused. A request that aiohttp has parsed,
routed and answered costs a tenth of a page's cleaning, most of it for naught: of a refusal, all but the id is known.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Final

from aiohttp import hdrs, web
from aiohttp.http import SERVER_SOFTWARE, RawRequestMessage

from service.context import LIFECYCLE, METRICS, PLACES, SETTINGS
from service.logs import REQUEST
from service.middleware import REQUEST_ID_HEADER, request_id
from service.problems import CODES, problem_of, problem_reply

_ROUTE: Final = "/v1/clean"
_HEAD: Final = re.compile(rb"POST /v1/clean(?:\?[!-~]*)? HTTP/1\.1\r\n((?:[!-9;-~]+:[^\r\n\0]*\r\n)+)\r\n")
_LENGTH: Final = re.compile(rb"^content-length:[ \t]*(\d{1,15})[ \t]*\r$", re.MULTILINE)
_UNUSUAL: Final = re.compile(  # whatever changes where the request ends, or what comes after it
    rb"^(?:transfer-encoding|upgrade|expect|connection:(?![ \t]*keep-alive[ \t]*\r))", re.MULTILINE
)
_ID: Final = re.compile(rb"^x-request-id:[ \t]*([^\r\n]*?)[ \t]*\r$", re.MULTILINE | re.IGNORECASE)

_log = logging.getLogger(__name__)


class Turnstile(asyncio.Protocol):
    """Stands before the protocol of a connection, and answers in its place what it would refuse.

    It does so only where that protocol waits for a request and this is one of the usual form, with its length declared:
    all else goes through, and is refused further in if need be. So does a request from time to time, by which the
    protocol knows that the connection is in use.

    Args:
        inner: aiohttp's protocol.
        app: the application behind it.
    """

    def __init__(self, inner: web.RequestHandler, app: web.Application) -> None:
        self._inner = inner
        self._lifecycle = app[LIFECYCLE]
        self._metrics = app[METRICS]
        self._places = app[PLACES]
        self._has_origins = bool(app[SETTINGS].origins)  # their pages are let read the answer further in
        self._most = app[SETTINGS].max_body_bytes
        self._patience = app[SETTINGS].keepalive_timeout / 2
        self._transport: asyncio.Transport | None = None
        self._let_through = 0.0  # when something last was
        self._has_part = False  # of a head
        self._left = 0  # bytes of a body that was refused, and is still to come

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  (of a stream)
        self._transport = transport
        self._let_through = time.monotonic()
        self._inner.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        self._transport = None
        self._inner.connection_lost(exc)

    def eof_received(self) -> None:
        """Called by the event loop."""
        self._inner.eof_received()

    def pause_writing(self) -> None:
        """Called by the event loop."""
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Called by the event loop."""
        self._inner.resume_writing()

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        while data:
            if self._left:
                self._left, data = max(self._left - len(data), 0), data[self._left :]
            elif rest := self._refuse(data):
                self._left, data = rest
            else:
                break
        if data:
            self._let_through = time.monotonic()
            self._inner.data_received(data)
            self._has_part = self._waits()  # it has bytes, and no request yet
            self._tell_of_broken_framing()

    def _tell_of_broken_framing(self) -> None:
        """Have whoever reads a body know that no more of it can be read: aiohttp keeps that for the next request."""
        request, queued = (getattr(self._inner, name, None) for name in ("_current_request", "_messages"))
        if request is None or not queued or isinstance(queued[-1][0], RawRequestMessage) or request.content.is_eof():
            return
        fault, _, _ = str(getattr(queued[-1][0], "message", "")).partition("\n")  # behind that, the bytes
        request.content.set_exception(web.RequestPayloadError(fault.rstrip(":") or "it breaks the rules"))
        request.content.feed_eof()
        self._inner.close()  # once that is answered

    def _waits(self) -> bool:
        """Whether the protocol has answered all that came, and waits for the next request."""
        waiter = getattr(self._inner, "_waiter", None)  # aiohttp says it nowhere else; without it all goes through
        return waiter is not None and not waiter.done()

    def _refuse(self, data: bytes) -> tuple[int, bytes] | None:
        """Refuse a request if that can be done here: the bytes of its body to come, and what follows its head."""
        if not self._places.are_taken or self._lifecycle.stopping or self._has_origins or self._has_part:
            return None
        transport, began = self._transport, time.monotonic()
        if transport is None or transport.is_closing() or transport.get_write_buffer_size() or not self._waits():
            return None
        head = _HEAD.match(data)
        if head is None or began - self._let_through > self._patience:
            return None
        fields = head[1].lower()
        length = _LENGTH.search(fields)
        if length is None or fields.count(b"content-length") > 1 or _UNUSUAL.search(fields):
            return None
        if int(length[1]) > self._most:
            return None
        given = _ID.search(head[1])
        self._answer(transport, request_id(given[1].decode("latin-1") if given else ""), began)
        return int(length[1]), data[head.end() :]

    def _answer(self, transport: asyncio.Transport, name: str, began: float) -> None:
        """What the route's handler would answer, and what the middleware around it does besides."""
        problem = problem_of(self._places.refusal(), name)
        reply = problem_reply(problem)
        head = (
            f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}\r\n"
            f"{hdrs.CONTENT_TYPE}: {reply.media_type}\r\n"
            f"{hdrs.RETRY_AFTER}: {CODES[problem.code].retry_after}\r\n"
            f"{REQUEST_ID_HEADER}: {name}\r\n"
            f"{hdrs.CONTENT_LENGTH}: {len(reply.body)}\r\n"
            f"{hdrs.DATE}: {_date(int(time.time()))}\r\n"
            f"{hdrs.SERVER}: {SERVER_SOFTWARE}\r\n\r\n"
        )
        transport.write(head.encode() + reply.body)
        taken = time.monotonic() - began
        self._metrics.request(_ROUTE, hdrs.METH_POST, reply.status, taken)
        token = REQUEST.set(name)
        _log.debug("%s %s %d %.1f ms", hdrs.METH_POST, _ROUTE, reply.status, taken * 1000)
        REQUEST.reset(token)


def turnstiles(runner: web.AppRunner) -> Callable[[], Turnstile]:
    """What makes the protocols of a runner's connections, each behind a turnstile."""
    server = runner.server
    assert server is not None  # noqa: S101  (it was set up)
    return lambda: Turnstile(server(), runner.app)


@lru_cache(1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
