"""Signatures to and from datasketch: `MinHash`, and the bytes of `LeanMinHash`."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np

from dedup.errors import FingerprintError

if TYPE_CHECKING:
    from datasketch import MinHash
    from numpy.typing import NDArray

SCHEME = "affine32"
"""datasketch's name for how a signature is computed."""

_SCHEMES = {1: "affine32", 2: "affine64"}
_HEAD = struct.Struct("<qiB")  # seed, the negated number of values, the scheme


def to_minhash(signature: NDArray[np.uint32], seed: int) -> MinHash:
    """A `datasketch.MinHash` that equals the signature and can be updated further.

    Args:
        signature: uint32[num_perm].
        seed: of the `Fingerprinter` that made it.

    Raises:
        FingerprintError: not a signature.
    """
    import xxhash  # noqa: PLC0415  (datasketch takes half a second to import)
    from datasketch import MinHash  # noqa: PLC0415

    _require_signature(signature)
    return MinHash(seed=seed, hashvalues=signature.copy(), scheme=SCHEME, hashfunc=xxhash.xxh32_intdigest)


def from_minhash(minhash: MinHash, *, seed: int | None = None, num_perm: int | None = None) -> NDArray[np.uint32]:
    """The signature in a `datasketch.MinHash` or `LeanMinHash`, uint32[num_perm].

    Args:
        minhash: made with `hashfunc=xxhash.xxh32_intdigest`, if it is to be compared with ours; it does not tell.
        seed: the seed it must have; None: any.
        num_perm: the length it must have; None: any.

    Raises:
        FingerprintError: another scheme, seed or length.
    """
    _require_equal("scheme", minhash.scheme, SCHEME)
    _require_equal("seed", minhash.seed, seed)
    _require_equal("num_perm", len(minhash), num_perm)
    return np.array(minhash.hashvalues, np.uint32)


def to_lean_bytes(signature: NDArray[np.uint32], seed: int) -> bytes:
    """What `LeanMinHash.serialize(buffer, byteorder="<")` writes for this signature.

    Raises:
        FingerprintError: not a signature.
    """
    _require_signature(signature)
    return _HEAD.pack(seed, -signature.size, 1) + signature.astype("<u4").tobytes()


def from_lean_bytes(data: bytes, *, seed: int | None = None, num_perm: int | None = None) -> NDArray[np.uint32]:
    """The signature in bytes that `LeanMinHash.serialize(buffer, byteorder="<")` wrote, uint32[num_perm].

    Args:
        data: the bytes.
        seed: the seed they must have; None: any.
        num_perm: the length they must have; None: any.

    Raises:
        FingerprintError: another scheme, seed or length, or bytes cut short.
    """
    if len(data) < _HEAD.size:
        raise FingerprintError("data", f"{len(data)} bytes", f"{_HEAD.size} or more")
    found_seed, negated, code = _HEAD.unpack_from(data)
    # Bytes of datasketch before 2.0 hold the number itself and no scheme.
    scheme = "legacy" if negated >= 0 else _SCHEMES.get(code, f"unknown ({code})")
    _require_equal("scheme", scheme, SCHEME)
    _require_equal("seed", found_seed, seed)
    _require_equal("num_perm", -negated, num_perm)
    if len(data) < _HEAD.size - 4 * negated:
        raise FingerprintError("data", f"{len(data)} bytes", f"{_HEAD.size - 4 * negated}")
    return np.frombuffer(data, "<u4", -negated, _HEAD.size).astype(np.uint32)


def _require_signature(signature: object) -> None:
    if not isinstance(signature, np.ndarray) or signature.dtype != np.uint32 or signature.ndim != 1:
        got = f"{signature.dtype}{list(signature.shape)}" if isinstance(signature, np.ndarray) else type(signature)
        raise FingerprintError("signature", got, "uint32[num_perm]")
    if not signature.size:
        raise FingerprintError("signature", "no values", "uint32[num_perm]")


def _require_equal(name: str, got: object, wanted: object) -> None:
    if wanted is not None and got != wanted:
        raise FingerprintError(name, got, repr(wanted))
