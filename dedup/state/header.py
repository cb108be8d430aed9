"""The header of a state: which version wrote it, with which parameters."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

import msgspec

from dedup.errors import StateDamagedError, StateMismatchError
from dedup.state.records import seal, unseal

FORMAT: Final = 2


class Parameters(msgspec.Struct, frozen=True):
    """What digests and signatures depend on. Two states fit together only where all of it is equal.

    Attributes:
        scheme: of the signatures.
        num_perm: permutations of a signature.
        seed: of the permutations.
        shingles: words of a shingle, for blocks and for documents.
        normalisation: version of the text normalisation and its Unicode tables.
    """

    scheme: str = "affine32"
    num_perm: int = 128
    seed: int = 1
    shingles: tuple[int, ...] = (3, 5)
    normalisation: str = "1-unicode-14.0"


class Header(msgspec.Struct, frozen=True):
    """Written once, when a state is made.

    Attributes:
        format: version of the log.
        parameters: of the digests and signatures in it.
        secret: keys the digests of tombstones and of exports; it never leaves the state and its backups.
    """

    format: int
    parameters: Parameters
    secret: bytes

    @classmethod
    def new(cls, parameters: Parameters) -> Header:
        """A header for a new state."""
        return cls(FORMAT, parameters, secrets.token_bytes(32))

    def keyed_digest(self, *parts: bytes | str) -> bytes:
        """16 bytes that name `parts` to who knows the secret (BLAKE2b, keyed)."""
        return keyed_digest(self.secret, *parts)

    def require(self, state: str, parameters: Parameters) -> None:
        """Make sure that the state was made with `parameters`.

        Raises:
            StateMismatchError: it was not; the error carries both values.
        """
        for name in Parameters.__struct_fields__:
            expected, got = getattr(parameters, name), getattr(self.parameters, name)
            if expected != got:
                raise StateMismatchError(state, name, expected, got)


def keyed_digest(secret: bytes, *parts: bytes | str) -> bytes:
    """16 bytes that name `parts` to who knows the secret (BLAKE2b, keyed)."""
    digest = hashlib.blake2b(key=secret, digest_size=16)
    for part in parts:
        content = part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "little"))
        digest.update(content)
    return digest.digest()


def encode_header(header: Header) -> bytes:
    """A header behind its checksum."""
    return seal(0, msgspec.msgpack.encode(header))


def decode_header(state: str, frame: bytes) -> Header:
    """The header of a state.

    Raises:
        StateDamagedError: it is damaged.
        StateMismatchError: another version of the log.
    """
    try:
        payload = unseal(state, 0, frame)
        version = msgspec.msgpack.decode(payload, type=_Version).format
        if version != FORMAT:
            raise StateMismatchError(state, "format", FORMAT, version)
        return msgspec.msgpack.decode(payload, type=Header)
    except msgspec.MsgspecError as error:
        raise StateDamagedError(state, "header", str(error)) from None
    except StateDamagedError as error:
        raise StateDamagedError(state, "header", error.damage) from None


class _Version(msgspec.Struct):
    format: int
