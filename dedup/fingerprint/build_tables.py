"""Builds the frozen Unicode tables: `python -m dedup.fingerprint.build_tables`.

The values of a fingerprint may not depend on the Unicode version of the running Python, so everything that
normalisation and tokenising ask of Unicode is taken once from the `unicodedata` of a Python that carries
version 14.0 (3.11) and committed as `unicode-14.0.npz`.
"""

from __future__ import annotations

import sys
import unicodedata
from typing import TYPE_CHECKING

import numpy as np

from dedup.fingerprint.property_kernels import (
    CCC_SHIFT,
    DECOMPOSED_LENGTH,
    DECOMPOSES,
    FOLDED_LENGTH,
    FOLDS,
    MARK,
    MAY_COMPOSE,
    NEVER_COMPOSED,
    NUMBER,
    PAGE_BITS,
    PAIR_SLOTS,
    ROW_SHIFT,
    SOLO,
    WORD,
    pair_slot,
)
from dedup.fingerprint.unicode_tables import TABLES_PATH, UNICODE_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

CODE_POINTS = 0x110000
HANGUL_SYLLABLES = range(0xAC00, 0xD7A4)
HANGUL_VOWELS_AND_FINALS = (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3))

# Scripts that put no space between words. By UAX #14: those whose letters have line-breaking class SA (a line may
# end inside a run of letters, and only a dictionary knows where) or ID (it may end after each letter), and the two
# whose lines break between syllables (AK since version 15.1) and that are in daily use. Hangul is spaced.
UNSPACED = (
    (0x0E00, 0x0E7F),  # Thai
    (0x0E80, 0x0EFF),  # Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x1950, 0x197F),  # Tai Le
    (0x1980, 0x19DF),  # New Tai Lue
    (0x1A20, 0x1AAF),  # Tai Tham
    (0x1B00, 0x1B7F),  # Balinese
    (0x3000, 0x303F),  # iteration marks, ideographic zero, Hangzhou numerals
    (0x3040, 0x309F),  # Hiragana
    (0x30A0, 0x30FF),  # Katakana, with the prolonged sound mark
    (0x3100, 0x312F),  # Bopomofo
    (0x3190, 0x319F),  # Kanbun
    (0x31A0, 0x31BF),  # Bopomofo Extended
    (0x31F0, 0x31FF),  # Katakana Phonetic Extensions
    (0x3400, 0x4DBF),  # Han, Extension A
    (0x4E00, 0x9FFF),  # Han
    (0xA000, 0xA48F),  # Yi
    (0xA980, 0xA9DF),  # Javanese
    (0xA9E0, 0xA9FF),  # Myanmar Extended-B
    (0xAA60, 0xAA7F),  # Myanmar Extended-A
    (0xAA80, 0xAADF),  # Tai Viet
    (0xF900, 0xFAFF),  # Han, compatibility ideographs
    (0xFF66, 0xFF9F),  # half-width Katakana
    (0x11700, 0x1174F),  # Ahom
    (0x16FE0, 0x16FFF),  # iteration marks of Tangut, Nushu and old Chinese
    (0x17000, 0x18AFF),  # Tangut and its components
    (0x18B00, 0x18CFF),  # Khitan small script
    (0x18D00, 0x18D7F),  # Tangut Supplement
    (0x1AFF0, 0x1B16F),  # Kana Extended and Supplement, Small Kana
    (0x1B170, 0x1B2FF),  # Nushu
    (0x20000, 0x2A6DF),  # Han, Extension B
    (0x2A700, 0x2EBEF),  # Han, Extensions C to F
    (0x2F800, 0x2FA1F),  # Han, compatibility supplement
    (0x30000, 0x3134F),  # Han, Extension G
)


def build(path: Path = TABLES_PATH) -> None:
    """Write the tables.

    Raises:
        SystemExit: this Python carries another Unicode version.
    """
    if unicodedata.unidata_version != f"{UNICODE_VERSION}.0":
        sys.exit(f"needs Unicode {UNICODE_VERSION}; this Python carries {unicodedata.unidata_version}")
    compositions = dict(_compositions())
    mappings = _mappings()
    pages, entries = _pages(_properties(list(mappings), {second for _, second in compositions}))
    pairs, composites = _pair_table(compositions)
    np.savez_compressed(
        path,
        pages=pages,
        entries=entries,
        mappings=np.array([[0] * (FOLDED_LENGTH + DECOMPOSED_LENGTH), *mappings.values()], np.uint32),
        pairs=pairs,
        composites=composites,
    )


def _mappings() -> dict[int, list[int]]:
    """The rows of `mappings`, from the second on, in order of code point; the first row is unused."""
    rows = {}
    for code_point, character in _assigned():
        folded = character.casefold() if _folds(character) else ""
        decomposed = unicodedata.normalize("NFD", character) if _decomposes(code_point, character) else ""
        if folded or decomposed:
            rows[code_point] = [*_padded(folded, FOLDED_LENGTH), *_padded(decomposed, DECOMPOSED_LENGTH)]
    return rows


def _compositions() -> Iterator[tuple[tuple[int, int], int]]:
    """The pairs of code points that NFC composes, Hangul aside."""
    for code_point, character in _assigned():
        mapping = unicodedata.decomposition(character)
        if mapping and not mapping.startswith("<") and unicodedata.normalize("NFC", character) == character:
            first, second = (int(part, 16) for part in mapping.split())
            yield (first, second), code_point


def _pair_table(compositions: dict[tuple[int, int], int]) -> tuple[NDArray[np.uint64], NDArray[np.uint32]]:
    pairs = np.zeros(PAIR_SLOTS, np.uint64)
    composites = np.zeros(PAIR_SLOTS, np.uint32)
    for (first, second), composite in compositions.items():
        slot = pair_slot(first, second)
        while pairs[slot]:
            slot = (slot + 1) % PAIR_SLOTS
        pairs[slot], composites[slot] = first << 32 | second, composite
    return pairs, composites


def _properties(mapped: list[int], seconds: set[int]) -> NDArray[np.uint32]:
    rows = {code_point: row for row, code_point in enumerate(mapped, start=1)}
    seconds = seconds.union(HANGUL_VOWELS_AND_FINALS)
    properties = np.zeros(CODE_POINTS, np.uint32)
    for code_point, character in _assigned():
        kind = unicodedata.category(character)[0]
        bits = {"L": WORD, "M": MARK, "N": WORD | NUMBER}.get(kind, 0)
        if kind in "LN" and _is_unspaced(code_point):
            bits += SOLO - WORD
        bits |= FOLDS * _folds(character)
        bits |= DECOMPOSES * _decomposes(code_point, character)
        bits |= NEVER_COMPOSED * (unicodedata.normalize("NFC", character) != character)
        bits |= MAY_COMPOSE * (code_point in seconds)
        bits |= unicodedata.combining(character) << CCC_SHIFT
        properties[code_point] = bits | rows.get(code_point, 0) << ROW_SHIFT
    return properties


def _pages(properties: NDArray[np.uint32]) -> tuple[NDArray[np.uint16], NDArray[np.uint32]]:
    """A trie of two stages: code point → page → properties, equal pages stored once."""
    rows, page_of = np.unique(properties.reshape(-1, 1 << PAGE_BITS), axis=0, return_inverse=True)
    return page_of.astype(np.uint16).ravel(), rows.ravel()


def _assigned() -> Iterator[tuple[int, str]]:
    for code_point in range(CODE_POINTS):
        character = chr(code_point)
        if unicodedata.category(character) not in {"Cn", "Cs"}:
            yield code_point, character


def _padded(characters: str, length: int) -> list[int]:
    return [*map(ord, characters), *[0] * (length - len(characters))]


def _folds(character: str) -> bool:
    return character.casefold() != character


def _decomposes(code_point: int, character: str) -> bool:
    return code_point not in HANGUL_SYLLABLES and unicodedata.normalize("NFD", character) != character


def _is_unspaced(code_point: int) -> bool:
    return any(first <= code_point <= last for first, last in UNSPACED)


if __name__ == "__main__":
    build()
