"""What many sites repeat, to seed another install: keyed digests and counts, no text, no URL and no site by name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.state.records import SITE_PAGES, CountsRecord, PageRecord, SeedRecord
from dedup.state.retention import Retention, fold
from dedup.state.store import Store

LEAST_SITES: Final = 2  # what one site alone repeats is of no use elsewhere, and might tell which site it is
_NO_DECAY: Final = 1e12  # pages


def seeds_of(store: Store, key: bytes) -> Iterator[SeedRecord]:
    """A record a namespace; without the key.

    Args:
        store: to read.
        key: 16 to 64 bytes; whoever uses the seeds needs it.
    """
    where = Retention()
    for entry in store.entries():
        where.observe(entry)
    repeated: dict[str, list[npt.NDArray[np.uint64]]] = {}
    for namespace, site in sorted(where.sites()):
        repeated.setdefault(namespace, []).append(_repeated(store, where.positions((namespace, site))))
    for namespace, keys in repeated.items():
        each, sites = np.unique(np.concatenate(keys), return_counts=True)
        each, sites = each[sites >= LEAST_SITES], sites[sites >= LEAST_SITES]
        if not len(each):
            continue
        digests = np.array([keyed_number(key, number) for number in each.tolist()], np.uint64)
        order = np.argsort(digests)
        yield SeedRecord(
            namespace=namespace,
            key=b"",
            keys=digests[order].astype("<u8").tobytes(),
            sites=sites[order].astype("<u4").tobytes(),
            check=check_of(key),
        )


def keyed_number(key: bytes, number: int) -> int:
    """64 bits that name a block's key to who knows `key` (BLAKE2b, keyed)."""
    digest = hashlib.blake2b(number.to_bytes(8, "little"), key=key, digest_size=8).digest()
    return int.from_bytes(digest, "little")


def check_of(key: bytes) -> bytes:
    """16 bytes that tell a key from others: under a wrong one, counts would name no block, and nobody would notice."""
    return hashlib.blake2b(key=key, digest_size=16).digest()


def _repeated(store: Store, positions: Sequence[int]) -> npt.NDArray[np.uint64]:
    """uint64[k], keys that `SITE_PAGES` pages of a site hold, folded ones included."""
    pages: dict[bytes, PageRecord] = {}
    earlier: CountsRecord | None = None
    for entry in store.fetch(positions):
        if isinstance(entry.record, CountsRecord):
            earlier, pages = entry.record, {}  # it stands for everything before it
        elif isinstance(entry.record, PageRecord):
            pages[entry.record.key] = entry.record
    counts = fold(list(pages.values()), earlier, _NO_DECAY)
    return counts.key_array()[counts.count_array() > SITE_PAGES - 0.5]
