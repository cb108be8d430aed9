"""The benchmarks of cleaning run, in a small form, and their figures are what they say they are."""

from __future__ import annotations

import html
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.quality import bootstrap, loses_paragraph, score, summary
from benchmarks.site_maker import MadeSite

ROOT = Path(__file__).parents[2]
BODY = "The old bridge over the harbour was opened again on Monday after two years of repairs to its northern piers and gates."
PAGE = f"<title>Bridge</title><nav><a href='/'>Home</a></nav><article><h1>The bridge</h1><p>{BODY}</p><p>{BODY[::-1]}</p></article>"


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    file = tmp_path / "small.jsonl"
    rows = [
        {"id": f"{number}", "site": f"{number % 2}.example", "html": PAGE, "gold": f"The bridge\n{BODY}\n{BODY[::-1]}",
         "with": ["harbour"], "without": ["Home"], "lang": "en", "title": "The bridge"}
        for number in range(4)
    ]  # fmt: skip
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


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


def test_cleaning_scores_each_extractor_and_its_ceiling(pages: Path, tmp_path: Path) -> None:
    held_out = tmp_path / "held"
    held_out.mkdir()
    (held_out / "small.html.jsonl").write_text(json.dumps({"id": "1", "content": BODY}) + "\n")
    out = tmp_path / "out"
    printed = run("cleaning", str(pages), "--by", "lang", "--predictions", str(held_out), "--out", str(out))
    assert "trafilatura" in printed
    rows = {row["extractor"]: row for row in json.loads((out / "cleaning-small.json").read_text())["rows"]}
    assert rows["dedup"]["F1"] > 0.9
    assert rows["dedup"]["snippets"] == 1
    assert rows["dedup"]["pages/s"] > 0
    assert rows["perfect judge of our blocks"]["F1"] >= rows["dedup"]["F1"]
    assert rows["dedup, held out"]["F1"] < 0.5  # one page of four has a prediction
    assert (out / "cleaning-small-lang-en.json").exists()


@pytest.mark.parametrize(
    ("command", "options", "says"),
    [
        ("stages", [], "judge: trees"),
        ("renderings", [], "a block a line"),
        ("metadata", [], "4 titles"),
        ("service", ["--rounds", "1"], "service, one stream"),
        ("service_load", ["--rounds", "2", "--seconds", "1"], "the first 5 s after"),
    ],
    ids=["stages", "renderings", "metadata", "service", "service_load"],
)
def test_a_benchmark_of_cleaning_prints_its_table(pages: Path, command: str, options: list[str], says: str) -> None:
    assert says in run(command, str(pages), *options)


def test_hostile_pages_are_measured_in_small(tmp_path: Path) -> None:
    run("hostile", "--scale", "0.01", "--out", str(tmp_path))
    rows = json.loads((tmp_path / "hostile.json").read_text())["rows"]
    assert {"paragraphs", "nested elements"} <= {row["page"] for row in rows}


def test_a_page_is_scored_by_hand_made_figures() -> None:
    page = {"gold": "one two three four", "with": ["two three"], "without": ["ten"]}
    found = score("one two three four five six", page)
    assert found["precision"] == pytest.approx(4 / 6)
    assert found["recall"] == found["with"] == found["without"] == 1
    assert found["exact"] == 0
    assert (found["4-gram tp"], found["4-gram fp"], found["4-gram fn"]) == pytest.approx((1 / 3, 2 / 3, 0))
    assert summary([found])["4-gram F1"] == pytest.approx(0.5)


def test_a_lost_paragraph_is_noticed() -> None:
    gold = " ".join(f"word{number}" for number in range(30))
    assert not loses_paragraph("before " + gold, "Head\n" + gold)
    assert loses_paragraph(" ".join(gold.split()[:10]), "Head\n" + gold)
    assert not loses_paragraph("", "A short line that nobody would miss")


def test_the_interval_of_a_difference_is_drawn_by_site() -> None:
    """A hundred pages of one site are one piece of evidence, not a hundred."""
    low, high = bootstrap([1.0] * 100 + [0.0], [0.0] * 100 + [1.0], ["a.example"] * 100 + ["b.example"])
    assert low < 0 < high
    low, high = bootstrap([0.9, 0.8, 0.9], [0.5, 0.4, 0.5], ["a", "b", "c"])
    assert low == pytest.approx(0.4)
    assert high == pytest.approx(0.4)


def test_the_gain_of_a_memory_is_measured_site_by_site(pages: Path) -> None:
    printed = run("sites", str(pages), "--least", "2", "--orders", "1")
    assert "2 sites, 4 pages" in printed
    assert "learned page by page" in printed


def test_made_up_sites_are_the_same_in_every_run_and_their_truth_is_on_them() -> None:
    """A gold text that the page does not hold would make every figure of the benchmark wrong."""
    for seed in range(6):
        pages = list(MadeSite(seed, redesign=5).pages(12))
        assert pages == list(MadeSite(seed, redesign=5).pages(12))
        for page in pages:
            text = html.unescape(page.html)
            assert all(line in text for line in page.gold.splitlines())
            assert not page.gold or len(page.gold.splitlines()) > 3


def test_made_up_sites_gain_from_their_own_pages() -> None:
    printed = run("generated_sites", "--sites", "4", "--pages", "30")
    rows = {line[:40].strip(): line[40:].split() for line in printed.splitlines() if "known" in line}
    assert float(rows["10 pages known"][2]) > 0


def test_a_redesign_is_followed_beside_a_fresh_memory(pages: Path, tmp_path: Path) -> None:
    years = tmp_path / "years.jsonl"
    rows = [json.loads(line) | {"year": year} for year in (2005, 2010) for line in pages.read_text().splitlines()]
    years.write_text("".join(json.dumps(row | {"site": "0.example"}) + "\n" for row in rows))
    printed = run("sites", str(years), "--by", "year", "--redesign", "2005", "2010", "--orders", "1")
    assert "0.example: pages 1 to 4" in printed
