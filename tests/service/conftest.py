"""A real service process, one for all tests of a worker."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import pytest

from benchmarks import served


class Service(NamedTuple):
    process: subprocess.Popen[str]
    url: str


Start = Callable[..., Service]
Serving = Callable[[type[BaseHTTPRequestHandler]], AbstractContextManager[str]]


@pytest.fixture(scope="session")
def serving() -> Serving:
    """Has a handler of http.server answer on a free port of loopback, at the address that it gives."""

    @contextmanager
    def serve(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            yield f"http://127.0.0.1:{server.server_port}"
            server.shutdown()
            thread.join()

    return serve


@pytest.fixture(scope="session")
def start() -> Iterator[Start]:
    """Starts services with the settings given and waits until they are ready; all of them end with the tests."""
    with ExitStack() as stack:

        def begin(**settings: object) -> Service:
            process = served.start(**({"workers": 1} | settings))
            stack.callback(end, process)
            url = served.url_of(process)
            served.wait_until_ready(url)
            return Service(process, url)

        yield begin


def end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.communicate()


@pytest.fixture(scope="session")
def service(start: Start) -> Service:
    return start(max_page_bytes=1_000_000, max_body_bytes=2_000_000)
