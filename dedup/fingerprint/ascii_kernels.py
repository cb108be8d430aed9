"""Sixty-four bytes of text at a time: what they are, and what they fold to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dedup.fingerprint.vector_kernels import U8, intrinsic, memories, types

if TYPE_CHECKING:
    from dedup.fingerprint.vector_kernels import Vector

WIDTH = 64
CASE_BIT = 0x20
SPACE, ZERO, NINE, A, Z = (ord(character) for character in " 09az")


@intrinsic
def ascii_classes(_typing: Any, data: Any, _at: Any) -> Any:
    """`ascii_classes(data: uint8[:], at: uintp) -> (letters, digits, others: uint64)`, a bit a byte.

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
def store_folded(_typing: Any, data: Any, _at: Any, out: Any, _to: Any, _mask_digits: Any) -> Any:
    """`store_folded(data, at: uintp, out: uint8[:], to: uintp, mask_digits: boolean)`: as tokens have them.

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
