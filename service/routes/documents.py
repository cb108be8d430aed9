"""`/v1/documents`: the crawl index. A document is a page as it is left after cleaning."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Final

import msgspec
from aiohttp import web

from dedup.crawl.options import CrawlOptions
from dedup.memory.addresses import document_name
from service.api import DocumentAnswer
from service.codec import encode
from service.context import ACCESS, LIFECYCLE, MEMORY, SETTINGS, WORKERS
from service.deadline import in_time
from service.documents import Document, Documents
from service.envelope import Head, Reply
from service.errors import ForbiddenError, InvalidFieldError, NoSuchDocumentError, NoSuchIndexError
from service.limits import answer_expect_later
from service.receiving import received
from service.routes.clean import read_head

DOCUMENTS: Final = web.AppKey[Documents | None]("documents")


class _Cleaned(msgspec.Struct, frozen=True):
    """What of a cleaned page makes a document."""

    id: str | None
    url: str | None
    site: str | None
    content: str


def add_to(app: web.Application) -> None:
    """Add the routes, and have the index read before connections are taken."""
    memory = app[MEMORY]
    options = CrawlOptions.retaining(app[SETTINGS].crawl_retain)
    app[DOCUMENTS] = None if memory is None else Documents(memory, options)
    app.on_startup.append(_load)
    app.router.add_post("/v1/documents", add, expect_handler=answer_expect_later)
    app.router.add_post("/v1/documents/search", search, expect_handler=answer_expect_later)
    app.router.add_delete("/v1/documents/{id:(?s:.+)}", forget, expect_handler=answer_expect_later)


async def add(request: web.Request) -> web.Response:
    """Clean a page, add what is left, and name the documents before it that it resembles."""
    return await _answer(request, adds=True)


async def search(request: web.Request) -> web.Response:
    """Clean a page and name the documents that resemble it; nothing changes."""
    return await _answer(request, adds=False)


async def forget(request: web.Request) -> web.Response:
    """Forget a document."""
    request.app[LIFECYCLE].admit()
    name = request.match_info["id"]
    _require_writing(request, "forgetting")
    forgetting = _documents(request).forget(request[ACCESS].namespace, name)
    if not await in_time(forgetting, request.app[SETTINGS].deadline):
        raise NoSuchDocumentError(name)
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def _answer(request: web.Request, *, adds: bool) -> web.Response:
    if adds:
        _require_writing(request, "adding")
    documents = _documents(request)
    head, deadline = read_head(request), request.app[SETTINGS].deadline
    async with received(request) as chunks:
        ends = asyncio.get_running_loop().time() + deadline
        reply = await _clean(request, head, chunks)
        if reply.status != HTTPStatus.OK:
            return web.Response(status=reply.status, body=reply.body, content_type=reply.media_type)
        page = msgspec.json.decode(reply.body, type=_Cleaned)
        name = document_name(page.id, page.url)
        if adds and name is None:
            raise InvalidFieldError("id", "a document is known by its id or its url; give one of them")
        document = Document(request[ACCESS].namespace, name or "", page.url, page.site, page.content)
        found = await in_time(documents.add(document) if adds else documents.ask(document), deadline, ends)
    answer = DocumentAnswer(id=name, url=page.url, site=page.site, added=adds, near_duplicates=found)
    return web.Response(body=encode(answer, head.response_type), content_type=head.response_type)


async def _clean(request: web.Request, head: Head, chunks: list[bytes]) -> Reply:
    """The page, cleaned with what is known of its site, which learns nothing from it."""
    head = head._replace(response_type="application/json", whole=True)
    memory, namespace = request.app[MEMORY], request[ACCESS].namespace
    return await request.app[WORKERS].clean(head, chunks, memory, namespace=namespace, teach=False)


def _require_writing(request: web.Request, action: str) -> None:
    if not request[ACCESS].may_write:
        raise ForbiddenError(action)


def _documents(request: web.Request) -> Documents:
    documents = request.app[DOCUMENTS]
    if documents is None:
        raise NoSuchIndexError
    return documents


async def _load(app: web.Application) -> None:
    documents = app[DOCUMENTS]
    if documents is not None:
        await documents.load()
