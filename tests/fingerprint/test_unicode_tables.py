"""The frozen tables: made from Unicode 14.0, and what kernels take for granted about them."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import fingerprint_oracle as oracle
import numpy as np
import pytest

from dedup.fingerprint import NORMALISATION
from dedup.fingerprint.build_tables import build
from dedup.fingerprint.composition_kernels import composite_of
from dedup.fingerprint.token_kernels import GROWTH
from dedup.fingerprint.unicode_tables import TABLES_PATH, UNICODE_VERSION, unicode_tables

if TYPE_CHECKING:
    from dedup.fingerprint.words import Tables


def test_the_tables_are_those_that_python_311_builds_and_no_other_python_builds_any(tmp_path: Path) -> None:
    path = tmp_path / "tables.npz"
    if unicodedata.unidata_version != "14.0.0":
        with pytest.raises(SystemExit, match=r"needs Unicode 14\.0"):
            build(path)
        return
    build(path)
    with np.load(path) as built, np.load(TABLES_PATH) as kept:
        assert built.files == kept.files
        for name in built.files:
            assert (built[name] == kept[name]).all(), name


def test_the_version_of_normalisation_names_the_version_of_unicode() -> None:
    assert UNICODE_VERSION in NORMALISATION
    assert UNICODE_VERSION in TABLES_PATH.name


def test_every_pair_composes_as_python_says() -> None:
    tables: Tables = tuple(unicode_tables())
    for composite in oracle.assigned_characters():
        decomposed = unicodedata.normalize("NFD", composite)
        if len(decomposed) > 1 and unicodedata.normalize("NFC", composite) == composite:
            first, second = unicodedata.normalize("NFC", decomposed[:-1]), decomposed[-1]
            if len(first) == 1:
                assert composite_of(ord(first), ord(second), tables) == ord(composite), ascii(composite)
    assert composite_of(ord("x"), 0x301, tables) == 0


def weight(text: str) -> int:
    """Bytes that a text takes when it is folded and every token of it is followed by a space."""
    return len(text.casefold().encode()) + sum(map(oracle.is_unspaced, text.casefold()))


def test_no_text_outgrows_the_room_that_kernels_give_it() -> None:
    """It holds for each character and, as a pair weighs no less than its composite, for each text."""
    for character in oracle.assigned_characters():
        room = GROWTH * len(character.encode())
        decomposed = unicodedata.normalize("NFD", character)
        assert weight(character) <= room, ascii(character)
        assert weight(decomposed) <= room, ascii(character)
        assert len(decomposed.encode()) <= room, ascii(character)
        assert len(decomposed) <= 2 * len(character.encode()), ascii(character)
        assert weight(unicodedata.normalize("NFC", character)) <= weight(decomposed), ascii(character)


def test_no_character_adds_more_tokens_than_one_in_two_bytes() -> None:
    """Room for the tokens of a text is half its bytes and one."""
    for character in oracle.assigned_characters():
        size = len(character.encode())
        assert len(oracle.tokens("a" + character)) - 1 <= size // 2, ascii(character)
        assert len(oracle.tokens("a" + character + "a")) - 1 <= (size + 1) // 2, ascii(character)
