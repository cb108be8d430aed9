"""What a process and all that it started take of memory."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

_SECONDS_BETWEEN_LOOKS = 0.05


class Ran(NamedTuple):
    """How a command ran.

    Attributes:
        seconds: from start to end.
        peak: most megabytes that it and its children held together: the sum of what each held at most so far, seen
            every 50 ms. Pages that processes share count in each.
        status: exit status.
    """

    seconds: float
    peak: float
    status: int


def run(command: Sequence[str], **environment: str) -> Ran:
    """Run a command to its end."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment or None)
    most = 0.0
    ended = threading.Event()

    def look() -> None:
        nonlocal most
        while not ended.wait(_SECONDS_BETWEEN_LOOKS):
            most = max(most, sum(map(_held_at_most, _family(process.pid))))

    looking = threading.Thread(target=look)
    looking.start()
    status = process.wait()
    seconds = time.perf_counter() - start
    ended.set()
    looking.join()
    return Ran(seconds, most, status)


def _family(pid: int) -> Iterator[int]:
    """A process and all that it started."""
    yield pid
    try:
        children = [(task / "children").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:  # it has ended meanwhile
        return
    for child in " ".join(children).split():
        yield from _family(int(child))


def _held_at_most(pid: int) -> float:
    """Megabytes; 0 of a process that has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)
