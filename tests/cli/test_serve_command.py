"""`dedup serve` starts the service, says where it is, and stops when told to."""

from __future__ import annotations

import json
import shlex
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

import dedup

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_the_printed_curl_line_cleans_the_page_and_a_signal_ends_the_service(
    news: Path, environment: dict[str, str]
) -> None:
    page = news.rename(news.parent / "morning news.html")
    service = subprocess.Popen(
        [sys.executable, "-m", "dedup", "serve", "--port", "0", "--workers", "1", "--try", page.name],
        stdout=subprocess.PIPE,
        cwd=page.parent,
        env=environment,
        text=True,
    )
    try:
        assert service.stdout is not None
        listening, url = service.stdout.readline().rsplit(maxsplit=1)
        assert listening == "listening on"
        intro, _, line = service.stdout.readline().partition(": ")
        assert intro == "try it"
        program, binary, source, header_flag, header, endpoint = shlex.split(line)
        assert (program, binary, header_flag) == ("curl", "--data-binary", "--header")
        assert endpoint.startswith(url)
        request = urllib.request.Request(
            endpoint, (page.parent / source.removeprefix("@")).read_bytes(), dict([header.split(": ")])
        )
        with urllib.request.urlopen(request, timeout=240) as response:
            answer = json.load(response)
        assert answer["content"] == dedup.clean(page.read_bytes()).content
    finally:
        service.send_signal(signal.SIGTERM)
        service.communicate(timeout=60)
    assert service.returncode == 0


def test_a_port_that_is_taken_is_one_line(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run("serve", "--port", port, "--workers", "1")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"dedup: cannot listen on 127.0.0.1 port {port}: " in done.stderr


@pytest.mark.parametrize(
    ("arguments", "env", "complaint"),
    [
        (["--port", "99999"], {}, "port"),
        (["--workers", "0"], {}, "workers"),
        (["--try", "missing.html"], {}, "missing.html"),
        ([], {"DEDUP_SERVE_PROT": "80"}, "DEDUP_SERVE_PROT"),
    ],
)
def test_wrong_settings_are_wrong_usage(run: Run, arguments: list[str], env: dict[str, str], complaint: str) -> None:
    done = run("serve", *arguments, env=env)
    assert (done.returncode, done.stdout) == (2, "")
    assert complaint in done.stderr
