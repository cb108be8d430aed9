"""A real service process, one for all tests of a worker."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import NamedTuple

import pytest


class Service(NamedTuple):
    process: subprocess.Popen[str]
    url: str


Start = Callable[..., Service]


@pytest.fixture(scope="session")
def start() -> Iterator[Start]:
    """Starts services with the settings given; all of them end with the tests."""
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
            return Service(process, json.loads(process.stdout.readline())["url"])

        yield begin


def end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.communicate()


@pytest.fixture(scope="session")
def service(start: Start) -> Service:
    return start(deadline=240, max_page_bytes=1_000_000, max_body_bytes=2_000_000)
