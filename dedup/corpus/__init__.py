"""Near-duplicates of a whole corpus: pairs, clusters, and which document to keep of each.

The names below are loaded on first use: importing this package compiles no kernel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dedup.loading import on_demand

if TYPE_CHECKING:
    from dedup.corpus.result import NearDuplicates, Pairs
    from dedup.corpus.search import near_duplicates
else:
    __getattr__ = on_demand(
        __name__,
        {
            "NearDuplicates": "dedup.corpus.result",
            "Pairs": "dedup.corpus.result",
            "near_duplicates": "dedup.corpus.search",
        },
    )


__all__ = ["NearDuplicates", "Pairs", "near_duplicates"]
