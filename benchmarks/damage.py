"""Is a state file that was cut or changed ever read as something else, and does reading one ever end the process?

Each round damages a copy of a state's file. `verify` has to name the damage, or the state has to hold what it held. A
child does the rounds, so that a crash inside the database is seen and not suffered. A control puts another record in
a record's place, seal and all, which nothing can tell by looking: it has to be found out, or the benchmark is blind.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Final

import click

from benchmarks import damage_rounds
from benchmarks.report import Row, machine, show
from dedup.state import PageRecord, StateOptions, open_store

KINDS: Final = ("bit", "head", "page", "cut", "control")
_FAST: Final = StateOptions(durability="process")
_SECONDS: Final = 300


def run(kind: str, rounds: int, seed: int) -> Counter[str]:
    """Damage a state so many times; counts of `named`, `harmless`, `wrong` and `ended the process`."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        _fill(state, random.Random(seed))
        command = [sys.executable, damage_rounds.__file__, str(state), kind, str(rounds), str(seed)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_SECONDS)
        found = Counter(done.stdout.split("\n")[:-1])
        if done.returncode:
            sys.stderr.write(done.stderr)
            found["ended the process"] += 1
        return found


def _fill(state: Path, rng: random.Random) -> None:
    """Records of many sizes, some in pages of their own, and pages that the database has freed."""

    def page(number: int, blocks: int) -> PageRecord:
        url = f"https://e.example/{number}"
        return PageRecord("default", "e.example", number.to_bytes(16, "big"), url, number, rng.randbytes(8 * blocks))

    with open_store(str(state), _FAST) as store:
        for start in range(0, 600, 50):
            store.append([page(number, rng.randrange(300)) for number in range(start, start + 50)])
        store.append([page(1000, 5000)])
        store.rewrite(dict.fromkeys(range(100, 250)))
        store.append([page(number, rng.randrange(300)) for number in range(2000, 2050)])


@click.command()
@click.option("--rounds", default=100, show_default=True, help="Damages of each kind.")
@click.option("--seed", default=1, show_default=True)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for JSON and plots.")
def damage(rounds: int, seed: int, out: Path | None) -> None:
    """Damage the file of a state at random and look for what is not noticed."""
    rows: list[Row] = []
    for kind in KINDS:
        found = run(kind, rounds, seed)
        outcomes = ("named", "harmless", "wrong", "ended the process")
        rows.append({"damage": kind} | {outcome: found[outcome] for outcome in outcomes})
    show("damage: what comes of a state's file that was changed", rows, out, machine(("lmdb",)))
    failed = any(row["ended the process"] or bool(row["wrong"]) != (row["damage"] == "control") for row in rows)
    raise SystemExit(int(failed))
