"""A service in a process of its own, and what it takes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

PLAIN: Final = {"Accept-Encoding": "identity"}
"""Headers of a client that is near: compressing answers for it would cost more than it saves."""

_PAUSE: Final = 0.1  # seconds
_PATIENCE: Final = 240.0  # seconds
_BODY: Final = re.compile(r"<body\b[^>]*>", re.IGNORECASE)


@contextmanager
def running(**settings: object) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A service on a free port, once it is ready; its URL and its process. In the end it is stopped, and waited for."""
    process = start(**settings)
    try:
        url = url_of(process)
        wait_until_ready(url)
        yield url, process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
        assert process.stdout is not None  # noqa: S101  (it is a pipe)
        process.stdout.close()


def edition(html: str, number: int) -> str:
    """A page of its own: the memory counts equal pages of a site once, however many URLs they have."""
    name = "".join(chr(ord("a") + int(digit)) for digit in str(number))  # letters, since digits may be a counter
    body = _BODY.search(html)
    at = body.end() if body else len(html)  # at the end, an element that is never closed may hide it
    note = f"<p>This is edition {name} of the page, and {name} is what its readers know it by.</p>"
    return html[:at] + note + html[at:]


def start(**settings: object) -> subprocess.Popen[str]:
    """Start a service; on a free port unless `port` is among its settings."""
    given = {f"DEDUP_SERVE_{name.upper()}": str(value) for name, value in ({"port": 0} | settings).items()}
    return subprocess.Popen(
        [sys.executable, "-m", "service"], stdout=subprocess.PIPE, text=True, env={**os.environ, **given}
    )


def url_of(process: subprocess.Popen[str]) -> str:
    """Where a service that was started listens."""
    assert process.stdout is not None  # noqa: S101  (it is a pipe)
    url: str = json.loads(process.stdout.readline())["url"]
    return url


def wait_until_ready(url: str) -> None:
    """Until a service's workers are; those of a machine's first start compile kernels for minutes.

    Raises:
        TimeoutError: they were not within `_PATIENCE`.
    """
    ends = time.monotonic() + _PATIENCE
    while not _is_ready(url):
        if time.monotonic() > ends:
            raise TimeoutError(f"{url} was not ready within {_PATIENCE:g} s")
        time.sleep(_PAUSE)


def _is_ready(url: str) -> bool:
    """Whether its workers are; kernels that no cache holds are compiled first."""
    address = urlsplit(url)
    connection = HTTPConnection(address.hostname or "", address.port)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == HTTPStatus.OK
    finally:
        connection.close()


def family(process: int) -> list[int]:
    """A process and all that it started, by id."""
    found = [process]
    for parent in found:
        try:
            children = [(task / "children").read_text() for task in Path(f"/proc/{parent}/task").iterdir()]
        except OSError:  # it has ended meanwhile
            continue
        found += map(int, " ".join(children).split())
    return found


def cpu_of(process: int) -> float:
    """Seconds of CPU that a process has used, its children not counted; 0 of one that has ended."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cpu_of_family(process: int) -> float:
    """Seconds of CPU that a process and all that it started have used, those that have ended included."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    ended = (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
    return ended + sum(map(cpu_of, family(process)))


def memory_of(process: int) -> float:
    """Megabytes that a process holds now, its children not counted; 0 of one that has ended."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except OSError:
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
