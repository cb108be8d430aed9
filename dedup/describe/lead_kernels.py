"""Which short lines around a page's beginning can hold a name or a date at all."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.jit import kernel
from dedup.segment.chunk_kernels import Bytes, is_space, lower
from dedup.segment.scan_kernels import number_of

MAY_NAME: Final = 1  # bits of what a line may hold
MAY_DATE: Final = 2
LITTLE_ELSE: Final = 4  # beside dates; where neither is said, it takes a closer look
MUCH_ELSE: Final = 8

OPENS: Final = 1  # what a line's first word may be: the beginning of something that stands before names,
BY: Final = 2  # a word right before them,
DONE: Final = 3  # or one that such a word follows

_LETTERS_OF_A_DATE: Final = 20  # a day, a month of twelve letters and what stands between have no more


@kernel(inline=True)
def _is_word(byte: np.uint8) -> bool:
    return bool(97 <= lower(byte) <= 122 or 48 <= byte <= 57 or byte == 95)


@kernel(inline=True)
def _mark_size(text: Bytes, at: int, end: int) -> int:
    """Bytes of the character there if it is no part of a word, as far as that is easily told; else 0."""
    byte = text[at]
    if byte < 128:
        return 0 if _is_word(byte) else 1
    if byte == 0xC2 and at + 1 < end and text[at + 1] not in (0xAA, 0xB5, 0xBA):  # U+0080 to U+00BF but for letters
        return 2
    if byte == 0xE2 and at + 2 < end and text[at + 1] in (0x80, 0x81) and text[at + 2] < 0xB0:  # U+2000 to U+206F
        return 3
    return 0


@kernel()
def _letters_end(text: Bytes, at: int, end: int) -> int:
    while at < end and 97 <= lower(text[at]) <= 122:
        at += 1
    return at


@kernel()
def _may_name(text: Bytes, start: int, end: int, openers: npt.NDArray[np.uint64]) -> bool:
    """Whether a line begins as what stands before names does."""
    at = start
    while at < end:
        size = _mark_size(text, at, end)
        if not size:
            break
        at += size
    if at < end and text[at] >= 128:  # the first character has to tell
        begin, at = at, at + 1
        while at < end and text[at] & 0xC0 == 0x80:
            at += 1
        is_wide_mark = text[begin] == 0xEF or (text[begin] == 0xE3 and text[begin + 1] == 0x80)  # 【, ：, but 々, too
        return bool(is_wide_mark) or number_of(text, begin, at, openers) == OPENS
    begin, at = at, _letters_end(text, at, end)
    opener = number_of(text, begin, at, openers)
    if not opener or at == end:
        return opener == BY  # the name may stand in the next line
    if opener != DONE:
        return opener == OPENS or _mark_size(text, at, end) > 0
    if text[at] >= 128 or not is_space(text[at]):
        return bool(text[at] >= 128)
    while at < end and is_space(text[at]):
        at += 1
    begin, at = at, _letters_end(text, at, end)
    return at < end and (bool(text[at] >= 128) or number_of(text, begin, at, openers) == BY)


@kernel()
def _date_bits(text: Bytes, start: int, end: int, most_letters: int) -> int:
    """MAY_DATE where four digits are a year of these two centuries and no longer number; how much else there is."""
    years = ascii_letters = others = 0
    for at in range(start, end):
        byte = text[at]
        ascii_letters += int(97 <= lower(byte) <= 122)
        others += int(byte >= 0xC0)
        if at + 3 < end and ((byte == 49 and text[at + 1] == 57) or (byte == 50 and text[at + 1] == 48)):
            is_year = 48 <= text[at + 2] <= 57 and 48 <= text[at + 3] <= 57
            years += int(is_year and (at + 4 == end or not 48 <= text[at + 4] <= 57))
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
        openers: first words to OPENS, BY or DONE (`tags.lookup_table`, by UTF-8).
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
