"""More connections than the process has descriptors for."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from benchmarks import served

FEW = 80
MANY = 150


class Logged(NamedTuple):
    process: subprocess.Popen[str]
    url: str
    log: Path


@pytest.fixture
def logged(tmp_path: Path) -> Iterator[Logged]:
    log = tmp_path / "log"
    settings = {"DEDUP_SERVE_PORT": "0", "DEDUP_SERVE_WORKERS": "1", "DEDUP_SERVE_KEEPALIVE_TIMEOUT": "1"}
    command = [sys.executable, "-m", "service"]
    environment = {**os.environ, **settings}
    with (
        log.open("w") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment) as process,
    ):
        url = served.url_of(process)
        served.wait_until_ready(url)
        yield Logged(process, url, log)
        process.kill()


def is_alive(url: str) -> bool:
    with urllib.request.urlopen(f"{url}/livez", timeout=60) as answer:
        return bool(answer.status == 200)


def test_connections_beyond_the_descriptors_wait_for_their_turn_and_fill_no_log(logged: Logged) -> None:
    """Each wrote stack traces by the thousand, a megabyte a second, and nobody was answered any more."""
    resource.prlimit(logged.process.pid, resource.RLIMIT_NOFILE, (FEW, FEW))
    address = urlsplit(logged.url)
    with contextlib.ExitStack() as stack:
        for _ in range(MANY):
            idle = stack.enter_context(socket.create_connection((address.hostname, address.port)))
            idle.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
        assert is_alive(logged.url)  # as soon as those before it have been idle for `keepalive_timeout`
    said = logged.log.read_text()
    assert "others wait, for want of open files" in said
    assert len(said.splitlines()) < 30


def test_a_service_takes_all_the_descriptors_that_it_may_have(logged: Logged) -> None:
    """Most systems begin a process with 1024, and let it ask for more."""
    now, most = resource.prlimit(logged.process.pid, resource.RLIMIT_NOFILE)
    assert now == most
