"""The benchmarks of archive jobs run, in a small form, and their claims hold there too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

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


def test_every_drop_names_a_kept_document_and_its_exact_similarity(tmp_path: Path) -> None:
    run("archive", "--documents", "600", "--pages", "0", "--tool", "dedup archive", "--out", str(tmp_path))
    (row,) = json.loads((tmp_path / "archive-600.json").read_text())["rows"]
    assert row["named and exact"] == 1
    assert row["false drops"] == row["drops without a kept twin"] == 0
    assert row["pairs both kept"] <= 0.05  # of some ninety pairs; the promise of .01 is for a corpus
    assert row["peak MB"] > 0


def test_a_job_killed_at_any_moment_ends_with_the_same_bytes() -> None:
    printed = run("archive_kills", "--rounds", "3", "--documents", "400")
    assert "0 outputs unlike that of the undisturbed run" in printed
