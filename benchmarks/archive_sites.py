"""What do an archive's two passes add, beside no memory, and one that learns on the way? Pages with gold texts."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import numpy as np

import dedup
from benchmarks.archive import write_warc
from benchmarks.quality import Score, bootstrap, score
from benchmarks.report import Row, machine, show
from benchmarks.sites import groups

_NO_NAME = re.compile(r"[^a-z0-9]+")


@click.command("archive_sites")
@click.argument("pages", type=click.Path(path_type=Path, exists=True))
@click.option("--by", help="A field, such as year, whose values are kept apart as if they were sites of their own.")
@click.option("--least", default=4, show_default=True, help="Pages of a site; smaller ones are left out.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for JSON and plots.")
def archive_sites(pages: Path, by: str | None, least: int, out: Path | None) -> None:
    """Score `dedup archive` over a WARC of the sites of PAGES (JSON lines with `html`, `gold` and `site`)."""
    names, found = [], []
    for site, of_site in groups(pages, by, least).items():
        host = f"{_NO_NAME.sub('-', site.lower())}.example"
        for number, page in enumerate(of_site):
            names.append(site)
            found.append((f"https://{host}/{number}", page))
    contents = {
        "no memory": [dedup.clean(page["html"], url=url).content for url, page in found],
        "learned page by page": list(_streamed([(url, page["html"]) for url, page in found])),
        "dedup archive": _archived([(url, page["html"]) for url, page in found]),
    }
    scores = {
        way: [score(text, page) for text, (_, page) in zip(texts, found, strict=True)]
        for way, texts in contents.items()
    }
    rows = [_row(way, each, scores["no memory"], names) for way, each in scores.items()]
    name = pages.name.partition(".")[0]
    show(
        f"archive sites {name}: {len(set(names))} sites, {len(names)} pages",
        rows,
        out,
        machine(("publicsuffixlist",)),
    )


def _streamed(pages: Sequence[tuple[str, str]]) -> Iterator[str]:
    with dedup.Cleaner.open() as cleaner:
        for result in cleaner.process(dedup.PageInput(html=html, url=url, id=url) for url, html in pages):
            yield result.content if isinstance(result, dedup.CleanPage) else ""


def _archived(pages: Sequence[tuple[str, str]]) -> list[str]:
    """The contents that a job over a WARC of the pages writes, near-duplicates among them."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "pages.warc.gz", Path(folder) / "out"
        write_warc(source, pages)
        command = ["archive", str(source), "-o", str(target), "--annotate", "--progress", "none"]
        subprocess.run([sys.executable, "-m", "dedup", *command], check=True, stdout=subprocess.DEVNULL)
        rows = [json.loads(line) for part in sorted(target.glob("part-*")) for line in part.open(encoding="utf-8")]
    content = {row["url"]: row["content"] for row in rows}
    return [content.get(url, "") for url, _ in pages]


def _row(way: str, found: list[Score], alone: list[Score], names: list[str]) -> Row:
    mean = {name: float(np.mean([each[name] for each in found])) for name in ("precision", "recall", "F1")}
    low, high = bootstrap([each["F1"] for each in found], [each["F1"] for each in alone], names)
    gain = mean["F1"] - float(np.mean([each["F1"] for each in alone]))
    return {"way": way, **mean, "gain": gain, "95 %": f"{low:+.4f} … {high:+.4f}"}
