"""The frozen Unicode tables that kernels read: categories, case folding, composition.

Made by `build_tables`; the file name carries the Unicode version, and so does `NORMALISATION`, which changes with
every change of a fingerprint's values.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNICODE_VERSION: Final = "14.0"
NORMALISATION: Final = f"1-unicode-{UNICODE_VERSION}"
"""Version of the normal form of a text: what a token is, and of which Unicode."""

TABLES_PATH: Final = Path(__file__).with_name(f"unicode-{UNICODE_VERSION}.npz")


class UnicodeTables(NamedTuple):
    """What kernels look up.

    Attributes:
        pages: uint16[0x110000 >> PAGE_BITS], code point → page.
        entries: uint32[pages << PAGE_BITS], the properties.
        mappings: uint32[rows, FOLDED_LENGTH + DECOMPOSED_LENGTH], the full case folding and the full canonical
            decomposition of a code point, each padded with zeros.
        pairs: uint64[PAIR_SLOTS], a hash table with linear probing of `first << 32 | second`, what NFC composes;
            0 is a free slot.
        composites: uint32[PAIR_SLOTS], what each pair composes to.
    """

    pages: NDArray[np.uint16]
    entries: NDArray[np.uint32]
    mappings: NDArray[np.uint32]
    pairs: NDArray[np.uint64]
    composites: NDArray[np.uint32]


@cache
def unicode_tables() -> UnicodeTables:
    """The tables, loaded once and read-only."""
    with np.load(TABLES_PATH, allow_pickle=False) as file:
        tables = UnicodeTables(*(file[name] for name in UnicodeTables._fields))
    for table in tables:
        table.setflags(write=False)
    return tables
