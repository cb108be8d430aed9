"""Signatures to the tags of their bands.

Each band is hashed by a multilinear function, `(c[0] + c[1] x[1] + ... mod 2^64) >> 32`, which is strongly universal
(D. Lemire and O. Kaser, "Strongly universal string hashing is fast", 2014).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dedup.fingerprint.words import uint32, uint64, uintp
from dedup.index.table_kernels import mix_64
from dedup.jit import kernel

if TYPE_CHECKING:
    from dedup.fingerprint.words import Array


@kernel("void(uint32[:, ::1], uintp, uintp, uint64[::1], uint32[:, ::1], uint64[::1], boolean[::1])", allocates=False)
def band_tags(
    signatures: Array, bands: int, rows: int, coefficients: Array, tags: Array, digests: Array, empty: Array
) -> None:
    """Hash bands, and the signature as a whole.

    Args:
        signatures: uint32[n, p], p at least bands * rows.
        bands: of the layout.
        rows: permutations a band.
        coefficients: uint64[bands * rows + 1].
        tags: uint32[n, bands], written.
        digests: uint64[n], written: equal for equal signatures.
        empty: bool[n], written: whether the signature is that of the empty set.
    """
    for item in range(uintp(signatures.shape[0])):
        signature = signatures[item]
        digest = uint64(0)
        at = uintp(0)
        for band in range(bands):
            hashed = coefficients[bands * rows]
            for _ in range(rows):
                hashed += coefficients[at] * uint64(signature[at])
                at += uintp(1)
            tags[item, band] = uint32(hashed >> uint64(32))
            digest = mix_64(digest ^ hashed)
        for rest in range(at, uintp(signature.size)):
            digest = mix_64(digest ^ uint64(signature[rest]))
        digests[item] = digest
        empty[item] = True
        for value in signature:
            if value != uint32(0xFFFFFFFF):
                empty[item] = False
                break


@kernel("void(uint32[::1], int64[::1], uintp, uint64[::1])", allocates=False)
def digest_short_sets(hashes: Array, offsets: Array, longest: int, digests: Array) -> None:
    """Replace the digest of every set of at most `longest` hashes by one of the set itself.

    Args:
        hashes: uint32[m].
        offsets: int64[n + 1].
        longest: hashes.
        digests: uint64[n], changed.
    """
    for item in range(uintp(digests.size)):
        start, end = uintp(offsets[item]), uintp(offsets[item + uintp(1)])
        if end - start <= longest:
            digest = uint64(end - start)
            for at in range(start, end):
                digest = mix_64(digest ^ uint64(hashes[at]))
            digests[item] = digest
