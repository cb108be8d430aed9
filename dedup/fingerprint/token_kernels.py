"""From UTF-8 to tokens in one pass: case folding, tokenising, and the check that a text is in NFC already.

Normalised text is its tokens joined by one space, so shingle `i` of `k` tokens is the slice from the start of token
`i` to the byte before the separator of token `i + k`: nothing is ever put together.

Two loops alternate. Runs of ASCII go sixty-four bytes at a time through bit masks; everything else goes code point by
code point through the frozen tables. A code point that might compose with its neighbours, or marks out of order, end
the pass: `fingerprint_kernels` composes such a text first and comes back with `composed` set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dedup.fingerprint.ascii_kernels import WIDTH, ascii_classes, store_folded
from dedup.fingerprint.composition_kernels import BYTES, TABLES, VALID, properties_of
from dedup.fingerprint.unicode_tables import CCC_SHIFT, CLASS, COMPOSITION_UNSURE, FOLD_SHIFT, NUMBER, SOLO, WORD
from dedup.fingerprint.utf8_kernels import decode, encode
from dedup.fingerprint.vector_kernels import load_64, ones, trailing_zeros
from dedup.fingerprint.words import int64, uint8, uint32, uint64, uintp
from dedup.jit import kernel

if TYPE_CHECKING:
    from dedup.fingerprint.words import Array, Tables


GROWTH = 3
"""Bytes of normalised text a byte of text can become, at most; so can its NFC alone."""
SLACK = 2048
"""Room that the kernel needs behind the last byte and the last token."""
NOT_COMPOSED = -2
"""The text does not pass the NFC quick check."""

UNCHECKED, COMPOSED = False, True
"""What is known of a text: nothing, or that it is in NFC."""

ALL = uint64(0xFFFFFFFFFFFFFFFF)
NOT_ASCII = uint64(0x8080808080808080)
SPACE, ZERO = uint8(0x20), uint8(0x30)

# Where the pass stands: between tokens, inside one, or behind a token that only marks may join.
GAP, INSIDE, SOLITARY = uint8(0), uint8(1), uint8(2)

STARTS_AT_ONCE = 8


@kernel(inline=True)
def _write_starts(starts: Array, tokens: int, length: int, first_bytes: int) -> int:
    """Note the tokens that start at the set bits of `first_bytes`, counted from `length`; how many there are now."""
    left = uint64(first_bytes)
    total = tokens + uintp(ones(left))
    at = uintp(tokens)
    while True:  # eight at a time without asking: a word is five letters, and a wrong guess costs more than a store
        for step in range(uintp(STARTS_AT_ONCE)):
            starts[at + step] = uint32(length + uintp(trailing_zeros(left)))
            left &= left - uint64(1)
        at += uintp(STARTS_AT_ONCE)
        if at >= total:
            return total


@kernel(
    f"UniTuple(int64, 3)({BYTES}, uintp, uintp, boolean, boolean, {TABLES}, uint8[::1], uint32[::1])", allocates=False
)
def tokenise(
    data: Array,
    begin: int,
    end: int,
    mask_digits: bool,  # noqa: FBT001  (kernels take arguments by position)
    composed: bool,  # noqa: FBT001
    tables: Tables,
    normalised: Array,
    starts: Array,
) -> tuple[int, int, int]:
    """Normalised text of `data[begin:end]`, and where its tokens start.

    Args:
        data: uint8[:], UTF-8; it may go on behind `end`.
        begin: first byte.
        end: one past the last byte.
        mask_digits: each run of numbers inside a token becomes one `0`.
        composed: the text is known to be in NFC.
        tables: the frozen Unicode tables.
        normalised: uint8[:], `GROWTH` times the bytes of the text and `SLACK`.
        starts: uint32[:], half the bytes of the text and `SLACK`. Behind the last token stands where a further one
            would start, so token `i` is `normalised[starts[i] : starts[i + 1] - 1]`.

    Returns:
        The bytes of the normalised text, its tokens, and a fault: `VALID`, `NOT_COMPOSED`, or the position in `data`
        of the first byte that is not valid UTF-8.
    """
    folds = tables[2]
    at = uintp(begin)
    length = uintp(0)
    tokens = uintp(0)
    state = GAP
    in_number = False
    last_class = uint32(0)
    while at < end:
        if state == GAP and at + uintp(WIDTH) <= uintp(data.size) and load_64(data, at) & NOT_ASCII == uint64(0):
            while at < end and at + uintp(WIDTH) <= uintp(data.size):
                letters, digits, others = ascii_classes(data, at)
                ascii_length = min(uintp(trailing_zeros(others)), end - at)
                if ascii_length == uintp(0):
                    break
                valid = ALL >> uint64(uintp(64) - ascii_length)
                token_bytes = (letters | digits) & valid
                before = token_bytes << uint64(1) | uint64(state)
                kept = (token_bytes | before) & valid
                if mask_digits:
                    kept &= ~(digits & (digits << uint64(1) | uint64(in_number)))
                # Up to where something is dropped, the text is copied as it is: a separator stays behind each token.
                run = uintp(trailing_zeros(~kept))
                store_folded(data, at, normalised, length, mask_digits)
                first_bytes = token_bytes & ~before & (ALL >> uint64(uintp(64) - run) if run else uint64(0))
                tokens = _write_starts(starts, tokens, length, first_bytes)
                length += run
                dropped = uintp(0)
                if run < uintp(64):
                    dropped = uintp(trailing_zeros(kept >> uint64(run)))
                step = min(run + dropped, ascii_length)
                last = uint64(step - uintp(1))
                state = uint8(token_bytes >> last & uint64(1))
                in_number = bool(digits >> last & uint64(1))
                at += step
            last_class = uint32(0)
            if at >= end:
                break
        point, size = decode(data, at, end)
        if size == uintp(0):
            return int64(0), int64(0), int64(at)
        properties = properties_of(point, tables)
        combining_class = properties >> uint32(CCC_SHIFT) & uint32(0xFF)
        if not composed and (properties & uint32(COMPOSITION_UNSURE) or uint32(0) < combining_class < last_class):
            return int64(0), int64(0), int64(NOT_COMPOSED)
        last_class = combining_class
        at += size
        row = uintp(properties >> uint32(FOLD_SHIFT))
        part = uintp(0)
        while True:
            if row:
                point = folds[row, part]
                properties = properties_of(point, tables)
            kind = properties & uint32(CLASS)
            if kind == uint32(0):
                if state != GAP:
                    normalised[length] = SPACE
                    length += uintp(1)
                state = GAP
                in_number = False
            else:
                if state == GAP or kind == uint32(SOLO) or (kind == uint32(WORD) and state == SOLITARY):
                    if state != GAP:
                        normalised[length] = SPACE
                        length += uintp(1)
                    starts[tokens] = uint32(length)
                    tokens += uintp(1)
                    state = SOLITARY if kind == uint32(SOLO) else INSIDE
                    in_number = False
                if mask_digits and properties & uint32(NUMBER):
                    if not in_number:
                        normalised[length] = ZERO
                        length += uintp(1)
                    in_number = True
                else:
                    length = encode(point, normalised, length)
                    in_number = False
            part += uintp(1)
            if row == uintp(0) or part == uintp(3) or folds[row, part] == uint32(0):
                break
    if state == GAP and length > uintp(0):
        length -= uintp(1)
    starts[tokens] = uint32(length + uintp(1))
    return int64(length), int64(tokens), int64(VALID)
