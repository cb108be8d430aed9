"""What a fingerprint is, in plain Python: slow, short, and the measure of the kernels."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import xxhash
from datasketch import MinHash

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

# Names tell the script here, code point ranges in the tables: two ways to the same answer.
UNSPACED_NAMES = (
    *("CJK UNIFIED IDEOGRAPH", "CJK COMPATIBILITY IDEOGRAPH", "IDEOGRAPHIC ITERATION", "IDEOGRAPHIC CLOSING"),
    *("IDEOGRAPHIC NUMBER", "IDEOGRAPHIC ANNOTATION", "VERTICAL IDEOGRAPHIC", "VERTICAL KANA", "MASU MARK"),
    *("HANGZHOU", "OLD CHINESE", "HIRAGANA", "HENTAIGANA", "KATAKANA", "HALFWIDTH KATAKANA", "BOPOMOFO", "YI "),
    *("TANGUT", "NUSHU", "KHITAN", "THAI ", "LAO ", "KHMER", "MYANMAR", "TAI LE ", "NEW TAI LUE", "TAI THAM"),
    *("TAI VIET", "AHOM", "BALINESE", "JAVANESE"),
)
UNNAMED_TANGUT = frozenset((*range(0x17000, 0x187F8), *range(0x18D00, 0x18D09)))


def is_unspaced(character: str) -> bool:
    return unicodedata.name(character, "").startswith(UNSPACED_NAMES) or ord(character) in UNNAMED_TANGUT


def tokens(text: str, *, mask_digits: bool = False) -> list[str]:
    found: list[str] = []
    inside = solitary = in_number = False
    for character in unicodedata.normalize("NFC", text).casefold():
        kind = unicodedata.category(character)[0]
        if kind not in "LMN":
            inside = False
            continue
        alone = kind != "M" and is_unspaced(character)
        if not inside or alone or (solitary and kind != "M"):
            found.append("")
            inside, solitary, in_number = True, alone, False
        if not (mask_digits and kind == "N"):
            found[-1] += character
        elif not in_number:
            found[-1] += "0"
        in_number = kind == "N"
    return found


def normalised(text: str, *, mask_digits: bool = False) -> bytes:
    return " ".join(tokens(text, mask_digits=mask_digits)).encode()


def shingles(text: str, size: int, *, mask_digits: bool = False) -> list[bytes]:
    words = tokens(text, mask_digits=mask_digits)
    if not words:
        return []
    return [" ".join(words[at : at + size]).encode() for at in range(max(len(words) - size + 1, 1))]


def shingle_hashes(text: str, size: int, *, mask_digits: bool = False) -> list[int]:
    return sorted({xxhash.xxh32_intdigest(shingle) for shingle in shingles(text, size, mask_digits=mask_digits)})


def signer(num_perm: int, seed: int) -> Callable[[list[bytes]], NDArray[np.uint32]]:
    """datasketch's own signature of some shingles; the permutations are drawn once."""
    settings: dict[str, Any] = {"seed": seed, "scheme": "affine32", "hashfunc": xxhash.xxh32_intdigest}
    permutations = MinHash(num_perm, **settings).permutations

    def sign(shingled: list[bytes]) -> NDArray[np.uint32]:
        minhash = MinHash(num_perm, permutations=permutations, **settings)
        minhash.update_batch(shingled)
        values: NDArray[np.uint32] = minhash.hashvalues
        return values

    return sign


def assigned_characters() -> list[str]:
    """Every character of Unicode 14.0; where Python knows a later version, of 3.2, which it carries too."""
    database = unicodedata if unicodedata.unidata_version == "14.0.0" else unicodedata.ucd_3_2_0
    return [chr(point) for point in range(0x110000) if database.category(chr(point)) not in {"Cn", "Cs"}]
