"""Fingerprints of texts: digests, shingle hashes and MinHash signatures, at the speed of the machine.

The names below are loaded on first use: importing this package compiles no kernel.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from dedup.loading import on_demand

if TYPE_CHECKING:
    from dedup.fingerprint.buffers import TextBuffer
    from dedup.fingerprint.fingerprinter import BlockPrints, Fingerprinter, ShingleHashes
    from dedup.fingerprint.interchange import SCHEME, from_lean_bytes, from_minhash, to_lean_bytes, to_minhash
    from dedup.fingerprint.unicode_tables import NORMALISATION
else:
    __getattr__ = on_demand(
        __name__,
        {
            "BlockPrints": "dedup.fingerprint.fingerprinter",
            "Fingerprinter": "dedup.fingerprint.fingerprinter",
            "NORMALISATION": "dedup.fingerprint.unicode_tables",
            "SCHEME": "dedup.fingerprint.interchange",
            "ShingleHashes": "dedup.fingerprint.fingerprinter",
            "TextBuffer": "dedup.fingerprint.buffers",
            "from_lean_bytes": "dedup.fingerprint.interchange",
            "from_minhash": "dedup.fingerprint.interchange",
            "to_lean_bytes": "dedup.fingerprint.interchange",
            "to_minhash": "dedup.fingerprint.interchange",
        },
    )


__all__ = [
    "NORMALISATION",
    "SCHEME",
    "BlockPrints",
    "Fingerprinter",
    "ShingleHashes",
    "TextBuffer",
    "from_lean_bytes",
    "from_minhash",
    "to_lean_bytes",
    "to_minhash",
    "warm",
]


def warm() -> None:
    """Compile every kernel of this package, or load what is compiled already."""
    import_module("dedup.fingerprint.fingerprinter")  # its kernels have explicit signatures: importing compiles them
