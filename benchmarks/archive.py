"""Whole archives: near-duplicates of JSON lines beside every peer, and pages a second of a WARC beside trafilatura."""

from __future__ import annotations

import gzip
import io
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import click

from benchmarks.job import TOOLS, compare
from benchmarks.processes import run
from benchmarks.report import Row, machine, show

_PEERS = ("dedup archive", "rensa", "datasketch", "FastSketchLSH", "text-dedup", "datatrove")
_PROCESSES = 2


@click.command()
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of real pages: JSON lines with `html` and `url`, gzipped or not.",
)
@click.option("--documents", default=100_000, show_default=True, help="0: pages alone.")
@click.option("--pages", default=4000, show_default=True, help="At most; 0: documents alone.")
@click.option(
    "--tool",
    "tools",
    multiple=True,
    type=click.Choice(list(TOOLS)),
    default=_PEERS,
    show_default=True,
    help="Only these.",
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for JSON and plots.")
def archive(data: Path | None, documents: int, pages: int, tools: tuple[str, ...], out: Path | None) -> None:
    """Drop the near-duplicates of JSON lines (Jaccard 0.8, word 5-grams); clean a WARC; each with all cores."""
    if documents:
        rows = compare(documents, data, tools)
        title = f"archive {documents}: JSONL to JSONL, near-duplicates alone"
        show(title, rows, out, machine(tuple(TOOLS)))
    if pages:
        rows = _pages(data, pages)
        show(f"archive pages: a WARC, {_PROCESSES} processes", rows, out, machine(("trafilatura", "FastWARC")))


def _pages(data: Path | None, most: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "pages.warc.gz"
        count = write_warc(source, islice(_read_pages(data), most))
        if not count:
            raise click.ClickException(f"{data}: holds no *.jsonl or *.jsonl.gz with pages")
        dedup = [sys.executable, "-m", "dedup", "archive", str(source), "-o", f"{folder}/out", "--progress", "none"]
        peer = [sys.executable, "-m", "benchmarks.archive_peer", str(source), f"{folder}/peer", str(_PROCESSES)]
        rows: list[Row] = []
        for tool, command in (("dedup archive", [*dedup, "--workers", str(_PROCESSES)]), ("trafilatura", peer)):
            ran = run(command)
            if ran.status:
                raise click.ClickException(f"{tool} ended with {ran.status}")
            row = {"tool": tool, "pages": count, "s": ran.seconds, "pages a second": count / ran.seconds}
            rows.append(
                {
                    **row,
                    "peak MB": ran.peak,
                    "time of the first": ran.seconds / (rows or [{"s": ran.seconds}])[0]["s"],
                }
            )
    return rows


def write_warc(path: Path, pages: Iterable[tuple[str, str]]) -> int:
    """Write pages, by address and source, as responses, each compressed on its own; how many there are."""
    from warcio.statusandheaders import StatusAndHeaders  # noqa: PLC0415  (of an extra)
    from warcio.warcwriter import WARCWriter  # noqa: PLC0415

    count = 0
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for url, html in pages:
            headers = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1")
            body = io.BytesIO(html.encode("utf-8", "replace"))
            writer.write_record(writer.create_warc_record(url, "response", payload=body, http_headers=headers))
            count += 1
    return count


def _read_pages(data: Path | None) -> Iterator[tuple[str, str]]:
    """Address and source of each page; made up ones where there is no data."""
    for file in sorted(data.glob("*.jsonl*")) if data else ():
        with (gzip.open if file.suffix == ".gz" else open)(file, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines):
                page = json.loads(line)
                yield page.get("url") or f"https://example.org/{file.name}/{number}", page["html"]
    for number in range(0 if data else 200):
        words = " ".join(f"word{number * at % 97}" for at in range(200))
        yield f"https://example.org/{number}", f"<html><body><nav>Menu</nav><p>{words}.</p></body></html>"
