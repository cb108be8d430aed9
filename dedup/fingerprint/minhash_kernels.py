"""MinHash signatures, bit for bit those of datasketch 2.x with the scheme `affine32`.

A. Broder, "On the resemblance and containment of documents" (1997). Each 32-bit hash is mixed once with the finaliser
of MurmurHash3, permutation `k` maps it to `a[k] * h + b[k]` mod 2^32 with `a[k]` odd, and the minimum is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dedup.fingerprint.vector_kernels import U32, U64, Vector, broadcast, cgutils, intrinsic, memories, types
from dedup.fingerprint.words import uint32, uintp
from dedup.jit import kernel

if TYPE_CHECKING:
    from dedup.fingerprint.words import Array

LANES = 64
"""Permutations at a time: with multipliers, increments and minima, twelve registers of AVX-512."""


@intrinsic
def _least_permuted(
    _typing: Any, hashes: Any, _count: Any, multipliers: Any, increments: Any, _first: Any, least: Any, _to: Any
) -> Any:
    """`_least_permuted(hashes, count, multipliers, increments: uint32[:], first, least: uint32[:], to: uintp)`.

    For each permutation `k` of `first … first + LANES - 1`, `least[to + k - first]` becomes the smallest
    `multipliers[k] * hash + increments[k]` (mod 2^32) over the first `count` hashes; 2^32-1 where there are none.
    Multipliers, increments and minima stay in registers while the hashes go by.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        hashes, count, multipliers, increments, first, least, to = memories(context, builder, signature, args)
        multiplier = multipliers.vector(first, U32, LANES)
        increment = increments.vector(first, U32, LANES)
        minimum = cgutils.alloca_once_value(builder, multiplier.constant(0xFFFFFFFF).value)
        with cgutils.for_range(builder, count, intp=U64) as loop:
            value = broadcast(builder, hashes.load(loop.index, U32), LANES) * multiplier + increment
            so_far = Vector(builder, builder.load(minimum))
            builder.store(value.where(value < so_far, so_far).value, minimum)
        least.store(to, Vector(builder, builder.load(minimum)))
        return context.get_dummy_value()

    position = types.uintp
    return types.void(hashes, position, multipliers, increments, position, least, position), generate


@kernel(inline=True)
def _mix_32(word: int) -> int:
    """MurmurHash3's finaliser, a bijection of 32 bits."""
    mixed = uint32((uint32(word) ^ (uint32(word) >> uint32(16))) * uint32(0x85EBCA6B))
    mixed = uint32((mixed ^ (mixed >> uint32(13))) * uint32(0xC2B2AE35))
    return uint32(mixed ^ (mixed >> uint32(16)))


@kernel("void(uint32[::1], uintp, uint32[:, ::1], uint32[::1], uint32[::1], uintp, uintp)", allocates=False)
def sign(
    hashes: Array, count: int, permutations: Array, scratch: Array, signatures: Array, to: int, num_perm: int
) -> None:
    """Write the signature of the first `count` hashes.

    Args:
        hashes: uint32[:], any order, repeats allowed.
        count: how many of them.
        permutations: uint32[2, padded], multipliers and increments, padded to a multiple of `LANES`.
        scratch: uint32[count + LANES or more].
        signatures: uint32[:], becomes the minima from `to` on; 2^32-1 where there is no hash.
        to: where.
        num_perm: how many.
    """
    for at in range(count):
        scratch[at] = _mix_32(hashes[at])
    first = uintp(0)
    while first + uintp(LANES) <= num_perm:
        _least_permuted(scratch, count, permutations[0], permutations[1], first, signatures, to + first)
        first += uintp(LANES)
    if first < num_perm:
        _least_permuted(scratch, count, permutations[0], permutations[1], first, scratch, count)
        for rest in range(num_perm - first):
            signatures[to + first + rest] = scratch[count + rest]
