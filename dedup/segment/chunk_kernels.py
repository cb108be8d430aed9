"""Markup looked at in chunks: where names, values and runs of text end, without a branch a byte.

A chunk is read whole, so an intrinsic's caller sees to it that there is as much: `at + CHUNK <= len(data)`. Positions
are `uintp`: of a signed one, numba asks at each access whether it counts from the end.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from llvmlite import ir

from dedup.fingerprint.vector_kernels import (
    U8,
    U64,
    Vector,
    broadcast,
    intrinsic,
    load_64,
    memories,
    multiply_and_fold,
    ones,
    trailing_zeros,
    types,
)
from dedup.fingerprint.words import int64, uint8, uint64, uintp
from dedup.jit import kernel

CHUNK: Final = 32  # bytes; the compiler makes one or two vector instructions of it
WORD: Final = 8  # bytes
_WHOLE_CHUNK: Final = (1 << CHUNK) - 1
_LONGEST_NAME: Final = 2 * WORD
_SIZE_FACTOR, _FIRST_FACTOR = 0x9E3779B97F4A7C15, 0xA0761D6478BD642F  # odd, with as many bits set as not
_TAB, _SPACE, _AMPERSAND, _HYPHEN, _SLASH, _ZERO, _LESS, _GREATER = (ord(c) for c in "\t &-/0<>")
_UPPER_A, _LOWER_A, _DELETE = ord("A"), ord("a"), 0x7F

Bytes = npt.NDArray[np.uint8]


@kernel(inline=True)
def lower(byte: np.uint8) -> np.uint8:
    """ASCII lower case."""
    return np.uint8(byte + 32) if 65 <= byte <= 90 else byte


@kernel(inline=True)
def is_space(byte: np.uint8) -> bool:
    """White space as HTML has it: tab, line feed, form feed, carriage return, space."""
    return byte == 32 or 9 <= byte <= 13


@intrinsic
def matches(_typing: Any, data: Any, _at: Any, _byte: Any) -> Any:
    """`matches(data: uint8[:], at: uintp, byte: uint8) -> uint64`: which bytes of a chunk are it, the first lowest."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data, at, byte = memories(context, builder, signature, args)
        chunk = data.vector(at, U8, CHUNK)
        return _bits(builder, builder.icmp_unsigned("==", chunk.value, broadcast(builder, byte, CHUNK).value))

    return types.uint64(data, types.uintp, types.uint8), generate


@intrinsic
def spaces(_typing: Any, data: Any, _at: Any) -> Any:
    """`spaces(data: uint8[:], at: uintp) -> uint64`: which bytes of a chunk are white space as HTML has it."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data, at = memories(context, builder, signature, args)
        chunk = data.vector(at, U8, CHUNK)
        is_space = builder.icmp_unsigned("==", chunk.value, chunk.constant(_SPACE).value)
        return _bits(builder, builder.or_(is_space, (chunk - _TAB < 5).value))

    return types.uint64(data, types.uintp), generate


@intrinsic
def letters_and_digits(_typing: Any, data: Any, _at: Any) -> Any:
    """`letters_and_digits(data: uint8[:], at: uintp) -> (uint64, uint64, uint64)`: ASCII letters or digits in a chunk.

    The second says which are digits, the third which are capitals.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data, at = memories(context, builder, signature, args)
        chunk = data.vector(at, U8, CHUNK)
        is_digit, is_upper = (chunk - _ZERO < 10).value, (chunk - _UPPER_A < 26).value
        is_either = builder.or_(is_digit, ((chunk | 32) - _LOWER_A < 26).value)
        masks = [_bits(builder, lanes) for lanes in (is_either, is_digit, is_upper)]
        return context.make_tuple(builder, signature.return_type, masks)

    return types.UniTuple(types.uint64, 3)(data, types.uintp), generate


@intrinsic
def visible(_typing: Any, data: Any, _at: Any) -> Any:
    """`visible(data: uint8[:], at: uintp) -> uint64`: ASCII in a chunk that shows as written: no space, `&` or `<`."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data, at = memories(context, builder, signature, args)
        chunk = data.vector(at, U8, CHUNK)
        shows = (chunk - (_SPACE + 1) < _DELETE - _SPACE - 1).value
        for mark in (_AMPERSAND, _LESS):
            shows = builder.and_(shows, builder.icmp_unsigned("!=", chunk.value, chunk.constant(mark).value))
        return _bits(builder, shows)

    return types.uint64(data, types.uintp), generate


@intrinsic
def copy_chunk(_typing: Any, data: Any, _at: Any, out: Any, _to: Any) -> Any:
    """`copy_chunk(data: uint8[:], at: uintp, out: uint8[:], to: uintp)`: all bytes of a chunk."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data, at, out, to = memories(context, builder, signature, args)
        out.store(to, data.vector(at, U8, CHUNK))
        return context.get_dummy_value()

    return types.void(data, types.uintp, out, types.uintp), generate


@intrinsic
def copy_name(_typing: Any, data: Any, _at: Any, out: Any) -> Any:
    """`copy_name(data: uint8[:], at: uintp, out: uint8[:])`: a chunk in lower case, `-` for all but letters and digits.

    It goes to the beginning of `out`.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data, at, out = memories(context, builder, signature, args)
        small = _lower(data.vector(at, U8, CHUNK))
        is_plain = builder.or_((small - _LOWER_A < 26).value, (small - _ZERO < 10).value)
        out.store(ir.Constant(U64, 0), small.where(Vector(builder, is_plain), _HYPHEN))
        return context.get_dummy_value()

    return types.void(data, types.uintp, out), generate


@intrinsic
def _lower_word(_typing: Any, _word: Any) -> Any:
    """`_lower_word(word: uint64) -> uint64`: eight bytes in ASCII lower case."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return _lower(Vector(builder, builder.bitcast(args[0], ir.VectorType(U8, WORD)))).bits()

    return types.uint64(types.uint64), generate


def _lower(chunk: Vector) -> Vector:
    return (chunk + 32).where(chunk - _UPPER_A < 26, chunk)


def _bits(builder: Any, lanes: Any) -> Any:
    return builder.zext(builder.bitcast(lanes, ir.IntType(CHUNK)), U64)


@kernel(allocates=False)
def find_byte(src: Bytes, start: int, byte: int) -> int:
    """Where a byte next stands, from start; len(src) where it does not."""
    size, at, wanted = uintp(len(src)), uintp(start), uint8(byte)
    while at + uintp(CHUNK) <= size:
        found = matches(src, at, wanted)
        if found:
            return int64(at + trailing_zeros(found))
        at += uintp(CHUNK)
    while at < size and src[at] != wanted:
        at += uintp(1)
    return int64(at)


@kernel(allocates=False)
def copy_text(src: Bytes, start: int, dst: Bytes, written: int, preformatted: int) -> tuple[int, int]:
    """Copy text up to the next `<` or NUL, or up to the last bytes of the page.

    Of white space in a row only the first is copied, but where a `pre` is open.

    Returns:
        Where it stopped in `src`, and how much of `dst` is written.
    """
    at, to = uintp(start), uintp(written)
    after_space = uint64(is_space(dst[to - uintp(1)])) if to else uint64(0)
    while at + uintp(CHUNK) <= uintp(len(src)) and to + uintp(CHUNK) <= uintp(len(dst)):
        blanks = spaces(src, at)
        surplus = uint64(0) if preformatted else blanks & (blanks << uint64(1) | after_space)
        copy_chunk(src, at, dst, to)  # what is too much of it is overwritten
        stops = matches(src, at, uint8(_LESS)) | matches(src, at, uint8(0)) | surplus
        size = min(trailing_zeros(stops), uint64(CHUNK))
        at, to = at + size, to + size
        if size == uint64(CHUNK):
            after_space = blanks >> uint64(CHUNK - 1)
        elif surplus >> size & uint64(1):
            at += trailing_zeros(~(blanks >> size))
            after_space = uint64(1)
        else:
            break
    return int64(at), int64(to)


@kernel(allocates=False)
def text_end(src: Bytes, start: int) -> tuple[int, bool]:
    """Where the next `<` stands, len(src) at most, and whether there is anything but white space before it."""
    size, at, solid = uintp(len(src)), uintp(start), False
    while at + uintp(CHUNK) <= size:
        opens = matches(src, at, uint8(_LESS))
        before = (opens & (~opens + uint64(1))) - uint64(1)  # all of the chunk where there is none
        solid |= bool(~spaces(src, at) & before & uint64(_WHOLE_CHUNK))
        if opens:
            return int64(at + trailing_zeros(opens)), solid
        at += uintp(CHUNK)
    while at < size and src[at] != _LESS:
        solid |= not is_space(src[at])
        at += uintp(1)
    return int64(at), solid


@kernel(allocates=False)
def copy_visible(src: Bytes, start: int, dst: Bytes, written: int) -> tuple[int, int]:
    """Copy visible ASCII, and single spaces inside it, that stands together in a chunk.

    Returns:
        How many bytes that were, and how many of them no spaces.
    """
    at, to = uintp(start), uintp(written)
    if at + uintp(CHUNK) > uintp(len(src)) or to + uintp(CHUNK) > uintp(len(dst)):
        return 0, 0
    seen = visible(src, at)
    gaps = matches(src, at, uint8(_SPACE)) & (seen << uint64(1)) & (seen >> uint64(1))
    size = trailing_zeros(~(seen | gaps))
    copy_chunk(src, at, dst, to)  # what is behind is overwritten
    return int64(size), int64(ones(seen & ((uint64(1) << size) - uint64(1))))


@kernel(allocates=False)
def name_end(src: Bytes, start: int, also: int) -> int:
    """Where a name ends: at `>`, `/`, white space or another byte, which may be its first; len(src) at most."""
    size, at = uintp(len(src)), uintp(start)
    if at + uintp(CHUNK) <= size:
        ends = spaces(src, at) | matches(src, at, uint8(_GREATER)) | matches(src, at, uint8(_SLASH))
        ends |= matches(src, at, uint8(also)) & ~uint64(1)
        if ends:
            return int64(at + trailing_zeros(ends))
        at += uintp(CHUNK)
    while at < size and src[at] != _GREATER and src[at] != _SLASH and not is_space(src[at]):
        if src[at] == also and at != uintp(start):
            break
        at += uintp(1)
    return int64(at)


@kernel(allocates=False)
def read_name(src: Bytes, start: int, size: int, name: Bytes) -> None:
    """Set a name's first bytes, `CHUNK` at most, in lower case, `-` for all but letters and digits."""
    at = uintp(start)
    if at + uintp(CHUNK) <= uintp(len(src)):
        copy_name(src, at, name)  # what is behind the name is of no account
        return
    for i in range(uintp(size)):
        small = lower(src[at + i])
        name[i] = small if 97 <= small <= 122 or 48 <= small <= 57 else _HYPHEN


@kernel(allocates=False)
def write_name(name: Bytes, size: int, dst: Bytes, written: int) -> int:
    """Write a name of `CHUNK` bytes at most; returns where it ends."""
    to = uintp(written)
    if to + uintp(CHUNK) <= uintp(len(dst)):
        copy_chunk(name, uintp(0), dst, to)  # what is behind the name is overwritten
    else:
        for i in range(uintp(size)):
            dst[to + i] = name[i]
    return written + size


@kernel(inline=True)
def _word(src: Bytes, at: int, size: int) -> int:
    """The bytes from `at` as a number, eight at most; `size` is not 0."""
    if at + uintp(WORD) <= uintp(len(src)):
        return load_64(src, at) & (~uint64(0) >> (uint64(8 * WORD) - uint64(8) * min(size, uint64(WORD))))
    word = uint64(0)
    for i in range(min(size, uint64(WORD))):
        word |= uint64(src[at + uintp(i)]) << uint64(8 * i)
    return word


@kernel(allocates=False)
def short_name_key(src: Bytes, start: int, end: int) -> int:
    """The key (`key_of_name`) of a name in any case; 0 where there is none, or it is too long to have one."""
    at, size = uintp(start), uint64(end - start)
    if size == uint64(0) or size > uint64(_LONGEST_NAME):
        return uint64(0)
    key = uint64(_FIRST_FACTOR) * _lower_word(_word(src, at, size)) + uint64(_SIZE_FACTOR) * size
    if size > uint64(WORD):
        key += _lower_word(_word(src, at + uintp(WORD), size - uint64(WORD)))
    return key


def key_of_name(name: str) -> int:
    """What `short_name_key` makes of a name in lower case, of sixteen bytes at most."""
    first, second = (int.from_bytes(name.encode()[at : at + WORD], "little") for at in (0, WORD))
    return (_FIRST_FACTOR * first + _SIZE_FACTOR * len(name) + second) % 2**64


@kernel(allocates=False)
def value_key(src: Bytes, start: int, end: int) -> int:
    """A number for the bytes of a value, which no other of the page has but by a rare accident."""
    at, stop = uintp(start), uintp(end)
    key = uint64(_SIZE_FACTOR) ^ uint64(stop - at)
    while at < stop:
        key = multiply_and_fold(key ^ _word(src, at, stop - at), uint64(_FIRST_FACTOR))
        at += uintp(WORD)
    return key
