"""The service, with the CPU time of every callback of its event loop measured; run as a program by a test.

At its end it writes the longest ones to the file that is its only argument, as JSON: milliseconds and what ran.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import json
import os
import sys
import time
from pathlib import Path

from service.app import serve
from service.settings import Settings

_longest: list[tuple[float, int, str]] = []
_numbers = itertools.count()
_run = asyncio.events.Handle._run


def _measured(handle: asyncio.events.Handle) -> None:
    began = time.thread_time()  # of this thread alone: what waits for a core is not the callback's fault
    _run(handle)
    heapq.heappush(_longest, ((time.thread_time() - began) * 1000, next(_numbers), repr(handle)))
    if len(_longest) > 20:
        heapq.heappop(_longest)


if __name__ == "__main__":
    asyncio.events.Handle._run = _measured  # type: ignore[assignment, method-assign]  # the only place to stand
    status = serve(Settings.read(os.environ), on_ready=lambda _url: _longest.clear())
    longest = [(taken, what) for taken, _, what in sorted(_longest, reverse=True)]
    Path(sys.argv[1]).write_text(json.dumps(longest), encoding="utf-8")
    sys.exit(status)
