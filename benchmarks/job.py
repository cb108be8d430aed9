"""The whole job: JSON lines in, deduplicated JSON lines out, each tool in a process of its own."""

from __future__ import annotations

import importlib
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import numpy as np

import dedup
from benchmarks.corpus import Corpus, build, exact_jaccard
from benchmarks.processes import run
from benchmarks.report import Row, machine, pin, show
from dedup.archive.files import put_on_disk

_THRESHOLD = 0.8
_SHINGLE = 5
_VERIFIED_AT_A_TIME = 4096
TOOLS = {
    "dedup": "dedup",
    "dedup archive": "dedup",
    "rensa": "rensa",
    "datasketch": "datasketch",
    "gaoya": "gaoya",
    "FastSketchLSH": "FastSketchLSH",
    "text-dedup": "text_dedup",
    "datatrove": "datatrove.pipeline.dedup",
}
_ON_ONE_CORE = ("dedup", "rensa", "datasketch", "gaoya")


@click.command()
@click.option(
    "--text", type=click.Path(path_type=Path, exists=True), help="JSON lines of real text, or their folder."
)
@click.option("--documents", default=100_000, show_default=True)
@click.option(
    "--tool",
    "tools",
    multiple=True,
    type=click.Choice(list(TOOLS)),
    default=_ON_ONE_CORE,
    show_default=True,
    help="Only these.",
)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for JSON and plots.")
def job(text: Path | None, documents: int, tools: tuple[str, ...], out: Path | None) -> None:
    """Deduplicate a file at Jaccard 0.8 of word 5-grams, start-up included, and hold the result against exact truth."""
    pin()
    rows = compare(documents, text, tools)
    show(f"whole job {documents}: JSONL to JSONL, one core", rows, out, machine(tuple(TOOLS)))


def compare(documents: int, text: Path | None, tools: Sequence[str]) -> list[Row]:
    """What each tool makes of the same file, and with what."""
    corpus = build(documents, text)
    true = corpus.true_pairs(_THRESHOLD, _SHINGLE)
    click.echo(f"{documents} documents, {len(true)} true pairs")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in.jsonl"
        with source.open("w", encoding="utf-8") as lines:
            for number, content in enumerate(corpus.texts):
                lines.write(json.dumps({"id": number, "text": content}, ensure_ascii=False) + "\n")
        put_on_disk(source)  # else the first tool that waits for its own output waits for this, too
        rows = [_run(tool, source, corpus, true) for tool in tools]
    first = rows[0]["s"]
    for row in rows:
        row["time of the first"] = row["s"] / first if row["s"] and first else None
    return rows


def _run(tool: str, source: Path, corpus: Corpus, true: dict[tuple[int, int], float]) -> Row:
    columns = (
        "s",
        "µs a document",
        "peak MB",
        "pairs caught",
        "false drops",
        "drops without a kept twin",
        "pairs both kept",
        "named and exact",
    )
    try:
        importlib.import_module(TOOLS[tool])
    except ImportError:
        return {"tool": tool, **dict.fromkeys(columns)}
    target = source.with_suffix(f".{tool.replace(' ', '-')}")
    ran = run([sys.executable, "-m", "benchmarks.job_tools", tool, str(source), str(target)])
    if ran.status:
        raise click.ClickException(f"{tool} ended with {ran.status}")
    kept = np.zeros(len(corpus.texts), np.bool_)
    parts = sorted(target.glob("part-*")) if target.is_dir() else [target]
    kept[[int(json.loads(line)["id"]) for part in parts for line in part.open(encoding="utf-8")]] = True
    ledger = target / "drops.jsonl"
    exact = _exact(ledger, corpus, kept) if ledger.exists() else None
    figures = (ran.seconds, ran.seconds / len(kept) * 1e6, ran.peak, *_quality(kept, true), exact)
    return {"tool": tool, **dict(zip(columns, figures, strict=True))}


def _exact(ledger: Path, corpus: Corpus, kept: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> float:
    """The share of the drops of a ledger that name a kept document and its exact Jaccard, one at the threshold."""
    fingerprinter = dedup.Fingerprinter(shingle=_SHINGLE)
    drops = [json.loads(line) for line in ledger.open(encoding="utf-8")]
    right = 0
    for start in range(0, len(drops), _VERIFIED_AT_A_TIME):
        part = drops[start : start + _VERIFIED_AT_A_TIME]
        pairs = [int(drop[name]) for drop in part for name in ("id", "canonical_id")]
        hashes = fingerprinter.shingle_hashes([corpus.texts[document] for document in pairs])
        sets = np.split(hashes.values, hashes.offsets[1:-1])
        for number, drop in enumerate(part):
            jaccard = exact_jaccard(sets[2 * number], sets[2 * number + 1])
            right += bool(
                kept[pairs[2 * number + 1]] and abs(jaccard - drop["jaccard"]) < 1e-9 and jaccard >= _THRESHOLD
            )
    return right / max(len(drops), 1)


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
