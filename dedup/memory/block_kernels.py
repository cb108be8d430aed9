"""Asking and changing a run: pairs of block key and page, in the order of both.

A run is two arrays of one length: `uint64` keys, ascending, and the `uint32` serials of the pages that hold them, which
ascend where keys are equal. So the pages that hold a key are a stretch, and the first of them stands first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dedup.fingerprint.words import int32, int64, uint32, uint64, uintp
from dedup.index.table_kernels import mix_64
from dedup.jit import kernel

if TYPE_CHECKING:
    from dedup.fingerprint.words import Array

HIGH, LOW, POSITION, WHOLE, STEM, SERIAL, BLOCKS, COLUMNS = range(8)
"""Columns of a site's pages: both halves of the page's key, its place in the log, key of the page as a whole, of the
stem of its URL, its serial in the runs, and how many blocks it was learned with."""
EMPTY: Final = -1
"""Count of a slot that was never used."""

_KEYS: Final = "Array(uint64, 1, 'C', readonly=True)"
_SERIALS: Final = "Array(uint32, 1, 'C', readonly=True)"
_PAGES: Final = "Array(uint64, 2, 'C', readonly=True)"
_RUN: Final = f"{_KEYS}, {_SERIALS}"


@kernel(inline=True)
def _start(keys: Array, key: int) -> int:
    """Where the stretch of a key starts; halves without a branch, which a processor could not foresee."""
    start, size = uintp(0), uintp(keys.size)
    while size > uintp(1):
        half = size >> uintp(1)
        start += half * uintp(keys[start + half - uintp(1)] < key)
        size -= half
    return start + uintp(size == uintp(1) and keys[start] < key)


@kernel(inline=True)
def _end(keys: Array, key: int, start: int) -> int:
    """Where it ends: steps that double, then halves."""
    size, step = uintp(keys.size), uintp(1)
    low, high = uintp(start), uintp(start)
    while high < size and keys[high] == key:
        low = high + uintp(1)
        high = low + step
        step <<= uintp(1)
    high = min(high, size)
    while low < high:
        middle = (low + high) >> uintp(1)
        if keys[middle] == key:
            low = middle + uintp(1)
        else:
            high = middle
    return low


@kernel(inline=True)
def _has(serials: Array, start: int, end: int, serial: int) -> bool:
    """Whether a stretch names a page."""
    low, high = uintp(start), uintp(end)
    while low < high:
        middle = (low + high) >> uintp(1)
        if serials[middle] < serial:
            low = middle + uintp(1)
        else:
            high = middle
    return low < end and serials[low] == serial


@kernel(inline=True)
def _row_of(pages: Array, serial: int) -> int:
    low, high = uintp(0), uintp(pages.shape[0])
    while low < high:
        middle = (low + high) >> uintp(1)
        if pages[middle, SERIAL] < serial:
            low = middle + uintp(1)
        else:
            high = middle
    return low


@kernel(f"int64({_PAGES}, uint64, uint64)", allocates=False)
def find_page(pages: Array, high: int, low: int) -> int:
    """The row of a page; -1 where it is not known."""
    for row in range(pages.shape[0]):
        if pages[row, HIGH] == high and pages[row, LOW] == low:
            return int64(row)
    return int64(-1)


@kernel(f"void({_KEYS}, {_RUN}, {_RUN}, {_PAGES}, int64, {', '.join(['int32[::1]'] * 4)})", allocates=False)
def count_pages(
    asked: Array,
    old_keys: Array,
    old_serials: Array,
    new_keys: Array,
    new_serials: Array,
    pages: Array,
    own: int,
    after: Array,
    others: Array,
    since: Array,
    held: Array,
) -> None:
    """How many pages hold each key, in both runs of a site.

    Args:
        asked: uint64[k].
        old_keys: the run of earlier pages.
        old_serials: of the same.
        new_keys: the run of later pages.
        new_serials: of the same.
        pages: uint64[p, COLUMNS].
        own: row of the page that does not count; -1: all do.
        after: int32[p + 1], scratch.
        others: int32[k], written: pages but the own one.
        since: int32[k], written: other pages that were learned with blocks since the first that holds it.
        held: int32[k], written: pages, the own one included.
    """
    count = pages.shape[0]
    after[count] = 0
    for row in range(count - 1, -1, -1):
        after[row] = after[row + 1] + int32(pages[row, BLOCKS] > uint64(0) and row != own)
    serial = pages[own, SERIAL] if own >= 0 else uint64(0)
    for at in range(uintp(asked.size)):
        key = asked[at]
        start = _start(old_keys, key)
        end = _end(old_keys, key, start)
        new_start = _start(new_keys, key)
        new_end = _end(new_keys, key, new_start)
        held[at] = int32(end - start + new_end - new_start)
        others[at] = held[at]
        if own >= 0 and (_has(old_serials, start, end, serial) or _has(new_serials, new_start, new_end, serial)):
            others[at] -= int32(1)
        since[at] = int32(0)
        if others[at] > 0:
            first = old_serials[start] if end > start else new_serials[new_start]
            since[at] = after[_row_of(pages, first)]


@kernel(f"void({_KEYS}, {_KEYS}, {_KEYS}, int32[::1])", allocates=False)
def count_held(asked: Array, old_keys: Array, new_keys: Array, held: Array) -> None:
    """How many pages hold each key, in both runs of a site; written to `held`, int32[k]."""
    for at in range(uintp(asked.size)):
        start, new_start = _start(old_keys, asked[at]), _start(new_keys, asked[at])
        old = _end(old_keys, asked[at], start) - start
        held[at] = int32(old + _end(new_keys, asked[at], new_start) - new_start)


@kernel(f"void({_RUN}, {_KEYS}, uint32, uint64[::1], uint32[::1])", allocates=False)
def add_page(keys: Array, serials: Array, own: Array, serial: int, to_keys: Array, to_serials: Array) -> None:
    """A run with one more page, which comes after all that hold the same key.

    Args:
        keys: uint64[n], of the run.
        serials: uint32[n], of the run.
        own: uint64[k], of the page, ascending, each once.
        serial: of the page, above all others.
        to_keys: uint64[n + k], written.
        to_serials: uint32[n + k], written.
    """
    left = to = uintp(0)
    for right in range(uintp(own.size)):
        while left < uintp(keys.size) and keys[left] <= own[right]:
            to_keys[to], to_serials[to] = keys[left], serials[left]
            left += uintp(1)
            to += uintp(1)
        to_keys[to], to_serials[to] = own[right], uint32(serial)
        to += uintp(1)
    while left < uintp(keys.size):
        to_keys[to], to_serials[to] = keys[left], serials[left]
        left += uintp(1)
        to += uintp(1)


@kernel(f"void({_RUN}, {_RUN}, uint64[::1], uint32[::1])", allocates=False)
def merge_runs(
    keys: Array, serials: Array, new_keys: Array, new_serials: Array, to_keys: Array, to_serials: Array
) -> None:
    """Both runs as one; pages of the second come after those of the first."""
    left = right = uintp(0)
    for to in range(uintp(to_keys.size)):
        takes_left = right == uintp(new_keys.size)
        if left < uintp(keys.size) and not takes_left:
            takes_left = keys[left] <= new_keys[right]
        if takes_left:
            to_keys[to], to_serials[to] = keys[left], serials[left]
            left += uintp(1)
        else:
            to_keys[to], to_serials[to] = new_keys[right], new_serials[right]
            right += uintp(1)


@kernel(f"void({_RUN}, uint32, uint32, uint64[::1], uint32[::1])", allocates=False)
def leave_out(keys: Array, serials: Array, first: int, end: int, to_keys: Array, to_serials: Array) -> None:
    """A run without the pages of the serials from `first` to below `end`; the target has room for exactly the rest."""
    to = uintp(0)
    for at in range(uintp(keys.size)):
        if serials[at] < first or serials[at] >= end:
            to_keys[to], to_serials[to] = keys[at], serials[at]
            to += uintp(1)


@kernel(f"int64({_KEYS}, int64, uint64[::1])", allocates=False)
def keys_on(keys: Array, least: int, to_keys: Array) -> int:
    """Keys that `least` pages or more hold, each once, written to `to_keys`; returns how many."""
    found = start = uintp(0)
    while start < uintp(keys.size):
        end = _end(keys, keys[start], start)
        if end - start >= uintp(least):
            to_keys[found] = keys[start]
            found += uintp(1)
        start = end
    return int64(found)


@kernel(f"int64({_RUN}, uint64[::1], uint32[::1])", allocates=False)
def shared_pairs(keys: Array, serials: Array, to_keys: Array, to_serials: Array) -> int:
    """The pairs of a run whose key another page holds too; returns how many."""
    found = start = uintp(0)
    while start < uintp(keys.size):
        end = _end(keys, keys[start], start)
        if end - start > uintp(1):
            for at in range(start, end):
                to_keys[found], to_serials[found] = keys[at], serials[at]
                found += uintp(1)
        start = end
    return int64(found)


@kernel(inline=True)
def _slot(table: Array, counts: Array, key: int) -> int:
    """The slot of a key, or the empty one that would take it: linear probing; the capacity is a power of two."""
    last = uint64(table.size) - uint64(1)
    at = mix_64(key) & last
    while counts[at] != EMPTY and table[at] != key:
        at = (at + uint64(1)) & last
    return at


@kernel(f"int64(uint64[::1], int32[::1], {_KEYS}, int32)", allocates=False)
def add_counts(table: Array, counts: Array, keys: Array, amount: int) -> int:
    """Add to the count of each key; there must be room. Returns how many slots that took."""
    taken = int64(0)
    for key in keys:
        at = _slot(table, counts, key)
        if counts[at] == EMPTY:
            table[at], counts[at] = key, int32(0)
            taken += int64(1)
        counts[at] += int32(amount)
    return taken


@kernel(f"void(uint64[::1], int32[::1], {_KEYS}, int32[::1])", allocates=False)
def look_up_counts(table: Array, counts: Array, keys: Array, found: Array) -> None:
    """The count of each key, written to `found`, int32[k]."""
    for number in range(uintp(keys.size)):
        at = _slot(table, counts, keys[number])
        found[number] = max(counts[at], int32(0))


@kernel("int64(uint64[::1], int32[::1], uint64[::1], int32[::1])", allocates=False)
def rehash_counts(table: Array, counts: Array, to_table: Array, to_counts: Array) -> int:
    """Move all counts above 0 to an empty table; returns how many there are."""
    moved = int64(0)
    for at in range(uintp(table.size)):
        if counts[at] > 0:
            to = _slot(to_table, to_counts, table[at])
            to_table[to], to_counts[to] = table[at], counts[at]
            moved += int64(1)
    return moved
