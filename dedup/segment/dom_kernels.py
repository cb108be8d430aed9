"""From the parser's tree to elements: what each is, what it is in, and whether it starts and ends blocks.

Lexbor writes its tree out as HTML again, which is well formed: every element closed, every attribute quoted, four
entities. One scan over that text is cheaper than a visit to each node from Python, and gives the element table and
the text in document order.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.fingerprint.words import uintp
from dedup.jit import kernel
from dedup.segment import reduce_kernels, tags
from dedup.segment.chunk_kernels import text_end
from dedup.segment.scan_kernels import lookup
from dedup.segment.tags import BLOCK, CUSTOM, ID, VOID

# Columns of the element table, int32.
TAG, PARENT, NUMBER, DEPTH, LAST, STATE, CONTEXT, IMAGES, ELEMENT_COLUMNS = range(9)

# Bits of an element's state; the first three hold for all inside it.
HIDDEN: Final = 1
NOSCRIPT: Final = 2
ARIA_HIDDEN: Final = 4
BREAKS: Final = 8  # starts and ends a block
ROW: Final = 16  # a row of a table of data: one block
HAS_TEXT: Final = 32  # text of its own, beside its children
COPY: Final = 64  # shows a formula that stands before it as MathML, once more
ASIDE: Final = 128  # hidden, short, and in what is not: a sort key, a label for scripts

INHERITED: Final = HIDDEN | NOSCRIPT | ARIA_HIDDEN

# Kinds, in the order of `dedup.page.Kind`.
TITLE, HEADING, PARAGRAPH, LIST_ITEM, TABLE_ROW, CODE, QUOTE, CAPTION, OTHER = range(9)

# Kinds of token.
OPEN_TOKEN, CLOSE_TOKEN, TEXT_TOKEN = range(3)

LONG_ASIDE: Final = 120  # bytes; hidden text that is longer may be what a reader unfolds
LONG_CELL: Final = 600  # bytes; a cell with more text lays out a page rather than holding a datum

_FNV_OFFSET = np.uint64(tags.FNV_OFFSET)
_FNV_PRIME = np.uint64(tags.FNV_PRIME)
_TR, _TD, _TH, _P, _LI, _DD, _DT, _PRE = (ID[n] for n in ("tr", "td", "th", "p", "li", "dd", "dt", "pre"))
_H1, _H6, _BLOCKQUOTE, _FIGCAPTION, _CAPTION = (ID[n] for n in ("h1", "h6", "blockquote", "figcaption", "caption"))
_IMG, _NOSCRIPT, _TABLE = (ID[n] for n in ("img", "noscript", "table"))
_ARTICLE, _SECTION, _MAIN = (ID[n] for n in ("article", "section", "main"))
_BUTTON, _SUMMARY, _LEGEND, _LABEL, _NAV = (ID[n] for n in ("button", "summary", "legend", "label", "nav"))
_FORM, _UL, _OL, _MATH = (ID[n] for n in ("form", "ul", "ol", "math"))

Bytes = npt.NDArray[np.uint8]
Table = npt.NDArray[np.int32]


@kernel()
def _context(tag: int, inherited: int) -> int:
    """The kind of a block that stands in an element, by its tag and by what it stands in."""
    if _H1 <= tag <= _H6:
        return HEADING
    if tag in (_LI, _DD, _DT):
        return LIST_ITEM
    if tag == _PRE:
        return CODE
    if tag == _BLOCKQUOTE:
        return QUOTE
    if tag in (_FIGCAPTION, _CAPTION):
        return CAPTION
    if tag in (_TD, _TH, _ARTICLE, _SECTION, _MAIN, _TABLE):
        return PARAGRAPH
    if tag in (_BUTTON, _SUMMARY, _LEGEND, _LABEL, _NAV, _FORM):
        return OTHER
    if tag == _P and inherited == OTHER:
        return PARAGRAPH
    return inherited


@kernel()
def _is_formula(elements: Table, element: int, source: Table) -> bool:
    """Whether an element holds MathML from its beginning."""
    number = elements[element, NUMBER]
    return 0 <= number < len(source) - 1 and source[number + 1, reduce_kernels.TAG] == _MATH


@kernel(inline=True)
def _name(html: Bytes, start: int) -> tuple[int, np.uint64, bool]:
    """Where a tag's name ends, its key, and whether it has a hyphen."""
    at, key, custom = uintp(start), _FNV_OFFSET, False
    while at < uintp(len(html)) and html[at] != 62 and html[at] != 32:
        custom |= html[at] == 45
        key = (key ^ np.uint64(html[at])) * _FNV_PRIME
        at += uintp(1)
    return np.int64(at), key, custom


@kernel("Tuple((int64, int64))(uint8[::1], uint64[:, ::1], uint16[::1], int32[:, ::1], int32[:, ::1], int32[:, ::1])")
def build_tree(
    html: Bytes,
    names: npt.NDArray[np.uint64],
    flags: npt.NDArray[np.uint16],
    source: Table,
    elements: Table,
    tokens: Table,
) -> tuple[int, int]:
    """Fill the element table and the list of tokens.

    Args:
        html: the parser's output, UTF-8.
        names: tag names to numbers.
        flags: by tag number.
        source: the reduction's table of tags, that `x` counts in.
        elements: int32[e, ELEMENT_COLUMNS], a row an element in document order; e is at least the number of `<`.
        tokens: int32[t, 3]: kind, then element, or start and end of text; t is at least twice that, and one.

    Returns:
        Numbers of elements and of tokens.
    """
    n = len(html)
    element_count = 0
    token_count = 0
    stack = np.zeros(4096, np.int32)
    keys = np.zeros(4096, np.uint64)
    depth = 0
    i = 0
    while i < n:
        if html[i] != 60:
            start = i
            i, solid = text_end(html, i)
            tokens[token_count, 0] = TEXT_TOKEN
            tokens[token_count, 1] = start
            tokens[token_count, 2] = i
            token_count += 1
            if solid and depth:
                elements[stack[depth - 1], STATE] |= HAS_TEXT
            continue
        closing = i + 1 < n and html[i + 1] == 47
        j = i + (2 if closing else 1)
        if j < n and html[j] == 33:
            while j < n and html[j] != 62:
                j += 1
            i = j + 1
            continue
        j, key, custom = _name(html, j)
        if closing:
            i = j + 1
            level = depth - 1
            while level >= 0 and keys[level] != key:
                level -= 1
            if level >= 0:
                while depth > level:
                    depth -= 1
                    element = stack[depth]
                    elements[element, LAST] = element_count
                    tokens[token_count, 0] = CLOSE_TOKEN
                    tokens[token_count, 1] = element
                    token_count += 1
            continue
        number = -1
        if j + 4 < n and html[j] == 32 and html[j + 1] == 120 and html[j + 3] == 34:
            number = 0
            j += 4
            while j < n and 48 <= html[j] <= 57:
                number = number * 10 + (html[j] - 48)
                j += 1
        while j < n and html[j] != 62:
            j += 1
        i = j + 1
        tag = np.int64(lookup(names, key))
        if tag == 0 and custom:
            tag = CUSTOM
        kind = flags[tag]
        if depth >= 4095 and not kind & VOID:
            continue
        parent = stack[depth - 1] if depth else -1
        element = element_count
        element_count += 1
        state = elements[parent, STATE] & INHERITED if parent >= 0 else 0
        if number >= 0 and number < len(source):
            said = source[number, reduce_kernels.FLAGS]
            if source[number, reduce_kernels.TAG] in (_FORM, _NOSCRIPT):  # sent through the parser as a div
                tag = np.int64(source[number, reduce_kernels.TAG])
            if said & reduce_kernels.HIDDEN:
                state |= HIDDEN
            if said & reduce_kernels.ARIA_HIDDEN:
                state |= ARIA_HIDDEN
                if token_count and tokens[token_count - 1, 0] == CLOSE_TOKEN and not kind & (BLOCK | VOID):
                    before = tokens[token_count - 1, 1]
                    if elements[before, PARENT] == parent and _is_formula(elements, before, source):
                        state |= COPY
        if tag == _NOSCRIPT:
            state |= NOSCRIPT
        if kind & BLOCK:
            state |= BREAKS
        elements[element, TAG] = tag
        elements[element, PARENT] = parent
        elements[element, NUMBER] = number
        elements[element, DEPTH] = depth
        elements[element, LAST] = element + 1
        elements[element, STATE] = state
        elements[element, CONTEXT] = _context(tag, elements[parent, CONTEXT] if parent >= 0 else PARAGRAPH)
        elements[element, IMAGES] = 0
        tokens[token_count, 0] = OPEN_TOKEN
        tokens[token_count, 1] = element
        token_count += 1
        if not kind & VOID:
            stack[depth] = element
            keys[depth] = key
            depth += 1
        elif tag == _IMG and parent >= 0:
            elements[parent, IMAGES] += 1
    while depth:
        depth -= 1
        elements[stack[depth], LAST] = element_count
        tokens[token_count, 0] = CLOSE_TOKEN
        tokens[token_count, 1] = stack[depth]
        token_count += 1
    return element_count, token_count


@kernel()
def _is_layout(elements: Table, row: int, source: Table) -> bool:
    table = row
    for _ in range(3):
        table = elements[table, PARENT]
        if table < 0:
            return True
        if elements[table, TAG] == _TABLE:
            number = elements[table, NUMBER]
            return number >= 0 and source[number, reduce_kernels.FLAGS] & reduce_kernels.LAYOUT != 0
    return True


@kernel()
def _is_inline(elements: Table, element: int) -> bool:
    """Whether a custom element stands in a line: beside text, or anywhere within a paragraph or item that has some."""
    around = elements[element, PARENT]
    if around >= 0 and elements[around, STATE] & HAS_TEXT:
        return True
    while around >= 0 and not elements[around, STATE] & BREAKS:
        around = elements[around, PARENT]
    if around < 0 or not elements[around, STATE] & HAS_TEXT:
        return False
    tag = elements[around, TAG]
    return tag in (_P, _LI, _DD, _DT) or _H1 <= tag <= _H6


@kernel("void(int32[:, ::1], int32[:, ::1], int64, uint16[::1], int32[:, ::1])")
def mark_boxes(
    elements: Table,
    tokens: Table,
    token_count: int,
    flags: npt.NDArray[np.uint16],
    source: Table,
) -> None:
    """Tell rows of data from rows that lay out a page, boxes from what stands in a line, and short asides.

    A row holds data if no cell of it holds a table, a heading, a list of several items, two paragraphs or more than
    `LONG_CELL` bytes of text; it has two cells at least, and its table is not marked as presentation.
    """
    aside = -1
    aside_text = 0
    row = -1
    row_cells = 0
    cell_boxes = 0
    cell_text = 0
    simple = False
    for t in range(token_count):
        token = tokens[t, 0]
        if token == TEXT_TOKEN:
            aside_text += tokens[t, 2] - tokens[t, 1]
            cell_text += tokens[t, 2] - tokens[t, 1]
            if cell_text > LONG_CELL:
                simple = False
            continue
        element = tokens[t, 1]
        tag = elements[element, TAG]
        if token == CLOSE_TOKEN:
            if element == aside:
                if aside_text <= LONG_ASIDE and not _is_formula(elements, element, source):
                    elements[element, STATE] |= ASIDE
                aside = -1
            if element == row:
                if simple and row_cells > 1:
                    elements[row, STATE] |= ROW
                    elements[row, CONTEXT] = TABLE_ROW
                    for inner in range(row + 1, elements[row, LAST]):
                        elements[inner, STATE] &= ~BREAKS
                row = -1
            continue
        state = elements[element, STATE]
        if aside < 0 and state & HIDDEN and not flags[tag] & VOID:
            parent = elements[element, PARENT]
            if parent < 0 or not elements[parent, STATE] & HIDDEN:
                aside = element
                aside_text = 0
        if tag == CUSTOM and not _is_inline(elements, element):
            elements[element, STATE] |= BREAKS
        if tag == _TR:
            row = element
            row_cells = 0
            cell_boxes = 0
            cell_text = 0
            simple = not _is_layout(elements, element, source)
        elif row >= 0:
            if tag in (_TD, _TH):
                row_cells += 1
                cell_boxes = 0
                cell_text = 0
            elif tag in (_TABLE, _ARTICLE, _SECTION, _FORM, _BLOCKQUOTE, _PRE) or _H1 <= tag <= _H6:
                simple = False
            elif flags[tag] & BLOCK and tag not in (_UL, _OL):
                cell_boxes += 1
                if cell_boxes > 4 or (cell_boxes > 1 and tag == _P):
                    simple = False
