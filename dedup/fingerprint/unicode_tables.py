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

# The properties of a code point, in 32 bits. The two lowest are its class; a separator is 0.
CLASS: Final = 3
WORD: Final = 1  # letter or number of a spaced script
SOLO: Final = 2  # letter or number of a script without spaces: a token of its own, with its marks
MARK: Final = 3
NUMBER: Final = 1 << 2
COMPOSITION_UNSURE: Final = 1 << 3  # NFC_Quick_Check is No or Maybe
DECOMPOSES: Final = 1 << 4  # has a canonical decomposition (Hangul syllables, which have one by rule, aside)
CCC_SHIFT: Final = 8  # canonical combining class, 8 bits
FOLD_SHIFT: Final = 16  # row of `folds`, 0 where case folding changes nothing

PAGE_BITS: Final = 7


class UnicodeTables(NamedTuple):
    """What kernels look up.

    Attributes:
        pages: uint16[0x110000 >> PAGE_BITS], code point → page.
        entries: uint32[pages << PAGE_BITS], the properties.
        folds: uint32[rows, 3], full case foldings, padded with zeros.
        decomposed: uint32[n], sorted code points that decompose.
        decomposition_offsets: uint32[n + 1] into `decompositions`.
        decompositions: uint32[], full canonical decompositions.
        composition_keys: uint64[m], sorted `first << 32 | second`.
        composites: uint32[m], what each pair composes to.
    """

    pages: NDArray[np.uint16]
    entries: NDArray[np.uint32]
    folds: NDArray[np.uint32]
    decomposed: NDArray[np.uint32]
    decomposition_offsets: NDArray[np.uint32]
    decompositions: NDArray[np.uint32]
    composition_keys: NDArray[np.uint64]
    composites: NDArray[np.uint32]


@cache
def unicode_tables() -> UnicodeTables:
    """The tables, loaded once and read-only."""
    with np.load(TABLES_PATH, allow_pickle=False) as file:
        tables = UnicodeTables(*(file[name] for name in UnicodeTables._fields))
    for table in tables:
        table.setflags(write=False)
    return tables
