"""How well and how fast are pages cleaned, beside the extractors that are installed?

Sets that the judge was trained on flatter it: for those, see the held-out scores of `dedup.judge.training`.
"""

from __future__ import annotations

import gzip
import importlib
import json
import platform
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click

import dedup
from dedup.judge.training.metric import word_prf

Extract = Callable[[str], str]


class Outcome(NamedTuple):
    """What one extractor made of a set: means over pages, and pages a second on one core."""

    precision: float
    recall: float
    f1: float
    exact: float
    speed: float


def _dedup() -> Extract:
    return lambda markup: dedup.clean(markup).content


def _trafilatura() -> Extract:
    extract = importlib.import_module("trafilatura").extract
    return lambda markup: extract(markup) or ""


def _resiliparse() -> Extract:
    extract = importlib.import_module("resiliparse.extract.html2text").extract_plain_text
    return lambda markup: str(extract(markup, main_content=True))


def _readability() -> Extract:
    document = importlib.import_module("readability").Document
    to_tree = importlib.import_module("lxml.html").fromstring
    return lambda markup: str(to_tree(document(markup).summary()).text_content())


def _justext() -> Extract:
    module = importlib.import_module("justext")
    words = module.get_stoplist("English")

    def extract(markup: str) -> str:
        return "\n".join(part.text for part in module.justext(markup, words) if not part.is_boilerplate)

    return extract


EXTRACTORS: dict[str, Callable[[], Extract]] = {
    "dedup": _dedup,
    "trafilatura": _trafilatura,
    "resiliparse": _resiliparse,
    "readability-lxml": _readability,
    "jusText": _justext,
}


@click.command()
@click.argument("sets", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--limit", default=0, help="Pages of each set; 0 for all.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table.")
def cleaning(sets: tuple[Path, ...], limit: int, *, as_json: bool) -> None:
    """Clean the pages of SETS (JSON lines with `html` and `gold`, gzipped) with every extractor that is installed."""
    results: dict[str, dict[str, Outcome | None]] = {}
    for path in sets:
        pages = list(_pages(path, limit))
        results[path.name] = {name: _measure(make, pages) for name, make in EXTRACTORS.items()}
    if as_json:
        found = {name: {who: row and row._asdict() for who, row in rows.items()} for name, rows in results.items()}
        click.echo(json.dumps({"machine": _machine(), "results": found}))
        return
    click.echo(_machine())
    for name, rows in results.items():
        click.echo(f"\n{name:28s}{'prec':>7s}{'rec':>7s}{'F1':>7s}{'≥.98':>7s}{'pages/s':>9s}{'of dedup':>9s}")
        ours = rows["dedup"]
        for who, row in rows.items():
            click.echo(_line(who, row, ours))


def _pages(path: Path, limit: int) -> Iterator[dict[str, Any]]:
    found = 0
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            page = json.loads(line)
            if (page.get("gold") or "").strip():
                yield page
                found += 1
                if found == limit:
                    return


def _measure(make: Callable[[], Extract], pages: list[dict[str, Any]]) -> Outcome | None:
    try:
        extract = make()
    except ImportError:
        return None
    _safely(extract, pages[0]["html"])  # what is loaded and compiled on first use
    start = time.process_time()
    contents = [_safely(extract, page["html"]) for page in pages]
    seconds = time.process_time() - start
    rows = [word_prf(content, page["gold"]) for content, page in zip(contents, pages, strict=True)]
    precision, recall, f1 = (sum(column) / len(rows) for column in zip(*rows, strict=True))
    exact = sum(row[2] >= 0.98 for row in rows) / len(rows)
    return Outcome(precision, recall, f1, exact, len(pages) / seconds)


def _safely(extract: Extract, markup: str) -> str:
    """A page on which an extractor fails counts as empty, whatever it raises."""
    try:
        return extract(markup)
    except Exception as error:  # noqa: BLE001  (peers raise what they like)
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return ""


def _line(who: str, row: Outcome | None, ours: Outcome | None) -> str:
    if row is None or ours is None:
        return f"{who:28s}  skipped: not installed"
    return (
        f"{who:28s}{row.precision:7.3f}{row.recall:7.3f}{row.f1:7.3f}{row.exact:7.3f}{row.speed:9.0f}"
        f"{row.speed / ours.speed:8.2f}×"
    )


def _machine() -> str:
    return f"Python {platform.python_version()}, {platform.machine()}, dedup {dedup.__version__}"
