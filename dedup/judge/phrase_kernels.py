"""Which short texts may say what furniture they are: many phrases sought in one pass over the bytes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.fingerprint.words import BYTES, POSITIONS
from dedup.jit import kernel
from dedup.segment.chunk_kernels import lower

_TOLD: Final = 0xFFFF  # the state in which a phrase has been found
_ASCII: Final = 128
_BITS: Final = 12
_FACTOR: Final = np.uint32(0x01000193)  # FNV-1a


class Automaton(NamedTuple):
    """Finds whether any of several phrases occurs (Aho and Corasick, Efficient string matching, 1975).

    Attributes:
        symbols: uint8[128], the symbol of each byte; letters of both cases have one, bytes of no phrase have 0.
        following: uint16[states, symbols], the state after a symbol.
    """

    symbols: npt.NDArray[np.uint8]
    following: npt.NDArray[np.uint16]


def automaton(phrases: Iterable[str]) -> Automaton:
    """What finds phrases of lower-case ASCII."""
    encoded = [phrase.encode("ascii") for phrase in phrases]
    symbols = np.zeros(_ASCII, np.uint8)
    for number, byte in enumerate(sorted(set(b"".join(encoded))), 1):
        symbols[[byte, ord(chr(byte).upper())]] = number
    rows: list[dict[int, int]] = [{}]
    ends: set[int] = set()
    for phrase in encoded:
        state = 0
        for symbol in symbols[list(phrase)].tolist():
            if symbol not in rows[state]:
                rows[state][symbol] = len(rows)
                rows.append({})
            state = rows[state][symbol]
        ends.add(state)
    following = np.zeros((len(rows), int(symbols.max()) + 1), np.uint16)
    waiting = deque([(0, 0)])  # a state, and that of its longest ending which begins a phrase
    while waiting:
        state, fallback = waiting.popleft()
        if state:
            following[state] = following[fallback]
        for symbol, child in rows[state].items():
            waiting.append((child, int(following[fallback, symbol]) if state else 0))
            following[state, symbol] = child
    is_told = np.isin(following, list(ends))
    following[is_told] = _TOLD
    return Automaton(symbols, following)


@kernel(f"void({BYTES}, {POSITIONS}, {POSITIONS}, uint8[::1], uint16[:, ::1], boolean[::1])", allocates=False)
def may_tell(
    text: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    blocks: npt.NDArray[np.int64],
    symbols: npt.NDArray[np.uint8],
    following: npt.NDArray[np.uint16],
    found: npt.NDArray[np.bool_],
) -> None:
    """Whether blocks hold a phrase, or anything but ASCII.

    Args:
        text: uint8[bytes] of all blocks.
        offsets: int64[n + 1], where each begins.
        blocks: int64[k], those that are asked about.
        symbols: of an `Automaton`.
        following: of an `Automaton`.
        found: bool[k], to be filled.
    """
    for i in range(len(blocks)):
        state = np.uint16(0)
        found[i] = False
        for at in range(offsets[blocks[i]], offsets[blocks[i] + 1]):
            byte = text[at]
            if byte < _ASCII:
                state = following[state, symbols[byte]]
            if byte >= _ASCII or state == _TOLD:
                found[i] = True
                break


class Lines(NamedTuple):
    """Finds which texts may be one of several lines, but for marks around it (a Bloom filter of one hash).

    Attributes:
        marks: bool[128], bytes that do not count at either end.
        bits: bool[2**12], by the hash of a line.
        longest: bytes of the longest line.
    """

    marks: npt.NDArray[np.bool_]
    bits: npt.NDArray[np.bool_]
    longest: int


def lines(listed: Iterable[str], marks: str) -> Lines:
    """What finds lines of lower-case letters; those that are not ASCII alone are left to a closer look."""
    is_mark = np.zeros(_ASCII, np.bool_)
    is_mark[[ord(mark) for mark in marks if mark.isascii()]] = True
    encoded = [np.frombuffer(bytearray(line.encode()), np.uint8) for line in listed]
    bits = np.zeros(1 << _BITS, np.bool_)
    for line in encoded:
        if (number := line_hash(line, 0, len(line))) >= 0:
            bits[number] = True
    return Lines(is_mark, bits, max(map(len, encoded)))


@kernel(f"int64({BYTES}, int64, int64)", allocates=False)
def line_hash(text: npt.NDArray[np.uint8], start: int, end: int) -> int:
    """The hash of a line, in which the case of ASCII letters does not count; -1 if it holds anything but ASCII."""
    state = np.uint32(0x811C9DC5)
    for at in range(start, end):
        byte = text[at]
        if byte >= _ASCII:
            return -1
        state = np.uint32((state ^ np.uint32(lower(byte))) * _FACTOR)
    return int(state >> np.uint32(32 - _BITS))


@kernel(f"void({BYTES}, {POSITIONS}, {POSITIONS}, boolean[::1], boolean[::1], int64, boolean[::1])", allocates=False)
def may_be_line(
    text: npt.NDArray[np.uint8],
    offsets: npt.NDArray[np.int64],
    blocks: npt.NDArray[np.int64],
    marks: npt.NDArray[np.bool_],
    bits: npt.NDArray[np.bool_],
    longest: int,
    found: npt.NDArray[np.bool_],
) -> None:
    """Whether blocks may be one of some lines; of a short one, or of its end, whatever is not ASCII leaves that open.

    Args:
        text: uint8[bytes] of all blocks.
        offsets: int64[n + 1], where each begins.
        blocks: int64[k], those that are asked about.
        marks: of `Lines`.
        bits: of `Lines`.
        longest: of `Lines`.
        found: bool[k], to be filled.
    """
    for i in range(len(blocks)):
        start, end = offsets[blocks[i]], offsets[blocks[i] + 1]
        while start < end and text[start] < _ASCII and marks[text[start]]:
            start += 1
        while start < end and text[end - 1] < _ASCII and marks[text[end - 1]]:
            end -= 1
        number = line_hash(text, start, min(end, start + longest + 1))
        ends_beyond = end > start and text[end - 1] >= _ASCII  # in a mark, maybe, behind more of them
        found[i] = ends_beyond or number < 0 or (end - start <= longest and bits[number])
