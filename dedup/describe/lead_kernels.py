"""Which short lines around a page's beginning can hold a name or a date at all."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.jit import kernel
from dedup.segment import tags
from dedup.segment.scan_kernels import Bytes, lookup, lower

MAY_NAME: Final = 1  # bits of what a line may hold
MAY_DATE: Final = 2
LITTLE_ELSE: Final = 4  # beside dates; where neither is said, it takes a closer look
MUCH_ELSE: Final = 8

_FNV_OFFSET = np.uint64(tags.FNV_OFFSET)
_FNV_PRIME = np.uint64(tags.FNV_PRIME)
_LETTERS_OF_A_DATE: Final = 20  # a day, a month of twelve letters and what stands between have no more


@kernel()
def _may_name(text: Bytes, start: int, end: int, openers: npt.NDArray[np.uint64]) -> bool:
    """Whether a line's first word is one that stands before names, or is not plain ASCII letters."""
    at = start
    while at < end and text[at] < 128 and not _is_word(text[at]):
        at += 1
    key = _FNV_OFFSET
    while at < end and 97 <= lower(text[at]) <= 122:
        key = (key ^ np.uint64(lower(text[at]))) * _FNV_PRIME
        at += 1
    return at < end and (text[at] >= 128 or (not _is_word(text[at]) and lookup(openers, key) != 0))


@kernel(inline=True)
def _is_word(byte: np.uint8) -> bool:
    return 97 <= lower(byte) <= 122 or 48 <= byte <= 57 or byte == 95


@kernel()
def _date_bits(text: Bytes, start: int, end: int, most_letters: int) -> int:
    """MAY_DATE where four digits are a year of these two centuries and no longer number; how much else there is."""
    years = ascii_letters = others = 0
    for at in range(start, end):
        byte = text[at]
        ascii_letters += 97 <= lower(byte) <= 122
        others += byte >= 0xC0
        if at + 3 < end and ((byte == 49 and text[at + 1] == 57) or (byte == 50 and text[at + 1] == 48)):
            is_year = 48 <= text[at + 2] <= 57 and 48 <= text[at + 3] <= 57
            years += is_year and (at + 4 == end or not 48 <= text[at + 4] <= 57)
    if not years:
        return 0
    if ascii_letters + others <= most_letters:
        return MAY_DATE | LITTLE_ELSE
    return MAY_DATE | MUCH_ELSE if ascii_letters > most_letters + years * _LETTERS_OF_A_DATE else MAY_DATE


@kernel(
    "int64(uint8[::1], int64[::1], int32[:], int64, int64, int64, int64, int64, int64, int64,"
    " uint64[:, ::1], int32[:, ::1])",
    allocates=False,
)
def pick_lines(
    text: Bytes,
    offsets: npt.NDArray[np.int64],
    words: npt.NDArray[np.int32],
    start: int,
    stop: int,
    resume: int,
    end: int,
    headline: int,
    most_words: int,
    most_letters: int,
    openers: npt.NDArray[np.uint64],
    found: npt.NDArray[np.int32],
) -> int:
    """Pick the short lines that may name somebody or hold a date.

    Args:
        text: of all blocks, UTF-8.
        offsets: int64[n + 1], where each begins.
        words: int32[n], of each.
        start: first block to look at, up to `stop`.
        stop: see `start`.
        resume: first block of a second stretch, up to `end`.
        end: see `resume`.
        headline: block that is none of them.
        most_words: of a short line.
        most_letters: beside its dates, of a line that says little else.
        openers: words that stand before names to 1 (`tags.lookup_table`).
        found: int32[f, 2], filled with the block and the bits of what it may hold, in order.

    Returns:
        How many were found; those that `found` has no room for are left out.
    """
    count = 0
    for block in range(start, min(end, len(words))):
        if stop <= block < resume or block == headline or words[block] > most_words or count == len(found):
            continue
        first, last = offsets[block], offsets[block + 1]
        bits = MAY_NAME * _may_name(text, first, last, openers) + _date_bits(text, first, last, most_letters)
        if bits:
            found[count, 0] = block
            found[count, 1] = bits
            count += 1
    return count
