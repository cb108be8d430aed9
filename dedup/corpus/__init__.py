"""Near-duplicates of a whole corpus: pairs, clusters, and which document to keep of each.

The names below are loaded on first use: importing this package compiles no kernel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dedup.corpus.result import NearDuplicates, Pairs
    from dedup.corpus.search import near_duplicates

_HOME = {
    "NearDuplicates": "dedup.corpus.result",
    "Pairs": "dedup.corpus.result",
    "near_duplicates": "dedup.corpus.search",
}

__all__ = ["NearDuplicates", "Pairs", "near_duplicates"]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'dedup.corpus' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415  (only this lazy path needs it)

    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value
