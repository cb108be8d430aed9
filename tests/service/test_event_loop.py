"""Under load the event loop stays free: what takes long is done in workers and threads."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Final

import aiohttp

from benchmarks.served import wait_until_ready

SECONDS: Final = 6
LEAST: Final = 2  # answers of each kind, however long they take
MOST: Final = 20.0  # milliseconds of CPU that one callback may take
TEXT = "The ferry will run twice an hour from May, the company says, and in the evening until the last train is in. "
LARGE = "".join(
    f"<div class=card><h2><a href=/{n}>Part {n}</a></h2><p>{n}. {TEXT * 2}</p><ul><li>{n}<li>Share</ul></div>"
    for n in range(500)
)
EMPTY_LINES = gzip.compress(b"\n" * 20_000_000)


def test_no_callback_holds_the_event_loop_for_long(tmp_path: Path) -> None:
    """A callback of 20 ms delays every other client by as much, and with it every health check."""
    report = tmp_path / "longest.json"
    given = {"PORT": "0", "WORKERS": "2", "STATE": str(tmp_path / "state"), "DURABILITY": "process"}
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("loop_watch.py")), str(report)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {f"DEDUP_SERVE_{name}": value for name, value in given.items()},
    )
    try:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        wait_until_ready(url)
        answered = asyncio.run(load(url))
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.communicate()
    assert min(answered.values()) >= LEAST, answered
    longest = json.loads(report.read_text(encoding="utf-8"))
    assert longest[0][0] <= MOST, longest[:3]


async def load(url: str) -> dict[str, int]:
    """Everything at once, for some seconds; how many answers of each kind came."""
    async with aiohttp.ClientSession(url, headers={"Accept-Encoding": "gzip"}) as session:
        end = time.monotonic() + SECONDS
        single = {"html": LARGE, "detail": "full"}
        jobs = {
            "single": [post(session, "/v1/clean", single, end) for _ in range(4)],
            "batch": [post(session, "/v1/clean/batch", {"pages": [{"html": LARGE}] * 16}, end)],
            "stream": [stream(session, end)],
            "empty lines": [empty_lines(session, end)],
            "sites": [get(session, "/v1/sites", end)],
            "metrics": [get(session, "/metrics", end)],
            "openapi": [get(session, "/openapi.json", end)],
        }
        async with asyncio.TaskGroup() as group:
            tasks = {name: [group.create_task(job) for job in many] for name, many in jobs.items()}
    return {name: sum(task.result() for task in many) for name, many in tasks.items()}


async def post(session: aiohttp.ClientSession, path: str, body: Mapping[str, object], end: float) -> int:
    count = 0
    while time.monotonic() < end or count < LEAST:
        page = dict(body) | ({"url": f"https://site-{count % 50}.example/{count}"} if "html" in body else {})
        data = io.BytesIO(json.dumps(page).encode())
        async with session.post(path, data=data, headers={"Content-Type": "application/json"}) as response:
            await response.read()
            assert response.status == 200, await response.text()
        count += 1
    return count


async def get(session: aiohttp.ClientSession, path: str, end: float) -> int:
    count = 0
    while time.monotonic() < end or count < LEAST:
        async with session.get(path) as response:
            await response.read()
            assert response.status == 200
        count += 1
        await asyncio.sleep(0.05)
    return count


async def stream(session: aiohttp.ClientSession, end: float) -> int:
    def pages() -> Iterator[bytes]:
        number = 0
        while time.monotonic() < end or number < LEAST:
            page = {"html": LARGE, "url": f"https://stream-{number % 50}.example/{number}"}
            yield json.dumps(page).encode() + b"\n"
            number += 1

    async def body() -> AsyncIterator[bytes]:
        for line in pages():
            yield line

    count = 0
    headers = {"Content-Type": "application/x-ndjson"}
    async with session.post("/v1/clean/stream", data=body(), headers=headers, timeout=None) as response:
        async for line in response.content:
            count += line.startswith(b"{")
    return count


async def empty_lines(session: aiohttp.ClientSession, end: float) -> int:
    """A few kilobytes that stand for millions of records that are none."""
    count = 0
    headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
    while time.monotonic() < end or count < LEAST:
        async with session.post("/v1/clean/stream", data=io.BytesIO(EMPTY_LINES), headers=headers) as response:
            assert await response.read() == b""
            assert response.status == 200
        count += 1
    return count
