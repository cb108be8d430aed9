"""Equal and near-equal blocks are found, and nothing else is."""

from __future__ import annotations

import random
from itertools import combinations

import numpy as np
import pytest

from dedup.fingerprint import Fingerprinter
from dedup.options import RepeatOptions
from dedup.repeats.twins import Twins, find_twins

WORDS = [
    *("harbour", "boat", "winter", "council", "ferry", "island", "market", "bread", "school", "river", "bridge"),
    *("museum", "summer", "night", "price", "fish"),
]


def twins_of(texts: list[str], threshold: float = 0.8) -> Twins:
    data = [text.encode() for text in texts]
    offsets = np.cumsum([0, *map(len, data)], dtype=np.int64)
    prints = Fingerprinter(shingle=3).blocks(np.frombuffer(bytearray(b"".join(data)), np.uint8), offsets)
    return find_twins(prints, RepeatOptions(threshold=threshold))


def test_equal_text_is_a_twin_whatever_its_case_and_marks() -> None:
    twins = twins_of(["The ferry leaves at noon.", "Something else", "THE FERRY leaves at noon"])
    assert twins.twin.tolist() == [2, -1, 0]
    assert twins.similarity.tolist() == [1, 0, 1]
    assert twins.group.tolist() == [0, 1, 0]


def test_blocks_without_words_are_nobodys_twin() -> None:
    assert twins_of(["***", "***", "", ""]).twin.tolist() == [-1, -1, -1, -1]


def test_short_texts_that_differ_in_one_word_stay_apart() -> None:
    assert not twins_of(["Open on Monday", "Open on Tuesday", "Open on Sunday"]).repeated.any()


@pytest.mark.parametrize("threshold", [0.5, 0.8, 0.95])
def test_near_equal_blocks_are_those_of_the_exact_jaccard(rng: random.Random, threshold: float) -> None:
    """A pair that LSH misses leaves half of a widget behind; a false one removes content."""
    texts = []
    for _ in range(60):
        words = rng.choices(WORDS, k=rng.randint(12, 40))
        texts.append(" ".join(words))
        for _ in range(rng.randint(0, 2)):
            copy = list(words)
            copy[rng.randrange(len(copy))] = "changed"
            texts.append(" ".join(copy))
    fingerprinter = Fingerprinter(shingle=3)
    sets = [set(fingerprinter.shingles(text)) for text in texts]
    twins = twins_of(texts, threshold)
    found = {pair for pair in combinations(range(len(texts)), 2) if twins.group[pair[0]] == twins.group[pair[1]]}
    near = {
        (i, j)
        for i, j in combinations(range(len(texts)), 2)
        if len(sets[i] & sets[j]) >= threshold * len(sets[i] | sets[j])
    }
    joined = _closure(near, len(texts))
    assert found <= joined
    assert len(joined - found) <= 0.02 * len(joined)


def test_ten_thousand_equal_blocks_are_one_group() -> None:
    twins = twins_of(["The same line of words, over and over again."] * 10_000)
    assert set(twins.group.tolist()) == {0}
    assert twins.copies[0] == 10_000


def _closure(pairs: set[tuple[int, int]], count: int) -> set[tuple[int, int]]:
    root = list(range(count))
    for i, j in sorted(pairs):
        a, b = root[i], root[j]
        root = [min(a, b) if r in (a, b) else r for r in root]
    return {(i, j) for i, j in combinations(range(count), 2) if root[i] == root[j]}
