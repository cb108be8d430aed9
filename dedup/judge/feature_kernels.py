"""The evidence about every block of a page, as one table of numbers.

Features are of the block's text, of where it stands among the elements, of what stands around it, of how many blocks
are shaped like it, of the page as a whole, and of what repeats. None looks a word of a language up; only class and id
words, which templates share across languages, are known by name.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.jit import kernel
from dedup.segment import reduce_kernels as reduction
from dedup.segment import shape_kernels as shape
from dedup.segment import walk_kernels as walk
from dedup.segment.tags import ID
from dedup.segment.telltales import CATEGORIES

PROSE_WORDS: Final = 15  # a block with as many, and few links, counts as prose
PROSE_LINKS: Final = 0.35
FAR: Final = 64.0  # distance of what is not there
LEVELS: Final = 5  # enclosing containers that are looked at one by one
SPAN: Final = 3  # neighbours on either side

_LANDMARKS: Final = (
    "main", "article", "nav", "footer", "header", "aside", "section", "form", "ul", "ol", "table", "figure",
    "blockquote", "details", "button", "label", "a", "pre", "dl", "address",
)  # fmt: skip
_LANDMARK_IDS: Final = np.array([ID[name] for name in _LANDMARKS], np.int32)
_OWN_TAGS: Final = ("p", "div", "li", "td", "span", "h1", "h2", "h3", "h4", "dd", "dt", "th", "body", "section")
_OWN_IDS: Final = np.array([ID[name] for name in _OWN_TAGS], np.int32)

_TEXT: Final = (
    "words", "letters", "digit_share", "upper_share", "mark_share", "sentences", "words_a_sentence", "commas_a_word",
    "ends", "starts", "lines", "quotes", "symbols", "longest_word", "word_length", "unspaced_share", "link_share",
    "links", "links_a_word", "kind", "level", "flags",
)  # fmt: skip
_PLACE: Final = (
    "depth", "index_share", "words_before_share", "words_after_share", "prose_before_share", "prose_after_share",
    "since_h1", "since_heading", "heading_words", "heading_level", "to_prose_before", "to_prose_after", "title_match",
    "index", "from_end",
)  # fmt: skip
_AROUND: Final = tuple(
    f"{what}{step:+d}"
    for step in (*range(-SPAN, 0), *range(1, SPAN + 1))
    for what in ("words", "link_share", "ends", "kind", "same_shape")
)
_CONTAINERS: Final = tuple(
    f"{what}^{level}"
    for level in range(LEVELS)
    for what in ("prose_share", "link_share", "blocks", "words_share", "mean_words", "images")
)
_MAIN: Final = ("main_distance", "main_index_share", "main_prose_share", "main_after_prose", "prose_here")
_SHAPE: Final = ("shape_count", "shape_words", "shape_link_share", "shape_prose_share", "shape_run")
_REPEAT: Final = ("copies", "similarity", "run", "widget", "copy")
_PAGE: Final = (
    "page_blocks", "page_words", "page_prose", "page_link_share", "page_headings", "page_items", "page_rows",
    "page_h1", "page_images", "page_codes", "page_mean_prose", "page_hints", "page_posts", "page_comments",
    "page_products", "page_reviews", "page_questions", "page_main", "page_article", "page_articles", "page_unspaced",
    "page_short_share",
)  # fmt: skip

NAMES: Final[tuple[str, ...]] = (
    *_TEXT, *_PLACE, *_AROUND, *_CONTAINERS, *_MAIN, *_SHAPE, *_REPEAT, *_PAGE,
    *(f"to_{name}" for name in _LANDMARKS), *(f"is_{name}" for name in _OWN_TAGS),
    *(f"class_{name}" for name in CATEGORIES),
)  # fmt: skip

_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_CATEGORY_COUNT: Final = len(CATEGORIES)
_POST, _COMMENTS, _PRODUCT, _REVIEW, _QUESTION = (
    np.uint64(1 << CATEGORIES.index(name)) for name in ("post", "comments", "product", "review", "question")
)
_ARTICLE, _MAIN_TAG = ID["article"], ID["main"]

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]


@kernel(inline=True)
def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 0.0


@kernel(
    "void(int32[:, ::1], int32[:, ::1], uint64[::1], int32[::1], int32[:, ::1], uint8[::1], uint8[::1], uint8[::1],"
    " int32[::1], int32[::1], int32[::1], int64[::1], float32[::1], int32[::1], boolean[::1], boolean[::1],"
    " boolean[::1], int64, float32[:, ::1], uint64[::1], boolean[::1])"
)
def block_features(
    rows: Ints,
    tags: Ints,
    categories: npt.NDArray[np.uint64],
    elements: Ints,
    shapes: Ints,
    kinds: npt.NDArray[np.uint8],
    levels: npt.NDArray[np.uint8],
    flags: npt.NDArray[np.uint8],
    chars: Ints,
    link_chars: Ints,
    links: Ints,
    copies: npt.NDArray[np.int64],
    similarity: Floats,
    run: Ints,
    widget: npt.NDArray[np.bool_],
    copy: npt.NDArray[np.bool_],
    titles: npt.NDArray[np.bool_],
    hints: int,
    table: Floats,
    keys: npt.NDArray[np.uint64],
    prose: npt.NDArray[np.bool_],
) -> None:
    """Fill the table of features.

    Args:
        rows: int32[e, walk.ELEMENT_COLUMNS], the element table.
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
    n = len(elements)
    e = len(rows)
    words = np.zeros(e, np.float32)
    linked = np.zeros(e, np.float32)
    prosaic = np.zeros(e, np.float32)
    blocks = np.zeros(e, np.float32)
    images = np.zeros(e, np.float32)
    last_block = np.full(e, -1, np.int32)
    first_block = np.full(e, n, np.int32)
    posts = comments = products = reviews = questions = 0
    articles = mains = 0
    for element in range(e):
        images[element] = rows[element, walk.IMAGES]
        number = rows[element, walk.NUMBER]
        tag = rows[element, walk.TAG]
        articles += tag == _ARTICLE
        mains += tag == _MAIN_TAG
        if number >= 0:
            mask = categories[number]
            posts += (mask & _POST) != 0
            comments += (mask & _COMMENTS) != 0
            products += (mask & _PRODUCT) != 0
            reviews += (mask & _REVIEW) != 0
            questions += (mask & _QUESTION) != 0
    page_words = page_linked = page_prose = unspaced = letters_all = 0.0
    headings = items = cells = firsts = codes = prose_blocks = short = 0
    for block in range(n):
        element = elements[block]
        count = shapes[block, shape.WORDS]
        share = _share(link_chars[block], chars[block])
        prose[block] = count >= PROSE_WORDS and share < PROSE_LINKS and not flags[block] & walk.HIDDEN
        words[element] += count
        linked[element] += count * share
        blocks[element] += 1
        first_block[element] = min(first_block[element], block)
        last_block[element] = block
        page_words += count
        page_linked += count * share
        short += count < 4
        unspaced += shapes[block, shape.UNSPACED]
        letters_all += shapes[block, shape.LETTERS]
        if prose[block]:
            prosaic[element] += count
            page_prose += count
            prose_blocks += 1
        kind = kinds[block]
        headings += kind == walk.HEADING
        items += kind == walk.LIST_ITEM
        cells += kind == walk.TABLE_ROW
        codes += kind == walk.CODE
        firsts += levels[block] == 1
    for element in range(e - 1, 0, -1):
        parent = rows[element, walk.PARENT]
        if parent >= 0:
            words[parent] += words[element]
            linked[parent] += linked[element]
            prosaic[parent] += prosaic[element]
            blocks[parent] += blocks[element]
            images[parent] += images[element]
            first_block[parent] = min(first_block[parent], first_block[element])
            last_block[parent] = max(last_block[parent], last_block[element])

    # Shapes among the elements, counted in an open-addressing table.
    bits = np.uint64(4)
    while (np.uint64(1) << bits) < np.uint64(2 * n + 2):
        bits += np.uint64(1)
    size = np.int64(1) << np.int64(bits)
    heads = np.full(size, -1, np.int32)
    alike = np.zeros((n, 4), np.float32)  # blocks, words, linked words, prose words
    slots = np.zeros(n, np.int32)
    for block in range(n):
        key = np.uint64(kinds[block])
        element = elements[block]
        for _ in range(3):
            if element < 0:
                break
            number = rows[element, walk.NUMBER]
            look = np.uint64(np.uint32(tags[number, reduction.SHAPE])) if number >= 0 else np.uint64(0)
            key = (key ^ (look << np.uint64(8)) ^ np.uint64(rows[element, walk.TAG])) * _MIX
            key ^= key >> np.uint64(31)
            element = rows[element, walk.PARENT]
        keys[block] = key
        slot = key >> (np.uint64(64) - bits)
        while heads[slot] >= 0 and keys[heads[slot]] != key:
            slot = (slot + np.uint64(1)) & np.uint64(size - 1)
        if heads[slot] < 0:
            heads[slot] = block
        head = heads[slot]
        slots[block] = head
        count = shapes[block, shape.WORDS]
        alike[head, 0] += 1
        alike[head, 1] += count
        alike[head, 2] += count * _share(link_chars[block], chars[block])
        if prose[block]:
            alike[head, 3] += count

    after = np.full(n + 1, FAR, np.float32)
    for block in range(n - 1, -1, -1):
        after[block] = 0.0 if prose[block] else min(after[block + 1] + 1, FAR)

    words_before = prose_before = 0.0
    since_h1 = since_heading = FAR
    heading_words = heading_level = 0
    before = FAR
    shape_run = 0
    nearest = np.zeros(_CATEGORY_COUNT, np.float32)
    for block in range(n):
        count = float(shapes[block, shape.WORDS])
        letters = float(shapes[block, shape.LETTERS])
        digits = float(shapes[block, shape.DIGITS])
        marks = float(shapes[block, shape.MARKS])
        share = _share(link_chars[block], chars[block])
        out = table[block]
        f = 0
        out[f] = count
        out[f + 1] = letters
        out[f + 2] = _share(digits, letters + digits)
        out[f + 3] = _share(shapes[block, shape.UPPER], letters)
        out[f + 4] = _share(marks, letters + digits + marks)
        out[f + 5] = shapes[block, shape.SENTENCES]
        out[f + 6] = _share(count, max(shapes[block, shape.SENTENCES], 1))
        out[f + 7] = _share(shapes[block, shape.COMMAS], count)
        out[f + 8] = shapes[block, shape.ENDS]
        out[f + 9] = shapes[block, shape.STARTS]
        out[f + 10] = shapes[block, shape.LINES]
        out[f + 11] = shapes[block, shape.QUOTES]
        out[f + 12] = shapes[block, shape.SYMBOLS]
        out[f + 13] = shapes[block, shape.LONGEST]
        out[f + 14] = _share(letters, count)
        out[f + 15] = _share(shapes[block, shape.UNSPACED], letters)
        out[f + 16] = share
        out[f + 17] = links[block]
        out[f + 18] = _share(links[block], count)
        out[f + 19] = kinds[block]
        out[f + 20] = levels[block]
        out[f + 21] = flags[block]
        f += 22

        element = elements[block]
        if levels[block] == 1:
            since_h1 = 0.0
        out[f] = rows[element, walk.DEPTH]
        out[f + 1] = _share(block, n)
        out[f + 2] = _share(words_before, page_words)
        out[f + 3] = _share(page_words - words_before - count, page_words)
        out[f + 4] = _share(prose_before, page_prose)
        out[f + 5] = _share(page_prose - prose_before, page_prose)
        out[f + 6] = since_h1
        out[f + 7] = since_heading
        out[f + 8] = heading_words
        out[f + 9] = heading_level
        out[f + 10] = before
        out[f + 11] = after[block + 1]
        out[f + 12] = titles[block]
        out[f + 13] = block
        out[f + 14] = n - block
        f += 15
        words_before += count
        since_h1 = min(since_h1 + 1, FAR)
        since_heading = min(since_heading + 1, FAR)
        before = min(before + 1, FAR)
        if kinds[block] == walk.HEADING:
            since_heading = 1.0
            heading_words = shapes[block, shape.WORDS]
            heading_level = levels[block]
        if prose[block]:
            prose_before += count
            before = 1.0

        for step in range(-SPAN, SPAN + 1):
            if step == 0:
                continue
            other = block + step
            if 0 <= other < n:
                out[f] = shapes[other, shape.WORDS]
                out[f + 1] = _share(link_chars[other], chars[other])
                out[f + 2] = shapes[other, shape.ENDS]
                out[f + 3] = kinds[other]
                out[f + 4] = keys[other] == keys[block]
            else:
                out[f] = -1.0
                out[f + 1] = out[f + 2] = out[f + 3] = -1.0
                out[f + 4] = 0.0
            f += 5

        container = element
        for _ in range(LEVELS):
            out[f] = _share(prosaic[container], page_prose)
            out[f + 1] = _share(linked[container], words[container])
            out[f + 2] = blocks[container]
            out[f + 3] = _share(words[container], page_words)
            out[f + 4] = _share(words[container], blocks[container])
            out[f + 5] = images[container]
            f += 6
            container = max(rows[container, walk.PARENT], 0)

        # The nearest container that holds most of the page's prose.
        container = element
        distance = 0
        while rows[container, walk.PARENT] >= 0 and prosaic[container] < 0.5 * page_prose:
            container = rows[container, walk.PARENT]
            distance += 1
        out[f] = distance
        out[f + 1] = _share(block - first_block[container], max(last_block[container] - first_block[container], 1))
        out[f + 2] = _share(prosaic[container], page_prose)
        out[f + 3] = page_prose > 0 and prose_before >= page_prose
        out[f + 4] = prosaic[element]
        f += 5

        head = slots[block]
        shape_run = shape_run + 1 if block and keys[block - 1] == keys[block] else 1
        out[f] = alike[head, 0]
        out[f + 1] = _share(alike[head, 1], alike[head, 0])
        out[f + 2] = _share(alike[head, 2], alike[head, 1])
        out[f + 3] = _share(alike[head, 3], page_prose)
        out[f + 4] = shape_run
        f += 5
        out[f] = copies[block]
        out[f + 1] = similarity[block]
        out[f + 2] = run[block] >= 0
        out[f + 3] = widget[block]
        out[f + 4] = copy[block]
        f += 5

        out[f] = n
        out[f + 1] = page_words
        out[f + 2] = page_prose
        out[f + 3] = _share(page_linked, page_words)
        out[f + 4] = _share(headings, n)
        out[f + 5] = _share(items, n)
        out[f + 6] = _share(cells, n)
        out[f + 7] = firsts
        out[f + 8] = images[0] if e else 0.0
        out[f + 9] = codes
        out[f + 10] = _share(page_prose, prose_blocks)
        out[f + 11] = hints
        out[f + 12] = posts
        out[f + 13] = comments
        out[f + 14] = products
        out[f + 15] = reviews
        out[f + 16] = questions
        out[f + 17] = mains
        out[f + 18] = articles > 0
        out[f + 19] = articles
        out[f + 20] = _share(unspaced, letters_all)
        out[f + 21] = _share(short, n)
        f += 22

        landmark = f
        for index in range(len(_LANDMARK_IDS)):
            out[f + index] = FAR
        f += len(_LANDMARK_IDS)
        tag = rows[element, walk.TAG]
        for index in range(len(_OWN_IDS)):
            out[f + index] = tag == _OWN_IDS[index]
        f += len(_OWN_IDS)
        nearest[:] = FAR
        container = element
        distance = 0
        while container >= 0:
            tag = rows[container, walk.TAG]
            for index in range(len(_LANDMARK_IDS)):
                if tag == _LANDMARK_IDS[index] and out[landmark + index] == FAR:
                    out[landmark + index] = distance
            number = rows[container, walk.NUMBER]
            if number >= 0:
                mask = categories[number]
                bit = 0
                while mask:
                    if mask & np.uint64(1) and nearest[bit] == FAR:
                        nearest[bit] = distance
                    mask >>= np.uint64(1)
                    bit += 1
            container = rows[container, walk.PARENT]
            distance += 1
        for index in range(_CATEGORY_COUNT):
            out[f + index] = nearest[index]
