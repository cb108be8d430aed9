"""How often are title, date and authors right, beside the tools that people use for them?

The truth about dates and authors is the page's own JSON-LD, which no tool gets to see; titles come with the sets. A
title is right if its letters and digits are, a date if its day is, authors if their names are, in any order.
"""

from __future__ import annotations

import gzip
import importlib
import importlib.util
import json
import logging
import re
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

import dedup
from benchmarks.report import Row, machine, pin, show

FIELDS: Final = ("title", "date", "authors")
_PACKAGES: Final = ("trafilatura", "newspaper4k", "htmldate")
_JSON_LD: Final = re.compile(r"<script[^>]*ld\+json[^>]*>(.*?)</script\s*>", re.IGNORECASE | re.DOTALL)
_ARTICLES: Final = ("article", "posting", "webpage", "recipe", "qapage", "question")
_DAY: Final = re.compile(r"(?:19|20)\d\d-\d\d-\d\d")
_BARE: Final = re.compile(r"[\W_]+")
_SEPARATED: Final = re.compile(r"\s*[;,]\s*")
_MOST_DEPTH: Final = 12


class Said(NamedTuple):
    """What a page, or a tool, says of a page; None for nothing."""

    title: str | None
    date: str | None
    authors: list[str] | None


Tool = Callable[[str, str | None], Said]


@click.command()
@click.argument("sets", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--limit", default=0, help="Pages of each set; 0 for all.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for JSON and plots.")
def metadata(sets: tuple[Path, ...], limit: int, out: Path | None) -> None:
    """Ask every tool for title, date and authors of the pages of SETS (files of JSON lines with `html`)."""
    pin()
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    tools = {name: tool for name, make in _TOOLS.items() if (tool := make()) is not None}
    right: dict[str, Counter[str]] = defaultdict(Counter)
    told: dict[str, Counter[str]] = defaultdict(Counter)
    seconds: dict[str, float] = defaultdict(float)
    known: Counter[str] = Counter()
    asked = 0
    for page in (page for path in sets for page in _read(path, limit)):
        truth = truth_of(page)
        wanted = [field for field in FIELDS if getattr(truth, field)]
        known.update(wanted)
        asked += bool(wanted)
        markup = _JSON_LD.sub("", page["html"])
        for name, tool in tools.items() if wanted else ():
            start = time.perf_counter()
            said = tool(markup, page.get("url"))
            seconds[name] += time.perf_counter() - start
            for field in wanted:
                told[name][field] += bool(getattr(said, field))
                right[name][field] += is_right(field, getattr(said, field), getattr(truth, field))
    rows: list[Row] = []
    for name in _TOOLS:
        row: Row = {"tool": name}
        for field in FIELDS:
            row[f"{field} right"] = right[name][field] / known[field] if name in tools and known[field] else None
            row[f"{field} wrong"] = (
                (told[name][field] - right[name][field]) / known[field] if name in tools and known[field] else None
            )
        rows.append(row | {"ms a page": 1e3 * seconds[name] / max(asked, 1) if name in tools else None})
    title = f"metadata: {known['title']} titles, {known['date']} dates, {known['authors']} authors, JSON-LD hidden"
    show(title, rows, out, machine(_PACKAGES))


def truth_of(page: dict[str, Any]) -> Said:
    """The title that comes with a page, and what its JSON-LD says of date and authors."""
    dates: list[tuple[int, str]] = []
    authors: list[tuple[int, list[str]]] = []
    for found in _JSON_LD.finditer(page["html"]):
        with suppress(ValueError):
            nodes = list(_nodes(json.loads(found[1], strict=False)))
            by_id = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str) and "name" in node}
            for node in nodes:
                types = str(node.get("@type")).lower()
                if any(name in types for name in _ARTICLES):
                    rank = "article" not in types and "posting" not in types
                    if isinstance(node.get("datePublished"), str):
                        dates.append((rank, node["datePublished"]))
                    if people := list(_people(node.get("author"), by_id)):
                        authors.append((rank, people))
    day = _DAY.match(min(dates, key=lambda one: one[0])[1]) if dates else None
    return Said(page.get("title"), day and day[0], min(authors, key=lambda one: one[0])[1] if authors else None)


def is_right(field: str, said: str | list[str] | None, truth: str | list[str]) -> bool:
    """Whether what a tool says is what is true."""
    if field == "date" or said is None:
        return said == truth
    if isinstance(said, str) and isinstance(truth, str):
        return _bare(said) == _bare(truth)
    return set(map(_bare, said)) == set(map(_bare, truth))


def _nodes(value: object, depth: int = 0) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner if depth < _MOST_DEPTH else ():
        yield from _nodes(one, depth + 1)


def _people(value: object, by_id: dict[str, dict[str, Any]]) -> Iterator[str]:
    for one in value if isinstance(value, list) else [value]:
        node = by_id.get(str(one.get("@id")), one) if isinstance(one, dict) else {}
        is_person = "person" in str(node.get("@type", "person")).lower()
        if is_person and isinstance(node.get("name"), str):
            yield node["name"]


def _bare(text: str) -> str:
    return _BARE.sub("", text).casefold()


def _read(path: Path, limit: int) -> Iterator[dict[str, Any]]:
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            if limit and number >= limit:
                return
            yield json.loads(line)


def _dedup() -> Tool:
    def ask(markup: str, url: str | None) -> Said:
        found = dedup.clean(markup, url=url).metadata
        return Said(
            found.title.value if found.title else None,
            found.published.value[:10] if found.published else None,
            list(found.authors.value) if found.authors else None,
        )

    return ask


def _trafilatura() -> Tool | None:
    if importlib.util.find_spec("trafilatura") is None:
        return None
    load = importlib.import_module("trafilatura").load_html
    extract = importlib.import_module("trafilatura.metadata").extract_metadata

    def ask(markup: str, url: str | None) -> Said:
        found = extract(load(markup), default_url=url)
        return Said(found.title, found.date, _SEPARATED.split(found.author) if found.author else None)

    return _or_nothing(ask)


def _newspaper() -> Tool | None:
    if importlib.util.find_spec("newspaper") is None:
        return None
    article = importlib.import_module("newspaper").Article

    def ask(markup: str, url: str | None) -> Said:
        page = article(url or "https://example.org/", fetch_images=False)
        page.download(input_html=markup)
        page.parse()
        return Said(page.title, page.publish_date and page.publish_date.strftime("%Y-%m-%d"), _listed(page.authors))

    return _or_nothing(ask)


def _htmldate() -> Tool | None:
    if importlib.util.find_spec("htmldate") is None:
        return None
    find_date = importlib.import_module("htmldate").find_date
    return _or_nothing(lambda markup, url: Said(None, find_date(markup, original_date=True, url=url), None))


def _or_nothing(ask: Tool) -> Tool:
    """A page that a tool fails on is a page of which it says nothing."""

    def guarded(markup: str, url: str | None) -> Said:
        try:
            return ask(markup, url)
        except Exception:  # noqa: BLE001  (whatever a peer raises)
            return Said(None, None, None)

    return guarded


def _listed(names: Iterable[str]) -> list[str] | None:
    return list(names) or None


_TOOLS: Final[dict[str, Callable[[], Tool | None]]] = {
    "dedup, cleaning included": _dedup,
    "trafilatura": _trafilatura,
    "newspaper4k": _newspaper,
    "htmldate": _htmldate,
}
