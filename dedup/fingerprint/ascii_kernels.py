"""Tokens of ASCII, sixty-four bytes at a time through bit masks; and what the two halves of tokenising share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from dedup.fingerprint.vector_kernels import U8, intrinsic, memories, ones, trailing_zeros, types
from dedup.fingerprint.words import uint8, uint32, uint64, uintp
from dedup.jit import kernel

if TYPE_CHECKING:
    from dedup.fingerprint.vector_kernels import Vector
    from dedup.fingerprint.words import Array

WIDTH = 64
CASE_BIT = 0x20
SPACE, ZERO, NINE, A, Z = (ord(character) for character in " 09az")
ALL = uint64(0xFFFFFFFFFFFFFFFF)
STARTS_AT_ONCE = 8

# Between tokens, inside one, or behind a token that only marks may join.
GAP, INSIDE, SOLITARY = uint8(0), uint8(1), uint8(2)


class Stand(NamedTuple):
    """Where the pass stands.

    Attributes:
        length: bytes written.
        tokens: tokens started.
        state: `GAP`, `INSIDE` or `SOLITARY`.
        in_number: the last thing written is a number.
    """

    length: int
    tokens: int
    state: int
    in_number: bool


@intrinsic
def _ascii_classes(_typing: Any, data: Any, _at: Any) -> Any:
    """`_ascii_classes(data: uint8[:], at: uintp) -> (letters, digits, others: uint64)`, a bit a byte.

    Bit `i` speaks of byte `at + i`; `others` are the bytes outside ASCII.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data, at = memories(context, builder, signature, args)
        text = data.vector(at, U8, WIDTH)
        others = text.constant(0x7F) < text
        masks = [mask.bits() for mask in (_letters(text), _digits(text), others)]
        return context.make_tuple(builder, signature.return_type, masks)

    return types.UniTuple(types.uint64, 3)(data, types.uintp), generate


@intrinsic
def _store_folded(_typing: Any, data: Any, _at: Any, out: Any, _to: Any, _mask_digits: Any) -> Any:
    """`_store_folded(data, at: uintp, out: uint8[:], to: uintp, mask_digits: boolean)`: as tokens have them.

    Letters are folded, digits stay (or become `0`), everything else becomes a space.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data, at, out, to, mask_digits = memories(context, builder, signature, args)
        text = data.vector(at, U8, WIDTH)
        numbers = text.constant(ZERO).where(mask_digits, text)
        rest = numbers.where(_digits(text), SPACE)
        out.store(to, (text | CASE_BIT).where(_letters(text), rest))
        return context.get_dummy_value()

    return types.void(data, types.uintp, out, types.uintp, types.boolean), generate


def _letters(text: Vector) -> Vector:
    return (text | CASE_BIT) - A < Z - A + 1


def _digits(text: Vector) -> Vector:
    return text - ZERO < NINE - ZERO + 1


@kernel(inline=True)
def _write_starts(starts: Array, tokens: int, length: int, first_bytes: int) -> int:
    """Note the tokens that start at the set bits of `first_bytes`, counted from `length`; how many there are now."""
    left = uint64(first_bytes)
    total = tokens + uintp(ones(left))
    at = uintp(tokens)
    while True:  # eight at a time without asking: a wrong guess of the processor costs more than a few stores
        for step in range(uintp(STARTS_AT_ONCE)):
            starts[at + step] = uint32(length + uintp(trailing_zeros(left)))
            left &= left - uint64(1)
        at += uintp(STARTS_AT_ONCE)
        if at >= total:
            return total


@kernel(inline=True)
def fold_ascii(
    data: Array,
    at: int,
    end: int,
    mask_digits: bool,  # noqa: FBT001  (kernels take arguments by position)
    normalised: Array,
    starts: Array,
    stand: Stand,
) -> tuple[int, Stand]:
    """Take bytes, sixty-four at a time, as long as they are ASCII: where that ends, and where the pass stands.

    The arguments are those of `token_kernels.tokenise`, and where the pass stands.
    """
    length, tokens, state, in_number = stand
    while at < end and at + uintp(WIDTH) <= uintp(data.size):
        letters, digits, others = _ascii_classes(data, at)
        ascii_length = min(uintp(trailing_zeros(others)), end - at)
        if ascii_length == uintp(0):
            break
        valid = ALL >> uint64(uintp(64) - ascii_length)
        token_bytes = (letters | digits) & valid
        before = token_bytes << uint64(1) | uint64(state)
        kept = (token_bytes | before) & valid
        if mask_digits:
            kept &= ~(digits & (digits << uint64(1) | uint64(in_number)))
        # Up to where something is dropped, the text is copied as it is: a separator stays behind each token.
        run = uintp(trailing_zeros(~kept))
        _store_folded(data, at, normalised, length, mask_digits)
        in_run = ALL >> uint64(uintp(64) - run) if run else uint64(0)
        tokens = _write_starts(starts, tokens, length, token_bytes & ~before & in_run)
        length += run
        dropped = uintp(trailing_zeros(kept >> uint64(run))) if run < uintp(64) else uintp(0)
        consumed = min(run + dropped, ascii_length)
        last = uint64(consumed - uintp(1))
        state = uint8(token_bytes >> last & uint64(1))
        in_number = bool(digits >> last & uint64(1))
        at += consumed
    return at, Stand(length, tokens, state, in_number)
