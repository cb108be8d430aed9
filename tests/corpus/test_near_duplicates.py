"""Near-duplicates of a corpus: none missed, none made up, and nothing dropped without a kept twin."""

from __future__ import annotations

import random
from itertools import combinations

import numpy as np
import pytest

import dedup
from dedup.errors import FingerprintError, OptionError

WORDS = [
    syllable + ending
    for syllable in ("ba", "ke", "li", "mo", "nu", "pa", "re", "si")
    for ending in ("ran", "len", "mis")
]


def corpus(rng: random.Random, originals: int = 250) -> list[str]:
    """Texts with planted edits at several rates, short ones and empty ones among them."""
    texts = ["", "***", "one", "one", "two"]
    for _ in range(originals):
        words = rng.choices(WORDS, k=rng.choice((4, 8, 40, 120, 300)))
        texts.append(" ".join(words))
        for _ in range(rng.choice((0, 0, 1, 3))):
            rate = rng.choice((0, 0.005, 0.02, 0.05, 0.2))
            texts.append(" ".join(rng.choice(WORDS) if rng.random() < rate else word for word in words))
    rng.shuffle(texts)
    return texts


def truth(texts: list[str], threshold: float) -> dict[tuple[int, int], float]:
    fingerprinter = dedup.Fingerprinter(shingle=5)
    sets = [set(fingerprinter.shingles(text)) if any(map(str.isalnum, text)) else set() for text in texts]
    found = {}
    for i, j in combinations(range(len(texts)), 2):
        common = len(sets[i] & sets[j])
        if common and common >= threshold * (union := len(sets[i] | sets[j])):
            found[i, j] = common / union
    return found


@pytest.mark.parametrize("threshold", [0.5, 0.8, 0.95])
def test_pairs_are_those_of_the_exact_jaccard(rng: random.Random, threshold: float) -> None:
    texts = corpus(rng)
    true = truth(texts, threshold)
    found = dedup.near_duplicates(texts, threshold)
    pairs = {
        (int(i), int(j)): jaccard
        for i, j, jaccard in zip(found.pairs.first, found.pairs.second, found.pairs.jaccard, strict=True)
    }
    assert all(true.get(pair) == pytest.approx(jaccard) for pair, jaccard in pairs.items())
    linked = {pair for pair in true if found.cluster[pair[0]] == found.cluster[pair[1]]}
    assert len(linked) >= 0.99 * len(true)


def test_every_dropped_document_has_a_kept_twin_and_kept_ones_are_unlike(rng: random.Random) -> None:
    texts = corpus(rng)
    true = truth(texts, 0.8)
    found = dedup.near_duplicates(texts, 0.8)
    dropped = np.flatnonzero(~found.kept)
    assert len(dropped) > 50
    for document in dropped.tolist():
        twin = int(found.duplicate_of[document])
        assert found.kept[twin]
        assert (twin, document) in true
    both_kept = [pair for pair in true if found.kept[pair[0]] and found.kept[pair[1]]]
    assert len(both_kept) <= 0.01 * len(true)


def test_short_texts_neither_collapse_nor_go_missing() -> None:
    texts = ["open now", "open today", "Open, now!", "", "", "closed"]
    found = dedup.near_duplicates(texts)
    assert found.kept.tolist() == [True, True, False, True, True, True]
    assert found.duplicate_of[2] == 0


def test_containment_tells_an_excerpt_from_its_source() -> None:
    words = [f"w{i}" for i in range(100)]
    found = dedup.near_duplicates([" ".join(words), " ".join(words[:90])])
    assert found.pairs.second_in_first.tolist() == [1]
    assert found.pairs.first_in_second[0] == pytest.approx(86 / 96)


def test_the_result_does_not_depend_on_threads(rng: random.Random) -> None:
    texts = corpus(rng) * 12
    one, two = dedup.near_duplicates(texts), dedup.near_duplicates(texts, threads=2)
    assert one.duplicate_of.tolist() == two.duplicate_of.tolist()
    assert one.cluster.tolist() == two.cluster.tolist()


def test_ten_thousand_equal_texts_are_one_kept_document() -> None:
    found = dedup.near_duplicates(["the same text every time it is read again"] * 10_000)
    assert found.kept.sum() == 1
    assert set(found.cluster.tolist()) == {0}


def test_bad_input_is_refused_by_name() -> None:
    with pytest.raises(OptionError, match="threshold"):
        dedup.near_duplicates(["a"], threshold=2)
    with pytest.raises(FingerprintError, match="texts"):
        dedup.near_duplicates("one text")


def test_short_texts_whose_only_shingles_collide_are_not_equal() -> None:
    """xxh32 of both is the same number: one of two different headlines was dropped as the other's copy."""
    found = dedup.near_duplicates(["rok nur mar put", "kir got fis bot", "kir got fis bot"])
    assert found.duplicate_of.tolist() == [-1, -1, 1]
    assert len(found.pairs.first) == 1
