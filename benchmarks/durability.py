"""Does a store keep what it acknowledged when its process is killed at any moment?

A child appends batches and writes each acknowledged position to a pipe; it is killed after a random time; then the
log must hold every acknowledged record, none twice, and none that was never sent. For Redis the server is killed too.
Two controls lose on purpose (one acknowledges before it commits, one commits a batch twice) and have to be found out.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Final

import click

from dedup.errors import StateError
from dedup.state import PageRecord, Record, StateOptions, Store, open_store

KINDS: Final = ("lmdb", "redis")
FAULTS: Final = ("none", "early", "twice")
_BATCH: Final = 20
_LONGEST: Final = 0.25


def write_until_killed(state: str, start: int, fault: str) -> None:
    """Append numbered records for ever; a number on stdout says that its whole batch is acknowledged."""
    store = open_store(state)
    number = start
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()
    while True:
        batch: list[Record] = [numbered(each) for each in range(number, number + _BATCH)]
        number += _BATCH
        if fault == "early":
            os.write(1, f"{number}\n".encode())
        store.append(batch)
        if fault == "twice":
            store.append(batch)
        if fault != "early":
            os.write(1, f"{number}\n".encode())


def numbered(number: int) -> PageRecord:
    """A record that can be told from all others."""
    return PageRecord(
        "default", "example.org", number.to_bytes(16, "big"), f"https://example.org/{number}", number, b""
    )


def faults_of(store: Store, acknowledged: int, sent: int) -> list[str]:
    """What a log has lost, doubled or made up.

    Args:
        store: to read.
        acknowledged: every record below this number has been.
        sent: no record from this number on was ever sent.
    """
    there = Counter(record.time for _, record in store.entries() if isinstance(record, PageRecord))
    problems = []
    if lost := [number for number in range(acknowledged) if not there[number]]:
        problems.append(f"{len(lost)} acknowledged records are lost, the first {lost[0]}")
    if twice := [number for number, times in there.items() if times > 1]:
        problems.append(f"{len(twice)} records are there twice")
    if strange := [number for number in there if number >= sent]:
        problems.append(f"{len(strange)} records were never sent")
    return problems


def run(kind: str, rounds: int, seed: int, fault: str = "none") -> tuple[int, list[str]]:
    """Kill a writer, for Redis every other time with its server, `rounds` times; returns records and problems."""
    rng = random.Random(f"{kind} {seed}")
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder)) if kind == "redis" else None
        state = server.url if server else str(Path(folder) / "state")
        acknowledged = 0
        try:
            for round_ in range(rounds):
                acknowledged = _round(state, acknowledged, rng, fault, server if round_ % 2 else None)
                with open_store(state, StateOptions(patience=2)) as store:
                    problems = faults_of(store, acknowledged, acknowledged + _BATCH)
                    if problems:
                        return acknowledged, [f"round {round_}: {problem}" for problem in problems]
                    acknowledged = store.count()  # the batch under way may have been committed: it is whole or absent
        finally:
            if server:
                server.kill()
    return acknowledged, []


def _round(state: str, start: int, rng: random.Random, fault: str, server: Server | None) -> int:
    command = [sys.executable, __file__, state, str(start), fault]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    if writer.stdout is None:
        raise AssertionError("its output is a pipe")
    first = writer.stdout.readline()  # it is under way
    if not first:
        raise click.ClickException(f"the writer to {state} does not start (exit status {writer.wait()})")
    time.sleep(rng.uniform(0, _LONGEST))
    if server:
        server.kill()
    writer.send_signal(signal.SIGKILL)
    output = first + writer.stdout.read()
    writer.wait()
    writer.stdout.close()
    if server:
        server.start()
    whole = [line for line in output.split(b"\n")[:-1] if line]
    return int(whole[-1]) if whole else start


class Server:
    """A redis-server of our own that keeps all it acknowledges."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port: int = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self.start()

    def start(self) -> None:
        """Start it and wait until it has read its log."""
        settings = {"port": str(self._port), "dir": str(self._folder), "save": "", "bind": "127.0.0.1"}
        settings |= {"appendonly": "yes", "appendfsync": "always"}
        arguments = [part for name, value in settings.items() for part in (f"--{name}", value)]
        self._process = subprocess.Popen(["redis-server", *arguments], stdout=subprocess.DEVNULL)  # noqa: S607  (the one in the path)
        for _ in range(200):
            with suppress(StateError), open_store(self.url, StateOptions(patience=1)):
                return
            time.sleep(0.02)
        raise click.ClickException("redis-server does not start")

    def kill(self) -> None:
        """End it as a crash would."""
        self._process.kill()
        self._process.wait()


@click.command()
@click.option("--rounds", default=100, show_default=True, help="Kills for each store.")
@click.option("--seed", default=1, show_default=True)
def durability(rounds: int, seed: int) -> None:
    """Kill writers at random moments and look for what is lost."""
    failed = False
    for kind in KINDS:
        if kind == "redis" and shutil.which("redis-server") is None:
            print("redis  skipped: redis-server is not installed")
            continue
        for fault in FAULTS:
            records, problems = run(kind, rounds, seed, fault)
            expected = bool(problems) == (fault != "none")
            failed |= not expected
            what = "as is" if fault == "none" else f"planted fault: {fault}"
            found = "; ".join(problems) or "all there"
            print(f"{kind:6s} {what:22s} {rounds:4d} rounds {records:8d} records  {found}")
    raise SystemExit(int(failed))


if __name__ == "__main__":
    write_until_killed(sys.argv[1], int(sys.argv[2]), sys.argv[3])
