"""What numba has no words for: unaligned words, 128-bit products, and vectors.

An intrinsic emits LLVM code. LLVM cuts its vectors to what the processor has (AVX-512, AVX2, SSE2, NEON), so there
is one version of each kernel and it gives the same values everywhere. With bounds checking on, the whole width of an
access is checked. Words are little-endian, as on every machine that numba supports.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba import types as _numba_types
from numba.core import cgutils as _numba_cgutils
from numba.extending import intrinsic as _numba_intrinsic

from dedup.fingerprint.words import uint32, uint64
from dedup.jit import kernel

# numba's compiler interface is made at run time, so no type checker sees it; and whoever calls an intrinsic leaves
# out its first argument.
cgutils: Any = _numba_cgutils
types: Any = _numba_types
intrinsic: Callable[[Callable[..., Any]], Callable[..., Any]] = _numba_intrinsic

U8, U32, U64, U128 = (ir.IntType(bits) for bits in (8, 32, 64, 128))


class Vector:
    """A vector in the code that is being emitted: lanes of unsigned integers that wrap around."""

    def __init__(self, builder: Any, value: Any) -> None:
        self.builder = builder
        self.value = value

    @property
    def lanes(self) -> int:
        """How many."""
        return int(self.value.type.count)

    def constant(self, lanes: int | Sequence[int]) -> Vector:
        """A constant of this type: one value for all lanes, or one each."""
        values = [lanes] * self.lanes if isinstance(lanes, int) else list(lanes)
        return Vector(self.builder, ir.Constant(self.value.type, values))

    def __add__(self, other: Vector | int) -> Vector:
        return self._with(self.builder.add, other)

    def __sub__(self, other: Vector | int) -> Vector:
        return self._with(self.builder.sub, other)

    def __mul__(self, other: Vector | int) -> Vector:
        return self._with(self.builder.mul, other)

    def __and__(self, other: Vector | int) -> Vector:
        return self._with(self.builder.and_, other)

    def __or__(self, other: Vector | int) -> Vector:
        return self._with(self.builder.or_, other)

    def __xor__(self, other: Vector | int) -> Vector:
        return self._with(self.builder.xor, other)

    def __lshift__(self, by: Vector | int) -> Vector:
        return self._with(self.builder.shl, by)

    def __rshift__(self, by: Vector | int) -> Vector:
        return self._with(self.builder.lshr, by)

    def __lt__(self, other: Vector | int) -> Vector:
        return self._with(lambda *sides: self.builder.icmp_unsigned("<", *sides), other)

    def rotate_left(self, by: int | Sequence[int]) -> Vector:
        """Each lane rotated, by one distance or by its own."""
        shift = self.constant(by)
        width = self.value.type.element.width
        return self << shift | self >> shift.constant(width) - shift

    def where(self, mask: Any, other: Vector | int) -> Vector:
        """These lanes where the mask (a `Vector` of bits, or one bit for all) is set, the other's elsewhere."""
        bits = mask.value if isinstance(mask, Vector) else mask
        return Vector(self.builder, self.builder.select(bits, self.value, self._as_value(other)))

    def pick(self, *lanes: int) -> Vector:
        """The lanes of these numbers, in this order."""
        numbers = ir.Constant(ir.VectorType(U32, len(lanes)), list(lanes))
        return Vector(self.builder, self.builder.shuffle_vector(self.value, self.value, numbers))

    def every(self, step: int, first: int) -> Vector:
        """Each `step`th lane."""
        return self.pick(*range(first, self.lanes, step))

    def followed_by(self, other: Vector) -> Vector:
        """The lanes of both; the two are of one type."""
        numbers = ir.Constant(ir.VectorType(U32, 2 * self.lanes), list(range(2 * self.lanes)))
        return Vector(self.builder, self.builder.shuffle_vector(self.value, other.value, numbers))

    def lane(self, number: int) -> Any:
        """One lane, as a scalar."""
        return self.builder.extract_element(self.value, ir.Constant(U32, number))

    def maximum(self) -> Any:
        """The largest lane, as a scalar."""
        type_ = self.value.type
        name = f"llvm.vector.reduce.umax.v{type_.count}i{type_.element.width}"
        function = cgutils.get_or_insert_function(self.builder.module, ir.FunctionType(type_.element, [type_]), name)
        return self.builder.call(function, [self.value])

    def bits(self) -> Any:
        """A mask of 64 lanes as one word."""
        return self.builder.bitcast(self.value, U64)

    def _with(self, operation: Callable[..., Any], other: Vector | int) -> Vector:
        return Vector(self.builder, operation(self.value, self._as_value(other)))

    def _as_value(self, other: Vector | int) -> Any:
        return self.constant(other).value if isinstance(other, int) else other.value


class Memory:
    """An array in the code that is being emitted."""

    def __init__(self, context: Any, builder: Any, array_type: Any, array: Any) -> None:
        self._builder = builder
        self._checked = context.enable_boundscheck
        self._context = context
        self._struct = context.make_array(array_type)(context, builder, array)
        self._align = array_type.dtype.bitwidth // 8

    def load(self, at: Any, type_: Any) -> Any:
        """A value of an LLVM type that starts at item `at`."""
        return self._builder.load(self._pointer(at, type_), align=self._align)

    def vector(self, at: Any, lane: Any, lanes: int) -> Vector:
        """A vector that starts at item `at`."""
        return Vector(self._builder, self.load(at, ir.VectorType(lane, lanes)))

    def store(self, at: Any, vector: Vector) -> None:
        """Write a vector from item `at` on."""
        self._builder.store(vector.value, self._pointer(at, vector.value.type), align=self._align)

    def _pointer(self, at: Any, type_: Any) -> Any:
        at = self._builder.zext(at, U64)
        if self._checked:
            width = type_.count * type_.element.width if isinstance(type_, ir.VectorType) else type_.width
            last = self._builder.add(at, ir.Constant(U64, width // 8 // self._align - 1))
            (size,) = cgutils.unpack_tuple(self._builder, self._struct.shape, 1)
            cgutils.do_boundscheck(self._context, self._builder, last, size)
        return self._builder.bitcast(self._builder.gep(self._struct.data, [at]), type_.as_pointer())


def memories(context: Any, builder: Any, signature: Any, args: Any) -> list[Any]:
    """The arguments of an intrinsic: arrays as `Memory`, everything else as it is."""
    return [
        Memory(context, builder, type_, value) if isinstance(type_, types.Array) else value
        for type_, value in zip(signature.args, args, strict=True)
    ]


def broadcast(builder: Any, scalar: Any, lanes: int) -> Vector:
    """A vector of equal lanes."""
    undefined = ir.Constant(ir.VectorType(scalar.type, lanes), ir.Undefined)
    single = builder.insert_element(undefined, scalar, ir.Constant(U32, 0))
    return Vector(builder, single).pick(*[0] * lanes)


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

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        memory, at = memories(context, builder, signature, args)
        return memory.load(at, U32)

    return types.uint32(array, types.uintp), generate


@intrinsic
def load_64(_typing: Any, array: Any, _at: Any) -> Any:
    """`load_64(array: uint8[:], at: uintp) -> uint64`: eight bytes."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        memory, at = memories(context, builder, signature, args)
        return memory.load(at, U64)

    return types.uint64(array, types.uintp), generate


@intrinsic
def multiply_and_fold(_typing: Any, _left: Any, _right: Any) -> Any:
    """`multiply_and_fold(left: uint64, right: uint64) -> uint64`: the halves of the 128-bit product, xored."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        left, right = (builder.zext(factor, U128) for factor in args)
        product = builder.mul(left, right)
        high = builder.lshr(product, ir.Constant(U128, 64))
        return builder.xor(builder.trunc(product, U64), builder.trunc(high, U64))

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
