"""The evidence about every block of a page, as one table of numbers.

Features are of the block's text, of where it stands among the elements, of what stands around it, of how many blocks
are shaped like it, of the page as a whole, and of what repeats. None looks a word of a language up; only class and id
words, which templates share across languages, are known by name.

`block_features` has each other kernel fill a group of columns for all blocks, from column `at` on; it returns the
column after them.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.fingerprint.vector_kernels import trailing_zeros
from dedup.jit import kernel
from dedup.judge.columns import (
    FAR,
    LANDMARK_OF,
    LANDMARKS,
    LEVELS,
    NEAR,
    OWN_OF,
    OWN_TAGS,
    PROSE_LINKS,
    PROSE_WORDS,
    SPAN,
)
from dedup.judge.element_kernels import Alike, Siblings, Sums, alike, share, siblings_of, sum_up
from dedup.segment import dom_kernels as dom
from dedup.segment import shape_kernels as shape
from dedup.segment.tags import ID
from dedup.segment.telltales import CATEGORIES

_POST, _COMMENTS, _PRODUCT, _REVIEW, _QUESTION = (
    np.uint64(1 << CATEGORIES.index(name)) for name in ("post", "comments", "product", "review", "question")
)
_ARTICLE, _MAIN_TAG = ID["article"], ID["main"]
_PAGE_COLUMNS: Final = 22

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.uint8]
Keys = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]


@kernel()
def _prose_until(shapes: Ints, prose: Flags) -> Doubles:
    """float64[n + 1], words of prose before each block and on the whole page."""
    found = np.zeros(len(prose) + 1, np.float64)
    for block in range(len(prose)):
        found[block + 1] = found[block] + (shapes[block, shape.WORDS] if prose[block] else 0)
    return found


@kernel()
def _count_elements(page: Doubles, rows: Ints, categories: Keys) -> None:
    for element in range(len(rows)):
        tag = rows[element, dom.TAG]
        page[17] += tag == _MAIN_TAG
        page[19] += tag == _ARTICLE
        number = rows[element, dom.NUMBER]
        if number >= 0:
            mask = categories[number]
            page[12] += (mask & _POST) != 0
            page[13] += (mask & _COMMENTS) != 0
            page[14] += (mask & _PRODUCT) != 0
            page[15] += (mask & _REVIEW) != 0
            page[16] += (mask & _QUESTION) != 0
    page[18] = page[19] > 0


@kernel()
def _page(
    rows: Ints,
    categories: Keys,
    shapes: Ints,
    kinds: Bytes,
    levels: Bytes,
    link_shares: Doubles,
    prose: Flags,
    sums: Sums,
    hints: int,
) -> Doubles:
    """float64[_PAGE_COLUMNS], the features that all blocks share."""
    n = len(kinds)
    found = np.zeros(_PAGE_COLUMNS, np.float64)
    words = linked = prosaic = unspaced = letters = 0.0
    headings = items = cells = codes = prose_blocks = short = 0
    for block in range(n):
        count = shapes[block, shape.WORDS]
        words += count
        linked += count * link_shares[block]
        short += count < 4
        unspaced += shapes[block, shape.UNSPACED]
        letters += shapes[block, shape.LETTERS]
        if prose[block]:
            prosaic += count
            prose_blocks += 1
        headings += kinds[block] == dom.HEADING
        items += kinds[block] == dom.LIST_ITEM
        cells += kinds[block] == dom.TABLE_ROW
        codes += kinds[block] == dom.CODE
        found[7] += levels[block] == 1
    found[0] = n
    found[1] = words
    found[2] = prosaic
    found[3] = share(linked, words)
    found[4] = share(headings, n)
    found[5] = share(items, n)
    found[6] = share(cells, n)
    found[8] = sums.images[0]
    found[9] = codes
    found[10] = share(prosaic, prose_blocks)
    found[11] = hints
    _count_elements(found, rows, categories)
    found[20] = share(unspaced, letters)
    found[21] = share(short, n)
    return found


@kernel()
def _text(
    table: Floats,
    at: int,
    shapes: Ints,
    link_shares: Doubles,
    links: Ints,
    kinds: Bytes,
    levels: Bytes,
    flags: Bytes,
) -> int:
    for block in range(len(table)):
        out = table[block, at:]
        count = float(shapes[block, shape.WORDS])
        letters = float(shapes[block, shape.LETTERS])
        digits = float(shapes[block, shape.DIGITS])
        marks = float(shapes[block, shape.MARKS])
        out[0] = count
        out[1] = letters
        out[2] = share(digits, letters + digits)
        out[3] = share(shapes[block, shape.UPPER], letters)
        out[4] = share(marks, letters + digits + marks)
        out[5] = shapes[block, shape.SENTENCES]
        out[6] = share(count, max(shapes[block, shape.SENTENCES], 1))
        out[7] = share(shapes[block, shape.COMMAS], count)
        out[8] = shapes[block, shape.ENDS]
        out[9] = shapes[block, shape.STARTS]
        out[10] = shapes[block, shape.LINES]
        out[11] = shapes[block, shape.QUOTES]
        out[12] = shapes[block, shape.SYMBOLS]
        out[13] = shapes[block, shape.LONGEST]
        out[14] = share(letters, count)
        out[15] = share(shapes[block, shape.UNSPACED], letters)
        out[16] = link_shares[block]
        out[17] = links[block]
        out[18] = share(links[block], count)
        out[19] = kinds[block]
        out[20] = levels[block]
        out[21] = flags[block]
    return at + 22


@kernel()
def _place(
    table: Floats,
    at: int,
    rows: Ints,
    elements: Ints,
    shapes: Ints,
    kinds: Bytes,
    levels: Bytes,
    titles: Flags,
    prose: Flags,
    page: Doubles,
) -> int:
    n = len(table)
    page_words, page_prose = page[1], page[2]
    words_before = prose_before = 0.0
    since_h1 = since_heading = since_prose = FAR
    heading_words = heading_level = 0
    for block in range(n):
        out = table[block, at:]
        count = float(shapes[block, shape.WORDS])
        if levels[block] == 1:
            since_h1 = 0.0
        out[0] = rows[elements[block], dom.DEPTH]
        out[1] = share(block, n)
        out[2] = share(words_before, page_words)
        out[3] = share(page_words - words_before - count, page_words)
        out[4] = share(prose_before, page_prose)
        out[5] = share(page_prose - prose_before, page_prose)
        out[6] = since_h1
        out[7] = since_heading
        out[8] = heading_words
        out[9] = heading_level
        out[10] = since_prose
        out[12] = titles[block]
        out[13] = block
        out[14] = n - block
        words_before += count
        since_h1 = min(since_h1 + 1, FAR)
        since_heading = min(since_heading + 1, FAR)
        since_prose = min(since_prose + 1, FAR)
        if kinds[block] == dom.HEADING:
            since_heading = 1.0
            heading_words = shapes[block, shape.WORDS]
            heading_level = levels[block]
        if prose[block]:
            prose_before += count
            since_prose = 1.0
    to_prose = FAR
    for block in range(n - 1, -1, -1):
        table[block, at + 11] = to_prose
        to_prose = 0.0 if prose[block] else min(to_prose + 1, FAR)
    return at + 15


@kernel()
def _around(table: Floats, at: int, shapes: Ints, link_shares: Doubles, kinds: Bytes, keys: Keys) -> int:
    n = len(table)
    for block in range(n):
        column = at
        for step in range(-SPAN, SPAN + 1):
            if step == 0:
                continue
            out = table[block, column:]
            other = block + step
            if 0 <= other < n:
                out[0] = shapes[other, shape.WORDS]
                out[1] = link_shares[other]
                out[2] = shapes[other, shape.ENDS]
                out[3] = kinds[other]
                out[4] = keys[other] == keys[block]
            else:
                out[:4] = -1.0
                out[4] = 0.0
            column += 5
    return at + 10 * SPAN


@kernel()
def _containers(table: Floats, at: int, rows: Ints, elements: Ints, sums: Sums, page: Doubles) -> int:
    for block in range(len(table)):
        container = elements[block]
        for level in range(LEVELS):
            out = table[block, at + 6 * level :]
            out[0] = share(sums.prose[container], page[2])
            out[1] = share(sums.linked[container], sums.words[container])
            out[2] = sums.blocks[container]
            out[3] = share(sums.words[container], page[1])
            out[4] = share(sums.words[container], sums.blocks[container])
            out[5] = sums.images[container]
            container = max(rows[container, dom.PARENT], 0)
    return at + 6 * LEVELS


@kernel()
def _siblings(
    table: Floats, at: int, rows: Ints, elements: Ints, sums: Sums, siblings: Siblings, prose_until: Doubles
) -> int:
    """Of the block's element and of those around it: which of how many that look alike, with how much text."""
    n = len(table)
    for block in range(n):
        container = elements[block]
        for level in range(LEVELS):
            out = table[block, at + 4 * level :]
            head = siblings.group[container]
            out[0] = siblings.size[head]
            out[1] = siblings.before[container]
            out[2] = share(sums.words[container], siblings.words[head])
            out[3] = share(prose_until[min(sums.first[container], n)], prose_until[n])
            container = max(rows[container, dom.PARENT], 0)
    return at + 4 * LEVELS


@kernel()
def _lead(table: Floats, at: int, levels: Bytes) -> int:
    """Headings up to here: a second one of the first level starts another article."""
    firsts = headings = 0
    for block in range(len(table)):
        firsts += levels[block] == 1
        headings += levels[block] == 1 or levels[block] == 2
        table[block, at] = firsts
        table[block, at + 1] = headings
    return at + 2


@kernel()
def _digits(table: Floats, at: int, shapes: Ints) -> int:
    n = len(table)
    for block in range(n):
        column = at
        for step in range(-NEAR, NEAR + 1):
            if step == 0:
                continue
            other = block + step
            table[block, column] = -1.0
            if 0 <= other < n:
                digits = float(shapes[other, shape.DIGITS])
                table[block, column] = share(digits, digits + shapes[other, shape.LETTERS])
            column += 1
    return at + 2 * NEAR


@kernel()
def _main(table: Floats, at: int, rows: Ints, elements: Ints, sums: Sums, prose_until: Doubles) -> int:
    """Of the nearest container that holds most of the page's prose."""
    page_prose = prose_until[len(table)]
    for block in range(len(table)):
        container = elements[block]
        distance = 0
        while rows[container, dom.PARENT] >= 0 and sums.prose[container] < 0.5 * page_prose:
            container = rows[container, dom.PARENT]
            distance += 1
        first = sums.first[container]
        out = table[block, at:]
        out[0] = distance
        out[1] = share(block - first, max(sums.last[container] - first, 1))
        out[2] = share(sums.prose[container], page_prose)
        out[3] = page_prose > 0 and prose_until[block + 1] >= page_prose
        out[4] = sums.prose[elements[block]]
    return at + 5


@kernel()
def _shape(table: Floats, at: int, keys: Keys, groups: Alike, prose_until: Doubles) -> int:
    page_prose = prose_until[len(table)]
    run = 0
    for block in range(len(table)):
        run = run + 1 if block and keys[block - 1] == keys[block] else 1
        sums = groups.sums[groups.group[block]]
        out = table[block, at:]
        out[0] = sums[0]
        out[1] = share(sums[1], sums[0])
        out[2] = share(sums[2], sums[1])
        out[3] = share(sums[3], page_prose)
        out[4] = run
    return at + 5


@kernel()
def _repeats(
    table: Floats,
    at: int,
    copies: npt.NDArray[np.int64],
    similarity: Floats,
    run: Ints,
    widget: Flags,
    copy: Flags,
) -> int:
    for block in range(len(table)):
        out = table[block, at:]
        out[0] = copies[block]
        out[1] = similarity[block]
        out[2] = run[block] >= 0
        out[3] = widget[block]
        out[4] = copy[block]
    return at + 5


@kernel()
def _whole_page(table: Floats, at: int, page: Doubles) -> int:
    for block in range(len(table)):
        for column in range(_PAGE_COLUMNS):
            table[block, at + column] = page[column]
    return at + _PAGE_COLUMNS


@kernel(inline=True)
def _note_categories(nearest: Floats, mask: np.uint64, distance: int) -> None:
    while mask:
        bit = trailing_zeros(mask)
        if nearest[bit] == FAR:
            nearest[bit] = distance
        mask &= mask - np.uint64(1)


@kernel()
def _ancestors(table: Floats, at: int, rows: Ints, categories: Keys, elements: Ints) -> None:
    """How far up the landmarks and the tell-tale classes are, and what the innermost element is."""
    for block in range(len(table)):
        landmarks = table[block, at : at + LANDMARKS]
        own = table[block, at + LANDMARKS : at + LANDMARKS + OWN_TAGS]
        nearest = table[block, at + LANDMARKS + OWN_TAGS : at + LANDMARKS + OWN_TAGS + len(CATEGORIES)]
        landmarks[:] = FAR
        own[:] = 0.0
        nearest[:] = FAR
        container = elements[block]
        tag = OWN_OF[rows[container, dom.TAG]]
        if tag >= 0:
            own[tag] = 1.0
        distance = 0
        while container >= 0:
            mark = LANDMARK_OF[rows[container, dom.TAG]]
            if mark >= 0 and landmarks[mark] == FAR:
                landmarks[mark] = distance
            number = rows[container, dom.NUMBER]
            if number >= 0:
                _note_categories(nearest, categories[number], distance)
            container = rows[container, dom.PARENT]
            distance += 1


@kernel(
    "void(int32[:, ::1], int32[:, ::1], uint64[::1], int32[::1], int32[:, ::1], uint8[::1], uint8[::1], uint8[::1],"
    " int32[::1], int32[::1], int32[::1], int64[::1], float32[::1], int32[::1], boolean[::1], boolean[::1],"
    " boolean[::1], int64, float32[:, ::1], uint64[::1], boolean[::1])"
)
def block_features(
    rows: Ints,
    tags: Ints,
    categories: Keys,
    elements: Ints,
    shapes: Ints,
    kinds: Bytes,
    levels: Bytes,
    flags: Bytes,
    chars: Ints,
    link_chars: Ints,
    links: Ints,
    copies: npt.NDArray[np.int64],
    similarity: Floats,
    run: Ints,
    widget: Flags,
    copy: Flags,
    titles: Flags,
    hints: int,
    table: Floats,
    keys: Keys,
    prose: Flags,
) -> None:
    """Fill the table of features.

    Args:
        rows: int32[e, dom.ELEMENT_COLUMNS], the element table.
        tags: int32[t, reduction.COLUMNS], the table of start tags.
        categories: uint64[t], tell-tale masks of the start tags.
        elements: int32[n], element of each block.
        shapes: int32[n, shape.COLUMNS].
        kinds: uint8[n].
        levels: uint8[n].
        flags: uint8[n].
        chars: int32[n].
        link_chars: int32[n].
        links: int32[n].
        copies: int64[n], how many blocks of the page have this text.
        similarity: float32[n], with its twin.
        run: int32[n], -1 for none.
        widget: bool[n].
        copy: bool[n].
        titles: bool[n], whether the block's text is the page's title or most of it.
        hints: what the page says of its type, a mask.
        table: float32[n, len(NAMES)], to be filled.
        keys: uint64[n], set to a number for the block's shape among the elements.
        prose: bool[n], set to whether the block is prose.
    """
    link_shares = np.empty(len(elements), np.float64)
    for block in range(len(elements)):
        link_shares[block] = share(link_chars[block], chars[block])
        prose[block] = (
            shapes[block, shape.WORDS] >= PROSE_WORDS
            and link_shares[block] < PROSE_LINKS
            and not flags[block] & dom.HIDDEN
        )
    sums = sum_up(rows, elements, shapes, link_shares, prose)
    groups = alike(rows, tags, elements, kinds, shapes, link_shares, prose, keys)
    page = _page(rows, categories, shapes, kinds, levels, link_shares, prose, sums, hints)
    prose_until = _prose_until(shapes, prose)

    at = _text(table, 0, shapes, link_shares, links, kinds, levels, flags)
    at = _place(table, at, rows, elements, shapes, kinds, levels, titles, prose, page)
    at = _around(table, at, shapes, link_shares, kinds, keys)
    at = _containers(table, at, rows, elements, sums, page)
    at = _siblings(table, at, rows, elements, sums, siblings_of(rows, tags, sums), prose_until)
    at = _lead(table, at, levels)
    at = _digits(table, at, shapes)
    at = _main(table, at, rows, elements, sums, prose_until)
    at = _shape(table, at, keys, groups, prose_until)
    at = _repeats(table, at, copies, similarity, run, widget, copy)
    at = _whole_page(table, at, page)
    _ancestors(table, at, rows, categories, elements)
