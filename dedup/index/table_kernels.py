"""Open addressing, as all tables of the index use it.

A slot is a `uint64`: a 32-bit tag above a 32-bit reference; reference 0 marks an empty slot. Eight slots, a cache line,
are a group, filled from its start, and searched at once. A tag's group is `tag * groups >> 32` (D. Lemire, "Fast random
integer generation in an interval", 2019), so any number of groups will do, a table is nearly in the order of its tags,
and growing one reads and writes memory in sequence. What a full group has no room for goes to the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from llvmlite import ir

from dedup.fingerprint.vector_kernels import U8, U32, U64, broadcast, cgutils, intrinsic, memories, types
from dedup.fingerprint.words import uint32, uint64, uintp
from dedup.jit import kernel

if TYPE_CHECKING:
    from dedup.fingerprint.words import Array

GROUP: Final = 8
"""Slots of a group; the capacity of a table is a multiple."""


@intrinsic
def prefetch(_typing: Any, array: Any, _at: Any) -> Any:
    """`prefetch(array, at: uintp)`: start loading an item of a vector; the next steps do not wait for it."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        pointer = builder.gep(data, [args[1]])
        function = builder.module.declare_intrinsic(
            "llvm.prefetch", [pointer.type], ir.FunctionType(ir.VoidType(), [pointer.type, U32, U32, U32])
        )
        reading, keep_close, data_cache = (ir.Constant(U32, value) for value in (0, 3, 1))
        builder.call(function, [pointer, reading, keep_close, data_cache])
        return cgutils.get_null_value(context.get_value_type(types.none))

    return types.void(array, types.uintp), generate


@intrinsic
def _lanes(_typing: Any, slots: Any, _at: Any, _tag: Any) -> Any:
    """`_lanes(slots: uint64[:], at: uintp, tag: uint32) -> uint32`: which slots of the group at `at` have the tag.

    Bits 0 to 7 are the occupied slots with the tag, bits 8 to 15 the empty ones.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        slots, at, tag = memories(context, builder, signature, args)
        group = slots.vector(at, U64, GROUP)
        halves = ir.VectorType(U32, GROUP)
        tags = builder.trunc((group >> 32).value, halves)
        references = builder.trunc(group.value, halves)
        empty = builder.icmp_unsigned("==", references, ir.Constant(halves, [0] * GROUP))
        equal = builder.icmp_unsigned("==", tags, broadcast(builder, tag, GROUP).value)
        equal = builder.and_(equal, builder.not_(empty))
        masks = [builder.zext(builder.bitcast(mask, U8), U32) for mask in (equal, empty)]
        return builder.or_(masks[0], builder.shl(masks[1], ir.Constant(U32, GROUP)))

    return types.uint32(slots, types.uintp, types.uint32), generate


@intrinsic
def _lowest_bit(_typing: Any, _word: Any) -> Any:
    """`_lowest_bit(word: uint32) -> uintp`: number of the lowest bit that is set; 32 for none."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.zext(builder.cttz(args[0], ir.Constant(ir.IntType(1), 0)), U64)

    return types.uintp(types.uint32), generate


@kernel(inline=True)
def mix_64(word: int) -> int:
    """The finaliser of SplitMix64 (G. Steele et al., 2014), a bijection of 64 bits."""
    word = (uint64(word) ^ (uint64(word) >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> uint64(27))) * uint64(0x94D049BB133111EB)
    return word ^ (word >> uint64(31))


@kernel(inline=True)
def tag_of(key: int) -> int:
    """The tag of a 64-bit key."""
    return uint32(mix_64(key) >> uint64(32))


@kernel(inline=True)
def home(tag: int, capacity: int) -> int:
    """The first slot of a tag's group."""
    return uintp((uint64(tag) * (uint64(capacity) // uint64(GROUP))) >> uint64(32)) * uintp(GROUP)


@kernel(inline=True)
def slot_of(tag: int, reference: int) -> int:
    """A slot's content."""
    return (uint64(tag) << uint64(32)) | uint64(reference)


@kernel(inline=True)
def find_tag(slots: Array, base: int, capacity: int, tag: int) -> int:
    """Where the table that starts at `base` holds the tag, or the empty slot that would take it."""
    at = home(tag, capacity)
    while True:
        lanes = _lanes(slots, base + at, uint32(tag))
        if lanes:
            return base + at + _lowest_bit(uint32(lanes | (lanes >> uint32(GROUP))))
        at += uintp(GROUP)
        if at == capacity:
            at = uintp(0)


@kernel(inline=True)
def find_key(slots: Array, keys: Array, key: int, tag: int) -> int:
    """Where the table holds the row of a key, or the empty slot that would take it."""
    capacity = uintp(slots.size)
    at = home(tag, capacity)
    while True:
        lanes = _lanes(slots, at, uint32(tag))
        equal = uint32(lanes & uint32(0xFF))
        while equal:
            slot = at + _lowest_bit(equal)
            if keys[uint32(slots[slot])] == key:
                return slot
            equal = uint32(equal & uint32(equal - uint32(1)))
        if lanes >> uint32(GROUP):
            return at + _lowest_bit(uint32(lanes >> uint32(GROUP)))
        at += uintp(GROUP)
        if at == capacity:
            at = uintp(0)


@kernel(inline=True)
def find_empty(slots: Array, tag: int) -> int:
    """The empty slot that takes the tag."""
    capacity = uintp(slots.size)
    at = home(tag, capacity)
    while True:
        lanes = _lanes(slots, at, uint32(tag)) >> uint32(GROUP)
        if lanes:
            return at + _lowest_bit(uint32(lanes))
        at += uintp(GROUP)
        if at == capacity:
            at = uintp(0)


@kernel("void(uint64[::1], uintp)", allocates=False)
def empty_slot(slots: Array, at: int) -> None:
    """Empty a slot and move up what stands after it (D. Knuth, TAOCP 3, 6.4, algorithm R, on groups)."""
    capacity = uintp(slots.size)
    hole, at = uintp(at), uintp(at)
    while True:
        at += uintp(1)
        if at == capacity:
            at = uintp(0)
        if uint32(slots[at]) == uint32(0):
            break
        wanted = home(uint32(slots[at] >> uint64(32)), capacity)
        to, here = hole // uintp(GROUP), at // uintp(GROUP)
        wanted //= uintp(GROUP)
        stays = to < wanted <= here if to <= here else (wanted > to or wanted <= here)
        if not stays:
            slots[hole] = slots[at]
            hole = at
    slots[hole] = uint64(0)


@kernel("void(uint64[::1], uint64[::1])", allocates=False)
def move_slots(old: Array, new: Array) -> None:
    """Put what one table holds into another."""
    for at in range(uintp(old.size)):
        slot = old[at]
        if uint32(slot) != uint32(0):
            new[find_empty(new, uint32(slot >> uint64(32)))] = slot


@kernel("int64(uint64[::1], uint64[::1], int64, uint64[::1], int64[::1])", allocates=False)
def find_or_add(slots: Array, keys: Array, used: int, wanted: Array, rows: Array) -> int:
    """The row of each key; one that is new gets the next row.

    Args:
        slots: uint64[capacity], with room for all that may be new.
        keys: uint64[rows], key of each row, likewise.
        used: rows in use; row 0 is none.
        wanted: uint64[n].
        rows: int64[n], written.

    Returns:
        Rows in use afterwards.
    """
    rows_used = uintp(used)
    for number in range(uintp(wanted.size)):
        tag = tag_of(wanted[number])
        at = find_key(slots, keys, wanted[number], tag)
        if uint32(slots[at]) == uint32(0):
            slots[at] = slot_of(tag, rows_used)
            keys[rows_used] = wanted[number]
            rows_used += uintp(1)
        rows[number] = uint32(slots[at])
    return rows_used
