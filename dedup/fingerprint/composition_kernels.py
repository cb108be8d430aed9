"""Normalization Form C (Unicode Standard Annex #15) of a text that does not pass the quick check.

Most text does, and never comes here: see `token_kernels`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dedup.fingerprint.property_kernels import (
    DECOMPOSED_LENGTH,
    DECOMPOSES,
    FOLDED_LENGTH,
    MAY_COMPOSE,
    PAIR_SLOTS,
    ROW_SHIFT,
    TABLES,
    combining_class,
    pair_slot,
    properties_of,
)
from dedup.fingerprint.utf8_kernels import decode, encode
from dedup.fingerprint.words import BYTES, int64, uint8, uint32, uint64, uintp
from dedup.jit import kernel

if TYPE_CHECKING:
    from dedup.fingerprint.words import Array, Tables

VALID = -1
"""No invalid byte."""

# Conjoining Hangul: the Unicode Standard, section 3.12.
SYLLABLE, SYLLABLES = uint32(0xAC00), uint32(11172)
LEADING, LEADINGS = uint32(0x1100), uint32(19)
VOWEL, VOWELS = uint32(0x1161), uint32(21)
FINAL, FINALS = uint32(0x11A7), uint32(28)

SHORT_RUN = uintp(32)  # marks on one letter that are sorted by insertion; more is no language


@kernel(inline=True)
def composite_of(first: int, second: int, tables: Tables) -> int:
    """What NFC makes of the pair; 0 where it stays two."""
    vowel = uint32(second - VOWEL)
    final = uint32(second - FINAL)
    leading = uint32(first - LEADING)
    syllable = uint32(first - SYLLABLE)
    if leading < LEADINGS and vowel < VOWELS:
        return uint32(SYLLABLE + (leading * VOWELS + vowel) * FINALS)
    if syllable < SYLLABLES and syllable % FINALS == uint32(0) and uint32(0) < final < FINALS:
        return uint32(first + final)
    pair = uint64(first) << uint64(32) | uint64(second)
    _, _, _, pairs, composites = tables
    slot = pair_slot(first, second)
    while pairs[slot] != uint64(0):
        if pairs[slot] == pair:
            return uint32(composites[slot])
        slot = (slot + uintp(1)) % uintp(PAIR_SLOTS)
    return uint32(0)


@kernel(f"UniTuple(int64, 2)({BYTES}, uintp, uintp, {TABLES}, uint32[::1], uint8[::1])", allocates=False)
def _decompose(data: Array, begin: int, end: int, tables: Tables, points: Array, classes: Array) -> tuple[int, int]:
    """Full canonical decomposition, marks not yet in order: how many code points, and `VALID` or the bad byte."""
    _, _, mappings, _, _ = tables
    count = uintp(0)
    at = begin
    while at < end:
        point, size = decode(data, at, end)
        if size == uintp(0):
            return int64(count), int64(at)
        at += size
        syllable = uint32(point - SYLLABLE)
        properties = properties_of(point, tables)
        if syllable < SYLLABLES:
            points[count] = LEADING + syllable // (VOWELS * FINALS)
            points[count + uintp(1)] = VOWEL + syllable // FINALS % VOWELS
            points[count + uintp(2)] = FINAL + syllable % FINALS
            classes[count : count + uintp(3)] = 0
            count += uintp(2) if syllable % FINALS == uint32(0) else uintp(3)
        elif properties & uint32(DECOMPOSES):
            row = uintp(properties >> uint32(ROW_SHIFT))
            for part in range(uintp(FOLDED_LENGTH), uintp(FOLDED_LENGTH + DECOMPOSED_LENGTH)):
                if mappings[row, part] == uint32(0):
                    break
                points[count] = mappings[row, part]
                classes[count] = combining_class(properties_of(points[count], tables))
                count += uintp(1)
        else:
            points[count] = point
            classes[count] = combining_class(properties)
            count += uintp(1)
    return int64(count), int64(VALID)


@kernel("void(uint32[::1], uint8[::1], uintp, uintp)", allocates=False)
def _sort_by_insertion(points: Array, classes: Array, begin: int, end: int) -> None:
    for at in range(begin + uintp(1), end):
        point, rank = points[at], classes[at]
        to = uintp(at)
        while to > begin and classes[to - uintp(1)] > rank:
            points[to], classes[to] = points[to - uintp(1)], classes[to - uintp(1)]
            to -= uintp(1)
        points[to], classes[to] = point, rank


@kernel("void(uint32[::1], uint8[::1], uintp, uintp)")
def _sort_by_counting(points: Array, classes: Array, begin: int, end: int) -> None:
    places = np.zeros(257, np.uintp)
    for at in range(begin, end):
        places[uintp(classes[at]) + uintp(1)] += uintp(1)
    for rank in range(uintp(256)):
        places[rank + uintp(1)] += places[rank]
    sorted_points = np.empty(end - begin, np.uint32)
    sorted_classes = np.empty(end - begin, np.uint8)
    for at in range(begin, end):
        place = places[uintp(classes[at])]
        places[uintp(classes[at])] += uintp(1)
        sorted_points[place], sorted_classes[place] = points[at], classes[at]
    points[begin:end] = sorted_points
    classes[begin:end] = sorted_classes


@kernel("void(uint32[::1], uint8[::1], uintp)", allocates=False)
def _reorder(points: Array, classes: Array, count: int) -> None:
    """Canonical ordering: each run of marks sorted by combining class, stably."""
    at = uintp(0)
    while at < count:
        begin = at
        while at < count and classes[at] != uint8(0):
            at += uintp(1)
        if at - begin > SHORT_RUN:
            _sort_by_counting(points, classes, begin, at)
        elif at > begin:
            _sort_by_insertion(points, classes, begin, at)
        at += uintp(1)


@kernel(f"uintp(uint32[::1], uint8[::1], uintp, {TABLES})", allocates=False)
def _recompose(points: Array, classes: Array, count: int, tables: Tables) -> int:
    """Canonical composition in place: how many code points are left."""
    kept = uintp(0)
    starter = uintp(0)
    starter_seen = False
    blocking = int64(-1)  # combining class of the last mark left behind the starter; -1 right after it
    for at in range(count):
        point, rank = points[at], int64(classes[at])
        if starter_seen and blocking < rank and properties_of(point, tables) & uint32(MAY_COMPOSE):
            composite = composite_of(points[starter], point, tables)
            if composite != uint32(0):
                points[starter] = composite
                continue
        if rank == int64(0):
            starter, starter_seen, blocking = kept, True, int64(-1)
        else:
            blocking = rank
        points[kept] = point
        kept += uintp(1)
    return kept


@kernel(f"UniTuple(int64, 2)({BYTES}, uintp, uintp, {TABLES}, uint8[::1])")
def compose(data: Array, begin: int, end: int, tables: Tables, out: Array) -> tuple[int, int]:
    """NFC of `data[begin:end]`.

    Args:
        data: uint8[:], UTF-8.
        begin: first byte.
        end: one past the last byte.
        tables: the frozen Unicode tables.
        out: uint8[:], three times the bytes of the text (`GROWTH` of `token_kernels`).

    Returns:
        The bytes written, and `VALID` or the position in `data` of the first byte that is not valid UTF-8.
    """
    points = np.empty(uintp(2) * (end - begin) + uintp(4), np.uint32)
    classes = np.empty(points.size, np.uint8)
    count, invalid = _decompose(data, begin, end, tables, points, classes)
    if invalid != int64(VALID):
        return int64(0), invalid
    _reorder(points, classes, uintp(count))
    kept = _recompose(points, classes, uintp(count), tables)
    length = uintp(0)
    for at in range(kept):
        length = encode(points[at], out, length)
    return int64(length), int64(VALID)
