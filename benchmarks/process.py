"""How much faster is a stream of pages on several cores? `Cleaner.process` over the same pages."""

from __future__ import annotations

import time
from pathlib import Path

import click

import dedup
from benchmarks.cleaning import read_pages
from benchmarks.report import Row, machine, show


@click.command("process")
@click.argument("pages", type=click.Path(path_type=Path, exists=True))
@click.option("--count", default=1000, show_default=True, help="Pages of the stream.")
@click.option("--workers", default="1,2", show_default=True, help="Numbers of workers, separated by commas.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for JSON and plots.")
def process(pages: Path, count: int, workers: str, out: Path | None) -> None:
    """Clean and learn PAGES (JSON lines with `html` and `site`), in memory; the start of the workers counts apart."""
    inputs = [
        dedup.PageInput(html=page["html"], id=str(number), site=str(page.get("site")))
        for number, page in enumerate(read_pages(pages, count))
    ]
    dedup.clean(inputs[0].html)
    rows: list[Row] = []
    for number in map(int, workers.split(",")):
        with dedup.Cleaner.open() as cleaner:
            began = time.perf_counter()
            results = cleaner.process(inputs, workers=number)
            next(results)
            first = time.perf_counter()
            rest = sum(1 for _ in results)
            spent = time.perf_counter() - first
        rows.append({"workers": number, "s to the first": first - began, "pages/s": rest / spent})
    alone = float(rows[0]["pages/s"])
    rows = [row | {"speedup": float(row["pages/s"]) / alone} for row in rows]
    show(f"process: {len(inputs)} pages of {pages.name.partition('.')[0]}", rows, out, machine(()))
