"""What tags, classes and ids say of the blocks inside the elements that bear them.

The words of `segment.telltales` are known by what they mean. Templates use thousands more (`entry-content`,
`wp-block-list`, `pdp-accordion`), and what each is worth is learned from pages: every tag, name, word of a name, and
every two words in a row in one, weighs for or against a block by how far outside of it the element stands.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.fingerprint.words import uintp
from dedup.jit import kernel
from dedup.segment import dom_kernels as dom
from dedup.segment import reduce_kernels as reduction
from dedup.segment import tags
from dedup.segment.chunk_kernels import Bytes

REACHES: Final = 3  # of a term: to blocks right in its element, one or two elements further in, and beyond
BUCKET_BITS: Final = 14  # of a key, by which it is looked up
_AROUND: Final = 3  # blocks on either side
_MOST_BYTES: Final = 400  # of an attribute's value
_MOST_TERMS: Final = 2 * _MOST_BYTES + 8  # of both attributes: a word has two bytes, and makes two terms
_BITS: Final = 32  # of a key
_MET_BITS: Final = 9  # of a look, by which an element like it is found
_MIX = np.uint64(0x9E3779B97F4A7C15)
_FNV_OFFSET = np.uint64(tags.FNV_OFFSET)
_FNV_PRIME = np.uint64(tags.FNV_PRIME)
_NAME, _TAG = np.uint64(tags.name_key("name")), np.uint64(tags.name_key("tag"))  # no word is a whole name, or a tag
_HALF, _LOW = np.uint64(_BITS), np.uint64(0xFFFFFFFF)
_OTHER, _SPACE, _DIGIT, _LOWER, _UPPER = (np.uint8(kind) for kind in range(5))
_KINDS = np.full(256, _OTHER, np.uint8)  # of each byte
_FOLDED = np.arange(256, dtype=np.uint8)  # what counts of it: letters in lower case, all digits alike
for _kind, _bytes in ((_SPACE, b"\t\n\v\f\r "), (_DIGIT, b"0123456789")):
    _KINDS[list(_bytes)] = _kind
_KINDS[ord("a") : ord("z") + 1], _KINDS[ord("A") : ord("Z") + 1] = _LOWER, _UPPER
_FOLDED[ord("A") : ord("Z") + 1] += 32
_FOLDED[ord("0") : ord("9") + 1] = ord("0")

Ints = npt.NDArray[np.int32]
Keys = npt.NDArray[np.uint32]
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Starts = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@kernel(inline=True)
def _fold(key: np.uint64) -> np.uint32:
    return np.uint32((key ^ (key >> _HALF)) & _LOW)


@kernel()
def _terms_of_value(src: Bytes, start: int, end: int, found: Keys, count: int) -> int:
    """Add the keys of the names in an attribute's value, of their words, and of each two in a row in one name.

    A name ends at white space, and all digits in it are alike. A word is two ASCII letters or more in any case, and
    ends where camelCase turns.

    Returns:
        how many keys `found` holds then.
    """
    at, stop = uintp(start), uintp(end)
    while at < stop:
        if _KINDS[src[at]] == _SPACE:
            at += uintp(1)
            continue
        name, before = _NAME, np.uint64(0)
        word, length = _FNV_OFFSET, 0
        kind = _OTHER
        while at < stop and _KINDS[src[at]] != _SPACE:
            earlier, kind, byte = kind, _KINDS[src[at]], np.uint64(_FOLDED[src[at]])
            at += uintp(1)
            if not (kind == _DIGIT and earlier == _DIGIT):
                name = (name ^ byte) * _FNV_PRIME
            if kind >= _LOWER:
                word = (word ^ byte) * _FNV_PRIME
                length += 1
                following = _KINDS[src[at]] if at < stop else _OTHER
                if following >= _LOWER and not (following == _UPPER and kind == _LOWER):
                    continue
            if length >= 2:
                found[count] = _fold(word)
                count += 1
                if before:
                    found[count] = _fold((before ^ (word >> _HALF)) * _FNV_PRIME + word)
                    count += 1
                before = word
            word, length = _FNV_OFFSET, 0
        found[count] = _fold(name)
        count += 1
    return count


@kernel()
def _names_of(rows: Ints, tags: Ints, element: int) -> tuple[int, int, int, int]:
    """Where an element's class begins and ends, and its id."""
    number = rows[element, dom.NUMBER]
    if number < 0:
        return 0, 0, 0, 0
    start, end = tags[number, reduction.CLASS_START], tags[number, reduction.CLASS_END]
    id_start, id_end = tags[number, reduction.ID_START], tags[number, reduction.ID_END]
    return int(start), int(min(end, start + _MOST_BYTES)), int(id_start), int(min(id_end, id_start + _MOST_BYTES))


@kernel(inline=True)
def _is_equal(src: Bytes, start: int, end: int, other: int, other_end: int) -> bool:
    if end - start != other_end - other:
        return False
    differs = np.uint8(0)
    for at in range(end - start):
        differs |= src[start + at] ^ src[other + at]
    return bool(differs == 0)


@kernel(inline=True)
def _looks_like(src: Bytes, rows: Ints, tags: Ints, element: int, other: int) -> bool:
    """Whether two elements bear the same tag and names."""
    if rows[element, dom.TAG] != rows[other, dom.TAG]:
        return False
    start, end, id_start, id_end = _names_of(rows, tags, element)
    begin, stop, id_begin, id_stop = _names_of(rows, tags, other)
    return _is_equal(src, start, end, begin, stop) and _is_equal(src, id_start, id_end, id_begin, id_stop)


@kernel()
def _holding(rows: Ints, elements: Ints) -> Flags:
    """bool[e], which elements stand around a block."""
    holding = np.zeros(len(rows), np.bool_)
    for block in range(len(elements)):
        element = elements[block]
        while element >= 0 and not holding[element]:
            holding[element] = True
            element = rows[element, dom.PARENT]
    return holding


@kernel("Tuple((int32[::1], int64[::1], uint32[::1]))(int32[:, ::1], int32[:, ::1], uint8[::1], int32[::1])")
def terms_of_elements(rows: Ints, tags: Ints, source: Bytes, elements: Ints) -> tuple[Ints, Starts, Keys]:
    """The tags, names and words of every element that stands around a block.

    Args:
        rows: int32[e, dom.ELEMENT_COLUMNS].
        tags: int32[t, reduction.COLUMNS].
        source: uint8[bytes].
        elements: int32[n], element of each block.

    Returns:
        int32[e], an element before each that has the same ones, or itself; -1 where no block is inside.
        int64[e + 1], where those of each such element begin.
        uint32[terms], their keys.
    """
    found = np.empty(_MOST_TERMS, np.uint32)
    same = np.full(len(rows), -1, np.int32)
    starts = np.zeros(len(rows) + 1, np.int64)
    keys = np.empty(2 * len(rows) + _MOST_TERMS, np.uint32)
    met = np.full(1 << _MET_BITS, -1, np.int32)  # an element of each look
    holding = _holding(rows, elements)
    for element in range(len(rows)):
        first = end = starts[element]
        if holding[element]:
            number = rows[element, dom.NUMBER]
            look = np.uint64(np.uint32(tags[number, reduction.SHAPE])) if number >= 0 else np.uint64(0)
            slot = ((look ^ np.uint64(rows[element, dom.TAG])) * _MIX) >> np.uint64(64 - _MET_BITS)
            if met[slot] >= 0 and _looks_like(source, rows, tags, element, met[slot]):
                same[element] = met[slot]
            else:
                same[element] = met[slot] = element
                found[0] = _fold((_TAG ^ np.uint64(rows[element, dom.TAG])) * _FNV_PRIME)
                start, stop, id_start, id_stop = _names_of(rows, tags, element)
                some = _terms_of_value(source, start, stop, found, 1)
                some = _terms_of_value(source, id_start, id_stop, found, some)
                end = first + some
                if end > len(keys):
                    keys = np.concatenate((keys, np.empty(len(keys) + some, np.uint32)))
                keys[first:end] = found[:some]
        starts[element + 1] = end
    return same, starts, keys[: starts[-1]].copy()


@kernel(inline=True)
def _place(term: np.uint32, keys: Keys, buckets: Ints) -> int:
    """Where a term stands among the keys; -1 where it weighs nothing."""
    bucket = np.int64(term) >> (_BITS - BUCKET_BITS)
    for at in range(buckets[bucket], buckets[bucket + 1]):
        if keys[at] == term:
            return int(at)
    return -1


@kernel()
def _weighing(starts: Starts, terms: Keys, keys: Keys, buckets: Ints, weights: Floats) -> tuple[Starts, Ints, Floats]:
    """The terms that weigh something, by numbers of their own: of so few, all that is counted stays in the first cache.

    Returns:
        int64[e + 1], where those of each element begin.
        int32[t], their numbers.
        float32[k, REACHES], what each number weighs.
    """
    slots = 16
    while slots < 2 * len(terms):
        slots *= 2
    heads = np.full(slots, -1, np.int32)
    met, numbers = np.empty(len(terms), np.uint32), np.empty(len(terms), np.int32)
    begins, found = np.empty(len(starts), np.int64), np.empty(len(terms), np.int32)
    own = np.empty((len(terms), REACHES), np.float32)
    different = weighing = count = 0
    for element in range(len(starts) - 1):
        begins[element] = count
        for at in range(starts[element], starts[element + 1]):
            slot = np.int64(terms[at]) & (slots - 1)
            while heads[slot] >= 0 and met[heads[slot]] != terms[at]:
                slot = (slot + 1) & (slots - 1)
            if heads[slot] < 0:
                heads[slot], met[different], numbers[different] = different, terms[at], -1
                place = _place(terms[at], keys, buckets)
                if place >= 0:
                    own[weighing] = weights[place]
                    numbers[different] = weighing
                    weighing += 1
                different += 1
            number = numbers[heads[slot]]
            if number >= 0:
                found[count] = number
                count += 1
    begins[-1] = count
    return begins, found[:count], own[:weighing]


@kernel()
def _weigh(rows: Ints, same: Ints, starts: Starts, terms: Ints, weights: Floats) -> Doubles:
    """Add the weights of terms, each once, however many elements bear it.

    Returns:
        float64[e, REACHES]: of an element itself, of it and its parent, and of it and all around it.
    """
    sums = np.zeros((len(rows), REACHES), np.float64)
    seen = np.full(len(weights), -1, np.int32)  # the last element that bears a term, or whose parent does
    open_ = np.zeros(len(weights), np.int32)  # how many elements from the root to `last` bear a term
    last = -1
    for element in range(len(rows)):
        if same[element] < 0:
            continue
        parent = rows[element, dom.PARENT]
        while last != parent:
            for at in range(starts[same[last]], starts[same[last] + 1]):
                open_[terms[at]] -= 1
            last = rows[last, dom.PARENT]
        own = near = 0.0
        far = sums[parent, 2] if parent >= 0 else 0.0
        for at in range(starts[same[element]], starts[same[element] + 1]):
            term = terms[at]
            if seen[term] != element:
                seen[term] = element
                own += weights[term, 0]
                near += weights[term, 1]
                far += weights[term, 2] if open_[term] == 0 else np.float32(0.0)
            open_[term] += 1
        if parent >= 0:
            for at in range(starts[same[parent]], starts[same[parent] + 1]):
                term = terms[at]
                if seen[term] != element:
                    seen[term] = element
                    near += weights[term, 1]
        sums[element, 0], sums[element, 1], sums[element, 2] = own, near, far
        last = element
    return sums


@kernel(inline=True)
def _above(rows: Ints, element: int, steps: int) -> int:
    """An element some steps further out; -1 outside of all."""
    for _ in range(steps):
        element = rows[element, dom.PARENT] if element >= 0 else element
    return element


@kernel(
    "void(int32[:, ::1], int32[:, ::1], uint8[::1], int32[::1], uint32[::1], int32[::1], float32[:, ::1], int64, int64,"
    " float32[:, ::1])"
)
def name_features(
    rows: Ints,
    tags: Ints,
    source: Bytes,
    elements: Ints,
    keys: Keys,
    buckets: Ints,
    weights: Floats,
    words: int,
    at: int,
    table: Floats,
) -> None:
    """Fill the features of the tags, classes and ids around each block.

    Args:
        rows: int32[e, dom.ELEMENT_COLUMNS], in document order.
        tags: int32[t, reduction.COLUMNS].
        source: uint8[bytes].
        elements: int32[n], element of each block.
        keys: uint32[k], of the terms that weigh, ascending.
        buckets: int32[2**BUCKET_BITS + 1], where the keys with the same first bits begin.
        weights: float32[k, REACHES].
        words: column of `table` that holds the words of each block.
        at: first of the seven columns to be filled (`columns`).
        table: float32[n, columns].
    """
    n = len(elements)
    same, starts, terms = terms_of_elements(rows, tags, source, elements)
    sums = _weigh(rows, same, *_weighing(starts, terms, keys, buckets, weights))
    until = np.zeros(n + 1, np.float64)
    mean = weight = 0.0
    best = -np.inf
    for block in range(n):
        out = table[block, at:]
        first = _above(rows, elements[block], 1)
        third = _above(rows, first, 2)
        own = sums[elements[block], 0]
        near = sums[first, 1] if first >= 0 else 0.0
        far = sums[third, 2] if third >= 0 else 0.0
        whole = own + near + far
        out[0], out[1], out[2], out[3] = own, near, far, whole
        until[block + 1] = until[block] + whole
        mean += whole * (table[block, words] + 1)
        weight += table[block, words] + 1
        best = max(best, whole)
    for block in range(n):
        out = table[block, at:]
        whole = until[block + 1] - until[block]
        first, last = max(block - _AROUND, 0), min(block + _AROUND + 1, n)
        out[4] = whole - mean / weight
        out[5] = best - whole
        out[6] = (until[last] - until[first]) / (last - first)
