"""xxh32 of the shingles of a text, sixteen shingles at a time.

Neighbouring shingles are of about the same length, so their hashes take the same steps: the lanes of one vector are
the shingles, and a lane that is done early keeps its state. One at a time, each hash would be a chain of dependent
multiplications with two branches that no processor can guess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llvmlite import ir

from dedup.fingerprint.hash_kernels import P32_1, P32_2, P32_3, P32_4, P32_5, xxh32
from dedup.fingerprint.vector_kernels import (
    U8,
    U32,
    Vector,
    broadcast,
    cgutils,
    intrinsic,
    memories,
    types,
)
from dedup.fingerprint.words import uint32, uintp
from dedup.jit import kernel

if TYPE_CHECKING:
    from dedup.fingerprint.words import Array

LANES = 16
LONGEST = 1024
"""Bytes of a shingle that goes this way; a lane that is done may read as far behind its end."""

_ACCUMULATORS = 4
_STRIPE = 16


@intrinsic
def _hash_lanes(_typing: Any, text: Any, starts: Any, _at: Any, _shingle: Any, hashes: Any) -> Any:
    """`_hash_lanes(text: uint8[:], starts: uint32[:], at: uintp, shingle: uintp, hashes: uint32[:])`.

    `hashes[at + i]` becomes the hash of `text[starts[at + i] : starts[at + i + shingle] - 1]` for each lane `i`.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        text, starts, at, shingle, hashes = memories(context, builder, signature, args)
        begins = starts.vector(at, U32, LANES)
        sizes = starts.vector(builder.add(at, shingle), U32, LANES) - begins - 1
        stripes = sizes >> 4
        state = (_striped(builder, text, begins, stripes) + sizes).where(
            stripes.constant(0) < stripes, sizes + int(P32_5)
        )
        tails = _sixteen_bytes(text, begins + (stripes << 4))
        hashes.store(at, _finish(state, tails, sizes & 15))
        return context.get_dummy_value()

    return types.void(text, starts, types.uintp, types.uintp, hashes), generate


def _sixteen_bytes(text: Any, positions: Vector) -> Vector:
    """Four words from each position, one after the other."""
    loads = [text.vector(positions.lane(number), U8, _STRIPE) for number in range(LANES)]
    words = [Vector(load.builder, load.builder.bitcast(load.value, ir.VectorType(U32, 4))) for load in loads]
    while len(words) > 1:
        words = [left.followed_by(right) for left, right in zip(words[::2], words[1::2], strict=True)]
    return words[0]


def _striped(builder: Any, text: Any, begins: Vector, stripes: Vector) -> Vector:
    """The four accumulators of each lane after its whole stripes, brought together."""
    each = [number for number in range(LANES) for _ in range(_ACCUMULATORS)]
    stripes_of = stripes.pick(*each)
    seeds = [int(P32_1) + int(P32_2) & 0xFFFFFFFF, int(P32_2), 0, -int(P32_1) & 0xFFFFFFFF]
    accumulators = cgutils.alloca_once_value(builder, stripes_of.constant(seeds * LANES).value)
    with cgutils.for_range(builder, stripes.maximum(), intp=U32) as loop:
        number = broadcast(builder, loop.index, LANES)
        before = Vector(builder, builder.load(accumulators))
        words = _sixteen_bytes(text, begins + (number << 4))
        after = (before + words * int(P32_2)).rotate_left(13) * int(P32_1)
        builder.store(after.where(number.pick(*each) < stripes_of, before).value, accumulators)
    rotated = Vector(builder, builder.load(accumulators)).rotate_left([1, 7, 12, 18] * LANES)
    parts = [rotated.every(_ACCUMULATORS, part) for part in range(_ACCUMULATORS)]
    return parts[0] + parts[1] + (parts[2] + parts[3])


def _finish(state: Vector, tails: Vector, sizes: Vector) -> Vector:
    """The words and bytes behind the last stripe, and the avalanche."""
    words = [tails.every(_ACCUMULATORS, part) for part in range(_ACCUMULATORS)]
    whole = sizes >> 2
    last = words[3]
    for number in (2, 1, 0):
        last = words[number].where(whole < number + 1, last)
    for number in range(3):
        mixed = (state + words[number] * int(P32_3)).rotate_left(17) * int(P32_4)
        state = mixed.where(whole.constant(number) < whole, state)
    for number in range(3):
        mixed = (state + (last >> 8 * number & 0xFF) * int(P32_5)).rotate_left(11) * int(P32_1)
        state = mixed.where(whole.constant(number) < (sizes & 3), state)
    state = (state ^ state >> 15) * int(P32_2)
    state = (state ^ state >> 13) * int(P32_3)
    return state ^ state >> 16


@kernel("uintp(uint8[::1], uintp, uint32[::1], uintp, uintp, uint32[::1])", allocates=False)
def hash_shingles(text: Array, length: int, starts: Array, tokens: int, shingle: int, hashes: Array) -> int:
    """xxh32 of each shingle, in the order of the text; fewer tokens than a shingle are one shingle.

    Args:
        text: uint8[length + LONGEST + LANES or more], normalised.
        length: its bytes.
        starts: uint32[tokens + LANES + 1 or more], where each token starts, and where a further one would.
        tokens: how many.
        shingle: tokens a shingle.
        hashes: uint32[tokens + LANES or more].

    Returns:
        How many shingles there are.
    """
    if tokens < shingle:
        if tokens > uintp(0):
            hashes[0] = xxh32(text, uintp(0), length)
        return min(tokens, uintp(1))
    count = tokens - shingle + uintp(1)
    for spare in range(uintp(1), uintp(LANES)):  # one-byte tokens fill the last lanes
        starts[tokens + spare] = uint32(length + uintp(1) + uintp(2) * spare)
    for at in range(uintp(0), count, uintp(LANES)):
        last = at + uintp(LANES - 1)
        if uintp(starts[last + shingle]) - uintp(starts[at]) <= uintp(LONGEST):
            _hash_lanes(text, starts, at, shingle, hashes)
        else:
            for one in range(at, min(last + uintp(1), count)):
                start = uintp(starts[one])
                hashes[one] = xxh32(text, start, uintp(starts[one + shingle]) - uintp(1) - start)
    return count
