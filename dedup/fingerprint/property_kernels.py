"""What the frozen Unicode tables say of a code point: how they are laid out, and the look-up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dedup.fingerprint.words import uint8, uint32, uintp
from dedup.jit import kernel

if TYPE_CHECKING:
    from dedup.fingerprint.words import Tables

TABLES = (
    "Tuple((Array(uint16, 1, 'C', readonly=True), Array(uint32, 1, 'C', readonly=True),"
    " Array(uint32, 2, 'C', readonly=True), Array(uint64, 1, 'C', readonly=True),"
    " Array(uint32, 1, 'C', readonly=True)))"
)
"""Signature of `UnicodeTables`."""

# The properties of a code point, in 32 bits. The two lowest are its class; a separator is 0.
CLASS: Final = 3
WORD: Final = 1  # letter or number of a spaced script
SOLO: Final = 2  # letter or number of a script without spaces: a token of its own, with its marks
MARK: Final = 3
NUMBER: Final = 1 << 2
FOLDS: Final = 1 << 3  # case folding changes it
DECOMPOSES: Final = 1 << 4  # has a canonical decomposition (Hangul syllables, which have one by rule, aside)
NEVER_COMPOSED: Final = 1 << 5  # NFC_Quick_Check is No: NFC replaces it
MAY_COMPOSE: Final = 1 << 6  # NFC_Quick_Check is Maybe: NFC may join it to what stands before
CCC_SHIFT: Final = 8  # canonical combining class, 8 bits
ROW_SHIFT: Final = 16  # row of `mappings`, for what folds or decomposes

PAGE_BITS: Final = 7
FOLDED_LENGTH: Final = 3
"""Code points that one can fold to, at most."""
DECOMPOSED_LENGTH: Final = 4
"""Code points that one can decompose to, at most."""
PAIR_SLOTS: Final = 4096


@kernel(inline=True)
def properties_of(code_point: int, tables: Tables) -> int:
    """The 32 bits of `unicode_tables` for a code point."""
    pages, entries, _, _, _ = tables
    page = uintp(pages[uintp(code_point) >> uintp(PAGE_BITS)])
    return uint32(entries[page << uintp(PAGE_BITS) | uintp(code_point) & uintp((1 << PAGE_BITS) - 1)])


@kernel(inline=True)
def combining_class(properties: int) -> int:
    """The canonical combining class in a code point's properties."""
    return uint8(properties >> uint32(CCC_SHIFT) & uint32(0xFF))


@kernel(inline=True)
def pair_slot(first: int, second: int) -> int:
    """Where the search for a pair begins in `pairs`."""
    return uintp((uintp(first) * uintp(67) + uintp(second)) % uintp(PAIR_SLOTS))
