"""`POST /v1/clean/stream`: pages without end, read and answered at the same time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from aiohttp import hdrs, web

from service.answering import Answering, Record
from service.compression import Compressor, accepted_encoding, compressed, compressor, vary
from service.context import BUDGET, LIFECYCLE, REQUEST_ID, SETTINGS, UNSENT
from service.decompression import StreamDecompressor
from service.errors import (
    BodyTimeoutError,
    BodyTooLargeError,
    InvalidFieldError,
    MalformedBodyError,
    ServiceError,
    ShuttingDownError,
    UnknownFieldError,
)
from service.limits import answer_expect, answer_expect_later
from service.media import Format, listed, request_encoding, response_type, stream_type
from service.records import Lines, Objects, Splitter

_log = logging.getLogger(__name__)
_LOOK = 0.25  # seconds between two looks whether the service is to stop, while a client sends nothing
_AHEAD = 4  # pages a worker that a stream may have under way
_MOST_STRANGE = 1000  # records in a row that begin as no page does: a few bytes, compressed, may stand for millions
_PAGE_BEGINS = {"msgpack": frozenset((*range(0x80, 0x90), 0xDE, 0xDF)), "json": frozenset(b"{ \t\r\xef")}

_Task = asyncio.Task[bytes]


def add_to(app: web.Application) -> None:
    """Add the route."""
    app.router.add_post("/v1/clean/stream", stream, expect_handler=answer_expect_later)


async def stream(request: web.Request) -> web.StreamResponse:
    """Clean every page of a stream. What is wrong with one is told in its place; only broken framing ends it early."""
    request.app[LIFECYCLE].admit()
    sent = stream_type(request.headers.get(hdrs.CONTENT_TYPE))
    encoding = request_encoding(listed(request, hdrs.CONTENT_ENCODING))
    ordered = _is_ordered(request)
    await answer_expect(request)
    response = web.StreamResponse(headers={"X-Request-Id": request[REQUEST_ID]})
    response.content_type = "application/msgpack" if sent == "msgpack" else "application/x-ndjson"
    vary(response, hdrs.ACCEPT_ENCODING)
    answered = accepted_encoding(listed(request, hdrs.ACCEPT_ENCODING))
    if answered != "identity":
        response.headers[hdrs.CONTENT_ENCODING] = answered
    # In chunks; to HTTP/1.0, which knows none, as what comes until the connection ends.
    await response.prepare(request)
    compress = compressor(answered) if answered != "identity" else None
    with (
        request.app[UNSENT].may_pause(request.transport),
        contextlib.suppress(ConnectionError),  # the client has gone: nobody is left to tell, and nothing is wrong
    ):
        await _Stream(request, response, sent, encoding, compress).run(ordered=ordered)
        await response.write_eof(compress.end() if compress else b"")
    return response


def _is_ordered(request: web.Request) -> bool:
    for name, value in request.query.items():
        if name != "ordered":
            raise UnknownFieldError(name, ("ordered",))
        if value not in {"true", "false"}:
            raise InvalidFieldError(name, f"true or false, not {value!r}")
    if len(request.query) > 1:
        raise InvalidFieldError("ordered", "given several times; give it once")
    return request.query.get("ordered") != "false"


class _Stream:
    """One client's pages: at most so many under way, and no more read until one is answered."""

    def __init__(
        self,
        request: web.Request,
        response: web.StreamResponse,
        sent: Format,
        encoding: str,
        compress: Compressor | None,
    ) -> None:
        self._encoding = encoding
        self._compress = compress
        self._request = request
        self._response = response
        self._sent = sent
        self._answering = Answering(request, sent, response_type(None, sent))
        self._budget = request.app[BUDGET]
        self._held = 0  # bytes taken from it that no page under way has for its own
        self._settings = request.app[SETTINGS]
        self._room = asyncio.Semaphore(self._settings.workers * _AHEAD)
        self._answers: asyncio.Queue[_Task | None] = asyncio.Queue()  # bounded by the room
        self._tasks: set[_Task] = set()

    async def run(self, *, ordered: bool) -> None:
        """Read and answer until the client has sent all.

        Raises:
            ConnectionResetError: it has gone before.
        """
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._read(ordered=ordered))
                group.create_task(self._write())
        except* ConnectionError:
            raise ConnectionResetError from None
        finally:
            self._keep(0)
            for task in self._tasks:
                task.cancel()

    async def _read(self, *, ordered: bool) -> None:
        number = 0
        ending: ServiceError | None = None
        try:
            async for record in self._records():
                await self._begin(record, number, ordered=ordered)
                number += 1
        except ServiceError as error:
            ending = error
        self._keep(0)  # others may be waiting for it
        if not ordered and self._tasks:
            await asyncio.wait(set(self._tasks))
            await asyncio.sleep(0)  # their callbacks have run
        if ending is not None:
            await self._begin(ending, number, ordered=True)  # whatever the order, it comes last
        self._answers.put_nowait(None)

    async def _begin(self, record: Record, number: int, *, ordered: bool) -> None:
        """Have a record answered as soon as there is room; its bytes are given back then."""
        await self._room.acquire()
        size = sum(map(len, record)) if isinstance(record, list) else 0
        self._held -= size
        task = asyncio.create_task(self._answering.answer(record, number))
        task.add_done_callback(lambda _: self._budget.give_back(size))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if ordered:
            self._answers.put_nowait(task)
        else:
            task.add_done_callback(self._answers.put_nowait)

    async def _write(self) -> None:
        while (task := await self._answers.get()) is not None:
            framed = self._framed(await task)
            await self._response.write(await compressed(self._compress, framed) if self._compress else framed)
            self._room.release()

    async def _records(self) -> AsyncIterator[Record]:
        """The pages, each with an error in its place where it is too large.

        Raises:
            ServiceError: what ends the stream: see `_chunks`, `Splitter.feed` and `ByteBudget.wait`.
        """
        limit = self._settings.max_body_bytes
        splitter: Splitter = Objects(limit) if self._sent == "msgpack" else Lines(limit)
        begins = _PAGE_BEGINS["msgpack" if self._sent == "msgpack" else "json"]
        strange = 0
        async for chunk in self._chunks() if self._encoding == "identity" else self._decompressed():
            await self._budget.wait(len(chunk), self._held)
            self._held += len(chunk)
            for record in splitter.feed(chunk):
                strange = 0 if isinstance(record, list) and record[0][0] in begins else strange + 1
                if strange > _MOST_STRANGE:
                    raise MalformedBodyError(
                        "the stream", f"more than {_MOST_STRANGE} records in a row are no objects"
                    )
                yield record
            self._keep(splitter.held)
            if splitter.is_skipping and self._encoding != "identity":  # a few bytes may stand for gigabytes of it
                raise BodyTooLargeError(limit, "decompressed")
        if rest := splitter.rest():
            yield rest

    def _keep(self, size: int) -> None:
        """Give back what is held beyond so many bytes."""
        self._budget.give_back(self._held - size)
        self._held = size

    async def _decompressed(self) -> AsyncIterator[bytes]:
        """What the client sends, before it was compressed; raises as `_chunks` does."""
        undo = StreamDecompressor(self._encoding)
        async for chunk in self._chunks():
            undo.feed(chunk)
            while piece := await asyncio.to_thread(undo.piece):
                yield piece
        undo.end()

    async def _chunks(self) -> AsyncIterator[bytes]:
        """What the client sends.

        Raises:
            BodyTimeoutError: it has sent nothing for `body_timeout`.
            ShuttingDownError: the service is to stop; what was read is answered.
            MalformedBodyError: the stream breaks the rules of chunked transfer.
        """
        content = self._request.content
        silent = 0.0
        while not content.at_eof():
            if self._request.app[LIFECYCLE].stopping:
                raise ShuttingDownError
            try:
                chunk = content.read_nowait()  # a timer for what is there already would cost as much as reading it
                if not chunk:
                    async with asyncio.timeout(_LOOK):
                        chunk = await content.readany()
            except TimeoutError:
                silent += _LOOK
                if silent >= self._settings.body_timeout:
                    raise BodyTimeoutError(self._settings.body_timeout) from None
                continue
            except web.RequestPayloadError as error:
                raise MalformedBodyError("chunked transfer", str(error)) from None
            silent = 0.0
            if chunk:
                yield chunk

    def _framed(self, record: bytes) -> bytes:
        return record if self._sent == "msgpack" else record + b"\n"
