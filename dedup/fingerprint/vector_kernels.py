"""What numba has no words for: unaligned loads, sixty-four bytes at a time, registers full of permutations.

Each intrinsic emits LLVM code on vectors of a fixed width. LLVM cuts them to what the processor has (AVX-512, AVX2,
SSE2, NEON), so there is one version and it gives the same values everywhere. With bounds checking on, the whole
width of an access is checked. Words are little-endian, as on every machine that numba supports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llvmlite import ir
from numba import types as _numba_types
from numba.core import cgutils as _numba_cgutils
from numba.extending import intrinsic as _numba_intrinsic

from dedup.fingerprint.words import uint32, uint64
from dedup.jit import kernel

if TYPE_CHECKING:
    from collections.abc import Callable

# numba's compiler interface is made at run time, so no type checker sees it; and whoever calls an intrinsic leaves
# out its first argument.
cgutils: Any = _numba_cgutils
types: Any = _numba_types
intrinsic: Callable[[Callable[..., Any]], Callable[..., Any]] = _numba_intrinsic

WIDTH = 64
"""Bytes that `ascii_classes` and `store_folded` take at a time."""
LANES = 64
"""Permutations that `least_permuted` takes at a time."""

_I32, _I64, _I128 = ir.IntType(32), ir.IntType(64), ir.IntType(128)
_BYTES = ir.VectorType(ir.IntType(8), WIDTH)
_WORDS = ir.VectorType(_I32, LANES)
_SPACE, _ZERO, _NINE, _A, _Z, _CASE_BIT = (ord(character) for character in " 09az ")


@kernel(inline=True)
def rotate_left_32(word: int, by: int) -> int:
    """`word`, 32 bits, rotated."""
    return uint32((uint32(word) << uint32(by)) | (uint32(word) >> uint32(32 - by)))


@kernel(inline=True)
def rotate_left_64(word: int, by: int) -> int:
    """`word`, 64 bits, rotated."""
    return (uint64(word) << uint64(by)) | (uint64(word) >> uint64(64 - by))


@intrinsic
def load_32(_typing: Any, array: Any, _at: Any) -> Any:
    """`load_32(array: uint8[:], at: uintp) -> uint32`: four bytes."""
    return types.uint32(array, types.uintp), _loader(_I32)


@intrinsic
def load_64(_typing: Any, array: Any, _at: Any) -> Any:
    """`load_64(array: uint8[:], at: uintp) -> uint64`: eight bytes."""
    return types.uint64(array, types.uintp), _loader(_I64)


def _loader(word: ir.IntType) -> Callable[..., Any]:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        array, at = args
        pointer = _pointer(context, builder, signature.args[0], array, at, word.width // 8)
        return builder.load(builder.bitcast(pointer, word.as_pointer()), align=1)

    return generate


@intrinsic
def multiply_and_fold(_typing: Any, _left: Any, _right: Any) -> Any:
    """`multiply_and_fold(left: uint64, right: uint64) -> uint64`: the halves of the 128-bit product, xored."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        left, right = (builder.zext(factor, _I128) for factor in args)
        product = builder.mul(left, right)
        high = builder.lshr(product, ir.Constant(_I128, 64))
        return builder.xor(builder.trunc(product, _I64), builder.trunc(high, _I64))

    return types.uint64(types.uint64, types.uint64), generate


@intrinsic
def trailing_zeros(_typing: Any, _word: Any) -> Any:
    """`trailing_zeros(word: uint64) -> uint64`: 64 for 0."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), generate


@intrinsic
def ones(_typing: Any, _word: Any) -> Any:
    """`ones(word: uint64) -> uint64`: how many bits are set."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.ctpop(args[0])

    return types.uint64(types.uint64), generate


@intrinsic
def ascii_classes(_typing: Any, array: Any, _at: Any) -> Any:
    """`ascii_classes(array: uint8[:], at: uintp) -> (letters, digits, others: uint64)`, a bit a byte.

    Bit `i` speaks of byte `at + i`; `others` are the bytes outside ASCII.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        text = _load_vector(context, builder, signature.args[0], args[0], args[1], _BYTES)
        letters, digits = _letters_and_digits(builder, text)
        others = builder.icmp_signed("<", text, _all_bytes(0))
        masks = [builder.bitcast(mask, _I64) for mask in (letters, digits, others)]
        return context.make_tuple(builder, signature.return_type, masks)

    return types.UniTuple(types.uint64, 3)(array, types.uintp), generate


@intrinsic
def store_folded(_typing: Any, source: Any, _at: Any, target: Any, _to: Any, _mask_digits: Any) -> Any:
    """`store_folded(source, at, target, to, mask_digits: boolean)`: 64 bytes of ASCII as tokens have them.

    Letters are folded, digits stay (or become `0`), everything else becomes a space.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        source, at, target, to, mask_digits = args
        text = _load_vector(context, builder, signature.args[0], source, at, _BYTES)
        letters, digits = _letters_and_digits(builder, text)
        numbers = builder.select(mask_digits, _all_bytes(_ZERO), text)
        rest = builder.select(digits, numbers, _all_bytes(_SPACE))
        folded = builder.select(letters, builder.or_(text, _all_bytes(_CASE_BIT)), rest)
        _store_vector(context, builder, signature.args[2], target, to, folded)
        return context.get_dummy_value()

    return types.void(source, types.uintp, target, types.uintp, types.boolean), generate


def _letters_and_digits(builder: Any, text: Any) -> tuple[Any, Any]:
    lower = builder.or_(text, _all_bytes(_CASE_BIT))
    letters = builder.icmp_unsigned("<=", builder.sub(lower, _all_bytes(_A)), _all_bytes(_Z - _A))
    digits = builder.icmp_unsigned("<=", builder.sub(text, _all_bytes(_ZERO)), _all_bytes(_NINE - _ZERO))
    return letters, digits


@intrinsic
def least_permuted(
    _typing: Any, hashes: Any, _count: Any, multipliers: Any, increments: Any, least: Any, _first: Any
) -> Any:
    """`least_permuted(hashes, count: uintp, multipliers, increments, least: uint32[:], first: uintp)`.

    For each permutation `k` of `first … first + LANES - 1`, `least[k]` becomes the smallest
    `multipliers[k] * hash + increments[k]` (mod 2^32) over the first `count` hashes; 2^32-1 where there are none.
    Multipliers, increments and minima stay in registers while the hashes go by.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        hashes, count, multipliers, increments, least, first = args
        multiplier = _load_vector(context, builder, signature.args[2], multipliers, first, _WORDS)
        increment = _load_vector(context, builder, signature.args[3], increments, first, _WORDS)
        minimum = cgutils.alloca_once_value(builder, ir.Constant(_WORDS, [0xFFFFFFFF] * LANES))
        with cgutils.for_range(builder, count, intp=_I64) as loop:
            word = builder.load(_pointer(context, builder, signature.args[0], hashes, loop.index, 1))
            value = builder.add(builder.mul(_broadcast(builder, word), multiplier), increment)
            so_far = builder.load(minimum)
            smaller = builder.icmp_unsigned("<", value, so_far)
            builder.store(builder.select(smaller, value, so_far), minimum)
        _store_vector(context, builder, signature.args[4], least, first, builder.load(minimum))
        return context.get_dummy_value()

    return types.void(hashes, types.uintp, multipliers, increments, least, types.uintp), generate


def _broadcast(builder: Any, word: Any) -> Any:
    single = builder.insert_element(ir.Constant(_WORDS, ir.Undefined), word, ir.Constant(_I32, 0))
    first_everywhere = ir.Constant(ir.VectorType(_I32, LANES), [0] * LANES)
    return builder.shuffle_vector(single, ir.Constant(_WORDS, ir.Undefined), first_everywhere)


def _all_bytes(value: int) -> ir.Constant:
    return ir.Constant(_BYTES, [value] * WIDTH)


def _load_vector(context: Any, builder: Any, array_type: Any, array: Any, at: Any, vector: ir.VectorType) -> Any:
    pointer = _pointer(context, builder, array_type, array, at, vector.count)
    return builder.load(builder.bitcast(pointer, vector.as_pointer()), align=array_type.dtype.bitwidth // 8)


def _store_vector(context: Any, builder: Any, array_type: Any, array: Any, at: Any, vector: Any) -> None:
    pointer = _pointer(context, builder, array_type, array, at, vector.type.count)
    pointer = builder.bitcast(pointer, vector.type.as_pointer())
    builder.store(vector, pointer, align=array_type.dtype.bitwidth // 8)


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, at: Any, items: int) -> Any:
    """Where item `at` lies; with bounds checking on, `items` items from there have to be inside the array."""
    struct = context.make_array(array_type)(context, builder, array)
    if context.enable_boundscheck:
        last = builder.add(at, ir.Constant(at.type, items - 1))
        (size,) = cgutils.unpack_tuple(builder, struct.shape, 1)
        cgutils.do_boundscheck(context, builder, last, size)
    return builder.gep(struct.data, [at])
