"""What the elements of a page hold, and which of them look alike."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.jit import kernel
from dedup.segment import dom_kernels as dom
from dedup.segment import reduce_kernels as reduction
from dedup.segment import shape_kernels as shape

_MIX: Final = np.uint64(0x9E3779B97F4A7C15)

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Keys = npt.NDArray[np.uint64]
Doubles = npt.NDArray[np.float64]


class Sums(NamedTuple):
    """Of everything inside each element.

    Attributes:
        words: float32[e].
        linked: float32[e], words in links.
        prose: float32[e], words of prose.
        blocks: float32[e].
        images: float32[e].
        first: int32[e], its first block; the number of blocks where it has none.
        last: int32[e], its last block; -1 where it has none.
    """

    words: Floats
    linked: Floats
    prose: Floats
    blocks: Floats
    images: Floats
    first: Ints
    last: Ints


class Siblings(NamedTuple):
    """Elements that hold text and look alike under the same parent.

    Attributes:
        group: int32[e], the first of them.
        before: float32[e], how many come before it.
        size: float32[e], how many there are; for the first of each.
        words: float32[e], their words; for the first of each.
    """

    group: Ints
    before: Floats
    size: Floats
    words: Floats


class Alike(NamedTuple):
    """Blocks whose kind and innermost elements are the same.

    Attributes:
        group: int32[n], the first of them.
        sums: float32[n, 4], their number, words, linked words and words of prose; for the first of each.
    """

    group: Ints
    sums: Floats


@kernel(inline=True)
def share(part: float, whole: float) -> float:
    """A share of nothing is 0."""
    return part / whole if whole > 0 else 0.0


@kernel()
def sum_up(rows: Ints, elements: Ints, shapes: Ints, link_shares: Doubles, prose: npt.NDArray[np.bool_]) -> Sums:
    """Add every block to its element, and every element to its parent."""
    n = len(elements)
    e = len(rows)
    sums = Sums(
        np.zeros(e, np.float32),
        np.zeros(e, np.float32),
        np.zeros(e, np.float32),
        np.zeros(e, np.float32),
        rows[:, dom.IMAGES].astype(np.float32),
        np.full(e, n, np.int32),
        np.full(e, -1, np.int32),
    )
    for block in range(n):
        element = elements[block]
        count = shapes[block, shape.WORDS]
        sums.words[element] += count
        sums.linked[element] += count * link_shares[block]
        sums.blocks[element] += 1
        sums.first[element] = min(sums.first[element], block)
        sums.last[element] = block
        if prose[block]:
            sums.prose[element] += count
    for element in range(e - 1, 0, -1):
        parent = rows[element, dom.PARENT]
        if parent >= 0:
            sums.words[parent] += sums.words[element]
            sums.linked[parent] += sums.linked[element]
            sums.prose[parent] += sums.prose[element]
            sums.blocks[parent] += sums.blocks[element]
            sums.images[parent] += sums.images[element]
            sums.first[parent] = min(sums.first[parent], sums.first[element])
            sums.last[parent] = max(sums.last[parent], sums.last[element])
    return sums


@kernel(inline=True)
def _mix(key: np.uint64) -> np.uint64:
    key = key * _MIX
    return key ^ (key >> np.uint64(31))


@kernel(inline=True)
def _look(rows: Ints, tags: Ints, element: np.int32 | int) -> np.uint64:
    number = rows[element, dom.NUMBER]
    return np.uint64(np.uint32(tags[number, reduction.SHAPE])) if number >= 0 else np.uint64(0)


@kernel()
def _heads(entries: int) -> Ints:
    """An empty open-addressing table with room for twice the entries, a power of two."""
    size = 16
    while size < 2 * entries + 2:
        size *= 2
    return np.full(size, -1, np.int32)


@kernel(inline=True)
def _enter(heads: Ints, keys: Keys, entry: int) -> int:
    """The first entry with the key of this one, which is that itself when it is new."""
    wrap = len(heads) - 1
    slot = np.int64(keys[entry] >> np.uint64(20)) & wrap
    while heads[slot] >= 0 and keys[heads[slot]] != keys[entry]:
        slot = (slot + 1) & wrap
    if heads[slot] < 0:
        heads[slot] = entry
    return int(heads[slot])


@kernel()
def siblings_of(rows: Ints, tags: Ints, sums: Sums) -> Siblings:
    """Group the elements by parent, tag and attribute shape: posts, items, articles one after the other."""
    e = len(rows)
    heads = _heads(e)
    keys = np.zeros(e, np.uint64)
    found = Siblings(np.zeros(e, np.int32), np.zeros(e, np.float32), np.ones(e, np.float32), sums.words.copy())
    for element in range(1, e):
        if sums.blocks[element] == 0:
            continue
        key = (np.uint64(rows[element, dom.PARENT]) << np.uint64(32)) ^ _look(rows, tags, element)
        keys[element] = _mix(key ^ (np.uint64(rows[element, dom.TAG]) << np.uint64(54)))
        head = _enter(heads, keys, element)
        found.group[element] = head
        if head != element:
            found.before[element] = found.size[head]
            found.size[head] += 1
            found.words[head] += sums.words[element]
    return found


@kernel()
def alike(
    rows: Ints,
    tags: Ints,
    elements: Ints,
    kinds: npt.NDArray[np.uint8],
    shapes: Ints,
    link_shares: Doubles,
    prose: npt.NDArray[np.bool_],
    keys: Keys,
) -> Alike:
    """Group blocks by kind and the tags and attribute shapes of three elements; sets `keys` to a number a group."""
    n = len(elements)
    heads = _heads(n)
    found = Alike(np.zeros(n, np.int32), np.zeros((n, 4), np.float32))
    for block in range(n):
        key = np.uint64(kinds[block])
        element = elements[block]
        for _ in range(3):
            if element < 0:
                break
            key = _mix(key ^ (_look(rows, tags, element) << np.uint64(8)) ^ np.uint64(rows[element, dom.TAG]))
            element = rows[element, dom.PARENT]
        keys[block] = key
        head = _enter(heads, keys, block)
        found.group[block] = head
        count = shapes[block, shape.WORDS]
        found.sums[head, 0] += 1
        found.sums[head, 1] += count
        found.sums[head, 2] += count * link_shares[block]
        if prose[block]:
            found.sums[head, 3] += count
    return found
