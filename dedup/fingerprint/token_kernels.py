"""From UTF-8 to tokens in one pass: case folding, tokenising, and the check that a text is in NFC already.

Normalised text is its tokens joined by one space, so shingle `i` of `k` tokens is the slice from the start of token
`i` to the byte before the start of token `i + k`, less one: nothing is ever put together.

Two loops alternate. Runs of ASCII go sixty-four bytes at a time through bit masks; everything else goes code point by
code point through the frozen tables. What NFC would change ends the pass: `fingerprint_kernels` composes such a text
first and comes back with `COMPOSED`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dedup.fingerprint.ascii_kernels import GAP, INSIDE, SOLITARY, WIDTH, Stand, fold_ascii
from dedup.fingerprint.composition_kernels import VALID, composite_of
from dedup.fingerprint.property_kernels import (
    CLASS,
    DECOMPOSES,
    FOLDED_LENGTH,
    FOLDS,
    MAY_COMPOSE,
    NEVER_COMPOSED,
    NUMBER,
    ROW_SHIFT,
    SOLO,
    TABLES,
    WORD,
    combining_class,
    properties_of,
)
from dedup.fingerprint.utf8_kernels import decode, encode
from dedup.fingerprint.vector_kernels import load_64
from dedup.fingerprint.words import BYTES, int64, uint8, uint32, uint64, uintp
from dedup.jit import kernel

if TYPE_CHECKING:
    from dedup.fingerprint.words import Array, Tables

GROWTH = 3
"""Bytes of normalised text a byte of text can become, at most; so can its NFC alone."""
SLACK = 2048
"""Room that kernels need behind the last byte and the last token."""
NOT_COMPOSED = -2
"""The text does not pass the NFC quick check."""

UNCHECKED, COMPOSED = False, True
"""What is known of a text: nothing, or that it is in NFC."""

NOT_ASCII = uint64(0x8080808080808080)
SPACE, ZERO = uint8(0x20), uint8(0x30)


@kernel(inline=True)
def _stays_apart(previous: int, previous_class: int, point: int, rank: int, tables: Tables) -> bool:
    """Whether it is plain, without composing the text, that NFC leaves a code point that may compose as it is."""
    if previous_class != uint8(0) or composite_of(previous, point, tables) != uint32(0):
        return False
    # A mark may have to go before one that the character before it holds.
    return rank == uint8(0) or not properties_of(previous, tables) & uint32(DECOMPOSES)


@kernel(inline=True)
def _append(
    point: int,
    properties: int,
    mask_digits: bool,  # noqa: FBT001  (kernels take arguments by position)
    normalised: Array,
    starts: Array,
    stand: Stand,
) -> Stand:
    """Take one code point, already folded: where the pass stands."""
    length, tokens, state, in_number = stand
    kind = properties & uint32(CLASS)
    if kind == uint32(0):
        if state != GAP:
            normalised[length] = SPACE
            length += uintp(1)
        return Stand(length, tokens, GAP, in_number=False)
    if state == GAP or kind == uint32(SOLO) or (state == SOLITARY and kind == uint32(WORD)):
        if state != GAP:
            normalised[length] = SPACE
            length += uintp(1)
        starts[tokens] = uint32(length)
        tokens += uintp(1)
        state = SOLITARY if kind == uint32(SOLO) else INSIDE
        in_number = False
    if not mask_digits or not properties & uint32(NUMBER):
        return Stand(encode(point, normalised, length), tokens, state, in_number=False)
    if not in_number:
        normalised[length] = ZERO
        length += uintp(1)
    return Stand(length, tokens, state, in_number=True)


@kernel(
    f"UniTuple(int64, 3)({BYTES}, uintp, uintp, boolean, boolean, {TABLES}, uint8[::1], uint32[::1])", allocates=False
)
def tokenise(
    data: Array,
    begin: int,
    end: int,
    mask_digits: bool,  # noqa: FBT001
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
    _, _, mappings, _, _ = tables
    at = uintp(begin)
    stand = Stand(uintp(0), uintp(0), GAP, in_number=False)
    previous, previous_class = uint32(0), uint8(0)
    while at < end:
        if stand.state == GAP and at + uintp(WIDTH) <= uintp(data.size) and not load_64(data, at) & NOT_ASCII:
            at, stand = fold_ascii(data, at, end, mask_digits, normalised, starts, stand)
            if at >= end:
                break
            previous, previous_class = uint32(data[at - uintp(1)]), uint8(0)
        point, size = decode(data, at, end)
        if size == uintp(0):
            return int64(0), int64(0), int64(at)
        properties = properties_of(point, tables)
        if not composed:
            rank = combining_class(properties)
            if properties & uint32(NEVER_COMPOSED) or uint8(0) < rank < previous_class:
                return int64(0), int64(0), int64(NOT_COMPOSED)
            if properties & uint32(MAY_COMPOSE) and not _stays_apart(previous, previous_class, point, rank, tables):
                return int64(0), int64(0), int64(NOT_COMPOSED)
            previous, previous_class = point, rank
        at += size
        if properties & uint32(FOLDS):
            row = uintp(properties >> uint32(ROW_SHIFT))
            for part in range(uintp(FOLDED_LENGTH)):
                point = mappings[row, part]
                if point == uint32(0):
                    break
                properties = properties_of(point, tables)
                stand = _append(point, properties, mask_digits, normalised, starts, stand)
        else:
            stand = _append(point, properties, mask_digits, normalised, starts, stand)
    length, tokens, state, _ = stand
    if state == GAP and length > uintp(0):
        length -= uintp(1)
    starts[tokens] = uint32(length + uintp(1))
    return int64(length), int64(tokens), int64(VALID)
