"""`GET /metrics`: what the service counts."""

from __future__ import annotations

from aiohttp import hdrs, web

from dedup.memory import MemorySize
from dedup.pool import PoolStatus
from service.context import BUDGET, MEMORY, METRICS, WORKERS
from service.limits import answer_expect_later
from service.metrics import MEDIA_TYPE


def add_to(app: web.Application) -> None:
    """Add the route."""
    app[METRICS].watch(_AppLevels(app))
    app.router.add_get("/metrics", metrics, expect_handler=answer_expect_later)


async def metrics(request: web.Request) -> web.Response:
    """All of it, in Prometheus' text format."""
    return web.Response(body=request.app[METRICS].render(), headers={hdrs.CONTENT_TYPE: MEDIA_TYPE})


class _AppLevels:
    def __init__(self, app: web.Application) -> None:
        self._app = app

    def pool(self) -> PoolStatus:
        return self._app[WORKERS].status()

    def pending_bytes(self) -> int:
        return self._app[BUDGET].used

    def memory(self) -> MemorySize:
        memory = self._app[MEMORY]
        return MemorySize() if memory is None else memory.size
