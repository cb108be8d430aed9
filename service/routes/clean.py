"""`POST /v1/clean`: one page."""

from __future__ import annotations

from aiohttp import hdrs, web

from service.context import ACCESS, LIFECYCLE, MEMORY, PLACES, REQUEST_ID, SETTINGS, WORKERS
from service.envelope import Head
from service.limits import answer_expect_later, check_length
from service.media import as_text, listed, request_encoding, request_type, response_type
from service.receiving import received


def add_to(app: web.Application) -> None:
    """Add the route."""
    app.router.add_post("/v1/clean", clean, expect_handler=answer_expect_later)


async def clean(request: web.Request) -> web.Response:
    """Clean a page. What the headers condemn is refused before the body is read; the rest is a worker's business."""
    head = read_head(request)
    async with received(request) as chunks:
        reply = await request.app[WORKERS].clean(
            head, chunks, request.app[MEMORY], namespace=request[ACCESS].namespace, teach=head.may_learn
        )
    response = web.Response(status=reply.status, body=reply.body, content_type=reply.media_type)
    if reply.facts is not None:
        response.headers["Server-Timing"] = f"worker;dur={reply.facts.seconds * 1000:.2f}"
    return response


def read_head(request: web.Request) -> Head:
    """All of a request but its body; raises whatever can be wrong with that.

    Where no place is free it is not looked at: under overload, most requests are refused, and the less each costs the
    more pages are cleaned.
    """
    request.app[LIFECYCLE].admit()
    request.app[PLACES].check()
    content_type = as_text(request.headers.get(hdrs.CONTENT_TYPE))
    sent = request_type(content_type)
    head = Head(
        request_id=request[REQUEST_ID],
        body_type=sent,
        content_type=content_type,
        encoding=request_encoding(listed(request, hdrs.CONTENT_ENCODING)),
        query=list(request.query.items()),
        response_type=response_type(listed(request, hdrs.ACCEPT), sent),
        may_learn=request[ACCESS].may_write,
    )
    check_length(request, request.app[SETTINGS])
    return head
