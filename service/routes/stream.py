"""`POST /v1/clean/stream`: pages without end, read and answered at the same time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from aiohttp import hdrs, web

from dedup.errors import DedupError, PoolFullError
from service.api import Problem
from service.context import ACCESS, BUDGET, LIFECYCLE, MEMORY, REQUEST_ID, SETTINGS, WORKERS
from service.envelope import Head
from service.errors import (
    BodyTimeoutError,
    InvalidFieldError,
    MalformedBodyError,
    OverloadedError,
    ShuttingDownError,
    UnknownFieldError,
    UnsupportedContentEncodingError,
)
from service.limits import answer_expect, answer_expect_later
from service.media import PROBLEM, Format, stream_type
from service.problems import problem, problem_of
from service.records import Lines, Objects, Splitter

_log = logging.getLogger(__name__)
_LOOK = 0.25  # seconds between two looks whether the service is to stop, while a client sends nothing
_WAIT = 0.02  # seconds after which a page tries again to be taken by the workers
_AHEAD = 4  # pages a worker that a stream may have under way

_Record = bytes | DedupError
_Task = asyncio.Task[bytes]


def add_to(app: web.Application) -> None:
    """Add the route."""
    app.router.add_post("/v1/clean/stream", stream, expect_handler=answer_expect_later)


async def stream(request: web.Request) -> web.StreamResponse:
    """Clean every page of a stream. What is wrong with one is told in its place; only broken framing ends it early."""
    request.app[LIFECYCLE].admit()
    sent = stream_type(request.headers.get(hdrs.CONTENT_TYPE))
    encoding = request.headers.get(hdrs.CONTENT_ENCODING, "identity")
    if encoding.strip().lower() != "identity":
        raise UnsupportedContentEncodingError(encoding, ("identity",))
    ordered = _is_ordered(request)
    await answer_expect(request)
    response = web.StreamResponse(headers={"X-Request-Id": request[REQUEST_ID]})
    response.content_type = "application/msgpack" if sent == "msgpack" else "application/x-ndjson"
    response.enable_chunked_encoding()
    await response.prepare(request)
    await _Stream(request, response, sent).run(ordered=ordered)
    await response.write_eof()
    return response


def _is_ordered(request: web.Request) -> bool:
    for name, value in request.query.items():
        if name != "ordered":
            raise UnknownFieldError(name, ("ordered",))
        if value not in {"true", "false"}:
            raise InvalidFieldError(name, f"true or false, not {value!r}")
    return request.query.get("ordered") != "false"


class _Stream:
    """One client's pages: at most so many under way, and no more read until one is answered."""

    def __init__(self, request: web.Request, response: web.StreamResponse, sent: Format) -> None:
        self._request = request
        self._response = response
        self._sent = sent
        self._settings = request.app[SETTINGS]
        self._room = asyncio.Semaphore(self._settings.workers * _AHEAD)
        self._answers: asyncio.Queue[_Task | None] = asyncio.Queue()  # bounded by the room
        self._tasks: set[_Task] = set()

    async def run(self, *, ordered: bool) -> None:
        """Read and answer until the client has sent all."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._read(ordered=ordered))
                group.create_task(self._write())
        finally:
            for task in self._tasks:
                task.cancel()

    async def _read(self, *, ordered: bool) -> None:
        number = 0
        async for record in self._records():
            await self._room.acquire()
            task = asyncio.create_task(self._answer(record, number))
            number += 1
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            if ordered:
                self._answers.put_nowait(task)
            else:
                task.add_done_callback(self._answers.put_nowait)
        if not ordered and self._tasks:
            await asyncio.wait(set(self._tasks))
            await asyncio.sleep(0)  # their callbacks have run
        self._answers.put_nowait(None)

    async def _write(self) -> None:
        while (task := await self._answers.get()) is not None:
            await self._response.write(await task)
            self._room.release()

    async def _records(self) -> AsyncIterator[_Record]:
        limit = self._settings.max_body_bytes
        splitter: Splitter = Objects(limit) if self._sent == "msgpack" else Lines(limit)
        try:
            async for chunk in self._chunks():
                for record in splitter.feed(chunk):
                    yield record
            if rest := splitter.rest():
                yield rest
        except (BodyTimeoutError, MalformedBodyError, ShuttingDownError) as error:
            yield error

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

    async def _answer(self, record: _Record, number: int) -> bytes:
        """The record that answers one."""
        request_id = f"{self._request[REQUEST_ID]}-{number}"
        try:
            if isinstance(record, DedupError):
                return self._problem(problem_of(record, request_id))
            return await self._clean(record, request_id)
        except DedupError as error:
            return self._problem(problem_of(error, request_id))
        except Exception:  # noqa: BLE001  (one page's fault is no reason to leave the others without an answer)
            _log.exception("request %s", request_id)
            detail = "the service's log tells more, under the request id"
            return self._problem(problem("internal_error", detail, request_id))

    async def _clean(self, record: bytes, request_id: str) -> bytes:
        own = "application/msgpack" if self._sent == "msgpack" else "application/json"
        access = self._request[ACCESS]
        head = Head(request_id, self._sent, None, "identity", [], own, may_learn=access.may_write)
        app = self._request.app
        while True:
            try:
                app[BUDGET].take(len(record))
            except OverloadedError:
                await asyncio.sleep(_WAIT)  # the sender waits, too: nothing more is read
                continue
            try:
                reply = await app[WORKERS].clean(
                    head, [record], app[MEMORY], namespace=access.namespace, teach=access.may_write
                )
            except PoolFullError:
                await asyncio.sleep(_WAIT)
                continue
            finally:
                app[BUDGET].give_back(len(record))
            if reply.media_type == PROBLEM:
                return self._problem(msgspec.json.decode(reply.body, type=Problem))
            return self._framed(reply.body)

    def _problem(self, document: Problem) -> bytes:
        encode: Any = msgspec.msgpack.encode if self._sent == "msgpack" else msgspec.json.encode
        return self._framed(encode(document))

    def _framed(self, record: bytes) -> bytes:
        return record if self._sent == "msgpack" else record + b"\n"
