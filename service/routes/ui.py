"""`GET /`: a page to try the service with."""

from __future__ import annotations

from importlib import resources

from aiohttp import hdrs, web

from service.limits import answer_expect_later

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'"


def add_to(app: web.Application) -> None:
    """Add the route."""
    page = resources.files("service.ui").joinpath("index.html").read_text("utf-8")

    async def ui(_request: web.Request) -> web.Response:
        return web.Response(text=page, content_type="text/html", headers={hdrs.CONTENT_SECURITY_POLICY: _POLICY})

    app.router.add_get("/", ui, expect_handler=answer_expect_later)
