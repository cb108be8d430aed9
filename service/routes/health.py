"""`GET /livez` and `GET /readyz`: for whoever runs the service."""

from __future__ import annotations

from aiohttp import web

from service.api import Health
from service.codec import encode
from service.context import LIFECYCLE, WORKERS
from service.errors import NotReadyError
from service.limits import answer_expect_later


def add_to(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/livez", livez, expect_handler=answer_expect_later)
    app.router.add_get("/readyz", readyz, expect_handler=answer_expect_later)


async def livez(_request: web.Request) -> web.Response:
    """The process answers."""
    return _healthy(Health(status="alive"))


async def readyz(request: web.Request) -> web.Response:
    """It takes requests, and its workers are warm."""
    request.app[LIFECYCLE].admit()
    if not request.app[WORKERS].are_ready:
        raise NotReadyError
    return _healthy(Health(status="ready"))


def _healthy(health: Health) -> web.Response:
    return web.Response(body=encode(health, "application/json"), content_type="application/json")
