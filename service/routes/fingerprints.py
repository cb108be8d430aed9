"""`POST /v1/fingerprints`: signatures and digests of texts."""

from __future__ import annotations

from aiohttp import web

from dedup.errors import PoolFullError
from service.context import BUDGET, SETTINGS, WORKERS
from service.errors import OverloadedError
from service.limits import Body, answer_expect_later
from service.routes.clean import read_head


def add_to(app: web.Application) -> None:
    """Add the route."""
    app.router.add_post("/v1/fingerprints", fingerprints, expect_handler=answer_expect_later)


async def fingerprints(request: web.Request) -> web.Response:
    """Compute them; a worker's business."""
    settings = request.app[SETTINGS]
    head = read_head(request)._replace(task="fingerprints")
    with Body(request, settings, request.app[BUDGET]) as body:
        chunks = await body.read()
        try:
            reply = await request.app[WORKERS].fingerprint(head, chunks)
        except PoolFullError:
            raise OverloadedError("queue", settings.queue) from None
    return web.Response(status=reply.status, body=reply.body, content_type=reply.media_type)
