"""Does the service stay as fast and as small as it was, learning new pages at a steady rate?"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import Counter
from itertools import count
from pathlib import Path
from typing import Final

import aiohttp
import click
import msgspec

from benchmarks.cleaning import read_pages
from benchmarks.report import Row, machine, show
from benchmarks.served import PLAIN, cpu_of, family, memory_of, running

_MSGPACK: Final = {"Content-Type": "application/msgpack"}
_SITES: Final = 500


@click.command("service_soak")
@click.argument("pages", type=click.Path(path_type=Path, exists=True))
@click.option("--minutes", default=10.0, show_default=True)
@click.option("--rate", default=200.0, show_default=True, help="Pages a second.")
@click.option("--limit", default=0, help="Different pages; 0 for all.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for JSON and plots.")
def service_soak(pages: Path, minutes: float, rate: float, limit: int, out: Path | None) -> None:
    """Send PAGES (JSON lines with `html`) by the clock, each time under a new URL of one of 500 sites; all are learned.

    A row is a tenth of the time. Every answer says that its page is on disk (fsync).
    """
    found = [page["html"] for page in read_pages(pages, limit)]
    with tempfile.TemporaryDirectory() as state, running(state=state) as (url, process):
        rows = asyncio.run(_soak(url, found, process.pid, minutes * 60, rate))
    show(f"service, learning with fsync, {rate:g} pages a second", rows, out, machine(("aiohttp",)))


async def _soak(url: str, pages: list[str], process: int, seconds: float, rate: float) -> list[Row]:
    numbers = count()
    async with aiohttp.ClientSession(url, headers=PLAIN, connector=aiohttp.TCPConnector(limit=0)) as session:
        while (await session.get("/readyz")).status != 200:  # noqa: ASYNC110  (nothing tells us)
            await asyncio.sleep(0.1)
        return [await _tenth(session, pages, process, numbers, seconds / 10, rate) for _ in range(10)]


async def _tenth(
    session: aiohttp.ClientSession, pages: list[str], process: int, numbers: count[int], seconds: float, rate: float
) -> Row:
    answers: Counter[int] = Counter()
    waits: list[float] = []

    async def ask(number: int) -> None:
        page = {"html": pages[number % len(pages)], "url": f"https://s{number % _SITES}.example/{number}"}
        start = time.perf_counter()
        async with session.post("/v1/clean", data=msgspec.msgpack.encode(page), headers=_MSGPACK) as response:
            await response.read()
            answers[response.status] += 1
        waits.append(time.perf_counter() - start)

    before = cpu_of(process)
    began, sent = time.perf_counter(), 0
    async with asyncio.TaskGroup() as group:
        while (now := time.perf_counter() - began) < seconds:
            while sent < now * rate:
                group.create_task(ask(next(numbers)))
                sent += 1
            await asyncio.sleep(0.002)
    waits.sort()
    parts = family(process)
    return {
        "pages": sent,
        "answered 200": answers[200],
        "p50 ms": 1e3 * waits[len(waits) // 2],
        "p99 ms": 1e3 * waits[int(len(waits) * 0.99)],
        "event loop, ms of CPU a page": 1e3 * (cpu_of(process) - before) / sent,
        "MB, event loop and memory": memory_of(process),
        "MB, all processes": sum(map(memory_of, parts)),
    }
