"""Real collections: planted duplicates are found, and reports of one event are not merged."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import dedup


def collection(folder: Path) -> tuple[list[str], list[tuple[int, int]]]:
    with gzip.open(folder / "docs.jsonl.gz", "rt", encoding="utf-8") as lines:
        documents = [json.loads(line) for line in lines]
    place = {document["id"]: number for number, document in enumerate(documents)}
    pairs = [json.loads(line) for line in (folder / "pairs.jsonl").read_text(encoding="utf-8").splitlines()]
    return [document["text"] for document in documents], [(place[pair["a"]], place[pair["b"]]) for pair in pairs]


def test_each_planted_pair_of_a_public_collection_is_found_and_nothing_else(data: Path) -> None:
    texts, planted = collection(data / "neardup" / "mccormick_1000")
    found = dedup.near_duplicates(texts, 0.5, shingle=3)
    pairs = set(zip(found.pairs.first.tolist(), found.pairs.second.tolist(), strict=True))
    assert pairs == {(min(pair), max(pair)) for pair in planted}


def test_reports_of_one_event_in_other_words_stay_apart(data: Path) -> None:
    """Whoever builds a corpus of news would lose independent reports otherwise."""
    texts, pairs = collection(data / "neardup" / "tg_same_event_ru")
    found = dedup.near_duplicates(texts, 0.8, shingle=5)
    merged = [pair for pair in pairs if found.cluster[pair[0]] == found.cluster[pair[1]]]
    fingerprinter = dedup.Fingerprinter(shingle=5)
    for first, second in merged:  # what is merged is nearly the same text
        one, other = set(fingerprinter.shingles(texts[first])), set(fingerprinter.shingles(texts[second]))
        assert len(one & other) >= 0.8 * len(one | other)
    assert len(merged) <= 0.05 * len(pairs)
