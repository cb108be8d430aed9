"""`POST /v1/fingerprints`: signatures and digests of texts."""

from __future__ import annotations

from aiohttp import web

from service.context import WORKERS
from service.limits import answer_expect_later
from service.receiving import received
from service.routes.clean import read_head


def add_to(app: web.Application) -> None:
    """Add the route."""
    app.router.add_post("/v1/fingerprints", fingerprints, expect_handler=answer_expect_later)


async def fingerprints(request: web.Request) -> web.Response:
    """Compute them; a worker's business."""
    head = read_head(request)._replace(task="fingerprints")
    async with received(request) as chunks:
        reply = await request.app[WORKERS].fingerprint(head, chunks)
    return web.Response(status=reply.status, body=reply.body, content_type=reply.media_type)
