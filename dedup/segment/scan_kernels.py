"""Scanning raw HTML: names, words of attributes, and where things end that are left out whole.

The rules are those of the tokenizer of the HTML standard (section 13.2.5).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dedup.fingerprint.words import uintp
from dedup.jit import kernel
from dedup.segment import tags
from dedup.segment.chunk_kernels import Bytes, find_byte, is_space, lower
from dedup.segment.tags import CLOSES_P, CUSTOM, ID, VOID

_FNV_OFFSET = np.uint64(tags.FNV_OFFSET)
_FNV_PRIME = np.uint64(tags.FNV_PRIME)
_NONE = np.uint64(0)
_INPUT = ID["input"]
_OPTION = ID["option"]
_SELECT = ID["select"]
_TEXTAREA = ID["textarea"]
_SHORTEST_PART, _LONGEST_PREFIX, _LONGEST_SUFFIX = uintp(4), uintp(16), uintp(12)  # of words that are looked up
_SHORTEST_WHOLE, _LONGEST_WHOLE = uintp(6), uintp(24)  # words whose end is looked up


@kernel(inline=True)
def lookup(table: npt.NDArray[np.uint64], key: np.uint64) -> np.uint64:
    """The number of a key in a table of `tags.lookup_table`, 0 where it is not there."""
    mask = np.uint64(table.shape[0] - 1)
    slot = key & mask
    while True:
        found = table[slot, 0]
        if found == key:
            return table[slot, 1]
        if found == _NONE:
            return _NONE
        slot = (slot + np.uint64(1)) & mask


@kernel(inline=True)
def number_of(src: Bytes, start: int, end: int, numbers: npt.NDArray[np.uint64]) -> int:
    """The number of a name in a table of `tags.lookup_table`, in any case; 0 where it is not there."""
    key = _FNV_OFFSET
    for at in range(start, end):
        key = (key ^ np.uint64(lower(src[at]))) * _FNV_PRIME
    return np.int64(lookup(numbers, key))


@kernel(inline=True)
def name_number(src: Bytes, start: int, end: int, names: npt.NDArray[np.uint64]) -> tuple[int, np.uint64]:
    """The number of a tag's name, which may be that of all names that are made up, and its key."""
    key = _FNV_OFFSET
    for at in range(uintp(start), uintp(end)):
        key = (key ^ np.uint64(lower(src[at]))) * _FNV_PRIME
    number = np.int64(lookup(names, key))
    if number == 0:
        for at in range(uintp(start), uintp(end)):
            if src[at] == 45:
                return CUSTOM, key
    return number, key


@kernel()
def value_shape(src: Bytes, start: int, end: int, shape: np.uint64) -> np.uint64:
    """The shape of values before and of one more: a hash of all but digits, which tell like elements apart."""
    for at in range(uintp(start), uintp(end)):
        longer = (shape ^ np.uint64(src[at])) * _FNV_PRIME
        shape = shape if 48 <= src[at] <= 57 else longer
    return shape


@kernel(inline=True)
def _is_letter(byte: np.uint8) -> bool:
    return 97 <= byte | 32 <= 122


@kernel()
def word_categories(
    src: Bytes, start: int, stop: int, words: npt.NDArray[np.uint64], endings: npt.NDArray[np.uint64]
) -> np.uint64:
    """The mask of tell-tale categories of an attribute value's words.

    A word ends at anything but a letter and where camelCase turns; of a word that is not in the table, the longest
    known prefix and suffix of four letters or more count (`sidebarLeft`, `maincontent`, `topnav`).
    """
    mask = np.uint64(0)
    at, end = uintp(start), uintp(stop)
    while at < end:
        while at < end and not _is_letter(src[at]):
            at += uintp(1)
        begin = at
        key = _FNV_OFFSET
        prefix = _NONE
        while at < end and _is_letter(src[at]):
            if at > begin and src[at] <= 90 and src[at - uintp(1)] >= 97:
                break
            key = (key ^ np.uint64(lower(src[at]))) * _FNV_PRIME
            at += uintp(1)
            if _SHORTEST_PART <= at - begin <= _LONGEST_PREFIX:
                found = lookup(words, key)
                if found != _NONE:
                    prefix = found
        if at == begin:
            continue
        whole = lookup(words, key)
        if whole != _NONE:
            mask |= np.uint64(1) << (whole - np.uint64(1))
            continue
        if prefix != _NONE:
            mask |= np.uint64(1) << (prefix - np.uint64(1))
        if _SHORTEST_WHOLE <= at - begin <= _LONGEST_WHOLE:
            suffix = _known_suffix(src, begin, at, endings)
            if suffix != _NONE:
                mask |= np.uint64(1) << (suffix - np.uint64(1))
    return mask


@kernel(inline=True)
def _known_suffix(src: Bytes, begin: int, end: int, endings: npt.NDArray[np.uint64]) -> np.uint64:
    """The number of the longest known suffix of a word, itself aside; 0 where it has none."""
    suffix = _NONE
    key = _FNV_OFFSET
    for size in range(uintp(1), min(end - begin, _LONGEST_SUFFIX + uintp(1))):
        key = (key ^ np.uint64(lower(src[end - size]))) * _FNV_PRIME
        if size >= _SHORTEST_PART:
            found = lookup(endings, key)
            if found != _NONE:
                suffix = found
    return suffix


@kernel()
def contains(src: Bytes, start: int, end: int, needle: Bytes) -> bool:
    """Whether src[start:end] holds the lower-case needle, in any case, white space in src passed over."""
    size = len(needle)
    for first in range(start, end - size + 1):
        i = first
        matched = 0
        while i < end and matched < size:
            byte = lower(src[i])
            i += 1
            if is_space(byte) and matched:
                continue
            if byte != needle[matched]:
                break
            matched += 1
        if matched == size:
            return True
    return False


@kernel()
def has_word(src: Bytes, start: int, end: int, word: Bytes) -> bool:
    """Whether src[start:end] holds the lower-case word, in any case, among words with white space between."""
    size = len(word)
    i = start
    while i < end:
        begin = i
        same = True
        while i < end and not is_space(src[i]):
            same = same and i - begin < size and lower(src[i]) == word[i - begin]
            i += 1
        if same and i - begin == size:
            return True
        i += 1
    return False


@kernel()
def find_end_tag(src: Bytes, start: int, name: Bytes) -> int:
    """Where `</name` next stands as a tag, from start; len(src) where it does not."""
    n = len(src)
    size = len(name)
    i = find_byte(src, start, 60)
    while i + 2 + size <= n:
        if src[i + 1] == 47:
            same = True
            for j in range(size):
                if lower(src[i + 2 + j]) != name[j]:
                    same = False
                    break
            if same:
                after = i + 2 + size
                if after >= n or src[after] == 62 or src[after] == 47 or is_space(src[after]):
                    return i
        i = find_byte(src, i + 1, 60)
    return n


@kernel()
def script_end(src: Bytes, start: int) -> int:
    """Where a script's content ends; in `<!-- <script>` an inner end tag does not end it (section 13.2.5.27)."""
    n = len(src)
    i = start
    escaped = False
    nested = False
    while i < n:
        if not escaped:
            i = find_byte(src, i, 60)
            if i == n:
                break
        byte = src[i]
        if byte == 60:
            if i + 3 < n and src[i + 1] == 33 and src[i + 2] == 45 and src[i + 3] == 45:
                escaped = True
                i += 2  # to its hyphens, which may end it too: `<!-->`
                continue
            closing = i + 1 < n and src[i + 1] == 47
            at = i + (2 if closing else 1)
            if at + 6 <= n and (
                lower(src[at]) == 115
                and lower(src[at + 1]) == 99
                and lower(src[at + 2]) == 114
                and lower(src[at + 3]) == 105
                and lower(src[at + 4]) == 112
                and lower(src[at + 5]) == 116
                and (at + 6 == n or src[at + 6] == 62 or src[at + 6] == 47 or is_space(src[at + 6]))
            ):
                if closing and not nested:
                    return i
                if escaped:
                    nested = not closing
        elif byte == 45 and escaped and i + 2 < n and src[i + 1] == 45 and src[i + 2] == 62:
            escaped = False
            nested = False
        i += 1
    return n


@kernel()
def comment_end(src: Bytes, start: int) -> int:
    """Index after a comment whose `<!--` ends at start."""
    n = len(src)
    if start < n and src[start] == 62:
        return start + 1
    if start + 1 < n and src[start] == 45 and src[start + 1] == 62:
        return start + 2
    i = find_byte(src, start + 2, 62)
    while i < n:
        last = i - 2 if src[i - 1] == 33 else i - 1
        if last - 1 >= start and src[last] == 45 and src[last - 1] == 45:
            return i + 1
        i = find_byte(src, i + 1, 62)
    return n


@kernel()
def svg_end(src: Bytes, start: int, breakout: npt.NDArray[np.uint64]) -> int:
    """Where a drawing ends: at its end tag, or at the first tag that cannot stand in one (section 13.2.6.5)."""
    n = len(src)
    i = start
    depth = 1
    while i < n:
        i = find_byte(src, i, 60)
        if i + 1 >= n:
            break
        if i + 3 < n and src[i + 1] == 33 and src[i + 2] == 45 and src[i + 3] == 45:
            i = comment_end(src, i + 4)
            continue
        closing = src[i + 1] == 47
        j = i + (2 if closing else 1)
        key = _FNV_OFFSET
        while j < n and src[j] != 62 and src[j] != 47 and not is_space(src[j]):
            key = (key ^ np.uint64(lower(src[j]))) * _FNV_PRIME
            j += 1
        found = lookup(breakout, key)
        if found == np.uint64(1):  # svg itself
            if closing:
                depth -= 1
                if depth == 0:
                    while j < n and src[j] != 62:
                        j += 1
                    return min(j + 1, n)
            else:
                while j < n and src[j] != 62:
                    j += 1
                depth += src[j - 1] != 47  # `<svg/>` holds nothing
        elif found == np.uint64(2) and not closing:
            return i
        i = j
    return n


@kernel()
def select_end(
    src: Bytes, start: int, names: npt.NDArray[np.uint64], flags: npt.NDArray[np.uint16]
) -> tuple[int, int]:
    """Where the choices of a form end, and how many there are.

    They end at the end tag, or where a field or a block begins, as after an end tag that was forgotten.
    """
    n = len(src)
    i = start
    options = 0
    while i < n:
        i = find_byte(src, i, 60)
        if i + 1 >= n:
            break
        closing = src[i + 1] == 47
        j = i + (2 if closing else 1)
        key = _FNV_OFFSET
        while j < n and src[j] != 62 and src[j] != 47 and not is_space(src[j]):
            key = (key ^ np.uint64(lower(src[j]))) * _FNV_PRIME
            j += 1
        tag = np.int64(lookup(names, key))
        if tag == _SELECT:
            while j < n and src[j] != 62:
                j += 1
            return min(j + 1, n), options
        if not closing:
            options += tag == _OPTION
            if tag in (_INPUT, _TEXTAREA) or (flags[tag] & CLOSES_P and not flags[tag] & VOID):
                return i, options
        i = j
    return n, options
