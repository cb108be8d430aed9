"""How fast does an index of signatures take items in and find them, and what does it weigh?"""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from benchmarks.report import Row, machine, pin, show
from dedup.index import Layout, LshIndex

_BANDS, _ROWS = 16, 8  # a layout that all of them can have
_BATCH = 10_000
_COPIES = 0.3  # share of the items that are near-duplicates of an earlier one
_JACCARD = 0.9


@click.command()
@click.option("--items", default=1_000_000, show_default=True)
@click.option(
    "--most", default=5_000_000, show_default=True, help="Items of the growth test, which starts at 100 000."
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for JSON and plots.")
def index(items: int, most: int, out: Path | None) -> None:
    """Ask for each item and add it, on one core, with 16 bands of 8 rows everywhere."""
    pin()
    environment = machine(("datasketch", "rensa"))
    show(f"index {items}: query then add, one core", list(_peers(items)), out, environment)
    show("index growth: seconds a million items, at the default layout", list(_growth(most)), out, environment)
    show("index bucket: 100 000 equal items amid others", list(_crowd(items // 5)), out, environment)


def sketches(count: int, seed: int) -> Iterator[NDArray[np.uint32]]:
    """Signatures in batches: random ones, and copies that agree with an earlier one in as many slots as 0.9 asks."""
    rng = np.random.default_rng(seed)
    earlier = rng.integers(0, 2**32, (_BATCH, 128), np.uint32)
    for start in range(0, count, _BATCH):
        batch = rng.integers(0, 2**32, (min(_BATCH, count - start), 128), np.uint32)
        copies = rng.random(len(batch)) < _COPIES
        agree = (rng.random(batch.shape) < _JACCARD) & copies[:, None]
        batch[agree] = earlier[: len(batch)][agree]
        yield batch
        earlier = np.concatenate([batch, earlier])[:_BATCH]


def _peers(items: int) -> Iterator[Row]:
    grown = _dedup("dedup query_and_add_many", items, 0)
    yield grown
    yield _dedup("dedup, room for all made beforehand", items, items, float(grown["items/s"]))
    ours = float(grown["items/s"])
    yield from _rensa(items, ours)
    yield from _datasketch(items, ours)


def _dedup(name: str, items: int, capacity: int, ours: float | None = None) -> Row:
    found = LshIndex(0.8, 128, Layout(_BANDS, _ROWS), capacity=capacity)
    seconds, matches, first = 0.0, 0, 0
    for batch in sketches(items, 1):
        ids = np.arange(first, first + len(batch))
        start = time.perf_counter()
        matches += len(found.query_and_add_many(ids, batch).id)
        seconds += time.perf_counter() - start
        first += len(batch)
    return _row(name, items / seconds, ours or items / seconds, found.nbytes / items, matches / items)


def _rensa(items: int, ours: float) -> Iterator[Row]:
    names = ("rensa insert_many, then query_all", "rensa insert_matrix_and_query_duplicate_flags")
    try:
        rensa = importlib.import_module("rensa")
    except ImportError:
        for name in names:
            yield {"index": name, "items/s": None, "dedup is faster by": None}
        return
    sets = _token_sets(items)
    matrix = rensa.RMinHash.digest_matrix_from_token_hash_sets(sets, 128, 42)
    built = _resident()
    lsh = rensa.RMinHashLSH(threshold=0.8, num_perm=128, num_bands=_BANDS)
    start = time.perf_counter()
    flags = lsh.insert_matrix_and_query_duplicate_flags(matrix)
    seconds = time.perf_counter() - start
    weight = (_resident() - built) / items
    yield _row(names[1], items / seconds, ours, weight, sum(flags) / items)
    del lsh, matrix
    part = min(items, 200_000)  # a Python object an item
    minhashes = [_minhash(rensa, tokens) for tokens in sets[:part]]
    lsh = rensa.RMinHashLSH(threshold=0.8, num_perm=128, num_bands=_BANDS)
    start = time.perf_counter()
    lsh.insert_many(minhashes)
    answers = lsh.query_all(minhashes)
    seconds = time.perf_counter() - start
    yield _row(names[0], part / seconds, ours, None, sum(len(answer) - 1 for answer in answers) / part)


def _minhash(rensa: Any, tokens: list[int]) -> Any:
    signature = rensa.RMinHash(num_perm=128, seed=42)
    signature.update([str(token) for token in tokens])
    return signature


def _token_sets(items: int) -> list[list[int]]:
    rng = np.random.default_rng(1)
    sets = rng.integers(0, 2**63, (items, 20), np.int64)
    copies = np.flatnonzero(rng.random(items) < _COPIES)
    copies = copies[copies > 0]
    sets[copies, :19] = sets[copies - 1, :19]
    return [list(map(int, row)) for row in sets]


def _datasketch(items: int, ours: float) -> Iterator[Row]:
    name = "datasketch query, then insert"
    try:
        datasketch = importlib.import_module("datasketch")
    except ImportError:
        yield {"index": name, "items/s": None, "dedup is faster by": None}
        return
    lsh = datasketch.MinHashLSH(num_perm=128, params=(_BANDS, _ROWS))
    before = _resident()
    seconds, matches, number = 0.0, 0, 0
    for batch in sketches(items, 1):
        signed = [datasketch.LeanMinHash(seed=1, hashvalues=row, scheme="affine32") for row in batch]
        start = time.perf_counter()
        for one in signed:
            matches += len(lsh.query(one))
            lsh.insert(number, one, check_duplication=False)
            number += 1
        seconds += time.perf_counter() - start
    yield _row(name, items / seconds, ours, (_resident() - before) / items, matches / items)


def _row(name: str, rate: float, ours: float, weight: float | None, matches: float) -> Row:
    weighed = "-" if weight is None else round(weight)
    return {
        "index": name,
        "items/s": rate,
        "dedup is faster by": ours / rate,
        "bytes an item": weighed,
        "matches an item": matches,
    }


def _growth(most: int) -> Iterator[Row]:
    found = LshIndex(0.8, 128)
    first, spent, marks = 0, 0.0, [min(100_000, most), min(1_000_000, most), most]
    last_items, last_spent = 0, 0.0
    early = 0.0
    for batch in sketches(most, 2):
        ids = np.arange(first, first + len(batch))
        start = time.perf_counter()
        found.query_and_add_many(ids, batch)
        spent += time.perf_counter() - start
        first += len(batch)
        if first >= marks[0]:
            each = (spent - last_spent) / (first - last_items)
            early = early or each
            yield {"items": f"{first}", "µs an item": each * 1e6, "times the first": each / early,
                   "bytes an item": round(found.nbytes / first)}  # fmt: skip
            last_items, last_spent = first, spent
            marks = [mark for mark in marks if mark > first]
            if not marks:
                return


def _crowd(items: int) -> Iterator[Row]:
    equal = np.tile(np.random.default_rng(3).integers(0, 2**32, (1, 128), np.uint32), (100_000, 1))
    alone = 0.0
    for name, crowd in (("without them", False), ("with them", True)):
        found = LshIndex(0.8, 128)
        if crowd:
            found.add_many(np.arange(10**9, 10**9 + len(equal)), equal)
        seconds, first = 0.0, 0
        for batch in sketches(items, 4):
            ids = np.arange(first, first + len(batch))
            start = time.perf_counter()
            found.query_and_add_many(ids, batch)
            seconds += time.perf_counter() - start
            first += len(batch)
        alone = alone or seconds
        yield {"bucket": name, "µs an item": seconds / items * 1e6, "times without": seconds / alone}


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096
