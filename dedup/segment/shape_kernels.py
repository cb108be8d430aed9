"""What a block's text looks like, counted without knowing its language."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.fingerprint.vector_kernels import ones, trailing_zeros
from dedup.fingerprint.words import int64, uint64, uintp
from dedup.jit import kernel
from dedup.segment.chunk_kernels import CHUNK, letters_and_digits

# Columns of the table of shapes, int32.
(
    WORDS, LETTERS, DIGITS, UPPER, MARKS, SENTENCES, COMMAS, ENDS, UNSPACED, LINES, QUOTES, SYMBOLS, LONGEST, STARTS,
    COLUMNS,
) = range(15)  # fmt: skip

# How a block ends (column ENDS).
NO_MARK: Final = 0
SENTENCE: Final = 1  # full stop, question or exclamation mark, in any script
COLON: Final = 2
ELLIPSIS: Final = 3
OTHER_MARK: Final = 4

# What a block starts with (column STARTS).
LOWER_START, UPPER_START, DIGIT_START, MARK_START, UNCASED_START = range(5)

# Characters that make a word, in tenths: a Chinese word has about two, a Thai one about five.
_IDEOGRAPH_TENTHS: Final = 5
_SYLLABLE_TENTHS: Final = 2


@kernel(inline=True)
def _is_ideographic(code: int) -> bool:
    return (
        0x3040 <= code <= 0x30FF or 0x3400 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0x20000 <= code <= 0x323AF
    )


@kernel(inline=True)
def _is_southeast_asian(code: int) -> bool:
    return 0x0E00 <= code <= 0x0EFF or 0x1000 <= code <= 0x109F or 0x1780 <= code <= 0x17FF


@kernel(inline=True)
def _ends_sentence(code: int) -> bool:
    return code in (
        0x2E,
        0x21,
        0x3F,
        0x2026,
        0x3002,
        0xFF01,
        0xFF1F,
        0xFF0E,
        0x061F,
        0x06D4,
        0x0964,
        0x0965,
        0x1362,
        0x104B,
    )


@kernel(inline=True)
def _is_comma(code: int) -> bool:
    return code in (0x2C, 0x3B, 0xFF0C, 0x3001, 0xFF1B, 0x060C, 0x061B, 0x104A)


@kernel(inline=True)
def _is_quote(code: int) -> bool:
    return code in (0x22, 0x27, 0xAB, 0xBB) or 0x2018 <= code <= 0x201F or 0x300C <= code <= 0x300F


@kernel(inline=True)
def _is_mark(code: int) -> bool:
    """Punctuation, symbols and spaces beyond ASCII."""
    return (
        0xA0 <= code <= 0xBF
        or code in (0xD7, 0xF7, 0x060C, 0x061B, 0x061F, 0x06D4, 0x0964, 0x0965)
        or 0x2000 <= code <= 0x2BFF
        or 0x3000 <= code <= 0x303F
        or 0xFE30 <= code <= 0xFE6F
        or 0xFF00 <= code <= 0xFF0F
        or 0xFF1A <= code <= 0xFF20
        or 0xFF3B <= code <= 0xFF40
        or 0xFF5B <= code <= 0xFF65
        or 0x1F000 <= code <= 0x1FAFF
        or code == 0xFFFD
    )


@kernel(inline=True)
def _word_size(text: npt.NDArray[np.uint8], start: int, end: int) -> tuple[int, int, int]:
    """The ASCII letters and digits that stand together, as far as one looks at once, the digits and the capitals."""
    at = uintp(start)
    if at + uintp(CHUNK) > uintp(len(text)):
        return 0, 0, 0
    word, digits, upper = letters_and_digits(text, at)
    size = min(trailing_zeros(~word), uint64(end - start))
    taken = (uint64(1) << size) - uint64(1)
    return int64(size), int64(ones(digits & taken)), int64(ones(upper & taken))


@kernel("void(uint8[::1], int64[::1], int32[:, ::1])")
def text_shapes(text: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64], shapes: npt.NDArray[np.int32]) -> None:
    """Fill the table of shapes.

    Args:
        text: uint8[bytes], valid UTF-8.
        offsets: int64[n + 1], where each block begins.
        shapes: int32[n, COLUMNS]; WORDS counts words of any script, SENTENCES marks that end one, LONGEST the
            letters of the longest word.
    """
    for block in range(len(offsets) - 1):
        i = offsets[block]
        end = offsets[block + 1]
        words = tenths = letters = digits = upper = marks = sentences = commas = unspaced = 0
        lines = 1
        quotes = symbols = longest = run = 0
        last = NO_MARK
        starts = -1
        in_word = False
        mark_before = False
        while i < end:
            size, digit_count, upper_count = _word_size(text, i, end)
            if size:
                if starts < 0:
                    starts = UPPER_START if 65 <= text[i] <= 90 else LOWER_START if text[i] > 90 else DIGIT_START
                letters += size - digit_count
                digits += digit_count
                upper += upper_count
                run += size
                longest = max(longest, run)
                last = NO_MARK
                words += not in_word
                in_word = True
                mark_before = False
                i += size
                continue
            byte = np.int64(text[i])
            if byte < 0x80:
                code = byte
                i += 1
            elif byte < 0xE0:
                code = (byte & 0x1F) << 6 | (np.int64(text[i + 1]) & 0x3F)
                i += 2
            elif byte < 0xF0:
                code = (byte & 0x0F) << 12 | (np.int64(text[i + 1]) & 0x3F) << 6 | (np.int64(text[i + 2]) & 0x3F)
                i += 3
            else:
                code = (
                    (byte & 0x07) << 18
                    | (np.int64(text[i + 1]) & 0x3F) << 12
                    | (np.int64(text[i + 2]) & 0x3F) << 6
                    | (np.int64(text[i + 3]) & 0x3F)
                )
                i += 4
            if code <= 32:
                sentences += mark_before
                mark_before = in_word = False
                run = 0
                lines += code == 10
                continue
            is_upper = 65 <= code <= 90 or 0xC0 <= code <= 0xDE or 0x391 <= code <= 0x3A9 or 0x410 <= code <= 0x42F
            is_digit = 48 <= code <= 57
            is_lower_ascii = 97 <= code <= 122
            if is_digit or is_upper or is_lower_ascii or (code >= 0x80 and not _is_mark(code)):
                letters += not is_digit
                digits += is_digit
                upper += is_upper
                run += 1
                longest = max(longest, run)
                last = NO_MARK
                if _is_ideographic(code):
                    unspaced += 1
                    tenths += _IDEOGRAPH_TENTHS
                    in_word = False
                    sentences += mark_before
                    run = 0
                elif _is_southeast_asian(code):
                    unspaced += 1
                    tenths += _SYLLABLE_TENTHS
                    in_word = False
                    run = 0
                elif not in_word:
                    in_word = True
                    words += 1
                mark_before = False
                if starts < 0:
                    cased = (
                        is_lower_ascii or 0xDF <= code <= 0x24F or 0x3B1 <= code <= 0x3C9 or 0x430 <= code <= 0x44F
                    )
                    starts = (
                        DIGIT_START
                        if is_digit
                        else UPPER_START
                        if is_upper
                        else LOWER_START
                        if cased
                        else UNCASED_START
                    )
                continue
            if starts < 0 and not _is_quote(code):
                starts = MARK_START
            run = 0
            in_word = in_word and code in (0x27, 0x2019, 0x2D)  # an apostrophe or hyphen inside a word
            marks += 1
            if _ends_sentence(code):
                mark_before = True
                last = (
                    ELLIPSIS
                    if code == 0x2026 or (code == 0x2E and i > offsets[block] + 2 and text[i - 2] == 0x2E)
                    else SENTENCE
                )
            elif _is_comma(code):
                commas += 1
                last = OTHER_MARK
            elif code in (0x3A, 0xFF1A):
                last = COLON
            elif _is_quote(code):
                quotes += 1  # a closing quote or bracket leaves the mark before it in force
            elif code not in (0x29, 0x5D, 0xFF09):
                symbols += 1
                last = OTHER_MARK
        sentences += mark_before
        shapes[block, WORDS] = words + (tenths + 9) // 10
        shapes[block, LETTERS] = letters
        shapes[block, DIGITS] = digits
        shapes[block, UPPER] = upper
        shapes[block, MARKS] = marks
        shapes[block, SENTENCES] = sentences
        shapes[block, COMMAS] = commas
        shapes[block, ENDS] = last
        shapes[block, UNSPACED] = unspaced
        shapes[block, LINES] = lines
        shapes[block, QUOTES] = quotes
        shapes[block, SYMBOLS] = symbols
        shapes[block, LONGEST] = longest
        shapes[block, STARTS] = max(starts, 0) if starts >= 0 else MARK_START
