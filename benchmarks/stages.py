"""Where does the time of a page go?"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import click
import msgspec

import dedup
from benchmarks.cleaning import read_pages
from benchmarks.report import Row, machine, pin, show
from dedup import pipeline
from dedup.describe.markup import find_head_values
from dedup.page import PageInput

# Where each stage is called from. A stage's own time is its time without the stages that it calls.
_STAGES: Final = (
    ("decode", "dedup.pipeline", "_decode"),
    ("segment: the rest", "dedup.pipeline", "segment_html"),
    ("segment: scan and reduce", "dedup.segment.html", "_reduce"),
    ("segment: parse (Lexbor)", "dedup.segment.html", "LexborHTMLParser"),
    ("segment: blocks", "dedup.segment.html.dom", "build_tree"),
    ("segment: blocks", "dedup.segment.html.walk", "collect_blocks"),
    ("fingerprint", "dedup.fingerprint.Fingerprinter", "blocks"),
    ("repeats", "dedup.pipeline", "find_twins"),
    ("repeats", "dedup.pipeline", "find_repeats"),
    ("judge: guards and the rest", "dedup.pipeline", "judge"),
    ("judge: guards and the rest", "dedup.pipeline", "examine"),
    ("judge: features", "dedup.judge.judge", "features"),
    ("judge: trees", "dedup.judge.model.Model", "score"),
    ("judge: roles", "dedup.judge.judge", "roles"),
    ("verdicts", "dedup.pipeline", "decide"),
    ("verdicts", "dedup.verdicts.Decision", "verdicts"),
    ("render", "dedup.pipeline", "as_text"),
    ("describe: head", "dedup.pipeline", "Sources"),
    ("describe: headline, byline, dateline", "dedup.pipeline", "find_lead"),
    ("describe: metadata", "dedup.pipeline", "describe"),
    ("describe: status", "dedup.pipeline", "find_standing"),
    ("describe: language, as declared", "dedup.pipeline", "find_language"),
    ("describe: digest", "dedup.fingerprint.Fingerprinter", "digests"),
    ("describe: digest", "dedup.fingerprint.Fingerprinter", "masked_digests"),
    ("describe: digest", "dedup.pipeline", "content_digest"),
)


@click.command()
@click.argument("pages", type=click.Path(path_type=Path, exists=True))
@click.option("--limit", default=0, help="Pages; 0 for all.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for JSON and plots.")
def stages(pages: Path, limit: int, out: Path | None) -> None:
    """Clean PAGES (JSON lines with `html`) on one core and add up the time of each stage, in milliseconds a page."""
    pin()
    markup = [page["html"] for page in read_pages(pages, limit)]
    for page in markup[:3]:
        dedup.clean(page)
    start = time.thread_time()
    for page in markup:
        dedup.clean(page)
    whole = time.thread_time() - start
    spent: dict[str, float] = {}
    with _watched(spent):
        for page in markup:
            dedup.clean(page)
    spent["everything else"] = max(whole - sum(spent.values()), 0.0)
    rows: list[Row] = [
        {"stage": name, "ms a page": 1000 * seconds / len(markup), "share": seconds / whole}
        for name, seconds in spent.items()
    ]
    described = sum(seconds for name, seconds in spent.items() if name.startswith("describe"))
    rows.append(
        {"stage": "describe: all of it", "ms a page": 1000 * described / len(markup), "share": described / whole}
    )
    floor = _floor(markup)
    rows.append({"stage": "describe: its floor", "ms a page": 1000 * floor / len(markup), "share": floor / whole})
    rows.append({"stage": "all", "ms a page": 1000 * whole / len(markup), "share": 1.0})
    show(f"stages: {pages.name.partition('.')[0]}, {len(markup)} pages, one core", rows, out, machine())


def _floor(pages: list[str]) -> float:
    """Seconds that no description can do without: JSON-LD decoded, the head's attributes found, kept text digested.

    By the fastest means there are, nothing being done with what comes out; between the pages others are cleaned, as in
    use.
    """
    seconds = 0.0
    masking = dedup.Fingerprinter(mask_digits=True)
    for page in pages:
        given = pipeline.analyse(PageInput(html=page), dedup.CleanOptions())
        dedup.clean(page)
        kept, table = given.kept_alone, given.blocks.table
        start = time.thread_time()
        for is_linked, data in given.blocks.embedded:
            if is_linked:
                with suppress(msgspec.DecodeError):
                    msgspec.json.decode(data)
        if table is not None:
            find_head_values(table)
        masking.masked_digests(given.blocks.text, given.blocks.offsets, given.prints, kept)
        seconds += time.thread_time() - start
    return seconds


@contextmanager
def _watched(spent: dict[str, float]) -> Iterator[None]:
    """Have each stage add its own time to `spent`."""
    inner = [0.0]  # time of the stages that the present one has called
    undo: list[tuple[Any, str, Any]] = []
    for stage, owner_name, attribute in _STAGES:
        owner = _find(owner_name)
        undo.append((owner, attribute, getattr(owner, attribute)))
        spent[stage] = 0.0
        setattr(owner, attribute, _timed(stage, getattr(owner, attribute), spent, inner))
    try:
        yield
    finally:
        for owner, attribute, original in undo:
            setattr(owner, attribute, original)


def _timed(stage: str, call: Callable[..., Any], spent: dict[str, float], inner: list[float]) -> Callable[..., Any]:
    def timed(*arguments: Any, **named: Any) -> Any:
        inner.append(0.0)
        start = time.thread_time()
        try:
            return call(*arguments, **named)
        finally:
            seconds = time.thread_time() - start
            spent[stage] += seconds - inner.pop()
            inner[-1] += seconds

    return timed


def _find(name: str) -> Any:
    """A module, or a class or module inside of one."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        owner, _, attribute = name.rpartition(".")
        return getattr(importlib.import_module(owner), attribute)
