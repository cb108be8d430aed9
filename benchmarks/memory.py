"""How fast are pages learned and asked about, what does a learned page weigh, and what does a day of them take?"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np

from benchmarks.extractors import memory as process_memory
from benchmarks.memory_pages import made_up_page
from benchmarks.report import Row, machine, pin, show
from dedup.crawl import CrawlIndex, CrawlOptions, read_content
from dedup.memory import LearnedMemory, MemoryOptions, SiteMemory
from dedup.state import Entry, MemoryStore, Store, open_store

_RAM = "RAM"
_PAGES_PER_SITE = 100
_FULL = 1000  # pages of a site that keeps 500
_AT_ONCE = 256
_ASKED = 3000
_DOCUMENTS, _WORDS = 5000, 400
_DAY = 86_400
_UNBOUNDED = MemoryOptions(max_pages=2**31, max_blocks=2**31)


@click.command("memory")
@click.option("--pages", default=50_000, show_default=True, help="Pages of 100 blocks to learn.")
@click.option(
    "--sites", default=10_000, show_default=True, help="Sites of 80 blocks to look up in; 1000000 take 3 GB."
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for JSON and plots.")
def memory(pages: int, sites: int, out: Path | None) -> None:
    """Learn pages from their fingerprints, in groups of 256, and ask; on one core, each row in a process of its own."""
    pin()
    environment = machine(("lmdb",))
    rows = [
        _apart(_learning, _RAM, pages, _PAGES_PER_SITE),
        _apart(_learning, "LMDB, fsync", pages, _PAGES_PER_SITE),
        _apart(_learning, "LMDB, fsync, sites that are full", pages, _FULL),
    ]
    show("memory: learning and asking, 100 blocks a page", rows, out, environment)
    show("memory lookups: pages of 100 blocks among many sites", [_apart(_looking_up, sites)], out, environment)
    documents = _documents(min(pages, _DOCUMENTS))
    show("memory documents: the crawl index", [documents], out, environment)
    show("memory day: at a steady rate, 100 blocks a page", _day(rows, documents), out, environment)


def _apart(work: Callable[..., Row], *arguments: object) -> Row:
    """A row that is measured in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def _learning(name: str, pages: int, of_a_site: int) -> Row:
    rng, on_disk = np.random.default_rng(1), name != _RAM
    with tempfile.TemporaryDirectory() as folder:
        store: Store = open_store(str(Path(folder) / "state")) if on_disk else MemoryStore()
        learned = LearnedMemory(store, _UNBOUNDED)
        learned.learn([made_up_page(0, 2**40, rng)])
        before, spent = process_memory("RssAnon"), 0.0
        for start in range(0, pages, _AT_ONCE):
            batch = range(start, min(start + _AT_ONCE, pages))
            records = [made_up_page(_site_of(number, pages, of_a_site), number, rng) for number in batch]
            began = time.perf_counter()
            learned.learn(records)
            spent += time.perf_counter() - began
        held = (process_memory("RssAnon") - before) * 2**20 - (0 if on_disk else store.size())
        questions = [
            made_up_page(_site_of(int(number), pages, of_a_site), int(number), rng)
            for number in rng.integers(0, pages, _ASKED)
        ]
        began = time.perf_counter()
        for page in questions:
            learned.seen(page.namespace, page.site, page.key, page.block_keys(), page.whole, page.url)
        asking = (time.perf_counter() - began) / len(questions)
        row: Row = {
            "store": name,
            "pages/s learned": pages / spent,
            "µs to ask for a page": asking * 1e6,
            "bytes a page in RAM": held / learned.size.pages,
            "bytes a page in the log": store.size() / store.count(),
        }
        learned.close()
    return row


def _site_of(number: int, pages: int, of_a_site: int) -> int:
    """Pages of all sites come in turns."""
    return number % max(1, pages // of_a_site)


def _looking_up(sites: int) -> Row:
    """A memory of many sites, each with four pages of 20 blocks, of which they share four."""
    rng = np.random.default_rng(1)
    before = process_memory("RssAnon")
    known = SiteMemory(_UNBOUNDED)
    for number in range(4 * sites):
        known.apply(Entry(number + 1, made_up_page(number % sites, number, rng, blocks=20)))
    held = (process_memory("RssAnon") - before) * 2**20
    spent = []
    for number in rng.integers(0, sites, _ASKED).tolist():
        page = made_up_page(number, number, rng)
        keys = page.block_keys()
        began = time.perf_counter()
        known.seen(page.namespace, page.site, page.key, keys, page.whole, page.url)
        spent.append(time.perf_counter() - began)
    return {
        "sites": sites,
        "keys": known.size.blocks,
        "µs to ask, median": float(np.median(spent)) * 1e6,
        "µs, of a hundred the slowest": float(np.percentile(spent, 99)) * 1e6,
        "bytes a site": held / sites,
    }


def _documents(count: int) -> Row:
    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder, open_store(str(Path(folder) / "state")) as store:
        index = CrawlIndex(store, CrawlOptions())
        for start in range(0, count, _AT_ONCE):
            texts = [" ".join(map(str, rng.integers(0, 30_000, _WORDS))) for _ in range(_AT_ONCE)]
            index.add(
                [
                    index.document("default", str(start + number), read_content(text))
                    for number, text in enumerate(texts)
                ]
            )
        return {
            "words a document": _WORDS,
            "bytes in RAM": index.nbytes / len(index),
            "documents a GB of RAM": 1e9 * len(index) / index.nbytes,
            "bytes in the log": store.size() / len(index),
        }


def _day(rows: list[Row], documents: Row, rate: int = 300) -> list[Row]:
    """What a day at a rate of pages a second takes."""
    pages = rate * _DAY
    new, full = rows[1:]
    options = MemoryOptions()
    kept = (options.pages_per_site + options.slack) * 10_000
    of_a_page = float(new["bytes a page in the log"])
    busy = 1 / float(full["pages/s learned"]) + float(full["µs to ask for a page"]) / 1e6
    bound = options.max_blocks * 12 + options.max_pages * 56
    figures = {
        "million pages": pages / 1e6,
        "GB of log, where sites are not full": pages * of_a_page / 1e9,
        "GB of log at most, of 10 000 sites": kept * of_a_page / 1e9,
        "GB of log beside, where each page is a document of the crawl": pages * documents["bytes in the log"] / 1e9,
        "GB of RAM at most, for blocks and pages": bound / 1e9,
        "% of one core, to ask and to learn": 100 * busy * rate,
    }
    return [{f"at {rate} pages/s": name, "a day": value} for name, value in figures.items()]
