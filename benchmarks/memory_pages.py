"""Pages of made-up sites as a memory learns them: digests alone, a fifth of them the site's."""

from __future__ import annotations

import numpy as np

from dedup.state import PageRecord

BLOCKS = 100
SHARED = 20  # of a page's blocks, those that its site repeats


def made_up_page(site: int, number: int, rng: np.random.Generator, blocks: int = BLOCKS) -> PageRecord:
    """A page of `blocks` blocks; `number` names it among all pages."""
    shared = blocks * SHARED // BLOCKS
    keys = np.concatenate(
        [
            np.arange(shared, dtype=np.uint64) + np.uint64(site * 1000),
            rng.integers(2**40, 2**64, blocks - shared, np.uint64),
        ]
    )
    url = f"https://{site}.example/stories/{number}"
    return PageRecord(
        namespace="default",
        site=f"{site}.example",
        key=number.to_bytes(16, "big"),
        url=url,
        time=number,
        blocks=keys.tobytes(),
        whole=number + 1,
        digest=rng.bytes(16),
        sketch=rng.bytes(128),
    )
