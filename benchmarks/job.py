"""The whole job: JSON lines in, deduplicated JSON lines out, each tool in a process of its own."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np

from benchmarks.corpus import Corpus, build
from benchmarks.report import Row, machine, pin, show

_THRESHOLD = 0.8
_SHINGLE = 5
TOOLS = {"dedup": "dedup", "rensa": "rensa", "datasketch": "datasketch", "gaoya": "gaoya"}


@click.command()
@click.option(
    "--text", type=click.Path(path_type=Path, exists=True), help="JSON lines of real text, or their folder."
)
@click.option("--documents", default=100_000, show_default=True)
@click.option("--tool", "tools", multiple=True, type=click.Choice(list(TOOLS)), help="Only these; by default all.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for JSON and plots.")
def job(text: Path | None, documents: int, tools: tuple[str, ...], out: Path | None) -> None:
    """Deduplicate a file at Jaccard 0.8 of word 5-grams, start-up included, and hold the result against exact truth."""
    pin()
    corpus = build(documents, text)
    true = corpus.true_pairs(_THRESHOLD, _SHINGLE)
    click.echo(f"{documents} documents, {len(true)} true pairs")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in.jsonl"
        with source.open("w", encoding="utf-8") as lines:
            for number, content in enumerate(corpus.texts):
                lines.write(json.dumps({"id": number, "text": content}, ensure_ascii=False) + "\n")
        rows = [_run(tool, source, corpus, true) for tool in tools or TOOLS]
    first = rows[0]["s"]
    for row in rows:
        row["time of the first"] = row["s"] / first if row["s"] and first else None
    show(f"whole job {documents}: JSONL to JSONL, one core", rows, out, machine(tuple(TOOLS)))


def _run(tool: str, source: Path, corpus: Corpus, true: dict[tuple[int, int], float]) -> Row:
    columns = ("s", "peak MB", "pairs caught", "false drops", "drops without a kept twin", "pairs both kept")
    try:
        importlib.import_module(TOOLS[tool])
    except ImportError:
        return {"tool": tool, **dict.fromkeys(columns)}
    target = source.with_suffix(f".{tool}")
    start = time.perf_counter()
    process = subprocess.run(
        [sys.executable, "-m", "benchmarks.job_tools", tool, str(source), str(target)],
        check=False,
        stdout=subprocess.PIPE,
        text=True,
    )
    seconds = time.perf_counter() - start
    if process.returncode:
        raise click.ClickException(f"{tool} ended with {process.returncode}")
    peak = int(process.stdout) / 1024
    kept = np.zeros(len(corpus.texts), np.bool_)
    kept[[json.loads(line)["id"] for line in target.open(encoding="utf-8")]] = True
    return {"tool": tool, **dict(zip(columns, (seconds, peak, *_quality(kept, true)), strict=True))}


def _quality(kept: np.ndarray[tuple[int], np.dtype[np.bool_]], true: dict[tuple[int, int], float]) -> Iterator[float]:
    """Shares: true pairs of which at most one is kept; drops that no true pair explains; drops without a kept twin."""
    caught = sum(not (kept[a] and kept[b]) for a, b in true)
    explained = {document for pair in true for document in pair}
    twins: dict[int, bool] = {}
    for a, b in true:
        twins[a] = twins.get(a, False) or bool(kept[b])
        twins[b] = twins.get(b, False) or bool(kept[a])
    dropped = np.flatnonzero(~kept).tolist()
    yield caught / max(len(true), 1)
    yield sum(document not in explained for document in dropped) / max(len(dropped), 1)
    yield sum(not twins.get(document, False) for document in dropped) / max(len(dropped), 1)
    yield 1 - caught / max(len(true), 1)
