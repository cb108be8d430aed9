"""What becomes of latency and throughput where pages come by the clock, at a load that the service can take and beyond?

At the load that it can take, service and client share all cores. Beyond, the service has half of the cores and the
client the others: a client that sends three times what the service can take would otherwise starve it, and be what is
measured.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import click
import msgspec

from benchmarks.cleaning import read_pages
from benchmarks.report import Row, machine, show
from benchmarks.served import PLAIN, running
from benchmarks.service import CONNECTIONS, MSGPACK, single

_RECOVERY = 5.0  # seconds


@click.command("service_load")
@click.argument("pages", type=click.Path(path_type=Path, exists=True))
@click.option("--limit", default=0, help="Different pages; 0 for all.")
@click.option("--rounds", default=4, show_default=True, help="How often they are sent to learn what can be taken.")
@click.option("--seconds", default=60.0, show_default=True, help="That each load lasts.")
@click.option("--state", help="Learn into this state, committed page by page; by default nothing is learned.")
@click.option("--steady", is_flag=True, help="Only the load that can be taken, such as for `--seconds 600`.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for JSON and plots.")
def service_load(
    pages: Path, limit: int, rounds: int, seconds: float, state: str | None, *, steady: bool, out: Path | None
) -> None:
    """Send PAGES (JSON lines with `html`) by the clock: at .7 of what the service can take, at 3 times that, at .7."""
    bodies = [
        msgspec.msgpack.encode({"html": page["html"], "url": page.get("url") or f"https://a.example/{page['id']}"})
        for page in read_pages(pages, limit)
    ]
    random.Random(1).shuffle(bodies)  # a set sorted by kind of page would be light for seconds, then too heavy
    settings = {"state": state} if state else {}
    with running(**settings) as (url, _):
        _load("with the client on the same cores", url, bodies, rounds, (((0.7, seconds, ""),),), out)
    if steady:
        return
    loads = (
        ((0.7, seconds, ""),),
        ((3.0, seconds, ""), (0.7, _RECOVERY, f", the first {_RECOVERY:g} s after")),
        ((0.7, seconds, ", then"),),
    )
    with _apart(**settings) as url:
        _load("on half of the cores", url, bodies, rounds, loads, out)


def _load(
    where: str,
    url: str,
    bodies: list[bytes],
    rounds: int,
    groups: Sequence[Sequence[tuple[float, float, str]]],
    out: Path | None,
) -> None:
    """Send groups of loads, each group without a pause, and between them measure anew what the service can take.

    A load's share is that of the mean of what could be taken before and after: a machine is not as fast at all times.
    """
    asyncio.run(single(url, bodies))  # warm
    rows: list[Row] = []
    found = [_capacity(url, bodies * rounds)]
    for loads in groups:
        sent: list[Row] = [
            {"load": f"{load:g}{when}"} | asyncio.run(_arrive(url, bodies, found[-1], load, lasting))
            for load, lasting, when in loads
        ]
        found.append(_capacity(url, bodies * rounds))
        rows += [row | {"of capacity": 2 * row["answered a second"] / sum(found[-2:])} for row in sent]
    title = f"service {where}: {', '.join(f'{each:.0f}' for each in found)} pages/s by {CONNECTIONS} connections"
    show(f"{title} before, between and after", rows, out, machine(("aiohttp",)))


@contextmanager
def _apart(**settings: object) -> Iterator[str]:
    """A service on half of the cores, and this process on the others."""
    cores = sorted(os.sched_getaffinity(0))
    half = max(len(cores) // 2, 1)
    os.sched_setaffinity(0, cores[:half])  # the service inherits it
    try:
        with running(**settings) as (url, _):
            os.sched_setaffinity(0, cores[half:] or cores)
            yield url
    finally:
        os.sched_setaffinity(0, cores)


def _capacity(url: str, bodies: list[bytes]) -> float:
    """Pages a second that the service takes at most."""
    start = time.perf_counter()
    asyncio.run(single(url, bodies))
    return len(bodies) / (time.perf_counter() - start)


async def _arrive(url: str, bodies: list[bytes], capacity: float, load: float, seconds: float) -> Row:
    """Send pages by the clock, whether or not the earlier ones are answered; none is sent again."""
    answers: Counter[int] = Counter()
    waits: list[float] = []
    beyond: list[float] = []  # the work of its page
    silent = 0  # refusals that do not say when to come again

    async def ask(session: aiohttp.ClientSession, body: bytes) -> None:
        nonlocal silent
        start = time.perf_counter()
        try:
            async with session.post(f"{url}/v1/clean", data=body, headers={"Content-Type": MSGPACK}) as response:
                await response.read()
                answers[response.status] += 1
                if response.status != 200:
                    silent += "Retry-After" not in response.headers
                    return
        except aiohttp.ClientError:
            answers[0] += 1
            return
        waits.append(1e3 * (time.perf_counter() - start))
        beyond.append(waits[-1] - float(response.headers["Server-Timing"].partition("dur=")[2]))

    rate = capacity * load
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
    beyond.sort()
    return {
        "sent a second": number / seconds,
        "answered a second": answers[200] / lasted,
        "answered": answers[200],
        "refused": sum(count for status, count in answers.items() if status in (429, 503)),
        "without Retry-After": silent,
        "lost": number - answers[200] - answers[429] - answers[503],
        "p50 ms": waits[len(waits) // 2],
        "p99 ms": waits[int(len(waits) * 0.99)],
        "p99 ms beyond the page's own work": beyond[int(len(beyond) * 0.99)],
    }
