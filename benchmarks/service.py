"""What does the service cost beside the library, on the same cores and the same pages?

The client runs on those cores too. Requests are encoded before the clock starts. Library and service take turns, and of
each the round of median speed is shown, so that a neighbour on the machine meets both.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import resource
import statistics
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, NamedTuple

import aiohttp
import click
import msgspec
from aiohttp import web

import dedup
from benchmarks.cleaning import read_pages
from benchmarks.report import Row, machine, show
from benchmarks.served import PLAIN, cpu_of, family, memory_of, running
from dedup.pool.options import usable_cores
from service.records import Lines, Objects

JSON: Final = "application/x-ndjson"
MSGPACK: Final = "application/msgpack"
CONNECTIONS: Final = 32
_WINDOW: Final = 64
_MOST_RECORD: Final = 1 << 30
_ANSWER: Final = bytes(4000)

Page = tuple[str, str]
Library = Callable[[Sequence[Page]], tuple[float, float]]
Ask = Callable[[str, list[bytes]], Coroutine[Any, Any, list[float]]]


class Load(NamedTuple):
    """A way to send pages.

    Attributes:
        name: what it is called in the table.
        ask: sends them; the time that each took, ascending.
        bodies: as they are sent.
    """

    name: str
    ask: Ask
    bodies: list[bytes]


@click.command()
@click.argument("pages", type=click.Path(path_type=Path, exists=True))
@click.option("--limit", default=0, help="Different pages; 0 for all.")
@click.option("--rounds", default=3, show_default=True, help="How often they are sent, as a stream and singly.")
@click.option(
    "--state", default="memory", show_default=True, help="Where both learn in the second table; a directory: fsync."
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for JSON and plots.")
def service(pages: Path, limit: int, rounds: int, state: str, out: Path | None) -> None:
    """Clean PAGES (JSON lines with `html`) by the library on all cores and by the service; then learn them, too."""
    found = [
        (page["html"], page.get("url") or f"https://a.example/{page['id']}") for page in read_pages(pages, limit)
    ]
    packed = [msgspec.msgpack.encode({"html": html, "url": url}) for html, url in found]
    lines = [msgspec.json.encode({"html": html, "url": url}) + b"\n" for html, url in found]
    loads = [
        Load("service, one stream", stream, packed),
        Load("service, one stream of JSON", stream_lines, lines),
        Load(f"service, {CONNECTIONS} connections", single, packed),
    ]
    name = f"{pages.name.partition('.')[0]}, {len(found)} pages, {usable_cores()} cores"
    plain = _compare("library, a process a core", _by_processes, loads, found, rounds, {})
    show(f"service: {name}, nothing is learned", [*plain, _floor(packed)], out, machine(("aiohttp",)))
    kept = state != "memory"

    def learning(work: Sequence[Page]) -> tuple[float, float]:
        return _by_cleaner(work, f"{state}/library" if kept else None)

    learned = _compare(
        "library, Cleaner.process", learning, loads, found, rounds, {"state": f"{state}/service" if kept else state}
    )
    show(f"service that learns: {name}, state {state}", learned, out, machine(("aiohttp",)))


def _compare(
    name: str,
    library: Library,
    loads: Sequence[Load],
    found: Sequence[Page],
    rounds: int,
    settings: dict[str, str],
) -> list[Row]:
    taken: dict[str, list[Row]] = {}
    with running(**settings) as (url, process):
        asyncio.run(single(url, loads[0].bodies))  # warm
        for _ in range(rounds):
            taken.setdefault(name, []).append(_of_library(name, library, found))
            for load in loads:
                taken.setdefault(load.name, []).append(_of_service(load, url, process.pid))
    rows = [sorted(each, key=lambda row: row["pages/s"])[len(each) // 2] for each in taken.values()]
    own = statistics.median(row["CPU, ms a page"] for row in taken[name])
    for row in rows:
        of = [
            mine["pages/s"] / theirs["pages/s"] for mine, theirs in zip(taken[row["what"]], taken[name], strict=True)
        ]
        row["of the library"] = statistics.median(of)
        row["added, ms of CPU"] = statistics.median(one["CPU, ms a page"] for one in taken[row["what"]]) - own
    return rows


def _of_library(name: str, library: Library, found: Sequence[Page]) -> Row:
    seconds, used = library(found)
    return {"what": name, "pages/s": len(found) / seconds} | _costs(used / len(found), None, None, None)


def _of_service(load: Load, url: str, process: int) -> Row:
    count = len(load.bodies)
    client, parent, workers = _own_cpu(), cpu_of(process), sum(map(cpu_of, family(process)[1:]))
    start = time.perf_counter()
    waits = asyncio.run(load.ask(url, load.bodies))
    seconds = time.perf_counter() - start
    client, parent = _own_cpu() - client, cpu_of(process) - parent
    workers = sum(map(cpu_of, family(process)[1:])) - workers
    return {
        "what": load.name,
        "pages/s": count / seconds,
        **_costs((client + parent + workers) / count, client / count, parent / count, workers / count),
        "p50 ms": 1e3 * waits[count // 2],
        "p99 ms": 1e3 * waits[int(count * 0.99)],
        "MB, event loop": memory_of(process),
    }


def _costs(total: float, client: float | None, parent: float | None, workers: float | None) -> Row:
    parts = {"CPU, ms a page": total, "client, ms": client, "event loop, ms": parent, "workers, ms": workers}
    return {name: "-" if value is None else 1e3 * value for name, value in parts.items()}


def _by_processes(work: Sequence[Page]) -> tuple[float, float]:
    """Seconds that `dedup.clean` takes for the pages in a process a core, once those are warm, and seconds of CPU."""
    cores = usable_cores()
    with ProcessPoolExecutor(cores, initializer=_clean, initargs=(work[0],)) as pool:
        list(pool.map(_clean, work[: 8 * cores], chunksize=4))
        used, start = _cpu_of_all(), time.perf_counter()
        list(pool.map(_clean, work, chunksize=16))
        return time.perf_counter() - start, _cpu_of_all() - used


def _by_cleaner(work: Sequence[Page], state: str | None) -> tuple[float, float]:
    """The same of `Cleaner.process` on all cores."""
    cores = usable_cores()
    warm = work[: 8 * cores]
    pages = (dedup.PageInput(html=html, url=url) for html, url in [*warm, *work])
    with dedup.Cleaner.open(state) as cleaner:
        done = cleaner.process(pages, workers=cores)
        for _ in warm:
            next(done)
        used, start = _cpu_of_all(), time.perf_counter()
        for _ in done:
            last = time.perf_counter(), _cpu_of_all()
        return last[0] - start, last[1] - used


def _clean(page: Page) -> int:
    return len(dedup.clean(page[0], url=page[1]).content)


def _floor(bodies: list[bytes]) -> Row:
    """What aiohttp takes alone: it reads the same bodies and answers 4 kB."""
    with ExitStack() as stack:
        here, there = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(target=_read_and_answer, args=(there,), daemon=True)
        process.start()
        stack.callback(process.join)
        stack.callback(process.terminate)
        url: str = here.recv()
        asyncio.run(single(url, bodies[: len(bodies) // 4]))
        assert process.pid is not None  # noqa: S101  (it runs)
        return _of_service(Load(f"aiohttp alone, {CONNECTIONS} connections", single, bodies), url, process.pid)


def _read_and_answer(told: Any) -> None:
    async def handle(request: web.Request) -> web.Response:
        async for _ in request.content.iter_any():
            pass
        return web.Response(body=_ANSWER)

    async def serve() -> None:
        app = web.Application()
        app.router.add_post("/v1/clean", handle)
        runner = web.AppRunner(app, access_log=None, auto_decompress=False)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        told.send(f"http://127.0.0.1:{runner.addresses[0][1]}")
        await asyncio.Event().wait()

    asyncio.run(serve())


async def stream(url: str, bodies: list[bytes]) -> list[float]:
    """Send all in one stream of MessagePack, a window of them under way; the time that each took, ascending."""
    return await _stream(url, bodies, MSGPACK, Objects(_MOST_RECORD))


async def stream_lines(url: str, bodies: list[bytes]) -> list[float]:
    """The same with lines of JSON."""
    return await _stream(url, bodies, JSON, Lines(_MOST_RECORD))


async def _stream(url: str, bodies: list[bytes], kind: str, splitter: Objects | Lines) -> list[float]:
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
        session.post(f"{url}/v1/clean/stream", data=send(), headers={"Content-Type": kind}) as response,
    ):
        async for chunk in response.content.iter_any():
            for _ in splitter.feed(chunk):
                waits.append(time.perf_counter() - sent[len(waits)])
                room.release()
    if len(waits) != len(bodies):
        raise click.ClickException(f"{len(bodies)} pages were sent, {len(waits)} answered")
    return sorted(waits)


async def single(url: str, bodies: list[bytes]) -> list[float]:
    """Send each by itself over kept connections; the time that each took, ascending."""
    waiting = iter(bodies)
    waits: list[float] = []

    async def ask(session: aiohttp.ClientSession) -> None:
        for body in waiting:
            start = time.perf_counter()
            async with session.post(f"{url}/v1/clean", data=body, headers={"Content-Type": MSGPACK}) as response:
                await response.read()
                if response.status != 200:
                    raise click.ClickException(f"the service answered {response.status}")
            waits.append(time.perf_counter() - start)

    async with aiohttp.ClientSession(headers=PLAIN, connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as session:
        await asyncio.gather(*(ask(session) for _ in range(CONNECTIONS)))
    return sorted(waits)


def _own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _cpu_of_all() -> float:
    """Of this process and of all that it started and that still run."""
    return sum(map(cpu_of, family(os.getpid())))
