"""How long does a start take where every site is full: from the whole log, and from a snapshot?"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from pathlib import Path

import click
import numpy as np

from benchmarks.extractors import memory as process_memory
from benchmarks.memory_pages import made_up_page
from benchmarks.report import Row, machine, pin, show
from dedup.memory import LearnedMemory, MemoryOptions
from dedup.state import StateOptions, open_store

_AT_ONCE = 1000
_UNBOUNDED = MemoryOptions(max_pages=2**31, max_blocks=2**31)
_BOUNDS = {"all blocks": _UNBOUNDED, "default bounds": MemoryOptions()}


@click.command("memory_start")
@click.option("--sites", default=100, show_default=True, help="10000 take 12 GB of disk.")
@click.option("--pages", default=500, show_default=True, help="Of each site.")
@click.option(
    "--folder", type=click.Path(path_type=Path, exists=True, file_okay=False), help="For the state; one of its own."
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for JSON and plots.")
def memory_start(sites: int, pages: int, folder: Path | None, out: Path | None) -> None:
    """Write a log of full sites, then start from it, and from a snapshot; each start in a process of its own."""
    pin()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        state = str(Path(temporary) / "state")
        _write(state, sites, pages)
        for bounds in _BOUNDS:
            with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
                log, saving = pool.apply(_start, (state, bounds, "log"))
                snapshot, _ = pool.apply(_start, (state, bounds, "snapshot"))
            rows += [log | {"s to save it": ""}, snapshot | {"s to save it": saving}]
    show(f"memory start: {sites} sites of {pages} pages of 100 blocks", rows, out, machine(("lmdb",)))


def _write(state: str, sites: int, pages: int) -> None:
    """A log in which the pages of all sites come in turns."""
    rng = np.random.default_rng(1)
    total = sites * pages
    with open_store(state, StateOptions(durability="process")) as store:
        for start in range(0, total, _AT_ONCE):
            batch = range(start, min(start + _AT_ONCE, total))
            store.append([made_up_page(number % sites, number, rng) for number in batch])


def _start(state: str, bounds: str, source: str) -> tuple[Row, float]:
    """A start, and after one from the log the seconds that it took to save a snapshot."""
    before = process_memory("RssAnon")
    began = time.perf_counter()
    learned = LearnedMemory.open(state, _BOUNDS[bounds], StateOptions(durability="process"))
    seconds = time.perf_counter() - began
    if (learned.loaded.snapshot > 0) != (source == "snapshot"):
        raise click.ClickException(f"it did not start from the {source}: {learned.loaded}")
    size = learned.size
    row: Row = {
        "from": source,
        "keeps": bounds,
        "s": seconds,
        "pages": size.pages,
        "pages/s": size.pages / seconds,
        "bytes a page in RAM": (process_memory("RssAnon") - before) * 2**20 / size.pages,
        "GB of RAM": process_memory("RssAnon") * 2**20 / 1e9,
        "of blocks evicted": size.evicted_blocks / (size.evicted_blocks + size.blocks),
    }
    began = time.perf_counter()
    if source == "log":
        learned.save_snapshot()
        if learned.unsaved:
            raise click.ClickException(learned.unsaved)
    saving = time.perf_counter() - began
    learned.close()
    return row, saving
