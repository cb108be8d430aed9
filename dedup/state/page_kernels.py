"""Reading the pages of an LMDB file as LMDB would, to see whether it could. Layout: see `dedup.state.lmdb_pages`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dedup.fingerprint.words import int64, uint64, uintp
from dedup.jit import kernel

if TYPE_CHECKING:
    from dedup.fingerprint.words import Array

HEAD, NODE = 16, 8  # bytes of a page's head and of an entry's
BRANCH, LEAF, OVERFLOW = 1, 2, 4  # kinds of pages, bits of their flags
LOG_LEAF: Final = 3  # a leaf whose keys are positions, ascending; no flag of LMDB's
_KINDS: Final = 0xF
_LARGE: Final = 1  # flag of an entry whose value has pages of its own
_MOST_DEEP: Final = 32  # LMDB's own bound
BEYOND, TWICE, KIND, ORDER = range(1, 5)
"""What is wrong with a page: it lies beyond the end, two places point at it, it is not what belongs there, or its
positions do not rise."""


@kernel(inline=True)
def _word(page: Array, at: int, size: int) -> int:
    """An unsigned number of `size` bytes, the lowest first."""
    value = uint64(0)
    for byte in range(uintp(size)):
        value |= uint64(page[uintp(at) + byte]) << (uint64(byte) << uint64(3))
    return value


@kernel(inline=True)
def _position(page: Array, at: int) -> int:
    """A key of eight bytes, the highest first."""
    value = uint64(0)
    for byte in range(uintp(8)):
        value = (value << uint64(8)) | uint64(page[uintp(at) + byte])
    return value


@kernel(inline=True)
def _entries(page: Array) -> int:
    """How many entries a page of a tree has; -1 where its bounds are broken."""
    lower, upper = _word(page, 12, 2), _word(page, 14, 2)
    if lower < uint64(HEAD) or lower > upper or upper > uint64(page.size) or lower & uint64(1):
        return int64(-1)
    return int64(lower - uint64(HEAD)) >> int64(1)


@kernel(inline=True)
def _read_leaf(page: Array, number: int, row: Array, large: Array, count: int) -> int:
    """Fill a leaf's row, and `large` from `count` on; returns the new count, -1 where the page is broken."""
    entries = _entries(page)
    is_log, last = entries > 0, uint64(0)
    for entry in range(entries):
        at = _word(page, HEAD + 2 * entry, 2)
        if at < uint64(HEAD) or at > uint64(page.size - NODE):
            return int64(-1)
        size, flags, key = _word(page, at, 4), _word(page, at + 4, 2), _word(page, at + 6, 2)
        start = at + uint64(NODE) + key
        is_large = flags & uint64(_LARGE) != uint64(0)
        stored = uint64(8) if is_large else size
        if start + stored > uint64(page.size):
            return int64(-1)
        if flags & ~uint64(_LARGE) or key != uint64(8):
            is_log = False
        if is_log:
            position = _position(page, at + uint64(NODE))
            is_log = position > last
            if entry == 0:
                row[0] = position
            row[1] = last = position
        if is_large:
            large[count, 0], large[count, 1], large[count, 2] = number, _word(page, start, 8), size
            count += 1
    row[2], row[3] = uint64(LOG_LEAF if is_log else LEAF), uint64(entries)
    return int64(count)


@kernel("int64(uint8[:, ::1], int64, uint64[:, ::1], uint64[:, ::1])", allocates=False)
def read_pages(pages: Array, first: int, rows: Array, large: Array) -> int:
    """What the pages of a file are, one by one; whether anything points at them is another matter.

    Args:
        pages: uint8[n, size of a page].
        first: number of the first one.
        rows: uint64[n, 4], written: of a leaf of the log the first and last position; of an overflow page how many
            there are; the kind, 0 for what is none; entries of a leaf.
        large: uint64[n * entries, 3], written: of each value with pages of its own its leaf, the first page, its bytes.

    Returns:
        How many rows of `large` were written.
    """
    count = int64(0)
    for at in range(uintp(pages.shape[0])):
        page, row, number = pages[at], rows[at], uint64(first) + uint64(at)
        row[0] = row[1] = row[2] = row[3] = uint64(0)
        kind = _word(page, 10, 2) & uint64(_KINDS)
        if _word(page, 0, 8) != number:
            continue
        if kind == uint64(LEAF):
            found = _read_leaf(page, number, row, large, count)
            count = max(found, count)
        elif kind == uint64(OVERFLOW):
            row[0], row[2] = _word(page, 12, 4), kind
        elif kind == uint64(BRANCH) and _entries(page) > 0:
            row[2] = kind
    return count


@kernel(
    "int64(uint64, int64, uint64[:, ::1], uint8[:, ::1], int64[::1], uint8[::1], uint64[::1], uint64[:, ::1])",
    allocates=False,
)
def walk_log(
    root: int, depth: int, rows: Array, branches: Array, branch_of: Array, seen: Array, stack: Array, fault: Array
) -> int:
    """Follow the tree of the log to all its leaves.

    Args:
        root: its first page.
        depth: its levels.
        rows: of all pages, see `read_pages`.
        branches: uint8[b, size of a page], those of branches.
        branch_of: int64[n], the row of a branch there.
        seen: uint8[n], all 0; 1 for each page that was met.
        stack: uint64[2 * 32], scratch.
        fault: uint64[1, 2], written: the page at fault; how many entries the leaves before it have.

    Returns:
        0, or what is wrong.
    """
    level, last, number = int64(1), uint64(0), uint64(root)
    if depth < 1 or depth > _MOST_DEEP:
        fault[0, 0] = number
        return int64(KIND)
    while True:
        fault[0, 0] = number
        if number >= uint64(rows.shape[0]):
            return int64(BEYOND)
        if seen[number]:
            return int64(TWICE)
        seen[number] = 1
        row = rows[number]
        if row[2] != uint64(LOG_LEAF if level == depth else BRANCH):
            return int64(KIND)
        if level == depth:
            if row[0] <= last:
                return int64(ORDER)
            last = row[1]
            fault[0, 1] += row[3]
        else:
            stack[2 * level], stack[2 * level + 1] = number, uint64(0)
            level += 1
        while level > 1:  # the next child of the lowest branch that has one
            page = branches[branch_of[stack[2 * (level - 1)]]]
            entry = stack[2 * (level - 1) + 1]
            if entry < uint64(_entries(page)):
                break
            level -= 1
        if level == 1:
            return int64(0)
        stack[2 * (level - 1) + 1] = entry + uint64(1)
        at = _word(page, uint64(HEAD) + uint64(2) * entry, 2)
        if at < uint64(HEAD) or at > uint64(page.size - NODE):
            fault[0, 0] = stack[2 * (level - 1)]
            return int64(KIND)
        number = _word(page, at, 6)
