"""The index against a comparison of everything with everything."""

from __future__ import annotations

import random
import threading
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import dedup
from dedup.errors import DedupError, FingerprintError, OptionError
from dedup.index import Layout, LshIndex, compare

WORDS = [
    syllable + ending
    for syllable in ("ba", "ke", "li", "mo", "nu", "pa", "re", "si")
    for ending in ("ran", "len", "mis")
]


def texts(rng: random.Random, count: int) -> list[str]:
    """Every third text is an edited copy of an earlier one."""
    found: list[str] = []
    for number in range(count):
        if number % 3 == 2:
            words = [rng.choice(WORDS) if rng.random() < 0.01 else word for word in rng.choice(found).split()]
        else:
            words = rng.choices(WORDS, k=rng.randint(5, 200))
        found.append(" ".join(words))
    return found


def prints(found: list[str]) -> NDArray[np.uint32]:
    return dedup.Fingerprinter().signatures(found)


def exact(found: list[str]) -> list[set[bytes]]:
    return [set(dedup.Fingerprinter().shingles(text)) for text in found]


def test_what_is_alike_is_found_and_what_is_not_is_rejected(rng: random.Random) -> None:
    found = texts(rng, 600)
    sets = exact(found)
    index = LshIndex(0.8)
    index.add_many(np.arange(600), prints(found))
    matches = index.query_many(prints(found))
    pairs = set(zip(matches.query.tolist(), matches.id.tolist(), strict=True))
    similar = {
        (i, j) for i in range(600) for j in range(600) if len(sets[i] & sets[j]) >= 0.8 * len(sets[i] | sets[j])
    }
    assert len(similar & pairs) >= 0.995 * len(similar)
    assert all(len(sets[i] & sets[j]) >= 0.5 * len(sets[i] | sets[j]) for i, j in pairs)
    assert matches.estimated.all()


def test_kept_sets_make_short_items_exact(rng: random.Random) -> None:
    found = [" ".join(rng.choices(WORDS[:6], k=8)) for _ in range(300)]
    sets = exact(found)
    fingerprinter = dedup.Fingerprinter()
    index = LshIndex(0.6, keep_sets=True)
    index.add_many(np.arange(300), prints(found), fingerprinter.shingle_hashes(found))
    matches = index.query_many(prints(found), fingerprinter.shingle_hashes(found))
    assert not matches.estimated.any()
    for i, j, similarity in zip(matches.query, matches.id, matches.similarity, strict=True):
        assert similarity == pytest.approx(len(sets[i] & sets[j]) / len(sets[i] | sets[j]))
        assert similarity >= 0.6


def test_adding_and_removing_in_any_order_leaves_what_is_left(rng: random.Random) -> None:
    found = texts(rng, 200)
    signatures = prints(found)
    index = LshIndex(0.8)
    inside: set[int] = set()
    for _ in range(1500):
        item = rng.randrange(200)
        if item in inside:
            index.remove(item)
            inside.discard(item)
        else:
            index.add(item, signatures[item])
            inside.add(item)
    assert len(index) == len(inside)
    fresh = LshIndex(0.8)
    fresh.add_many(np.array(sorted(inside)), signatures[sorted(inside)])
    for item in range(200):
        assert (item in index) == (item in inside)
        assert set(index.query(signatures[item]).id.tolist()) == set(fresh.query(signatures[item]).id.tolist())


def test_query_and_add_sees_earlier_items_only(rng: random.Random) -> None:
    found = texts(rng, 300)
    index = LshIndex(0.8)
    matches = index.query_and_add_many(np.arange(300), prints(found))
    assert (matches.id < matches.query).all()
    assert len(matches.id) >= 60
    assert len(index) == 300


def test_the_empty_set_never_enters() -> None:
    index = LshIndex(0.8)
    index.add_many(np.arange(2), prints(["", "***"]))
    assert len(index.query_many(prints(["", "x"])).id) == 0


def test_a_hundred_thousand_equal_items_answer_at_most_the_limit() -> None:
    signature = prints(["the same text"])
    index = LshIndex(0.8, bucket_limit=10)
    index.add_many(np.arange(100_000), np.repeat(signature, 100_000, axis=0))
    index.add(200_000, prints(["quite another text about something else"])[0])
    assert index.query(signature[0]).id.tolist() == list(range(10))
    assert index.query(prints(["quite another text about something else"])[0]).id.tolist() == [200_000]
    assert index.nbytes < 400 * 100_000


def test_readers_and_a_writer_at_once_see_whole_items(rng: random.Random) -> None:
    found = texts(rng, 400)
    signatures = prints(found)
    index = LshIndex(0.8)
    index.add_many(np.arange(100), signatures[:100])
    failures: list[int] = []

    def read() -> None:
        failures.extend(item for item in range(100) if item not in index.query(signatures[item]).id.tolist())

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for item in range(100, 400):
        index.add(item, signatures[item])
    for reader in readers:
        reader.join()
    assert failures == []


@pytest.mark.parametrize(
    "signatures",
    [
        np.zeros((2, 128), np.uint64),
        np.zeros((2, 64), np.uint32),
        np.zeros((2, 256), np.uint32)[:, ::2],
        np.zeros(128, np.uint32),
    ],
    ids=["dtype", "permutations", "strided", "one row"],
)
def test_wrong_arrays_are_refused_before_any_kernel_runs(signatures: NDArray[np.uint32]) -> None:
    with pytest.raises(DedupError, match="signatures"):
        LshIndex(0.8).add_many(np.arange(2), signatures)


def test_the_default_layout_finds_what_it_promises() -> None:
    for threshold in (0.5, 0.7, 0.8, 0.9):
        layout = Layout.for_threshold(threshold)
        assert layout.bands * layout.rows <= 128
        assert layout.recall(threshold) >= 0.995


def test_nearly_all_pairs_just_above_the_threshold_are_found(rng: random.Random) -> None:
    """The promise of the default layout, end to end: 99.5 % of the pairs of Jaccard from .80 to .85."""
    found: list[str] = []
    for _ in range(2000):
        words = [f"w{rng.randrange(10**6)}" for _ in range(104)]  # 100 shingles, all of them distinct
        edits = rng.choice((4, 5, 6, 7))  # words in a row: 4 shingles more than words differ
        copy = words[:50] + [f"e{rng.randrange(10**6)}" for _ in range(edits)] + words[50 + edits :]
        found += [" ".join(words), " ".join(copy)]
    index = LshIndex(0.8)
    index.add_many(np.arange(len(found)), prints(found))
    matches = index.query_many(prints(found[::2]))
    partners = set(zip(matches.query.tolist(), matches.id.tolist(), strict=True))
    missed = sum((row, 2 * row + 1) not in partners for row in range(2000))
    assert missed <= 0.005 * 2000 + 2 * 3.2  # two standard errors


def test_a_verifier_keeps_at_most_128_bytes_an_item() -> None:
    """Beside its tables, a layout of one band leaves little else to count."""
    signatures = np.random.default_rng(3).integers(0, 2**32, (50_000, 128), np.uint32)
    one_band = LshIndex(0.8, 128, Layout(1, 8))
    one_band.add_many(np.arange(50_000), signatures)
    assert one_band.nbytes / 50_000 <= 128 + 120  # sketch, and id, digest, links and slots of one band


def test_options_of_the_wrong_type_are_named() -> None:
    for options in ({"threshold": "high"}, {"layout": 5}, {"keep_sets": "x"}):
        with pytest.raises(OptionError, match=next(iter(options))):
            LshIndex(**options)


@pytest.mark.parametrize("item", ["a", None, 1.5, 2**63])
def test_what_is_no_id_is_named_where_the_index_is_asked_for_it(item: Any) -> None:
    """1.5 counted as 1, and the others were errors of NumPy's."""
    index = LshIndex(0.8)
    with pytest.raises(FingerprintError, match="item_id"):
        _ = item in index


@pytest.mark.parametrize(
    ("left", "right"), [([0, 9], [1, 1]), ([0, -1], [1, 1]), ([0], [1, 1]), ([0, 1], [0.0, 1.0])]
)
def test_rows_that_there_are_not_are_not_compared(left: list[int], right: list[int]) -> None:
    """Memory beyond the arrays was read, and taken for a similarity."""
    sets = dedup.Fingerprinter().shingle_hashes(["one text", "another text"])
    with pytest.raises(FingerprintError, match="_rows"):
        compare(sets, np.array(left), sets, np.array(right))


@pytest.mark.parametrize("threshold", [float("nan"), 2, -1, 0, True, "x", None])
def test_a_threshold_is_looked_at_beside_a_layout_too(threshold: object) -> None:
    with pytest.raises(OptionError, match="threshold"):
        LshIndex(threshold, layout=Layout(16, 8))  # type: ignore[arg-type]
