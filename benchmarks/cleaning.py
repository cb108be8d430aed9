"""How well and how fast are pages cleaned, beside the extractors that are installed?

Sets that the judge was trained on flatter it. `python -m dedup.judge.training --predictions FOLDER` writes what judges
that never saw a page's site make of it; with `--predictions FOLDER` those are scored too, as `dedup, held out`.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final

import click

from benchmarks.extractors import EXTRACTORS, is_installed
from benchmarks.quality import Page, Score, bootstrap, ceiling, score, summary, whole
from benchmarks.report import Row, machine, show

_HELD_OUT: Final = "dedup, held out"
_CEILING: Final = "perfect judge of our blocks"
_WHOLE: Final = "all our blocks"
_PACKAGES: Final = ("trafilatura", "resiliparse", "readability-lxml", "justext")


@click.command()
@click.argument("sets", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--limit", default=0, help="Pages of each set; 0 for all.")
@click.option("--by", help="A field of the pages to show groups of too, such as page_type or lang.")
@click.option(
    "--tool", "tools", multiple=True, type=click.Choice(list(EXTRACTORS)), help="Only these; by default all."
)
@click.option(
    "--predictions",
    type=click.Path(path_type=Path, exists=True),
    help="Folder of held-out SET.html.jsonl to score too.",
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for JSON and plots.")
def cleaning(
    sets: tuple[Path, ...],
    limit: int,
    by: str | None,
    tools: tuple[str, ...],
    predictions: Path | None,
    out: Path | None,
) -> None:
    """Clean the pages of SETS with every extractor that is installed, each in a process of its own on one core.

    A set is a file of JSON lines, gzipped or not, with `html` and `gold`, and `with` and `without` snippets, or a
    folder of such files.
    """
    environment = machine(_PACKAGES)
    for path in [file for given in sets for file in (sorted(given.glob("*.jsonl*")) if given.is_dir() else [given])]:
        name = path.name.partition(".")[0]
        pages = list(read_pages(path, limit))
        contents: dict[str, dict[str, str]] = {}
        speeds: dict[str, Row] = {}
        if predictions and (held_out := predictions / f"{name}.html.jsonl").exists():
            contents[_HELD_OUT] = _read_contents(held_out)
        for tool in tools or EXTRACTORS:
            if is_installed(tool):
                contents[tool], speeds[tool] = _run(tool, pages)
        scores = _scores(pages, contents)
        for title, kept in _groups(name, pages, by):
            rows = _table(pages, kept, scores, speeds, tools or tuple(EXTRACTORS))
            show(f"cleaning {title}: {len(kept)} pages, one core", rows, out, environment)


def read_pages(path: Path, limit: int) -> Iterator[Page]:
    """The first pages of a set that can be scored; 0 for all."""
    found = 0
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            page = json.loads(line)
            if (page.get("gold") or "").strip() or page.get("with") or page.get("without"):
                yield page
                found += 1
                if found == limit:
                    return


def _read_contents(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8") as lines:
        return {row["id"]: row["content"] for row in map(json.loads, lines)}


def _run(tool: str, pages: list[Page]) -> tuple[dict[str, str], Row]:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.jsonl", Path(folder) / "out.jsonl"
        with source.open("w", encoding="utf-8") as out:
            for page in pages:
                out.write(json.dumps({"id": page["id"], "html": page["html"]}) + "\n")
        command = [sys.executable, "-m", "benchmarks.extractors", tool, str(source), str(target)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode:
            raise click.ClickException(f"{tool} ended with {done.returncode}: {done.stderr.strip()[-300:]}")
        return _read_contents(target), json.loads(done.stdout)


def _scores(pages: list[Page], contents: dict[str, dict[str, str]]) -> dict[str, list[Score]]:
    with ProcessPoolExecutor() as pool:
        found = {
            tool: list(pool.map(score, [by_id.get(page["id"], "") for page in pages], pages, chunksize=32))
            for tool, by_id in contents.items()
        }
        found[_CEILING] = list(pool.map(ceiling, pages, chunksize=32))
        found[_WHOLE] = list(pool.map(whole, pages, chunksize=32))
    return found


def _groups(name: str, pages: list[Page], by: str | None) -> Iterator[tuple[str, list[int]]]:
    yield name, list(range(len(pages)))
    groups: dict[str, list[int]] = defaultdict(list)
    for number, page in enumerate(pages):
        if by:
            groups[str(page.get(by))].append(number)
    for group, numbers in sorted(groups.items()):
        yield f"{name} {by} {group}", numbers


def _table(
    pages: list[Page], kept: list[int], scores: dict[str, list[Score]], speeds: dict[str, Row], tools: tuple[str, ...]
) -> list[Row]:
    summaries = {tool: summary([rows[number] for number in kept]) for tool, rows in scores.items()}
    columns = list(dict.fromkeys(name for found in summaries.values() for name in found))
    ours = _HELD_OUT if _HELD_OUT in scores else "dedup"
    rows: list[Row] = []
    for tool in [*([_HELD_OUT] if _HELD_OUT in scores else []), *tools, _CEILING, _WHOLE]:
        row: Row = {"extractor": tool, **{name: summaries.get(tool, {}).get(name) for name in columns}}
        if tool in speeds:
            row |= {name: speeds[tool][name] for name in ("pages/s", "peak MB")}
        elif tool in summaries:
            row |= {"pages/s": "-", "peak MB": "-"}
            row |= {name: "-" for name in columns if row[name] is None}
        if "F1" in columns and tool in summaries:
            row["F1 less ours, 95 %"] = _difference(pages, kept, scores, ours, tool)
        rows.append(row)
    return rows


def _difference(pages: list[Page], kept: list[int], scores: dict[str, list[Score]], ours: str, tool: str) -> str:
    if tool in (ours, _CEILING, _WHOLE) or ours not in scores:
        return "-"
    with_gold = [number for number in kept if "F1" in scores[ours][number]]
    theirs, mine = ([scores[who][number]["F1"] for number in with_gold] for who in (tool, ours))
    low, high = bootstrap(theirs, mine, [str(pages[number].get("site")) for number in with_gold])
    return f"{low:+.3f} … {high:+.3f}"
