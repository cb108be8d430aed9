"""The benchmarks of archive jobs run, in a small form, and their claims hold there too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

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


def test_what_a_billion_documents_need_is_reckoned_from_a_run(tmp_path: Path) -> None:
    """docs/scale.md names this command as the source of its figures."""
    run("archive_scale", "--documents", "200", "--documents", "400", "--out", str(tmp_path))
    rows = json.loads((tmp_path / "archive-scale-billion.json").read_text())["rows"]
    assert [row["phase"] for row in rows] == ["read", "sign", "group and keep", "write", "index"]
    assert all(row["disk TB"] > 0 and row["memory GB"] > 0 for row in rows)


@pytest.mark.timeout(900)  # five jobs one after the other, and a busy machine takes minutes for one
def test_a_job_killed_at_any_moment_ends_with_the_same_bytes() -> None:
    printed = run("archive_kills", "--kills", "4", "--documents", "400")
    assert "0 outputs unlike that of the undisturbed run" in printed


def test_what_two_passes_add_is_told_beside_no_memory(tmp_path: Path) -> None:
    """Every page of the sites is found again in the output of the job, by its address."""
    pages = tmp_path / "pages.jsonl"
    texts = [
        "The river rose in the night and took the old bridge with it, so that the village was cut off for a week.",
        "A new copper mine opens in spring, says the company, which has bought the land of four farms for that.",
        "Nobody had expected the choir to win, least of all its conductor, who had gone home before the last song.",
        "Snow fell on the orchards in May, and the growers now count what is left of the apples and the pears.",
    ]
    html = "<html><body><nav>Home Shop</nav><article><p>{}</p></article></body></html>"
    rows = [{"id": n, "site": "a", "html": html.format(text), "gold": text} for n, text in enumerate(texts)]
    pages.write_text("".join(json.dumps(row) + "\n" for row in rows))
    run("archive_sites", str(pages), "--out", str(tmp_path))
    (told,) = tmp_path.glob("archive-sites-*.json")
    rows = json.loads(told.read_text())["rows"]
    assert [row["way"] for row in rows] == ["no memory", "learned page by page", "dedup archive"]
    assert min(row["F1"] for row in rows) > 0.8
