"""`/v1/sites`: what was learned."""

from __future__ import annotations

import msgspec
from aiohttp import web

from service.api import SiteSummary
from service.context import ACCESS, LIFECYCLE, MEMORY, SETTINGS
from service.deadline import in_time
from service.errors import ForbiddenError, LearningUnavailableError
from service.limits import answer_expect_later
from service.memory import Memory

_SITE = "/v1/sites/{site:[^/]+}"  # unlike aiohttp's own pattern, with braces: a site is named by whoever teaches it


def add_to(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/v1/sites", every, expect_handler=answer_expect_later)
    app.router.add_get(_SITE, one, expect_handler=answer_expect_later)
    app.router.add_delete(_SITE, forget, expect_handler=answer_expect_later)


async def every(request: web.Request) -> web.Response:
    """All sites that something was learned of."""
    sites = _memory(request).sites(request[ACCESS].namespace)
    return _json({"sites": await in_time(sites, request.app[SETTINGS].deadline)})


async def one(request: web.Request) -> web.Response:
    """What was learned of a site."""
    site = _memory(request).site(request[ACCESS].namespace, request.match_info["site"])
    return _json(await in_time(site, request.app[SETTINGS].deadline))


async def forget(request: web.Request) -> web.Response:
    """Forget a site."""
    request.app[LIFECYCLE].admit()
    if not request[ACCESS].may_write:
        raise ForbiddenError("forgetting")
    forgetting = _memory(request).forget(request[ACCESS].namespace, request.match_info["site"])
    await in_time(forgetting, request.app[SETTINGS].deadline)
    return web.Response(status=204)


def _memory(request: web.Request) -> Memory:
    memory = request.app[MEMORY]
    if memory is None:
        raise LearningUnavailableError
    return memory


def _json(value: SiteSummary | dict[str, list[SiteSummary]]) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), content_type="application/json")
