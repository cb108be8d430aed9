"""`POST /v1/clean/batch`: several pages at once, for clients and proxies that cannot stream both ways."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

import msgpack
from aiohttp import web

from service.answering import Answering
from service.context import BUDGET, SETTINGS, WORKERS
from service.envelope import Head, Reply
from service.errors import InvalidFieldError, UnsupportedMediaTypeError
from service.limits import answer_expect_later
from service.media import STRUCTURED
from service.receiving import received
from service.routes.clean import read_head


def add_to(app: web.Application) -> None:
    """Add the route."""
    app.router.add_post("/v1/clean/batch", batch, expect_handler=answer_expect_later)


async def batch(request: web.Request) -> web.Response:
    """Clean the pages of a list; each is answered, by its result or a problem, in its place."""
    head = read_head(request)
    sent = head.body_type
    if sent != "json" and sent != "msgpack":  # noqa: PLR1714  (narrows the type)
        raise UnsupportedMediaTypeError(head.content_type, tuple(STRUCTURED))
    if head.query:
        raise InvalidFieldError(head.query[0][0], "query parameters are for raw bodies; put it beside each page")
    records, ends = await _split(request, head)
    if not isinstance(records, list):
        return web.Response(status=records.status, body=records.body, content_type=records.media_type)
    with request.app[BUDGET].held(sum(map(len, records))):
        answers = await _answers(request, records, Answering(request, sent, head.response_type, ends))
    return web.Response(body=b"".join(_list(answers, head.response_type)), content_type=head.response_type)


async def _split(request: web.Request, head: Head) -> tuple[list[bytes] | Reply, float]:
    """The pages of the list, whose body is let go of, or what is wrong with it; and when they have to be answered."""
    workers = request.app[WORKERS]
    async with received(request) as chunks:
        ends = workers.ends()
        return await workers.split(head._replace(limit=request.app[SETTINGS].batch_pages), chunks, ends), ends


async def _answers(request: web.Request, records: Sequence[bytes], answering: Answering) -> list[bytes]:
    room = asyncio.Semaphore(request.app[SETTINGS].workers * 2)

    async def one(number: int, record: bytes) -> bytes:
        async with room:
            return await answering.answer([record], number)

    return await asyncio.gather(*(one(number, record) for number, record in enumerate(records)))


def _list(answers: Sequence[bytes], media_type: str) -> Iterator[bytes]:
    """The parts of the whole answer: megabytes, which are copied once."""
    if media_type == "application/json":
        yield b'{"results":['
        for number, answer in enumerate(answers):
            yield b"," if number else b""
            yield answer
        yield b"]}"
    else:
        packer = msgpack.Packer()
        yield packer.pack_map_header(1) + packer.pack("results") + packer.pack_array_header(len(answers))
        yield from answers
