"""A real service process, one for all tests of a worker."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest


class Service(NamedTuple):
    process: subprocess.Popen[str]
    url: str


Start = Callable[..., Service]


@pytest.fixture(scope="session")
def start() -> Iterator[Start]:
    """Starts services with the settings given and waits until they are ready; all of them end with the tests."""
    with ExitStack() as stack:

        def begin(**settings: object) -> Service:
            given = {f"DEDUP_SERVE_{name.upper()}": str(value) for name, value in settings.items()}
            process = subprocess.Popen(
                [sys.executable, "-m", "service"],
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "DEDUP_SERVE_PORT": "0", "DEDUP_SERVE_WORKERS": "1", **given},
            )
            stack.callback(end, process)
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["url"]
            wait_until_ready(url)
            return Service(process, url)

        yield begin


def wait_until_ready(url: str) -> None:
    """Where no test was run before, a service first compiles its kernels, for most of a minute."""
    for _ in range(2400):
        try:
            urlopen(f"{url}/readyz", timeout=30).close()
        except HTTPError as not_yet:
            not_yet.close()
            if not_yet.code != 503:
                raise
            time.sleep(0.1)
        else:
            return
    raise AssertionError("a service was not ready within four minutes")


def end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.communicate()


@pytest.fixture(scope="session")
def service(start: Start) -> Service:
    return start(max_page_bytes=1_000_000, max_body_bytes=2_000_000)
