"""Asking and filling the tables of an LSH index.

An *entry* is a distinct signature (a distinct set, where short sets are kept); the *items* of equal signature hang on
it in a list, so any number of equal items costs the bands one entry. A slot of a band refers to an entry or, with the
bit `SHARED`, to the youngest node of a ring of nodes `(entry, next)`; the ring's next node is the oldest. An entry
without items is dead: it stays in its buckets until the tables are rebuilt, and comes back to life with an equal item.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dedup.fingerprint.words import uint8, uint32, uint64, uintp
from dedup.index.exact_kernels import common
from dedup.index.table_kernels import (
    find_empty,
    find_key,
    find_tag,
    home,
    prefetch,
    slot_of,
    tag_of,
)
from dedup.jit import kernel

if TYPE_CHECKING:
    from dedup.fingerprint.words import Array

SHARED: Final = 1 << 31
"""Bit of a slot's reference: a ring of nodes, not an entry."""
LOOK_AHEAD: Final = 32
"""Items whose slots are requested from memory together."""

ENTRIES, FREE_ENTRY, NODES, FREE_NODE, ITEMS, FREE_ITEM, DEAD, ALIVE, COUNTERS = range(9)
"""Counters of an index: rows ever used and first free row of each kind, entries without items, items."""


@kernel(inline=True)
def _take_row(counters: Array, used: int, free: int, links: Array) -> int:
    """A free row, or the next one never used."""
    row = uint32(counters[free])
    if row != uint32(0):
        counters[free] = links[row]
    else:
        row = uint32(counters[used])
        counters[used] += 1
    return row


@kernel(inline=True)
def _take_node(counters: Array, nodes: Array) -> int:
    node = uint32(counters[FREE_NODE])
    if node != uint32(0):
        counters[FREE_NODE] = nodes[node, 1]
    else:
        node = uint32(counters[NODES])
        counters[NODES] += 1
    return node


@kernel(inline=True)
def _collect(entry: int, candidates: Array, count: int, seen: Array, stamp: int) -> int:
    """Add an entry to the candidates of this query unless it is among them; how many there are."""
    size = uintp(seen.size)
    at = home(uint32(entry * uint32(0x9E3779B1)), size)
    mark = slot_of(stamp, entry)
    while uint32(seen[at] >> uint64(32)) == uint32(stamp):
        if seen[at] == mark:
            return count
        at += uintp(1)
        if at == size:
            at = uintp(0)
    seen[at] = mark
    candidates[count] = entry
    return count + uintp(1)


@kernel()
def _candidates(
    found: Array,
    equal: int,
    limit: int,
    bands: Array,
    nodes: Array,
    first: Array,
    candidates: Array,
    seen: Array,
    stamp: int,
) -> int:
    """Gather the living entries of a query's buckets, the oldest `limit` of each; how many there are."""
    count = uintp(0)
    if equal != uint32(0) and first[equal] != uint32(0):
        count = _collect(equal, candidates, count, seen, stamp)
    for at in found:
        reference = uint32(bands[at])
        if reference & uint32(SHARED):
            youngest = reference ^ uint32(SHARED)
            node = youngest
            taken = uintp(0)
            while taken < limit:
                node = nodes[node, 1]
                entry = nodes[node, 0]
                if first[entry] != uint32(0):
                    count = _collect(entry, candidates, count, seen, stamp)
                    taken += uintp(1)
                if node == youngest:
                    break
        elif reference != uint32(0) and first[reference] != uint32(0):
            count = _collect(reference, candidates, count, seen, stamp)
    return count


@kernel(inline=True)
def _equal_bytes(signature: Array, sketch: Array) -> int:
    """In how many permutations the low byte is that of the sketch."""
    equal = uint32(0)
    for at in range(uintp(sketch.size)):
        equal = uint32(equal + uint32(uint8(signature[at]) == sketch[at]))
    return equal


@kernel()
def _report(
    query: int,
    entry: int,
    similarity: float,
    containment: float,
    contained: float,
    estimated: bool,  # noqa: FBT001  (kernels take arguments by position)
    limit: int,
    first: Array,
    following: Array,
    ids: Array,
    filled: int,
    out_query: Array,
    out_id: Array,
    out_similarity: Array,
    out_estimated: Array,
) -> int:
    """Write the oldest `limit` items of an entry; rows filled, or one more than there are where they do not do."""
    item = first[entry]
    taken = uintp(0)
    while item != uint32(0) and taken < limit:
        if filled == uintp(out_query.size):
            return filled + uintp(1)
        out_query[filled] = query
        out_id[filled] = ids[item]
        out_similarity[0, filled] = similarity
        out_similarity[1, filled] = containment
        out_similarity[2, filled] = contained
        out_estimated[filled] = estimated
        filled += uintp(1)
        taken += uintp(1)
        item = following[item]
    return filled


@kernel()
def _judge(
    query: int,
    entry: int,
    signature: Array,
    hashes: Array,
    at: int,
    end: int,
    threshold: float,
    least: int,
    limit: int,
    sets: Array,
    sketches: Array,
    sizes: Array,
    first: Array,
    following: Array,
    ids: Array,
    filled: int,
    out_query: Array,
    out_id: Array,
    out_similarity: Array,
    out_estimated: Array,
) -> int:
    """Report an entry that is similar enough: exactly so where its set is kept, else as far as its sketch tells."""
    size = uintp(sizes[entry])
    if size:
        shared = common(hashes, at, end, sets[entry], uintp(0), size)
        jaccard = shared / (end - at + size - shared)
        if jaccard < threshold:
            return filled
        containment, contained, estimated = shared / (end - at), shared / size, False
    else:
        equal = _equal_bytes(signature, sketches[entry])
        if equal < least:
            return filled
        agreeing = equal / uintp(sketches.shape[1])
        jaccard = (agreeing - 1.0 / 256.0) / (1.0 - 1.0 / 256.0)  # bytes of different minima agree by chance
        containment, contained, estimated = float("nan"), float("nan"), True
    return _report(
        query,
        entry,
        jaccard,
        containment,
        contained,
        estimated,
        limit,
        first,
        following,
        ids,
        filled,
        out_query,
        out_id,
        out_similarity,
        out_estimated,
    )


@kernel()
def _add_to_buckets(
    entry: int, tags: Array, found: Array, bands: Array, buckets: Array, nodes: Array, counters: Array
) -> None:
    for band in range(uintp(tags.size)):
        at = found[band]
        reference = uint32(bands[at])
        if reference == uint32(0):
            bands[at] = slot_of(tags[band], entry)
            buckets[band] += 1
            continue
        node = _take_node(counters, nodes)
        nodes[node, 0] = entry
        if reference & uint32(SHARED):
            youngest = reference ^ uint32(SHARED)
            nodes[node, 1] = nodes[youngest, 1]
            nodes[youngest, 1] = node
        else:
            oldest = _take_node(counters, nodes)
            nodes[oldest, 0] = reference
            nodes[oldest, 1] = node
            nodes[node, 1] = oldest
        bands[at] = slot_of(tags[band], node | uint32(SHARED))


@kernel()
def _hang_on(
    entry: int,
    item_id: int,
    id_slots: Array,
    ids: Array,
    owner: Array,
    following: Array,
    preceding: Array,
    first: Array,
    last: Array,
    counters: Array,
) -> None:
    """Make an item and hang it on its entry."""
    item = _take_row(counters, ITEMS, FREE_ITEM, following)
    ids[item] = item_id
    owner[item] = entry
    following[item] = uint32(0)
    preceding[item] = last[entry]
    if last[entry] != uint32(0):
        following[last[entry]] = item
    else:
        first[entry] = item
    last[entry] = item
    tag = tag_of(item_id)
    id_slots[find_empty(id_slots, tag)] = slot_of(tag, item)
    counters[ALIVE] += 1


@kernel(
    "Tuple((int64, int64))("
    "uint32[:, ::1], uint32[:, ::1], uint64[::1], boolean[::1], uint32[::1], int64[::1], uint64[::1], boolean, boolean,"
    " float64, uintp, uintp,"
    " uint64[::1], int64[::1], uint32[:, ::1],"
    " uint64[::1], uint64[::1], uint32[::1], uint32[::1], uint32[:, ::1], uint8[:, ::1], uint8[::1],"
    " uint64[::1], uint64[::1], uint32[::1], uint32[::1], uint32[::1], int64[::1],"
    " uint64[::1], uint32[::1], uint64[::1], uintp, int64[::1], uint64[::1], float64[:, ::1], boolean[::1])",
    allocates=False,
)
def process(
    signatures: Array,
    tags: Array,
    digests: Array,
    empty: Array,
    hashes: Array,
    offsets: Array,
    new_ids: Array,
    ask: bool,  # noqa: FBT001  (kernels take arguments by position)
    add: bool,  # noqa: FBT001
    threshold: float,
    least: int,
    limit: int,
    bands: Array,
    buckets: Array,
    nodes: Array,
    digest_slots: Array,
    entry_digests: Array,
    first: Array,
    last: Array,
    sets: Array,
    sketches: Array,
    sizes: Array,
    id_slots: Array,
    ids: Array,
    owner: Array,
    following: Array,
    preceding: Array,
    counters: Array,
    found: Array,
    candidates: Array,
    seen: Array,
    start: int,
    out_query: Array,
    out_id: Array,
    out_similarity: Array,
    out_estimated: Array,
) -> tuple[int, int]:
    """Ask, add, or both, one item after the other: each is asked about those before it, of this call too.

    The tables must have room for all that is added.

    Args:
        signatures: uint32[n, p].
        tags: uint32[n, b], from `band_tags`.
        digests: uint64[n], likewise.
        empty: bool[n], likewise; such items are passed over.
        hashes: uint32[m], shingle hashes of the items, where the index keeps short sets; else none.
        offsets: int64[n + 1] into `hashes`; else int64[0].
        new_ids: uint64[n], where items are added.
        ask: whether to ask.
        add: whether to add.
        threshold: least Jaccard of a kept set.
        least: least equal bytes of a sketch.
        limit: entries looked at in a bucket and items reported of an entry, oldest first.
        bands: uint64[b * capacity], a table a band.
        buckets: int64[b], slots in use.
        nodes: uint32[k, 2].
        digest_slots: uint64[c], table of the entries' digests.
        entry_digests: uint64[e].
        first: uint32[e], oldest item of each entry.
        last: uint32[e], youngest.
        sets: uint32[e, w], what is kept of each entry: short sets.
        sketches: uint8[e, 4 w], the same memory: low bytes of the signature.
        sizes: uint8[e], hashes of a kept set; 0: a sketch is kept.
        id_slots: uint64[d], table of the items' ids.
        ids: uint64[i].
        owner: uint32[i], entry of each item.
        following: uint32[i], next younger item of the entry.
        preceding: uint32[i], next older one.
        counters: int64[COUNTERS].
        found: uint64[b], scratch.
        candidates: uint32[b * limit + 1], scratch.
        seen: uint64[s], scratch, zeros, s at least twice as much.
        start: item to begin with.
        out_query: int64[o], written: the item that was asked about.
        out_id: uint64[o], written: what resembles it.
        out_similarity: float64[3, o], written: Jaccard, containment, contained.
        out_estimated: bool[o], written.

    Returns:
        The item to go on with (n: all done) and how many rows were written; all of an item's or none.
    """
    count = uintp(signatures.shape[0])
    width = uintp(tags.shape[1])
    capacity = uintp(bands.size) // width
    longest = uintp(sets.shape[1])
    has_sets = offsets.size > 0
    filled = uintp(0)
    requested = uintp(start)
    for item in range(uintp(start), count):
        if item == requested:
            requested = min(item + uintp(LOOK_AHEAD), count)
            for ahead in range(item, requested):
                prefetch(digest_slots, home(tag_of(digests[ahead]), uintp(digest_slots.size)))
                if add:
                    prefetch(id_slots, home(tag_of(new_ids[ahead]), uintp(id_slots.size)))
                for band in range(width):
                    prefetch(bands, band * capacity + home(tags[ahead, band], capacity))
        if empty[item]:
            continue
        at = uintp(offsets[item]) if has_sets else uintp(0)
        end = uintp(offsets[item + uintp(1)]) if has_sets else uintp(0)
        digest_tag = tag_of(digests[item])
        digest_at = find_key(digest_slots, entry_digests, digests[item], digest_tag)
        entry = uint32(digest_slots[digest_at])
        if ask or entry == uint32(0):
            for band in range(width):
                found[band] = find_tag(bands, band * capacity, capacity, tags[item, band])
        if ask:
            before = filled
            stamp = uint32(item + uintp(1))
            for number in range(_candidates(found, entry, limit, bands, nodes, first, candidates, seen, stamp)):
                filled = _judge(
                    item,
                    candidates[number],
                    signatures[item],
                    hashes,
                    at,
                    end,
                    threshold,
                    least,
                    limit,
                    sets,
                    sketches,
                    sizes,
                    first,
                    following,
                    ids,
                    filled,
                    out_query,
                    out_id,
                    out_similarity,
                    out_estimated,
                )
                if filled > uintp(out_query.size):
                    return item, before
        if not add:
            continue
        if entry == uint32(0):
            entry = _take_row(counters, ENTRIES, FREE_ENTRY, last)
            digest_slots[digest_at] = slot_of(digest_tag, entry)
            entry_digests[entry] = digests[item]
            first[entry] = uint32(0)
            last[entry] = uint32(0)
            if has_sets and end - at <= longest:
                sizes[entry] = uint8(end - at)
                for number in range(end - at):
                    sets[entry, number] = hashes[at + number]
            else:
                sizes[entry] = uint8(0)
                for number in range(uintp(sketches.shape[1])):
                    sketches[entry, number] = uint8(signatures[item, number])
            _add_to_buckets(entry, tags[item], found, bands, buckets, nodes, counters)
        elif first[entry] == uint32(0):
            counters[DEAD] -= 1
        _hang_on(entry, new_ids[item], id_slots, ids, owner, following, preceding, first, last, counters)
    return count, filled


@kernel("int64(uint64[::1], uint64[::1], uint64[::1])", allocates=False)
def first_present(wanted: Array, id_slots: Array, ids: Array) -> int:
    """Index of the first id that the table holds; -1 where it holds none."""
    for number in range(uintp(wanted.size)):
        if uint32(id_slots[find_key(id_slots, ids, wanted[number], tag_of(wanted[number]))]) != uint32(0):
            return number
    return -1
