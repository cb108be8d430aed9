"""Signatures to and from datasketch: `MinHash`, and the bytes of `LeanMinHash`."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from dedup.errors import FingerprintError

if TYPE_CHECKING:
    from datasketch import MinHash
    from numpy.typing import NDArray

SCHEME = "affine32"
"""datasketch's name for how a signature is computed."""

ByteOrder: TypeAlias = Literal["@", "=", "<", ">", "!"]
"""As `struct` names them; `@`, the default of datasketch, also pads as a C compiler of this machine does."""

_SCHEMES = {1: SCHEME, 2: "affine64"}
_CODE = 1


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
        minhash: made with `hashfunc=xxhash.xxh32_intdigest` if it is to be compared with ours: it cannot be asked.
        seed: the seed it must have; None: any.
        num_perm: the length it must have; None: any.

    Raises:
        FingerprintError: another scheme, seed or length.
    """
    _require_equal("scheme", getattr(minhash, "scheme", "legacy"), SCHEME)  # before 2.0 there was one
    _require_equal("seed", minhash.seed, seed)
    _require_equal("num_perm", len(minhash), num_perm)
    return np.array(minhash.hashvalues, np.uint32)


def to_lean_bytes(signature: NDArray[np.uint32], seed: int, byteorder: ByteOrder = "@") -> bytes:
    """What `LeanMinHash.serialize(buffer, byteorder)` writes for this signature.

    Raises:
        FingerprintError: not a signature.
    """
    _require_signature(signature)
    return struct.pack(f"{byteorder}qiB{signature.size}I", seed, -signature.size, _CODE, *signature.tolist())


def from_lean_bytes(
    data: bytes, byteorder: ByteOrder = "@", *, seed: int | None = None, num_perm: int | None = None
) -> NDArray[np.uint32]:
    """The signature in bytes that `LeanMinHash.serialize(buffer, byteorder)` wrote, uint32[num_perm].

    Args:
        data: the bytes; more may follow.
        byteorder: what they were written with.
        seed: the seed they must have; None: any.
        num_perm: the length they must have; None: any.

    Raises:
        FingerprintError: another scheme, seed or length, or bytes cut short.
    """
    head = struct.Struct(f"{byteorder}qiB")
    if len(data) < head.size:
        raise FingerprintError("data", f"{len(data)} bytes", f"at least {head.size}")
    found_seed, negated, code = head.unpack_from(data)
    # Before 2.0, datasketch wrote the number itself and no scheme.
    _require_equal("scheme", "legacy" if negated >= 0 else _SCHEMES.get(code, f"unknown ({code})"), SCHEME)
    _require_equal("seed", found_seed, seed)
    _require_equal("num_perm", -negated, num_perm)
    whole = struct.Struct(f"{byteorder}qiB{-negated}I")
    if len(data) < whole.size:
        raise FingerprintError("data", f"{len(data)} bytes", f"{whole.size} for {-negated} permutations")
    return np.array(whole.unpack_from(data)[3:], np.uint32)


def _require_signature(signature: object) -> None:
    if not isinstance(signature, np.ndarray) or signature.dtype != np.uint32 or signature.ndim != 1:
        got = f"{signature.dtype}{list(signature.shape)}" if isinstance(signature, np.ndarray) else type(signature)
        raise FingerprintError("signature", got, "uint32[num_perm]")
    if not signature.size:
        raise FingerprintError("signature", "no values", "uint32[num_perm]")


def _require_equal(name: str, got: object, wanted: object) -> None:
    if wanted is not None and got != wanted:
        raise FingerprintError(name, got, repr(wanted))
