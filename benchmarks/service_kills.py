"""Does a client that follows Retry-After lose a page when workers and services are killed under it?"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import click

from benchmarks.cleaning import read_pages
from benchmarks.report import Row, machine, show
from benchmarks.served import edition, family, start, url_of
from dedup import CleanPage, PageInput
from dedup.state import PageRecord, open_store
from service.client import Client, ClientOptions


@click.command("service_kills")
@click.argument("pages", type=click.Path(path_type=Path, exists=True))
@click.option("--pages", "total", default=50_000, show_default=True, help="Pages to send, in one stream.")
@click.option("--every", default=4.0, show_default=True, help="Seconds between two kills, on average.")
@click.option("--seed", default=1, show_default=True)
@click.option("--limit", default=0, help="Different pages, the smallest ones; 0 for all.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for JSON and plots.")
def service_kills(pages: Path, total: int, every: float, seed: int, limit: int, out: Path | None) -> None:
    """Stream PAGES (JSON lines with `html`) to a service that learns, while it and its workers are killed (SIGKILL)."""
    markups = sorted((page["html"] for page in read_pages(pages, 0)), key=len)[: limit or None]
    with tempfile.TemporaryDirectory() as state:
        victim = _Victim(state, random.Random(seed), every)
        with victim:
            options = ClientOptions(attempts=50, pause=0.2, longest_pause=2)
            with Client(victim.url, options) as client:
                started = time.perf_counter()
                found = [
                    (result.id if isinstance(result, CleanPage) else f"refused: {result}")
                    for result in client.stream(_numbered(markups, total))
                ]
                seconds = time.perf_counter() - started
        learned = _learned(state)
    expected = [str(number) for number in range(total)]
    sent = {f"https://s{number % 100}.example/{number}" for number in range(total)}
    row: Row = {
        "pages": total,
        "seconds": seconds,
        "services killed": victim.killed["service"],
        "workers killed": victim.killed["worker"],
        "answered in order": sum(one == two for one, two in zip(found, expected, strict=False)),
        "refused": sum((name or "").startswith("refused") for name in found),
        "answers too many": len(found) - total,
        "in the state": len(learned & sent),
        "never sent": len(learned - sent),
    }
    show("service killed under a client", [row], out, machine(("aiohttp",)))
    if found != expected or learned != sent:
        raise click.ClickException("pages were lost, or came twice")


def _numbered(markups: list[str], total: int) -> Iterator[PageInput]:
    for number in range(total):
        yield PageInput(
            html=edition(markups[number % len(markups)], number),
            url=f"https://s{number % 100}.example/{number}",
            id=str(number),
        )


def _learned(state: str) -> set[str]:
    store = open_store(state)
    try:
        records = [entry.record for entry in store.entries()]
    finally:
        store.close()
    return {record.url for record in records if isinstance(record, PageRecord)}


class _Victim:
    """A service that is killed now and then, or one of its workers, and started again."""

    def __init__(self, state: str, source: random.Random, every: float) -> None:
        self.killed: Counter[str] = Counter()
        self._state = state
        self._source = source
        self._every = every
        self._over = threading.Event()
        self._killer = threading.Thread(target=self._kill)
        self._port = _free_port()
        self._process = self._start()
        self.url = f"http://127.0.0.1:{self._port}"

    def _start(self) -> subprocess.Popen[str]:
        process = start(port=self._port, state=self._state)
        url_of(process)
        return process

    def _kill(self) -> None:
        while not self._over.wait(self._source.uniform(0.5, 1.5) * self._every):
            workers = family(self._process.pid)[1:]
            if workers and self._source.random() < 0.5:
                with suppress(ProcessLookupError):
                    os.kill(self._source.choice(workers), signal.SIGKILL)
                    self.killed["worker"] += 1
                continue
            self._end(signal.SIGKILL)
            self.killed["service"] += 1
            self._process = self._start()

    def _end(self, number: signal.Signals) -> None:
        self._process.send_signal(number)
        self._process.communicate()

    def __enter__(self) -> None:
        self._killer.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._killer.join()
        self._end(signal.SIGTERM)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port
