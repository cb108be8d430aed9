"""What does a memory of the site add? Pages of a site arrive one by one; each is cleaned, then learned."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

import click
import numpy as np

import dedup
from benchmarks.cleaning import read_pages
from benchmarks.quality import Page, Score, bootstrap, ceiling, score
from benchmarks.report import Row, machine, show

_WAYS: Final = ("no memory", "learned page by page", "all learned first", "perfect judge of our blocks")


@click.command("sites")
@click.argument("pages", type=click.Path(path_type=Path, exists=True))
@click.option("--by", help="A field, such as year, whose values are kept apart as if they were sites of their own.")
@click.option("--least", default=4, show_default=True, help="Pages of a site; smaller ones are left out.")
@click.option("--orders", default=3, show_default=True, help="Orders of arrival, each from its own seed.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for JSON and plots.")
def sites(pages: Path, by: str | None, least: int, orders: int, out: Path | None) -> None:
    """Score the sites of PAGES (JSON lines with `html`, `gold` and `site`) with and without what was learned."""
    groups: dict[str, list[Page]] = defaultdict(list)
    for page in read_pages(pages, 0):
        if (page.get("gold") or "").strip():
            groups[f"{page['site']} {page.get(by)}" if by else str(page["site"])].append(page)
    chosen = {site: found for site, found in groups.items() if len(found) >= least}
    with ProcessPoolExecutor() as pool:
        jobs = [(site, found, order) for site, found in chosen.items() for order in range(orders)]
        results = list(pool.map(_arrive, *zip(*jobs, strict=True)))
    names = [site for (site, found, _), rows in zip(jobs, results, strict=True) for _ in rows[0]]
    by_way = [[each for rows in results for each in rows[way]] for way in range(len(_WAYS))]
    gap = float(np.mean([each["F1"] for each in by_way[-1]]) - np.mean([each["F1"] for each in by_way[0]]))
    rows: list[Row] = [_row(way, found, by_way[0], names, gap) for way, found in zip(_WAYS, by_way, strict=True)]
    title = (
        f"sites {pages.name.partition('.')[0]}: {len(chosen)} sites, {len(names) // orders} pages, {orders} orders"
    )
    show(title, rows, out, machine(("tldextract",)))


def _arrive(site: str, pages: list[Page], order: int) -> list[list[Score]]:
    """Scores of each way, page by page."""
    arriving = random.Random(f"{order} {site}").sample(pages, len(pages))
    alone = [score(dedup.clean(page["html"]).content, page) for page in arriving]
    with dedup.Cleaner.open() as cleaner:
        learned = [
            score(content, page) for content, page in zip(_contents(cleaner, arriving, site), arriving, strict=True)
        ]
        first = [
            score(cleaner.clean(page["html"], id=page["id"], site=site).content, page) for page in arriving
        ]  # all of them are known by now, each without itself
    return [alone, learned, first, [ceiling(page) for page in arriving]]


def _contents(cleaner: dedup.Cleaner, pages: list[Page], site: str) -> Iterator[str]:
    inputs = (dedup.PageInput(html=page["html"], id=page["id"], site=site) for page in pages)
    for result in cleaner.process(inputs):
        yield result.content if isinstance(result, dedup.CleanPage) else ""


def _row(way: str, found: list[Score], alone: list[Score], names: list[str], gap: float) -> Row:
    mean = {name: float(np.mean([each[name] for each in found])) for name in ("precision", "recall", "F1")}
    low, high = bootstrap([each["F1"] for each in found], [each["F1"] for each in alone], names)
    gain = mean["F1"] - float(np.mean([each["F1"] for each in alone]))
    return {
        "way": way,
        **mean,
        "gain": gain,
        "95 %": f"{low:+.4f} … {high:+.4f}",
        "share of the gap": gain / gap if gap else 0.0,
    }
