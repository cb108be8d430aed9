"""`/v1/sites`: what was learned."""

from __future__ import annotations

import msgspec
from aiohttp import web

from service.api import SiteSummary
from service.context import ACCESS, LIFECYCLE, MEMORY, SETTINGS
from service.deadline import in_time
from service.errors import ForbiddenError, LearningUnavailableError, NoSuchSiteError
from service.memory import Memory

_SITE = "/v1/sites/{site:[^/]+}"  # unlike aiohttp's own pattern, with braces: a site is named by whoever teaches it


def add_to(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/v1/sites", every)
    app.router.add_get(_SITE, one)
    app.router.add_delete(_SITE, forget)


async def every(request: web.Request) -> web.Response:
    """All sites that something was learned of."""
    return _json({"sites": await _sites(request)})


async def one(request: web.Request) -> web.Response:
    """What was learned of a site."""
    name = request.match_info["site"]
    for found in await _sites(request):
        if found.site == name:
            return _json(found)
    raise NoSuchSiteError(name)


async def forget(request: web.Request) -> web.Response:
    """Forget a site."""
    request.app[LIFECYCLE].admit()
    if not request[ACCESS].may_write:
        raise ForbiddenError("forgetting")
    forgetting = _memory(request).forget(request[ACCESS].namespace, request.match_info["site"])
    await in_time(forgetting, request.app[SETTINGS].deadline)
    return web.Response(status=204)


async def _sites(request: web.Request) -> list[SiteSummary]:
    return await in_time(_memory(request).sites(request[ACCESS].namespace), request.app[SETTINGS].deadline)


def _memory(request: web.Request) -> Memory:
    memory = request.app[MEMORY]
    if memory is None:
        raise LearningUnavailableError
    return memory


def _json(value: SiteSummary | dict[str, list[SiteSummary]]) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), content_type="application/json")
