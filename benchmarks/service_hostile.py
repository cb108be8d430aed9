"""What do bombs, garbage and slow senders cost the service, and are the others served meanwhile?"""

from __future__ import annotations

import asyncio
import gzip
import random
import sys
import time
import zlib
from collections import Counter
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import click

from benchmarks.report import Row, machine, show
from benchmarks.served import PLAIN, cpu_of_family, family, memory_of, running

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_TYPES: Final = (
    *("application/json", "application/msgpack", "text/html", "text/plain", "text/markdown"),
    "application/x-ndjson",
)
_AT_ONCE: Final = 16
_TEXT: Final = (
    "The ferry will run twice an hour from May, the company says, and in the evening until the last train. "
)
_PAGE: Final = f"<h1>Ferry</h1>{f'<p>{_TEXT}' * 20}".encode()

_Session = aiohttp.ClientSession


@click.command("service_hostile")
@click.option("--bodies", default=10_000, show_default=True, help="Random ones of each content type.")
@click.option("--zeros", default=600, show_default=True, help="Megabytes of zeros in a bomb.")
@click.option("--senders", default=100, show_default=True, help="That send a byte a second.")
@click.option("--seconds", default=20.0, show_default=True, help="How long they do.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for JSON and plots.")
def service_hostile(bodies: int, zeros: int, senders: int, seconds: float, out: Path | None) -> None:
    """Send a service what nobody should, while another client has ordinary pages cleaned."""
    rows: list[Row] = []
    with running(body_timeout=5) as (url, process):
        asyncio.run(_alone(url, 4.0))  # warm
        attacks = [("nothing", _nothing(seconds))]
        for name, encode in (("gzip", gzip.compress), ("deflate", zlib.compress), ("zstd", zstd.compress)):
            attacks.append((f"{zeros} MB of zeros, {name}", _bomb(url, name, encode(bytes(zeros * 1_000_000)))))
        attacks += [(f"{bodies} random bodies, {kind}", _garbage(url, kind, bodies)) for kind in _TYPES]
        attacks.append((f"{senders} slow senders", _slow(url, senders, seconds)))
        for name, attack in attacks:
            rows.append({"attack": name} | asyncio.run(_under(url, process.pid, attack)))
    show("service under attack, an ordinary client beside it", rows, out, machine(("aiohttp",)))


async def _under(url: str, process: int, attack: Coroutine[Any, Any, Counter[int]]) -> Row:
    """Attack, and have pages cleaned until the attack is over."""
    before, began, most = cpu_of_family(process), time.perf_counter(), 0.0
    over = asyncio.create_task(attack)
    waits: list[float] = []
    answers: Counter[int] = Counter()
    async with _Session(url, headers=PLAIN) as session:
        while not over.done():
            start = time.perf_counter()
            async with session.post("/v1/clean", data=_PAGE, headers={"Content-Type": "text/html"}) as response:
                answers[response.status] += 1
                await response.read()
            waits.append(time.perf_counter() - start)
            most = max(most, sum(map(memory_of, family(process))))
            await asyncio.sleep(0.02)
    waits.sort()
    told = await over
    return {
        "answers to it": ", ".join(f"{count} x {status}" for status, count in sorted(told.items())) or "none",
        "seconds": time.perf_counter() - began,
        "CPU, s": cpu_of_family(process) - before,
        "most MB, all processes": most,
        "others served": answers[200],
        "others refused": answers.total() - answers[200],
        "others, p50 ms": 1e3 * waits[len(waits) // 2],
        "others, p99 ms": 1e3 * waits[int(len(waits) * 0.99)],
    }


async def _nothing(seconds: float) -> Counter[int]:
    await asyncio.sleep(seconds)
    return Counter()


async def _alone(url: str, seconds: float) -> None:
    async with _Session(url, headers=PLAIN) as session:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            async with session.post("/v1/clean", data=_PAGE, headers={"Content-Type": "text/html"}) as response:
                await response.read()


async def _bomb(url: str, encoding: str, body: bytes) -> Counter[int]:
    """To each route that reads pages."""
    answers: Counter[int] = Counter()
    async with _Session(url, headers=PLAIN) as session:
        for path, kind in (
            ("/v1/clean", "text/html"),
            ("/v1/clean/batch", "application/json"),
            ("/v1/clean/stream", "application/x-ndjson"),
        ):
            headers = {"Content-Type": kind, "Content-Encoding": encoding}
            async with session.post(path, data=body, headers=headers) as response:
                await response.read()
                answers[response.status] += 1
    return answers


async def _garbage(url: str, kind: str, bodies: int) -> Counter[int]:
    answers: Counter[int] = Counter()
    source = random.Random(kind)
    path = "/v1/clean/stream" if kind == "application/x-ndjson" else "/v1/clean"
    numbers = iter(range(bodies))

    async def send(session: _Session) -> None:
        for _ in numbers:
            body = source.randbytes(source.choice((0, 1, 7, 100, 3000)))
            async with session.post(path, data=body, headers={"Content-Type": kind}) as response:
                await response.read()
                answers[response.status] += 1

    async with _Session(url, headers=PLAIN) as session, asyncio.TaskGroup() as group:
        for _ in range(_AT_ONCE):
            group.create_task(send(session))
    return answers


async def _slow(url: str, senders: int, seconds: float) -> Counter[int]:
    """Each declares a page and sends a byte of it a second; cut off, it begins anew."""
    answers: Counter[int] = Counter()
    end = time.perf_counter() + seconds
    place = urlsplit(url)

    async def send() -> None:
        while time.perf_counter() < end:
            reader, writer = await asyncio.open_connection(place.hostname, place.port)
            try:
                writer.write(
                    b"POST /v1/clean HTTP/1.1\r\nHost: a\r\nContent-Type: text/html\r\nContent-Length: 9999\r\n\r\n"
                )
                answer = asyncio.create_task(reader.readline())
                while not answer.done() and time.perf_counter() < end:
                    writer.write(b"x")
                    await asyncio.wait((answer,), timeout=1)
                answers[int((await answer).split()[1]) if answer.done() else 0] += 1
                answer.cancel()
            except (OSError, IndexError):
                answers[0] += 1
            finally:
                writer.close()

    async with asyncio.TaskGroup() as group:
        for _ in range(senders):
            group.create_task(send())
    return answers
