"""A service that stops finishes what it has begun, to the last byte of an answer."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

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


def has_namespaces() -> bool:
    unshare = shutil.which("unshare")
    if unshare is None:
        return False
    return not subprocess.run([unshare, "--pid", "--fork", "true"], capture_output=True, check=False).returncode


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("is_first", [False, True], ids=["process", "container"])
def test_a_service_that_has_not_begun_ends_at_once(number: signal.Signals, *, is_first: bool) -> None:
    """It read its state first, or compiled what that takes: minutes, in which Ctrl-C seemed to do nothing."""
    pytest.importorskip("redis", reason="missing part: redis")
    if is_first and not has_namespaces():
        pytest.skip("missing part: namespaces of processes")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        place = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        command = [sys.executable, "-c", START, "serve", "--port", "0", "--state", place]
        with subprocess.Popen(
            ["unshare", "--pid", "--fork", *command] if is_first else command, stderr=subprocess.PIPE, text=True
        ) as process:
            link, _ = silent.accept()  # it waits for an answer
            os.kill(only_child(process.pid) if is_first else process.pid, number)
            _, complaints = process.communicate(timeout=60)
            link.close()
    assert process.returncode == (128 + number if is_first else -number)
    assert "Traceback" not in complaints


def only_child(process: int) -> int:
    return int(Path(f"/proc/{process}/task/{process}/children").read_text())
