"""Taking items out of an LSH index, and rebuilding its tables without what is dead; see `lsh_kernels`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dedup.fingerprint.words import uint32, uint64, uintp
from dedup.index.lsh_kernels import ALIVE, DEAD, FREE_ENTRY, FREE_ITEM, FREE_NODE, SHARED
from dedup.index.table_kernels import empty_slot, find_empty, find_key, slot_of, tag_of
from dedup.jit import kernel

if TYPE_CHECKING:
    from dedup.fingerprint.words import Array


@kernel(
    "void(uint64[::1], boolean[::1], uint64[::1], uint64[::1], uint32[::1], uint32[::1], uint32[::1], uint32[::1],"
    " uint32[::1], int64[::1])",
    allocates=False,
)
def remove(
    wanted: Array,
    removed: Array,
    id_slots: Array,
    ids: Array,
    owner: Array,
    following: Array,
    preceding: Array,
    first: Array,
    last: Array,
    counters: Array,
) -> None:
    """Take items off their entries; an entry that has lost its last one is dead.

    Args:
        wanted: uint64[n], ids.
        removed: bool[n], written: whether the index held it.
        id_slots: as for `lsh_kernels.process`, like all that follow.
        ids: uint64[i].
        owner: uint32[i].
        following: uint32[i].
        preceding: uint32[i].
        first: uint32[e].
        last: uint32[e].
        counters: int64[COUNTERS].
    """
    for number in range(uintp(wanted.size)):
        at = find_key(id_slots, ids, wanted[number], tag_of(wanted[number]))
        item = uint32(id_slots[at])
        removed[number] = item != uint32(0)
        if item == uint32(0):
            continue
        entry, older, younger = owner[item], preceding[item], following[item]
        if older != uint32(0):
            following[older] = younger
        else:
            first[entry] = younger
        if younger != uint32(0):
            preceding[younger] = older
        else:
            last[entry] = older
        if first[entry] == uint32(0):
            counters[DEAD] += 1
        empty_slot(id_slots, at)
        following[item] = uint32(counters[FREE_ITEM])
        counters[FREE_ITEM] = item
        counters[ALIVE] -= 1


@kernel(inline=True)
def _without_dead(reference: int, nodes: Array, first: Array, counters: Array) -> int:
    """What a slot refers to once its dead entries are gone; 0 for nothing."""
    if not reference & uint32(SHARED):
        return reference if first[reference] != uint32(0) else uint32(0)
    youngest = reference ^ uint32(SHARED)
    oldest = nodes[youngest, 1]
    head = tail = uint32(0)
    node = oldest
    while True:
        following = nodes[node, 1]
        if first[nodes[node, 0]] != uint32(0):
            if tail != uint32(0):
                nodes[tail, 1] = node
            else:
                head = node
            tail = node
        else:
            nodes[node, 1] = uint32(counters[FREE_NODE])
            counters[FREE_NODE] = node
        if node == youngest:
            break
        node = following
    if tail == uint32(0):
        return uint32(0)
    if head != tail:
        nodes[tail, 1] = head
        return tail | uint32(SHARED)
    entry = nodes[head, 0]
    nodes[head, 1] = uint32(counters[FREE_NODE])
    counters[FREE_NODE] = head
    return entry


@kernel("int64(uint64[::1], uint64[::1], uint32[:, ::1], uint32[::1], int64[::1])", allocates=False)
def rebuild_band(old: Array, new: Array, nodes: Array, first: Array, counters: Array) -> int:
    """Put the buckets of one band into an empty table, without the dead entries; how many slots are in use."""
    buckets = 0
    for at in range(uintp(old.size)):
        reference = uint32(old[at])
        if reference == uint32(0):
            continue
        if counters[DEAD]:
            reference = _without_dead(reference, nodes, first, counters)
        if reference != uint32(0):
            tag = uint32(old[at] >> uint64(32))
            new[find_empty(new, tag)] = slot_of(tag, reference)
            buckets += 1
    return buckets


@kernel("void(uint64[::1], uint64[::1], uint32[::1], uint32[::1], int64[::1])", allocates=False)
def rebuild_digests(old: Array, new: Array, first: Array, last: Array, counters: Array) -> None:
    """Put the entries into an empty table of digests; the rows of dead ones, by now in no bucket, become free."""
    for at in range(uintp(old.size)):
        entry = uint32(old[at])
        if entry == uint32(0):
            continue
        if first[entry] != uint32(0):
            tag = uint32(old[at] >> uint64(32))
            new[find_empty(new, tag)] = slot_of(tag, entry)
        else:
            last[entry] = uint32(counters[FREE_ENTRY])
            counters[FREE_ENTRY] = entry
    counters[DEAD] = 0
