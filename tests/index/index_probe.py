"""Run in a process of its own, with its own settings of numba: every kernel of the index and of the corpus search.

Prints a digest of all answers. With `fault`, asks a kernel for what it has no room for instead.
"""

from __future__ import annotations

import random
import sys

import numpy as np
import xxhash

import dedup
from dedup.index import LshIndex
from dedup.index.band_kernels import band_tags


def texts(rng: random.Random, count: int) -> list[str]:
    """Short and long ones of a small vocabulary, every third an edited copy, some equal, some empty."""
    words = [a + b for a in ("ba", "ke", "li", "mo", "nu") for b in ("ran", "len", "mis")]
    found: list[str] = ["", "***"]
    for number in range(count):
        if number % 3 == 2:
            edited = [rng.choice(words) if rng.random() < 0.02 else word for word in rng.choice(found).split()]
            found.append(" ".join(edited))
        else:
            found.append(" ".join(rng.choices(words, k=rng.choice((1, 3, 8, 40, 300)))))
    return found


def digest_of_all_answers() -> str:
    """Of adding, asking, removing and growing, with sets and without, and of whole corpora."""
    rng = random.Random(9)
    digest = xxhash.xxh3_64()
    fingerprinter = dedup.Fingerprinter()
    for threshold, keep_sets in ((0.5, False), (0.8, True), (0.95, False)):
        index = LshIndex(threshold, keep_sets=keep_sets, bucket_limit=7)
        for start in range(0, 3000, 600):
            batch = texts(rng, 598)
            sets = (fingerprinter.shingle_hashes(batch),) if keep_sets else ()
            signatures = fingerprinter.signatures(batch)
            ids = np.arange(start, start + len(batch))
            digest.update(index.query_and_add_many(ids, signatures, *sets).id.tobytes())
            for gone in rng.sample(range(start, start + len(batch)), 200):
                if gone in index:
                    index.remove(gone)
            for values in index.query_many(signatures, *sets):
                digest.update(values.tobytes())
    for shingle in (1, 5):
        found = dedup.near_duplicates(texts(rng, 1500), 0.7, shingle=shingle)
        for values in (*found.pairs, found.cluster, found.duplicate_of):
            digest.update(values.tobytes())
    return digest.hexdigest()


def commit_a_fault() -> None:
    """Ask for the bands of two signatures with room for one."""
    tags, digests, empty = np.zeros((1, 16), np.uint32), np.zeros(1, np.uint64), np.zeros(1, np.bool_)
    band_tags(np.zeros((2, 128), np.uint32), 16, 8, np.ones(129, np.uint64), tags, digests, empty)


if __name__ == "__main__":
    if sys.argv[1:] == ["fault"]:
        commit_a_fault()
    print(digest_of_all_answers())  # noqa: T201  (what the test reads)
