"""Which of the items so far resemble this one: MinHash/LSH tables in RAM, and exact comparison of candidates.

The names below are loaded on first use: importing this package compiles no kernel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dedup.index.exact import Similarities, compare
    from dedup.index.layout import Layout
    from dedup.index.lsh import LshIndex, Matches

_HOME = {
    "Layout": "dedup.index.layout",
    "LshIndex": "dedup.index.lsh",
    "Matches": "dedup.index.lsh",
    "Similarities": "dedup.index.exact",
    "compare": "dedup.index.exact",
}

__all__ = ["Layout", "LshIndex", "Matches", "Similarities", "compare"]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'dedup.index' has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415  (only this lazy path needs it)

    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value
