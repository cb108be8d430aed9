"""The benchmarks of near-duplicates run, in a small form, and say what they skipped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.corpus import RATES, build, exact_jaccard

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("arguments", "tables", "tool"),
    [
        (["signatures", "--documents", "200", "--rounds", "1"], ["signatures-of-blocks", "threads"], "daft"),
        (["index", "--items", "3000", "--most", "4000"], ["index-3000", "index-growth", "index-bucket"], "rensa"),
        (["job", "--documents", "300"], ["whole-job-300"], "gaoya"),
        (["thresholds", "--pairs", "3"], ["edited-words", "estimates"], "Thai"),
        (["memory", "--pages", "500", "--sites", "50"], ["memory", "memory-lookups", "memory-day"], "LMDB"),
        (["memory_start", "--sites", "3", "--pages", "20"], ["memory-start"], "snapshot"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else None,
)
def test_a_benchmark_prints_its_tables_and_writes_them(
    arguments: list[str], tables: list[str], tool: str, tmp_path: Path
) -> None:
    """A reader who repeats a figure must get the figure, and know which peers were not there."""
    printed = run(*arguments, "--out", str(tmp_path))
    assert tool in printed
    for table in tables:
        found = json.loads((tmp_path / f"{table}.json").read_text())
        assert found["rows"]
        assert found["machine"]["versions"]["dedup"]


def test_the_whole_job_drops_nothing_that_is_no_duplicate(tmp_path: Path) -> None:
    run("job", "--documents", "400", "--tool", "dedup", "--out", str(tmp_path))
    (row,) = json.loads((tmp_path / "whole-job-400.json").read_text())["rows"]
    assert row["false drops"] == row["drops without a kept twin"] == 0
    assert row["pairs caught"] >= 0.95  # of some sixty pairs; the promise of .99 is for a corpus


def test_a_corpus_is_the_same_for_the_same_seed_and_its_truth_is_exact() -> None:
    """Figures of two runs could not be compared otherwise."""
    corpus = build(600, seed=5)
    assert corpus.texts == build(600, seed=5).texts
    assert corpus.texts != build(600, seed=6).texts
    assert set(corpus.rate.tolist()) == set(RATES)
    true = corpus.true_pairs(0.8, 5)
    for (first, second), jaccard in list(true.items())[:50]:
        sets = []
        for document in (first, second):
            words = corpus.texts[document].lower().replace(".", "").split()
            sets.append({tuple(words[i : i + 5]) for i in range(max(len(words) - 4, 1))})
        assert jaccard == pytest.approx(len(sets[0] & sets[1]) / len(sets[0] | sets[1]))


def test_jaccard_of_sets() -> None:
    first, second = np.array([1, 2, 3], np.uint32), np.array([2, 3, 4, 5], np.uint32)
    assert exact_jaccard(first, second) == 0.4
    assert exact_jaccard(first, np.zeros(0, np.uint32)) == 0
