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
from numpy.typing import NDArray

import dedup
from benchmarks.cleaning import read_pages
from benchmarks.quality import Page, Score, bootstrap, ceiling, score
from benchmarks.report import Row, machine, show
from dedup.judge.training.labels import label

_WAYS: Final = (
    *("no memory", "learned page by page", "all learned first"),
    *("perfect judge of what earlier pages hold", "perfect judge of what they nearly hold"),
    "perfect judge of our blocks",
)
_NEARLY: Final = 0.6  # estimated Jaccard
_WINDOWS: Final = ((0, 10), (10, 20), (20, 1000))  # pages of the new design


@click.command("sites")
@click.argument("pages", type=click.Path(path_type=Path, exists=True))
@click.option("--by", help="A field, such as year, whose values are kept apart as if they were sites of their own.")
@click.option("--least", default=4, show_default=True, help="Pages of a site; smaller ones are left out.")
@click.option("--orders", default=3, show_default=True, help="Orders of arrival, each from its own seed.")
@click.option("--redesign", nargs=2, help="Two values of --by: pages of the second, after the first.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for JSON and plots.")
def sites(
    pages: Path, by: str | None, least: int, orders: int, redesign: tuple[str, str] | None, out: Path | None
) -> None:
    """Score the sites of PAGES (JSON lines with `html`, `gold` and `site`) with and without what was learned."""
    if redesign and not by:
        raise click.UsageError("--redesign takes two values of a field; name the field with --by")
    name, chosen = pages.name.partition(".")[0], groups(pages, by, least)
    environment = machine(("publicsuffixlist",))
    if redesign:
        show(
            f"sites {name}: redesign {' to '.join(redesign)}", _redesigns(chosen, redesign, orders), out, environment
        )
        return
    with ProcessPoolExecutor() as pool:
        jobs = [(site, found, order) for site, found in chosen.items() for order in range(orders)]
        results = list(pool.map(_arrive, *zip(*jobs, strict=True)))
    names = [site for (site, _, _), rows in zip(jobs, results, strict=True) for _ in rows[0]]
    by_way = [[each for rows in results for each in rows[way]] for way in range(len(_WAYS))]
    gap = float(np.mean([each["F1"] for each in by_way[-1]]) - np.mean([each["F1"] for each in by_way[0]]))
    rows: list[Row] = [_row(way, found, by_way[0], names, gap) for way, found in zip(_WAYS, by_way, strict=True)]
    title = f"sites {name}: {len(chosen)} sites, {len(names) // orders} pages, {orders} orders"
    show(title, rows, out, environment)


def groups(pages: Path, by: str | None, least: int) -> dict[str, list[Page]]:
    """The pages of each site that have a gold text; arguments as of the command."""
    of_site: dict[str, list[Page]] = defaultdict(list)
    for page in read_pages(pages, 0):
        if (page.get("gold") or "").strip():
            of_site[f"{page['site']} {page.get(by)}" if by else str(page["site"])].append(page)
    return {site: found for site, found in of_site.items() if len(found) >= least}


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
    return [alone, learned, first, *_repeats_judged_right(arriving), [ceiling(page) for page in arriving]]


def _repeats_judged_right(pages: list[Page]) -> tuple[list[Score], list[Score]]:
    """What no memory of texts can pass: blocks that an earlier page holds are judged by the gold, others alone.

    Args:
        pages: in the order of arrival.

    Returns:
        Scores where that takes a text that is equal but for its digits, and where `_NEARLY` equal ones do.
    """
    masking = dedup.Fingerprinter(mask_digits=True)
    known: set[int] = set()
    signatures = masking.signatures([])
    held, nearly = list[Score](), list[Score]()
    for page in pages:
        blocks = dedup.clean(page["html"]).blocks
        texts = [block.text for block in blocks]
        keys, own = masking.digests(texts).tolist(), masking.signatures(texts)
        shares = label(texts, page["gold"])
        is_held = [key in known for key in keys]
        is_near = [same or _resembles(one, signatures) for same, one in zip(is_held, own, strict=True)]
        for found, repeated in ((held, is_held), (nearly, is_near)):
            kept = [
                block.text
                for block, share, is_repeat in zip(blocks, shares, repeated, strict=True)
                if (share > 0.5 if is_repeat else block.verdict.keep)
            ]
            found.append(score("\n\n".join(kept), page))
        signatures = np.concatenate([signatures, own[~np.array(is_held, np.bool_)]])
        known.update(keys)
    return held, nearly


def _resembles(signature: NDArray[np.uint32], others: NDArray[np.uint32]) -> bool:
    return bool(len(others) and (others == signature).mean(axis=1).max() >= _NEARLY)


def _redesigns(groups: dict[str, list[Page]], values: tuple[str, str], orders: int) -> list[Row]:
    """F1 on pages of a new design with what the old one taught, beside a memory that never saw the old one."""
    rows: list[Row] = []
    for old, pages in groups.items():
        site = old.removesuffix(f" {values[0]}")
        later = groups.get(f"{site} {values[1]}")
        if site == old or later is None:
            continue
        with ProcessPoolExecutor() as pool:
            taught = list(pool.map(_follow, [site] * orders, [pages] * orders, [later] * orders, range(orders)))
            fresh = list(pool.map(_follow, [site] * orders, [[]] * orders, [later] * orders, range(orders)))
        for start, stop in (window for window in _WINDOWS if window[0] < len(later)):
            after, alone = (
                float(np.mean([f1 for order in way for f1 in order[start:stop]])) for way in (taught, fresh)
            )
            rows.append(
                {
                    "of": f"{site}: pages {start + 1} to {min(stop, len(later))}",
                    "F1, old design learned": after,
                    "F1, fresh memory": alone,
                    "difference": after - alone,
                }
            )
    return rows


def _follow(site: str, before: list[Page], pages: list[Page], order: int) -> list[float]:
    arriving = random.Random(f"{order} {site}").sample(pages, len(pages))
    with dedup.Cleaner.open() as cleaner:
        for page in before:
            cleaner.learn(page["html"], id=page["id"], site=site)
        contents = list(_contents(cleaner, arriving, site))
    return [score(content, page)["F1"] for content, page in zip(contents, arriving, strict=True)]


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
