"""How fast are pages learned and asked about, and what does a learned page weigh?"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import click
import numpy as np

from benchmarks.extractors import memory as process_memory
from benchmarks.report import Row, machine, pin, show
from dedup.memory import LearnedMemory, MemoryOptions
from dedup.state import MemoryStore, PageRecord, StateOptions, Store, open_store

_BLOCKS = 100
_SHARED = 20  # of a page's blocks, those that its site repeats
_PAGES_PER_SITE = 100
_AT_ONCE = 256


@click.command("memory")
@click.option("--pages", default=50_000, show_default=True, help="Pages of 100 blocks, 100 a site.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for JSON and plots.")
def memory(pages: int, out: Path | None) -> None:
    """Learn pages from their fingerprints, in groups of 256, then ask and start again; on one core."""
    pin()
    environment = machine(("lmdb",))
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        on_disk = str(Path(folder) / "state")
        stores = {
            "RAM": MemoryStore(),
            "LMDB, fsync": open_store(on_disk),
            "LMDB, no fsync": open_store(on_disk + "2", StateOptions(durability="process")),
        }
        rows = [_measure(name, store, pages) for name, store in stores.items()]
        start = time.perf_counter()
        with open_store(on_disk) as store:
            LearnedMemory(store)
        replayed = pages / (time.perf_counter() - start)
    show("memory: learning and asking, 100 blocks a page", rows, out, environment)
    show("memory start: reading the log", [{"store": "LMDB", "pages/s": replayed, "pages": pages}], out, environment)


def _measure(name: str, store: Store, pages: int) -> Row:
    before = process_memory("VmRSS")
    learned = LearnedMemory(store, MemoryOptions(max_pages=10**9))
    rng = np.random.default_rng(1)
    spent, learning = 0.0, range(0, pages, _AT_ONCE)
    for start in learning:
        records = [_page(number, rng) for number in range(start, min(start + _AT_ONCE, pages))]
        began = time.perf_counter()
        learned.learn(records)
        spent += time.perf_counter() - began
    questions = [_page(int(number), rng) for number in rng.integers(0, pages, 2000)]
    began = time.perf_counter()
    for page in questions:
        learned.seen(page.namespace, page.site, page.key, page.block_keys())
    asking = (time.perf_counter() - began) / len(questions)
    row: Row = {
        "store": name,
        "pages/s learned": pages / spent,
        "µs to ask for a page": asking * 1e6,
        "bytes a page in RAM": (process_memory("VmRSS") - before) * 2**20 / pages,
        "bytes a page in the log": store.size() / pages,
    }
    learned.close()
    return row


def _page(number: int, rng: np.random.Generator) -> PageRecord:
    """A page of the site that its number belongs to: a fifth of its blocks are the site's, the others its own."""
    site = number // _PAGES_PER_SITE
    keys = np.concatenate(
        [
            np.arange(_SHARED, dtype=np.uint64) + np.uint64(site * 1000),
            rng.integers(2**40, 2**64, _BLOCKS - _SHARED, np.uint64),
        ]
    )
    url = f"https://{site}.example/{number}"
    return PageRecord("default", f"{site}.example", number.to_bytes(16, "big"), url, number, keys.tobytes())
