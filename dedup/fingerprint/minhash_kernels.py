"""MinHash signatures, bit for bit those of datasketch 2.x with the scheme `affine32`.

A. Broder, "On the resemblance and containment of documents" (1997). Each 32-bit hash is mixed once with the finaliser
of MurmurHash3, permutation `k` maps it to `a[k] * h + b[k]` mod 2^32 with `a[k]` odd, and the minimum is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dedup.fingerprint.vector_kernels import LANES, least_permuted
from dedup.fingerprint.words import uint32, uintp
from dedup.jit import kernel

if TYPE_CHECKING:
    from dedup.fingerprint.words import Array


@kernel(inline=True)
def mix_32(word: int) -> int:
    """MurmurHash3's finaliser, a bijection of 32 bits."""
    mixed = uint32((uint32(word) ^ (uint32(word) >> uint32(16))) * uint32(0x85EBCA6B))
    mixed = uint32((mixed ^ (mixed >> uint32(13))) * uint32(0xC2B2AE35))
    return uint32(mixed ^ (mixed >> uint32(16)))


@kernel("void(uint32[::1], uintp, uint32[:, ::1], uint32[::1], uint32[::1])")
def sign(
    hashes: Array,
    count: int,
    permutations: Array,
    mixed: Array,
    signature: Array,
) -> None:
    """The signature of the first `count` hashes.

    Args:
        hashes: uint32[:], any order, repeats allowed.
        count: how many of them.
        permutations: uint32[2, padded], multipliers and increments, padded to a multiple of `LANES`.
        mixed: uint32[count or more], scratch.
        signature: uint32[padded], the minima; 2^32-1 where there is no hash.
    """
    for at in range(count):
        mixed[at] = mix_32(hashes[at])
    for first in range(uintp(0), uintp(signature.size), uintp(LANES)):
        least_permuted(mixed, count, permutations[0], permutations[1], signature, first)
