"""Who has datasketch reads our signatures, and we read theirs."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import fingerprint_oracle as oracle
import numpy as np
import pytest
import xxhash
from datasketch import LeanMinHash, MinHash, MinHashLSH

from dedup.errors import FingerprintError
from dedup.fingerprint import (
    Fingerprinter,
    from_lean_bytes,
    from_minhash,
    to_lean_bytes,
    to_minhash,
)

ORDERS: list[Any] = ["@", "=", "<", ">", "!"]
TEXT = "a text of some words that both sides sign"


def theirs(text: str, *, num_perm: int = 128, seed: int = 1, scheme: str = "affine32") -> MinHash:
    minhash = MinHash(num_perm, seed, scheme=scheme, hashfunc=xxhash.xxh32_intdigest)
    minhash.update_batch(oracle.shingles(text, 5))
    return minhash


def ours(text: str, *, num_perm: int = 128, seed: int = 1) -> Any:
    return Fingerprinter(num_perm, 5, seed).signatures([text])[0]


def test_a_minhash_made_of_our_signature_goes_on_as_one_of_theirs() -> None:
    minhash = to_minhash(ours(TEXT, seed=7), 7)
    other = theirs(TEXT, seed=7)
    assert minhash == other
    minhash.update(b"one more")
    other.update(b"one more")
    assert minhash == other
    assert minhash.jaccard(other) == 1


def test_a_minhash_of_theirs_is_our_signature() -> None:
    signature = from_minhash(theirs(TEXT), seed=1, num_perm=128)
    assert signature.dtype == np.uint32
    assert signature.tolist() == ours(TEXT).tolist() == from_minhash(LeanMinHash(theirs(TEXT))).tolist()


def test_updating_a_minhash_leaves_our_signature_alone() -> None:
    signature = ours(TEXT)
    kept = signature.copy()
    to_minhash(signature, 1).update_batch([b"much", b"more", b"of", b"this"])
    assert (signature == kept).all()


@pytest.mark.parametrize("byteorder", ORDERS)
@pytest.mark.parametrize("num_perm", [1, 128])
def test_lean_bytes_are_the_same_both_ways(byteorder: Any, num_perm: int) -> None:
    lean = LeanMinHash(theirs(TEXT, num_perm=num_perm, seed=3))
    written = bytearray(lean.bytesize(byteorder))
    lean.serialize(written, byteorder)
    assert to_lean_bytes(ours(TEXT, num_perm=num_perm, seed=3), 3, byteorder) == written
    assert from_lean_bytes(bytes(written), byteorder, seed=3, num_perm=num_perm).tolist() == lean.hashvalues.tolist()
    assert LeanMinHash.deserialize(to_lean_bytes(lean.hashvalues, 3, byteorder), byteorder) == lean


@pytest.mark.parametrize(
    ("made", "wanted", "name", "got", "expected"),
    [
        ({"seed": 2}, {"seed": 1}, "seed", 2, "1"),
        ({"num_perm": 64}, {"num_perm": 128}, "num_perm", 64, "128"),
        ({"scheme": "affine64"}, {}, "scheme", "affine64", "'affine32'"),
        ({"scheme": "legacy"}, {}, "scheme", "legacy", "'affine32'"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_both_values(
    made: dict[str, Any], wanted: dict[str, Any], name: str, got: object, expected: str
) -> None:
    minhash = theirs(TEXT, **made)
    lean = LeanMinHash(minhash)
    written = bytearray(lean.bytesize())
    lean.serialize(written)
    reads: list[Callable[[], Any]] = [
        lambda: from_minhash(minhash, **wanted),
        lambda: from_lean_bytes(bytes(written), **wanted),
    ]
    for read in reads:
        with pytest.raises(FingerprintError) as caught:
            read()
        assert (caught.value.argument, caught.value.got, caught.value.expected) == (name, got, expected)


def test_bytes_cut_short_are_refused() -> None:
    written = to_lean_bytes(ours(TEXT), 1)
    for length in (0, 5, 12, 16, len(written) - 1):
        with pytest.raises(FingerprintError, match=r"^data: "):
            from_lean_bytes(written[:length])


@pytest.mark.parametrize(
    "signature", [np.zeros(4, np.uint64), np.zeros((2, 4), np.uint32), np.zeros(0, np.uint32), [1]]
)
def test_what_is_no_signature_is_refused(signature: Any) -> None:
    with pytest.raises(FingerprintError, match=r"^signature: "):
        to_minhash(signature, 1)
    with pytest.raises(FingerprintError, match=r"^signature: "):
        to_lean_bytes(signature, 1)


def test_an_index_of_datasketch_finds_the_same_with_our_signatures(rng: random.Random) -> None:
    texts = []
    for _ in range(60):
        words = [f"word{rng.randrange(5000)}" for _ in range(80)]
        texts.append(" ".join(words))
        words[rng.randrange(80)] = "edited"
        texts.append(" ".join(words))
    indexes = [MinHashLSH(0.7, 128), MinHashLSH(0.7, 128)]
    signatures = Fingerprinter().signatures(texts)
    sketches = [[to_minhash(signature, 1) for signature in signatures], [theirs(text) for text in texts]]
    for index, sketched in zip(indexes, sketches, strict=True):
        for key, sketch in enumerate(sketched):
            index.insert(key, sketch)
    found = [
        [sorted(index.query(sketch)) for sketch in sketched]
        for index, sketched in zip(indexes, sketches, strict=True)
    ]
    assert found[0] == found[1]
    assert any(len(keys) > 1 for keys in found[0])
