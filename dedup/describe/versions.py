"""What of a page is kept to tell its next version from it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
import xxhash

from dedup.fingerprint import Fingerprinter
from dedup.memory.seen import Version
from dedup.page import Change

_NUM_PERM: Final = 128
_SHINGLE: Final = 5
_SEED: Final = 1
_EQUAL_BY_CHANCE: Final = 1 / 256  # two values that differ share their lowest byte


def content_digest(keys: npt.NDArray[np.uint64]) -> bytes:
    """16 bytes (XXH3, 128 bits) of the keys of a page's kept blocks, in order."""
    return xxhash.xxh3_128_digest(keys.astype("<u8", copy=False).data)


def sketch(text: str) -> bytes:
    """128 bytes: the lowest byte of each of 128 minima of the text's shingles (b-bit MinHash, Li and König, 2010)."""
    signature = _fingerprinter().signatures([text])[0]
    lowest: npt.NDArray[np.uint8] = signature.astype(np.uint8)
    return lowest.tobytes()


def compare(before: Version | None, digest: bytes, content_sketch: Callable[[], bytes]) -> Change:
    """How a page compares to its last version.

    Args:
        before: what was kept of that; None where there was none.
        digest: `content_digest` of the page.
        content_sketch: makes the `sketch` of its kept text; asked for where that was edited.
    """
    if before is None or not before.digest:
        return Change(kind="new", jaccard=None)
    if before.digest == digest:
        return Change(kind="unchanged", jaccard=1.0)
    return Change(kind="edited", jaccard=_jaccard(before.sketch, content_sketch()))


def _jaccard(one: bytes, other: bytes) -> float | None:
    if len(one) != len(other):
        return None
    equal = float(np.mean(np.frombuffer(one, np.uint8) == np.frombuffer(other, np.uint8)))
    return round(max((equal - _EQUAL_BY_CHANCE) / (1 - _EQUAL_BY_CHANCE), 0.0), 4)


@cache
def _fingerprinter() -> Fingerprinter:
    return Fingerprinter(num_perm=_NUM_PERM, shingle=_SHINGLE, seed=_SEED)
