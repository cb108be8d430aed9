"""Does the service stay as fast and as small as it was, learning pages at a steady rate?"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from itertools import count, islice
from pathlib import Path
from typing import Final

import aiohttp
import click
import msgspec

from benchmarks.cleaning import read_pages
from benchmarks.report import Row, machine, show
from benchmarks.served import PLAIN, cpu_of, edition, family, memory_of, running
from benchmarks.service import CONNECTIONS

_MSGPACK: Final = {"Content-Type": "application/msgpack"}

Ask = Callable[[bytes], Coroutine[None, None, None]]
Send = Callable[[Ask, Iterator[bytes]], Awaitable[int]]


@click.command("service_soak")
@click.argument("pages", type=click.Path(path_type=Path, exists=True))
@click.option("--minutes", default=10.0, show_default=True)
@click.option("--rate", default=200.0, show_default=True, help="Pages a second.")
@click.option("--total", default=0, help="Pages in all, as fast as they are answered; by default, by the clock.")
@click.option("--limit", default=0, help="Different pages, the smallest ones; 0 for all.")
@click.option("--sites", default=20, show_default=True, help="That the pages belong to.")
@click.option("--again", is_flag=True, help="Send each page under one URL; by default, each time under a new one.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for JSON and plots.")
def service_soak(
    pages: Path, minutes: float, rate: float, total: int, limit: int, sites: int, out: Path | None, *, again: bool
) -> None:
    """Send PAGES (JSON lines with `html`); an answer says that its page is learned and on disk (fsync).

    A row is a tenth of them. Each site is full (500 pages) long before the second row with the default of 20.
    """
    send = _at_once(total // 10) if total else _by_the_clock(minutes * 6, rate)
    found = sorted((page["html"] for page in read_pages(pages, 0)), key=len)[: limit or None]
    with tempfile.TemporaryDirectory() as state, running(state=state) as (url, process):
        rows = asyncio.run(_soak(url, _numbered(found, sites, again=again), process.pid, send))
    size = sum(map(len, found)) / len(found) / 1000
    kind = f"{len(found)} URLs" if again else "ever new URLs"
    pace = f"{CONNECTIONS} connections" if total else f"{rate:g} pages/s"
    title = f"service, learning with fsync, {pace}: {kind} of {sites} sites, {size:.0f} kB a page"
    show(title, rows, out, machine(("aiohttp",)))


def _numbered(pages: list[str], sites: int, *, again: bool) -> Iterator[bytes]:
    for number in count():
        which = number % len(pages)
        name = which if again else number
        html = edition(pages[which], name)
        yield msgspec.msgpack.encode({"html": html, "url": f"https://s{name % sites}.example/{name}"})


def _by_the_clock(seconds: float, rate: float) -> Send:
    """Pages for so long, whether or not the earlier ones are answered."""

    async def send(ask: Ask, bodies: Iterator[bytes]) -> int:
        began, sent = time.perf_counter(), 0
        async with asyncio.TaskGroup() as group:
            while (now := time.perf_counter() - began) < seconds:
                while sent < now * rate:
                    group.create_task(ask(next(bodies)))
                    sent += 1
                await asyncio.sleep(0.002)
        return sent

    return send


def _at_once(pages: int) -> Send:
    """So many pages, each connection's next one when the last one is answered."""

    async def send(ask: Ask, bodies: Iterator[bytes]) -> int:
        mine = islice(bodies, pages)

        async def go_on() -> None:
            for body in mine:
                await ask(body)

        await asyncio.gather(*(go_on() for _ in range(CONNECTIONS)))
        return pages

    return send


async def _soak(url: str, bodies: Iterator[bytes], process: int, send: Send) -> list[Row]:
    async with aiohttp.ClientSession(url, headers=PLAIN, connector=aiohttp.TCPConnector(limit=0)) as session:
        return [await _tenth(session, bodies, process, send) for _ in range(10)]


async def _tenth(session: aiohttp.ClientSession, bodies: Iterator[bytes], process: int, send: Send) -> Row:
    answers: Counter[int] = Counter()
    waits: list[float] = []

    async def ask(body: bytes) -> None:
        start = time.perf_counter()
        async with session.post("/v1/clean", data=body, headers=_MSGPACK) as response:
            await response.read()
            answers[response.status] += 1
        waits.append(time.perf_counter() - start)

    before = cpu_of(process)
    began = time.perf_counter()
    sent = await send(ask, bodies)
    waits.sort()
    parts = family(process)
    return {
        "pages": sent,
        "a second": sent / (time.perf_counter() - began),
        "answered 200": answers[200],
        "p50 ms": 1e3 * waits[len(waits) // 2],
        "p99 ms": 1e3 * waits[int(len(waits) * 0.99)],
        "event loop, ms of CPU a page": 1e3 * (cpu_of(process) - before) / sent,
        "MB, event loop and memory": memory_of(process),
        "MB, all processes": sum(map(memory_of, parts)),
    }
