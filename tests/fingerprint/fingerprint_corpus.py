"""Random texts that go where kernels can go wrong: every script, odd lengths, marks in any order, many digits."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from fingerprint_oracle import assigned_characters

if TYPE_CHECKING:
    import random

LENGTHS = (0, 1, 2, 7, 15, 30, 62, 63, 64, 65, 90, 127, 128, 129, 250, 600)


def _alphabets() -> list[list[str]]:
    characters = assigned_characters()

    def between(first: int, last: int) -> list[str]:
        return [character for character in characters if first <= ord(character) <= last]

    return [
        characters,
        list("abcdefghij KLMNOP  ,.-\n0123456789"),
        between(0x00, 0x24F),
        between(0x370, 0x52F),  # Greek, Cyrillic
        between(0x590, 0x6FF),  # Hebrew, Arabic
        between(0x900, 0xD7F),  # the scripts of India
        between(0xE00, 0xEFF),  # Thai, Lao
        between(0x1000, 0x109F) + between(0x1780, 0x17FF),  # Myanmar, Khmer
        between(0x1100, 0x11FF) + between(0xAC00, 0xD7A3)[::28],  # Hangul, as jamo and as syllables that take a final
        between(0x1E00, 0x1FFF),  # Vietnamese, polytonic Greek
        between(0x3000, 0x30FF) + between(0x4E00, 0x4FFF) + between(0xFF00, 0xFFEF),
        [*between(0x1F300, 0x1FAFF), "\ufe0f", "\u200d", "a"],
        [character for character in characters if unicodedata.combining(character)],
        [character for character in characters if unicodedata.normalize("NFC", character) != character],
        [character for character in characters if character.casefold() != character],
    ]


def random_texts(rng: random.Random, count: int) -> list[str]:
    """Texts in the characters of one to three alphabets each, about one in eight a space."""
    alphabets = _alphabets()
    texts = []
    for _ in range(count):
        mixed = rng.choices(alphabets, k=rng.randint(1, 3))
        length = rng.choice(LENGTHS)
        texts.append("".join(rng.choice(rng.choice(mixed)) if rng.random() < 0.87 else " " for _ in range(length)))
    return texts
