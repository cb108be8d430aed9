"""What does the service cost beside the library, on the same cores and the same pages?

The client runs on those cores too. Requests are MessagePack, encoded before the clock starts.
"""

from __future__ import annotations

import asyncio
import resource
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

import aiohttp
import click
import msgspec

import dedup
from benchmarks.cleaning import read_pages
from benchmarks.report import Row, machine, show
from benchmarks.served import PLAIN, cpu_of, memory_of, running
from dedup.pool.options import usable_cores
from service.records import Objects

_MSGPACK: Final = "application/msgpack"
_CONNECTIONS: Final = 32
_WINDOW: Final = 64
_MOST_RECORD: Final = 1 << 30


@click.command()
@click.argument("pages", type=click.Path(path_type=Path, exists=True))
@click.option("--limit", default=0, help="Different pages; 0 for all.")
@click.option("--rounds", default=3, help="How often they are sent.")
@click.option("--state", help="Learn into this state, committed page by page; by default nothing is learned.")
@click.option(
    "--arrivals", default=0.0, help="Seconds that pages then arrive by the clock, at .7 and at 3 times that rate."
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for JSON and plots.")
def service(pages: Path, limit: int, rounds: int, state: str | None, arrivals: float, out: Path | None) -> None:
    """Clean PAGES (JSON lines with `html`) by the library on all cores, then by the service, as a stream and singly."""
    found = [
        (page["html"], page.get("url") or f"https://a.example/{page['id']}") for page in read_pages(pages, limit)
    ]
    work = found * rounds
    cores = usable_cores()
    rows: list[Row] = [_library(work, cores)]
    bodies = [msgspec.msgpack.encode({"html": html, "url": url}) for html, url in work]
    with running(**({"state": state} if state else {})) as (url, process):
        for name, ask in (("service, one stream", _stream), (f"service, {_CONNECTIONS} connections", _single)):
            asyncio.run(ask(url, bodies[: len(found) // 4]))  # warm
            before, own = cpu_of(process.pid), _own_cpu()
            start = time.perf_counter()
            waits = asyncio.run(ask(url, bodies))
            seconds = time.perf_counter() - start
            client, parent = _own_cpu() - own, cpu_of(process.pid) - before
            rows.append(
                {
                    "what": name,
                    "pages/s": len(bodies) / seconds,
                    "of the library": len(bodies) / seconds / rows[0]["pages/s"],
                    "client, ms of CPU a page": 1e3 * client / len(bodies),
                    "event loop, ms of CPU a page": 1e3 * parent / len(bodies),
                    "p50 ms": 1e3 * waits[len(waits) // 2],
                    "p99 ms": 1e3 * waits[int(len(waits) * 0.99)],
                    "MB, event loop": memory_of(process.pid),
                }
            )
        capacity = float(rows[-1]["pages/s"])
        arrived = [
            asyncio.run(_arrive(url, bodies, capacity * load, arrivals, f"{load} of what it can take"))
            for load in (0.7, 3.0, 0.7)
            if arrivals
        ]
    title = f"service: {pages.name.partition('.')[0]}, {len(work)} pages, {cores} cores, state {state or 'none'}"
    show(title, rows, out, machine(("aiohttp",)))
    if arrived:
        show(
            f"service under load: {arrivals:g} s of arrivals each, one after the other",
            arrived,
            out,
            machine(("aiohttp",)),
        )


async def _arrive(url: str, bodies: list[bytes], rate: float, seconds: float, name: str) -> Row:
    """Send pages by the clock, whether or not the earlier ones are answered; none is sent again."""
    answers: Counter[int] = Counter()
    waits: list[float] = []
    silent = [0]  # refusals that do not say when to come again

    async def ask(session: aiohttp.ClientSession, body: bytes) -> None:
        start = time.perf_counter()
        try:
            async with session.post(f"{url}/v1/clean", data=body, headers={"Content-Type": _MSGPACK}) as response:
                await response.read()
                answers[response.status] += 1
                if response.status == 200:
                    waits.append(time.perf_counter() - start)
                else:
                    silent[0] += "Retry-After" not in response.headers
        except aiohttp.ClientError:
            answers[0] += 1

    async with (
        aiohttp.ClientSession(headers=PLAIN, connector=aiohttp.TCPConnector(limit=0)) as session,
        asyncio.TaskGroup() as group,
    ):
        began, number = time.perf_counter(), 0
        while (now := time.perf_counter() - began) < seconds:
            while number < now * rate:
                group.create_task(ask(session, bodies[number % len(bodies)]))
                number += 1
            await asyncio.sleep(0.002)
    lasted = time.perf_counter() - began
    waits.sort()
    return {
        "arrivals": name,
        "a second": rate,
        "answered a second": answers[200] / lasted,
        "of what it can take": answers[200] / lasted / (rate / float(name.split(maxsplit=1)[0])),
        "refused": sum(count for status, count in answers.items() if status in (429, 503)),
        "without Retry-After": silent[0],
        "lost": number - answers[200] - answers[429] - answers[503],
        "p50 ms": 1e3 * waits[len(waits) // 2],
        "p99 ms": 1e3 * waits[int(len(waits) * 0.99)],
    }


def _library(work: list[tuple[str, str]], cores: int) -> Row:
    with ProcessPoolExecutor(cores, initializer=_clean, initargs=(work[0],)) as pool:
        list(pool.map(_clean, work[: 8 * cores], chunksize=4))
        start = time.perf_counter()
        list(pool.map(_clean, work, chunksize=16))
        seconds = time.perf_counter() - start
    blank = dict.fromkeys(
        ("client, ms of CPU a page", "event loop, ms of CPU a page", "p50 ms", "p99 ms", "MB, event loop"), "-"
    )
    return {"what": "library, a process a core", "pages/s": len(work) / seconds, "of the library": 1.0, **blank}


def _clean(page: tuple[str, str]) -> int:
    return len(dedup.clean(page[0], url=page[1]).content)


async def _stream(url: str, bodies: list[bytes]) -> list[float]:
    """Send all in one stream, a window of them under way; the time that each took, ascending."""
    room = asyncio.Semaphore(_WINDOW)
    sent: list[float] = []
    waits: list[float] = []

    async def send() -> object:
        for body in bodies:
            await room.acquire()
            sent.append(time.perf_counter())
            yield body

    async with (
        aiohttp.ClientSession(headers=PLAIN) as session,
        session.post(f"{url}/v1/clean/stream", data=send(), headers={"Content-Type": _MSGPACK}) as response,
    ):
        splitter = Objects(_MOST_RECORD)
        async for chunk in response.content.iter_any():
            for _ in splitter.feed(chunk):
                waits.append(time.perf_counter() - sent[len(waits)])
                room.release()
    if len(waits) != len(bodies):
        raise click.ClickException(f"{len(bodies)} pages were sent, {len(waits)} answered")
    return sorted(waits)


async def _single(url: str, bodies: list[bytes]) -> list[float]:
    """Send each by itself over kept connections; the time that each took, ascending."""
    waiting = iter(bodies)
    waits: list[float] = []

    async def ask(session: aiohttp.ClientSession) -> None:
        for body in waiting:
            start = time.perf_counter()
            async with session.post(f"{url}/v1/clean", data=body, headers={"Content-Type": _MSGPACK}) as response:
                await response.read()
                if response.status != 200:
                    raise click.ClickException(f"the service answered {response.status}")
            waits.append(time.perf_counter() - start)

    async with aiohttp.ClientSession(headers=PLAIN, connector=aiohttp.TCPConnector(limit=_CONNECTIONS)) as session:
        await asyncio.gather(*(ask(session) for _ in range(_CONNECTIONS)))
    return sorted(waits)


def _own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
