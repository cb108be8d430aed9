"""Where near-duplicates are looked for: among all documents, those of one site, or not at all."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.archive.job import archive
from dedup.archive.near.site_kernels import shift_sets
from dedup.archive.options import ArchiveOptions
from dedup.errors import ArchiveIndexMismatchError, OptionError

HASHES = st.lists(st.integers(0, 2**32 - 1), unique=True, max_size=40).map(sorted)
WORDS = [f"word{number}" for number in range(400)]
PAGE = "<html><body><article><h1>The harbour of {site}</h1>{paragraphs}</article></body></html>"


def story(seed: int, words: int = 120) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=words))


def lines(path: Path, rows: Iterable[dict[str, str]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def kept(out: Path) -> list[str]:
    parts = sorted(out.glob("part-*"))
    return [json.loads(line)["id"] for part in parts for line in part.read_text().splitlines()]


def dropped(out: Path) -> dict[str, tuple[str, str, float]]:
    found = map(json.loads, (out / "drops.jsonl").read_text().splitlines())
    return {drop["id"]: (drop["reason"], drop["canonical_id"], drop["jaccard"]) for drop in found}


def rows() -> list[dict[str, str]]:
    """A story that two sites print, each twice, once with another end; and one without an address, twice."""
    text = story(1)
    return [
        {"id": "a1", "url": "https://www.a.example/1", "text": text},
        {"id": "b1", "url": "https://b.example/1", "text": text},
        {"id": "a2", "url": "http://news.a.example/print/1", "text": f"{text} end"},
        {"id": "b2", "url": "https://b.example/2", "text": text},
        {"id": "n1", "text": text},
        {"id": "n2", "text": text},
    ]


@pytest.mark.parametrize("workers", [1, 2])
def test_what_another_site_prints_stays_where_sites_are_apart(tmp_path: Path, workers: int) -> None:
    """Whoever counts what each site published would lose all sites but the first that printed a story."""
    source = lines(tmp_path / "in.jsonl", rows())
    options = ArchiveOptions(clean=None, scope="site", workers=workers)
    summary = archive([source], tmp_path / "out", options)
    assert kept(tmp_path / "out") == ["a1", "b1", "n1"]
    (reason, twin, jaccard) = dropped(tmp_path / "out").pop("a2")
    assert (reason, twin) == ("near_duplicate", "a1")
    assert jaccard == pytest.approx(116 / 117)
    assert dropped(tmp_path / "out").keys() == {"a2", "b2", "n2"}
    assert dropped(tmp_path / "out")["b2"] == ("exact_duplicate", "b1", 1.0)
    assert (summary.kept, sum(summary.dropped.values())) == (3, 3)
    archive([source], tmp_path / "all", ArchiveOptions(clean=None, workers=workers))
    assert kept(tmp_path / "all") == ["a1"]


def test_pages_that_are_cleaned_are_compared_within_their_sites(tmp_path: Path) -> None:
    paragraphs = "".join(f"<p>{story(seed, 60)}.</p>" for seed in range(6))
    pages = [
        {
            "id": f"{site}{number}",
            "url": f"https://{site}.example/{number}",
            "html": PAGE.format(site="x", paragraphs=paragraphs),
        }
        for site in "ab"
        for number in range(2)
    ]
    source = lines(tmp_path / "in.jsonl", pages)
    archive([source], tmp_path / "out", ArchiveOptions(scope="site", workers=1))
    assert kept(tmp_path / "out") == ["a0", "b0"]


def test_every_document_stays_where_none_is_looked_for(tmp_path: Path) -> None:
    """A job that is to clean alone would cost documents."""
    source = lines(tmp_path / "in.jsonl", rows())
    summary = archive([source], tmp_path / "out", ArchiveOptions(clean=None, scope="none", workers=1))
    assert kept(tmp_path / "out") == ["a1", "b1", "a2", "b2", "n1", "n2"]
    assert (summary.kept, summary.dropped) == (6, {})
    (row, *_) = map(json.loads, (tmp_path / "out" / "part-00000.jsonl").read_text().splitlines())
    assert (row["cluster"], row["cluster_size"], row["canonical_id"]) == ("a1", 1, "a1")


def test_an_index_of_sites_apart_goes_on_so_and_no_other_way(tmp_path: Path) -> None:
    """The second night would drop what another site had printed in the first, or keep what it is to drop."""
    first, second = rows()[:2], rows()[2:]
    index = str(tmp_path / "index")
    options = ArchiveOptions(clean=None, scope="site", workers=1, index_out=index)
    archive([lines(tmp_path / "1.jsonl", first)], tmp_path / "one", options)
    later = lines(tmp_path / "2.jsonl", second)
    archive([later], tmp_path / "two", ArchiveOptions(clean=None, scope="site", workers=1, against=index))
    assert kept(tmp_path / "two") == ["n1"]
    assert {drop[:2] for drop in dropped(tmp_path / "two").values()} == {
        ("near_duplicate", "a1"),
        ("exact_duplicate", "b1"),
        ("exact_duplicate", "n1"),
    }
    with pytest.raises(ArchiveIndexMismatchError, match=r"scope is .* use the options"):
        archive([later], tmp_path / "three", ArchiveOptions(clean=None, workers=1, against=index))


@pytest.mark.parametrize("option", ["against", "index_out"])
def test_an_index_goes_with_a_search_only(option: str) -> None:
    with pytest.raises(OptionError, match=option):
        ArchiveOptions(scope="none", **{option: "index"})  # type: ignore[arg-type]


@given(st.lists(HASHES, max_size=5), st.lists(st.integers(0, 2**32 - 1), min_size=5, max_size=5))
def test_a_shifted_set_is_the_set_of_its_shifted_hashes(sets: Sequence[list[int]], shifts: list[int]) -> None:
    """One hash out of order, or lost, would make near-duplicates unlike."""
    hashes = np.array([value for one in sets for value in one], np.uint32)
    offsets = np.cumsum([0, *map(len, sets)]).astype(np.int64)
    shifted = np.empty_like(hashes)
    shift_sets(hashes, offsets, np.array(shifts[: len(sets)], np.uint32), shifted)
    expected = [sorted((value + shift) % 2**32 for value in one) for one, shift in zip(sets, shifts, strict=False)]
    assert [part.tolist() for part in np.split(shifted, offsets[1:-1])][: len(sets)] == expected
