"""How a request gets in: a place among those that are worked on, and its body."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from service.context import BUDGET, PLACES, SETTINGS
from service.limits import Body


@asynccontextmanager
async def received(request: web.Request) -> AsyncIterator[list[bytes]]:
    """The body of a request, and a place once it is there; `read_head` saw that one was free before any of it is read.

    Raises:
        OverloadedError: as many requests are worked on, or wait, as may.
        ServiceError: the body cannot be had, see `Body.read`.
    """
    app = request.app
    with Body(request, app[SETTINGS], app[BUDGET]) as body:
        chunks = await body.read()
        async with app[PLACES].take():
            yield chunks
