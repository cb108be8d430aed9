"""`GET /openapi.json`: the calls and their types, for programs."""

from __future__ import annotations

from aiohttp import web

from service.limits import answer_expect_later
from service.openapi import document


def add_to(app: web.Application) -> None:
    """Add the route."""
    document()  # takes longer to make than a callback of the event loop may
    app.router.add_get("/openapi.json", openapi, expect_handler=answer_expect_later)


async def openapi(_request: web.Request) -> web.Response:
    """The OpenAPI 3.1 document."""
    return web.Response(body=document(), content_type="application/json")
