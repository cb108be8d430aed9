"""Which of the items so far resemble this one: MinHash/LSH tables in RAM, and exact comparison of candidates.

The names below are loaded on first use: importing this package compiles no kernel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dedup.loading import on_demand

if TYPE_CHECKING:
    from dedup.index.exact import Similarities, compare
    from dedup.index.layout import Layout
    from dedup.index.lsh import LshIndex, Matches
else:
    __getattr__ = on_demand(
        __name__,
        {
            "Layout": "dedup.index.layout",
            "LshIndex": "dedup.index.lsh",
            "Matches": "dedup.index.lsh",
            "Similarities": "dedup.index.exact",
            "compare": "dedup.index.exact",
        },
    )


__all__ = ["Layout", "LshIndex", "Matches", "Similarities", "compare"]
