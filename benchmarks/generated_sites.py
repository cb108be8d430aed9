"""What does a memory add on sites whose truth is known exactly? Made up, for three real sites are few."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

import click
import numpy as np

import dedup
from benchmarks.quality import bootstrap
from benchmarks.report import Row, machine, show
from benchmarks.site_maker import MadePage, MadeSite
from benchmarks.site_words import TONGUES
from dedup.judge.training.metric import word_prf

_KNOWN: Final = (1, 2, 3, 5, 10, 40)  # pages that were learned
_TRIED: Final = 8  # pages after them that are cleaned with what was learned
_FRESH: Final = 20  # pages of a new design after which the old one should be forgotten

Pairs = list[tuple[float, float, str]]  # F1 with and without, by site


@click.command("generated_sites")
@click.option("--sites", default=60, show_default=True, help="Sites, each from its own seed.")
@click.option("--pages", default=60, show_default=True, help="Of each site.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for JSON and plots.")
def generated_sites(sites: int, pages: int, out: Path | None) -> None:
    """Score the next pages of made-up sites after some were learned, and their first pages after other sites were."""
    seeds = range(sites)
    with ProcessPoolExecutor() as pool:
        by_site = list(pool.map(_after, seeds, [pages] * sites))
        designs = list(pool.map(_redesigned, seeds, [pages] * sites))
        halves = [[seed for seed in seeds if seed // len(TONGUES) % 2 == half] for half in (0, 1)]  # of each language
        first = [pair for found in pool.map(_first_pages, halves, halves[::-1], [pages] * 2) for pair in found]
    pairs = {f"{known} pages known": [p for site in by_site for p in site[known]] for known in by_site[0]}
    pairs["first page, other sites known"] = first
    pairs |= {name: [p for site in designs for p in site[name]] for name in designs[0]}
    rows = [_row(name, found) for name, found in pairs.items() if found]
    show(f"generated_sites: {sites} sites of {pages} pages", rows, out, machine())


def _row(name: str, pairs: Pairs) -> Row:
    ours, theirs, sites = zip(*pairs, strict=True)
    low, high = bootstrap(ours, theirs, sites)
    return {
        "of": name,
        "F1 without": float(np.mean(theirs)),
        "F1 with": float(np.mean(ours)),
        "gain": float(np.mean(ours) - np.mean(theirs)),
        "95 %": f"{low:+.4f} … {high:+.4f}",
    }


def _after(seed: int, count: int) -> dict[int, Pairs]:
    """Pages after the first one, two, … of a site, which alone are known."""
    site = MadeSite(seed)
    pages = list(site.pages(count))
    found: dict[int, Pairs] = {}
    with dedup.Cleaner.open() as cleaner:
        for number, page in enumerate(pages, 1):
            cleaner.learn(page.html, url=page.url)
            if number in _KNOWN and number + _TRIED <= count:
                found[number] = _compare(cleaner, pages[number : number + _TRIED], site.name)
    return found


def _compare(cleaner: dedup.Cleaner, pages: Sequence[MadePage], site: str) -> Pairs:
    """F1 of pages with and without a memory; a page without content is right when nothing is left of it."""
    return [
        (_f1(cleaner.clean(page.html, url=page.url).content, page), _f1(dedup.clean(page.html).content, page), site)
        for page in pages
    ]


def _f1(content: str, page: MadePage) -> float:
    return word_prf(content, page.gold)[2] if page.gold else float(not content)


def _first_pages(known: list[int], asked: list[int], count: int) -> Pairs:
    """First pages of some sites, where others are known."""
    with dedup.Cleaner.open() as cleaner:
        for seed in known:
            for page in MadeSite(seed).pages(count):
                cleaner.learn(page.html, url=page.url)
        firsts = [(MadeSite(seed), next(iter(MadeSite(seed).pages(1)))) for seed in asked]
        return [pair for site, page in firsts for pair in _compare(cleaner, [page], site.name)]


def _redesigned(seed: int, count: int) -> dict[str, Pairs]:
    """Pages of a new design, cleaned with all that was learned before and with what the new one alone taught."""
    switch = count // 2
    site = MadeSite(seed, redesign=switch)
    pages = list(site.pages(count))
    early: Pairs = []
    late: Pairs = []
    with dedup.Cleaner.open() as cleaner, dedup.Cleaner.open() as fresh:
        for page in pages[:switch]:
            cleaner.learn(page.html, url=page.url)
        for number, page in enumerate(pages[switch:]):
            both = [_f1(each.clean(page.html, url=page.url).content, page) for each in (cleaner, fresh)]
            (early if number < _FRESH else late).append((both[0], both[1], site.name))
            for each in (cleaner, fresh):
                each.learn(page.html, url=page.url)
    return {
        f"redesign: first {_FRESH} pages, old memory against a fresh one": early,
        "redesign: later pages, old memory against a fresh one": late,
    }
