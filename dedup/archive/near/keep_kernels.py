"""One pass over the documents in order: each is held against the kept members of its groups.

A slot of the table holds the name of a group and the youngest node of a ring of nodes `(document, next)`; the ring's
next node is the oldest. Only kept documents are in rings, in their order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dedup.archive.near.hash_file_kernels import begin_of, read_hashes
from dedup.fingerprint.words import int64, uint32, uint64, uintp
from dedup.index.exact_kernels import common
from dedup.index.table_kernels import find_tag, slot_of
from dedup.jit import kernel

if TYPE_CHECKING:
    from dedup.fingerprint.words import Array

NODES, GROUPS, COUNTERS = range(3)
"""Counters of a table: nodes ever used, the one that is none among them, and slots in use."""

NONE: Final = 0xFFFFFFFF
UNREADABLE: Final = -1
_ENDS: Final = "Array(int64, 1, 'C', readonly=True)"


@kernel(inline=True)
def _may_resemble(size: int, other: int, threshold: float) -> bool:
    """Whether sets of these sizes can have such a Jaccard."""
    return min(size, other) / max(size, other) >= threshold


@kernel(inline=True)
def _jaccard(left: Array, size: int, right: Array, other: int) -> float:
    """Of two sets of ascending hashes."""
    shared = common(left, uintp(0), size, right, uintp(0), other)
    return shared / (size + other - shared)


@kernel(inline=True)
def _next_candidate(nodes: Array, count: int, cursor: Array) -> int:
    """The first document that the cursors stand on, past which they move; NONE after the last."""
    first = uint32(NONE)
    for number in range(count):
        if cursor[number, 0] != uint32(0):
            first = min(first, nodes[cursor[number, 0], 0])
    for number in range(count):
        node = cursor[number, 0]
        if node != uint32(0) and nodes[node, 0] == first:
            cursor[number, 1] -= uint32(1)
            done = node == cursor[number, 2] or cursor[number, 1] == uint32(0)
            cursor[number, 0] = uint32(0) if done else nodes[node, 1]
    return first


@kernel(inline=True)
def _insert(document: int, group: int, slots: Array, nodes: Array, counters: Array, limit: int) -> None:
    """Make a kept document the youngest of a group, unless that has as many as it may."""
    at = find_tag(slots, uintp(0), uintp(slots.size), group)
    youngest = uint32(slots[at])
    node = uint32(counters[NODES])
    if youngest == uint32(0):
        nodes[node, 1] = node
        counters[GROUPS] += 1
    else:
        length = uintp(1)
        walker = nodes[youngest, 1]
        while walker != youngest and length < limit:
            walker = nodes[walker, 1]
            length += uintp(1)
        if length >= limit:
            return
        nodes[node, 1] = nodes[youngest, 1]
        nodes[youngest, 1] = node
    nodes[node, 0] = document
    slots[at] = slot_of(group, node)
    counters[NODES] += 1


@kernel(
    f"UniTuple(int64, 2)(uint64[::1], uintp, uintp, {_ENDS}, int32, {_ENDS}, int32, uint32[:, ::1], float64, uintp,"
    " boolean, uint64[::1], uint32[:, ::1], int64[::1], uint32[:, ::1], uintp, int64[::1], float64[::1],"
    " int64[:, ::1], uintp, uintp)",
    allocates=False,
)
def keep(
    entries: Array,
    at: int,
    fresh: int,
    earlier_ends: Array,
    earlier_file: int,
    ends: Array,
    file: int,
    hashes: Array,
    threshold: float,
    limit: int,
    decided: bool,  # noqa: FBT001  (kernels take no keywords)
    slots: Array,
    nodes: Array,
    counters: Array,
    cursor: Array,
    first_document: int,
    duplicate_of: Array,
    jaccard: Array,
    links: Array,
    linked: int,
    budget: int,
) -> tuple[int, int]:
    """Decide which documents to keep, and put those into their groups.

    Args:
        entries: uint64[m], ascending: document above group.
        at: entry to begin with, the first of a document.
        fresh: documents before the new ones; all of these are kept.
        earlier_ends: int64[fresh], see `Prints`.
        earlier_file: descriptor of their hashes.
        ends: int64[n], of the new ones.
        file: descriptor of their hashes.
        hashes: uint32[2, k], scratch: room for those of any two documents.
        threshold: least Jaccard.
        limit: kept documents of a group that another is compared with, the oldest.
        decided: whether `duplicate_of` holds the decisions already.
        slots: uint64[capacity], the table of groups.
        nodes: uint32[rows, 2].
        counters: int64[COUNTERS].
        cursor: uint32[runs, 3], scratch: node of each group, how many may follow, youngest.
        first_document: number of the first that is decided on here.
        duplicate_of: int64[d], written: the first kept document that one resembles, -1 for one to keep.
        jaccard: float64[d], written where that is one.
        links: int64[l, 2], written: two kept documents that a dropped one resembles.
        linked: rows of it in use.
        budget: comparisons after which to stop.

    Returns:
        The entry to go on with (m: all done) and the rows of `links` in use. It stops early where the budget is spent,
        or the table, the nodes or the links may not have room for one document more. UNREADABLE for the entry: a file
        holds less than it should.
    """
    size = uintp(entries.size)
    fullest = uintp(slots.size) // uintp(5) * uintp(4)
    compared = uintp(0)
    used = uintp(linked)
    while at < size:
        document = uintp(entries[at] >> uint64(32))
        end = at + uintp(1)
        while end < size and uintp(entries[end] >> uint64(32)) == document:
            end += uintp(1)
        count = end - at
        if (
            compared >= budget
            or uintp(counters[GROUPS]) + count > fullest
            or uintp(counters[NODES]) + count > uintp(nodes.shape[0])
            or used + count * limit > uintp(links.shape[0])
        ):
            return at, used
        row = document - first_document
        if not decided:
            duplicate_of[row] = -1
            for number in range(count):
                group = uint32(entries[at + number])
                youngest = uint32(slots[find_tag(slots, uintp(0), uintp(slots.size), group)])
                cursor[number, 0] = nodes[youngest, 1] if youngest != uint32(0) else uint32(0)
                cursor[number, 1] = uint32(limit)
                cursor[number, 2] = youngest
            begin, stop = begin_of(ends, document - fresh), uintp(ends[document - fresh])
            size_of_mine, is_read = stop - begin, False
            mine, its = hashes[0], hashes[1]
            while True:
                other = uintp(_next_candidate(nodes, count, cursor))
                if other == uintp(NONE):
                    break
                compared += uintp(1)
                source = file if other >= fresh else earlier_file
                if other >= fresh:
                    its_begin, its_stop = begin_of(ends, other - fresh), uintp(ends[other - fresh])
                else:
                    its_begin, its_stop = begin_of(earlier_ends, other), uintp(earlier_ends[other])
                if not _may_resemble(size_of_mine, its_stop - its_begin, threshold):
                    continue
                is_read = is_read or read_hashes(file, begin, stop, mine)
                if not (is_read and read_hashes(source, its_begin, its_stop, its)):
                    return int64(UNREADABLE), used
                alike = _jaccard(mine, size_of_mine, its, its_stop - its_begin)
                if alike < threshold:
                    continue
                if duplicate_of[row] == -1:
                    duplicate_of[row] = other
                    jaccard[row] = alike
                else:
                    links[used, 0] = duplicate_of[row]
                    links[used, 1] = other
                    used += uintp(1)
        if duplicate_of[row] == -1:
            for number in range(at, end):
                _insert(uint32(document), uint32(entries[number]), slots, nodes, counters, limit)
        at = end
    return at, used
