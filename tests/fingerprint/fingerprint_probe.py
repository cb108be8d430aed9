"""Run in a process of its own, with its own settings of numba: every kernel over the fuzz corpus.

Prints a digest of all values. With `fault`, asks a kernel for what it has no room for instead.
"""

from __future__ import annotations

import random
import sys
import unicodedata
from typing import TYPE_CHECKING

import numpy as np
import xxhash
from fingerprint_corpus import random_texts

from dedup.errors import FingerprintError
from dedup.fingerprint import Fingerprinter, TextBuffer
from dedup.fingerprint.token_kernels import tokenise
from dedup.fingerprint.unicode_tables import unicode_tables

if TYPE_CHECKING:
    from dedup.fingerprint.words import Tables


def digest_of_all_values() -> str:
    """Of 1 200 texts, some decomposed, some long, some with one byte flipped."""
    rng = random.Random(8)
    texts = random_texts(rng, 1000)
    texts += [unicodedata.normalize("NFD", text) for text in texts[:150]]
    texts += [" ".join("x" * rng.choice([1, 4, 9, 70, 1500]) for _ in range(60)) for _ in range(50)]
    digest = xxhash.xxh3_64()
    for num_perm, shingle, mask_digits in ((128, 5, False), (70, 3, True)):
        fingerprinter = Fingerprinter(num_perm, shingle, mask_digits=mask_digits)
        encoded = [text.encode() for text in texts]
        offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
        buffer = TextBuffer(np.frombuffer(b"".join(encoded), np.uint8), offsets)
        for values in (*fingerprinter.blocks(buffer.data, buffer.offsets), fingerprinter.signatures(texts)):
            digest.update(values.tobytes())
        for text in encoded:
            flipped = bytearray(text or b"?")
            flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
            try:
                digest.update(fingerprinter.normalised(bytes(flipped)))
            except FingerprintError as error:
                digest.update(str(error).encode())
    return digest.hexdigest()


def commit_a_fault() -> None:
    """Tokenise two words into room for none."""
    data = np.frombuffer(b"two words" + bytes(64), np.uint8)
    tables: Tables = tuple(unicode_tables())
    tokenise(data, 0, 9, False, False, tables, np.empty(8, np.uint8), np.empty(64, np.uint32))  # noqa: FBT003


if __name__ == "__main__":
    if sys.argv[1:] == ["fault"]:
        commit_a_fault()
    print(digest_of_all_values())  # noqa: T201  (what the test reads)
