"""Open addressing, as all tables of the index use it.

A slot is a `uint64`: a 32-bit tag above a 32-bit reference; reference 0 marks an empty slot. A tag's home is
`tag * capacity >> 32` (D. Lemire, "Fast random integer generation in an interval", 2019), so any capacity will do, a
table is nearly in the order of its tags, and growing one reads and writes memory in sequence. Collisions go to the
next slot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llvmlite import ir

from dedup.fingerprint.vector_kernels import U32, cgutils, intrinsic, types
from dedup.fingerprint.words import uint32, uint64, uintp
from dedup.jit import kernel

if TYPE_CHECKING:
    from dedup.fingerprint.words import Array


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
    """The slot at which the search for a tag starts."""
    return uintp((uint64(tag) * uint64(capacity)) >> uint64(32))


@kernel(inline=True)
def slot_of(tag: int, reference: int) -> int:
    """A slot's content."""
    return (uint64(tag) << uint64(32)) | uint64(reference)


@kernel(inline=True)
def find_tag(slots: Array, base: int, capacity: int, tag: int) -> int:
    """Where the table that starts at `base` holds the tag, or the empty slot that would take it."""
    at = home(tag, capacity)
    while True:
        slot = slots[base + at]
        if uint32(slot) == uint32(0) or uint32(slot >> uint64(32)) == uint32(tag):
            return base + at
        at += uintp(1)
        if at == capacity:
            at = uintp(0)


@kernel(inline=True)
def find_key(slots: Array, keys: Array, key: int, tag: int) -> int:
    """Where the table holds the row of a key, or the empty slot that would take it."""
    capacity = uintp(slots.size)
    at = home(tag, capacity)
    while True:
        slot = slots[at]
        row = uint32(slot)
        if row == uint32(0) or (uint32(slot >> uint64(32)) == uint32(tag) and keys[row] == key):
            return at
        at += uintp(1)
        if at == capacity:
            at = uintp(0)


@kernel(inline=True)
def find_empty(slots: Array, tag: int) -> int:
    """The empty slot that takes the tag."""
    capacity = uintp(slots.size)
    at = home(tag, capacity)
    while uint32(slots[at]) != uint32(0):
        at += uintp(1)
        if at == capacity:
            at = uintp(0)
    return at


@kernel("void(uint64[::1], uintp)", allocates=False)
def empty_slot(slots: Array, at: int) -> None:
    """Empty a slot and move up what had to go past it (D. Knuth, TAOCP 3, 6.4, algorithm R)."""
    capacity = uintp(slots.size)
    hole, at = uintp(at), uintp(at)
    while True:
        at += uintp(1)
        if at == capacity:
            at = uintp(0)
        if uint32(slots[at]) == uint32(0):
            break
        wanted = home(uint32(slots[at] >> uint64(32)), capacity)
        stays = hole < wanted <= at if hole < at else (wanted > hole or wanted <= at)
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
