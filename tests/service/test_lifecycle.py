"""A service that stops finishes what it has begun, to the last byte of an answer."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from service.auth import Keys
from service.context import KEYS, LIFECYCLE, METRICS, SETTINGS
from service.lifecycle import Lifecycle
from service.metrics import Metrics
from service.middleware import answer
from service.settings import Settings

START = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a process in the background of a script ignores it
from dedup.cli import main
main()
"""


async def test_an_answer_that_is_being_compressed_is_not_finished_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process ended while a thread compressed a large answer, of which its client then had a part or nothing."""
    begun, goes_on = asyncio.Event(), asyncio.Event()

    async def compress_slowly(_request: web.Request, _response: web.StreamResponse) -> None:
        begun.set()
        await goes_on.wait()

    monkeypatch.setattr("service.middleware.compress_response", compress_slowly)

    async def page(_request: web.Request) -> web.Response:
        return web.Response(text="a long text")

    app = web.Application(middlewares=[answer])
    app[SETTINGS], app[KEYS], app[METRICS], app[LIFECYCLE] = Settings(), Keys(()), Metrics(), Lifecycle()
    app.router.add_get("/page", page)
    async with TestClient(TestServer(app)) as client:
        asked = asyncio.create_task(client.get("/page"))
        await begun.wait()
        server = client.server.handler
        assert isinstance(server, web.Server)
        drained = asyncio.create_task(app[LIFECYCLE].drain(server, grace=60))
        await asyncio.sleep(0.1)
        assert not drained.done()
        goes_on.set()
        assert await drained
        assert await (await asked).text() == "a long text"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_service_that_has_not_begun_ends_at_once(number: signal.Signals) -> None:
    """It read its state first, or compiled what that takes: minutes, in which Ctrl-C seemed to do nothing."""
    pytest.importorskip("redis", reason="missing part: redis")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        place = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        process = subprocess.Popen(
            [sys.executable, "-c", START, "serve", "--port", "0", "--state", place], stderr=subprocess.PIPE, text=True
        )
        link, _ = silent.accept()  # it waits for an answer
        process.send_signal(number)
        _, complaints = process.communicate(timeout=60)
        link.close()
    assert process.returncode == -number
    assert "Traceback" not in complaints
