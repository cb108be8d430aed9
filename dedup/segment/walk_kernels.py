"""From the parser's tree to elements and blocks.

Lexbor writes its tree out as HTML again, which is well formed: every element closed, every attribute quoted, four
entities. One scan over that text is cheaper than a visit to each node from Python, and gives the element table and
the text in document order.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.jit import kernel
from dedup.segment import reduce_kernels, tags
from dedup.segment.scan_kernels import is_space, lookup
from dedup.segment.tags import BLOCK, CUSTOM, ID, SKIP, VOID

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

# Columns of the block table, int32.
START, END, ELEMENT, KIND, FLAGS, CHARS, LINK_CHARS, LINKS, SOURCE, LEVEL, BLOCK_COLUMNS = range(11)

# Columns of the table of linked text, int32: where it stands in the blocks' text, and the start tag of its link.
ANCHOR_START, ANCHOR_END, ANCHOR_NUMBER, ANCHOR_COLUMNS = range(4)

# Kinds, in the order of `dedup.page.Kind`.
TITLE, HEADING, PARAGRAPH, LIST_ITEM, TABLE_ROW, CODE, QUOTE, CAPTION, OTHER = range(9)

# Kinds of token.
_OPEN, _CLOSE, _TEXT = range(3)
TEXT_TOKEN: Final = _TEXT

LONG_ASIDE: Final = 120  # bytes; hidden text that is longer may be what a reader unfolds
LONG_CELL: Final = 600  # bytes; a cell with more text lays out a page rather than holding a datum

_FNV_OFFSET = np.uint64(tags.FNV_OFFSET)
_FNV_PRIME = np.uint64(tags.FNV_PRIME)
_TR, _TD, _TH, _P, _LI, _DD, _DT, _PRE = (ID[n] for n in ("tr", "td", "th", "p", "li", "dd", "dt", "pre"))
_H1, _H6, _BLOCKQUOTE, _FIGCAPTION, _CAPTION = (ID[n] for n in ("h1", "h6", "blockquote", "figcaption", "caption"))
_BR, _IMG, _A, _NOSCRIPT, _TITLE, _TABLE = (ID[n] for n in ("br", "img", "a", "noscript", "title", "table"))
_ARTICLE, _SECTION, _MAIN = (ID[n] for n in ("article", "section", "main"))
_BUTTON, _SUMMARY, _LEGEND, _HEAD, _LABEL, _NAV = (
    ID[n] for n in ("button", "summary", "legend", "head", "label", "nav")
)
_FORM, _UL, _OL, _MATH, _SUP = (ID[n] for n in ("form", "ul", "ol", "math", "sup"))

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
            solid = False
            while i < n and html[i] != 60:
                solid |= not is_space(html[i])
                i += 1
            tokens[token_count, 0] = _TEXT
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
        key = _FNV_OFFSET
        custom = False
        while j < n and html[j] != 62 and html[j] != 32:
            custom |= html[j] == 45
            key = (key ^ np.uint64(html[j])) * _FNV_PRIME
            j += 1
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
                    tokens[token_count, 0] = _CLOSE
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
                if token_count and tokens[token_count - 1, 0] == _CLOSE and not kind & BLOCK:
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
        tokens[token_count, 0] = _OPEN
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
        tokens[token_count, 0] = _CLOSE
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
        if token == _TEXT:
            aside_text += tokens[t, 2] - tokens[t, 1]
            cell_text += tokens[t, 2] - tokens[t, 1]
            if cell_text > LONG_CELL:
                simple = False
            continue
        element = tokens[t, 1]
        tag = elements[element, TAG]
        if token == _CLOSE:
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


@kernel(inline=True)
def _is_unseen(html: Bytes, i: int) -> bool:
    """Whether a character joins, parts or turns others and shows nothing itself (Unicode's default ignorables)."""
    byte = html[i]
    if byte == 0xE2:  # U+200B to U+200F, U+2028 to U+202E, U+2060 to U+206F, and the blank of Braille
        second, third = html[i + 1], html[i + 2]
        if second == 0x80:
            return 0x8B <= third <= 0x8F or 0xA8 <= third <= 0xAE
        return (second == 0x81 and third >= 0xA0) or (second == 0xA0 and third == 0x80)
    return byte == 0xEF and html[i + 1] == 0xB8 and html[i + 2] <= 0x8F  # variation selectors


@kernel()
def _write_block(
    blocks: Table,
    row: int,
    elements: Table,
    text: Bytes,
    start: int,
    end: int,
    box: int,
    first: int,
    chars: int,
    link_chars: int,
    links: int,
) -> int:
    """Fill a block's row; returns where its text ends without trailing white space."""
    while end > start and is_space(text[end - 1]):
        end -= 1
    blocks[row, START] = start
    blocks[row, END] = end
    blocks[row, ELEMENT] = box
    blocks[row, KIND] = elements[box, CONTEXT]
    blocks[row, FLAGS] = elements[box, STATE] & INHERITED
    blocks[row, CHARS] = chars
    blocks[row, LINK_CHARS] = link_chars
    blocks[row, LINKS] = links
    blocks[row, SOURCE] = first
    tag = elements[box, TAG]
    blocks[row, LEVEL] = tag - _H1 + 1 if _H1 <= tag <= _H6 else 0
    return end


@kernel()
def _look_ahead(html: Bytes, elements: Table, tokens: Table, token_count: int, t: int) -> tuple[int, bool]:
    """The token that tells whether text that is not hidden follows in the block of token t, and what it tells."""
    hidden = False
    while t < token_count:
        if tokens[t, 0] == _TEXT:
            i = tokens[t, 1]
            while i < tokens[t, 2] and not hidden:
                if html[i] == 38 and html[i + 1] == 110:  # &nbsp;
                    i += 6
                elif is_space(html[i]):
                    i += 1
                else:
                    return t, True
        else:
            element = tokens[t, 1]
            if elements[element, STATE] & BREAKS:
                return t, False
            if tokens[t, 0] == _CLOSE:
                element = elements[element, PARENT]
            hidden = element >= 0 and elements[element, STATE] & HIDDEN != 0
        t += 1
    return t, False


@kernel(inline=True)
def _write_anchor(anchors: Table, row: int, text: Bytes, start: int, end: int, number: int) -> int:
    """Fill a row about linked text, if there is any and room for it; returns the next row."""
    while end > start and is_space(text[end - 1]):  # at its end a block loses them
        end -= 1
    if start < 0 or end <= start or row >= len(anchors):
        return row
    anchors[row, ANCHOR_START] = start
    anchors[row, ANCHOR_END] = end
    anchors[row, ANCHOR_NUMBER] = number
    return row + 1


@kernel(
    "Tuple((int64, int64, int64))(uint8[::1], int32[:, ::1], int32[:, ::1], int64, uint16[::1], int32[:, ::1],"
    " uint8[::1], int32[:, ::1], int32[:, ::1], int64[::1])"
)
def collect_blocks(
    html: Bytes,
    elements: Table,
    tokens: Table,
    token_count: int,
    flags: npt.NDArray[np.uint16],
    source: Table,
    text: Bytes,
    blocks: Table,
    anchors: Table,
    title: npt.NDArray[np.int64],
) -> tuple[int, int, int]:
    """Write the text of every block, and a row about each.

    Args:
        html: the parser's output.
        elements: the element table.
        tokens: what `build_tree` filled.
        token_count: how many tokens.
        flags: by tag number.
        source: the reduction's table of tags.
        text: where the blocks' text goes, one after the other; len(html) + token_count bytes are enough.
        blocks: int32[b, BLOCK_COLUMNS]; where b rows are full, the rest of the page is left out.
        anchors: int32[elements + blocks, ANCHOR_COLUMNS], a row a piece of linked text, to be filled.
        title: int64[2], set to start and end of the document's title in html.

    Returns:
        Number of blocks, the blocks that did not fit, and the number of anchors.
    """
    block_count = 0
    left_out = 0
    o = 0
    start = 0
    chars = 0
    link_chars = 0
    links = 0
    in_link = 0
    preformatted = 0
    space = False  # a space is due before the next character
    breaks = 0  # line breaks since the last character
    box = 0  # the block-level element that the text stands in
    number = 0  # the latest start tag of the source
    first = 0  # that at the block's first character
    indent = 0  # wide spaces since the last line break
    after_link = False
    anchor_count = 0
    anchor = 0  # the start tag of the link
    anchored = -1  # where its text in this block begins
    shown = False  # whether the block holds text that is not hidden
    hidden = False  # whether what follows is
    known_until = -1  # the token up to which `follows` holds
    follows = False  # whether text that is not hidden is still to come in this block
    t = 0
    while t < token_count:
        token = tokens[t, 0]
        flush = False
        next_box = box
        skip_to = -1
        if token == _OPEN:
            element = tokens[t, 1]
            tag = elements[element, TAG]
            state = elements[element, STATE]
            if elements[element, NUMBER] >= 0:
                number = elements[element, NUMBER]
            is_left_out = (flags[tag] & SKIP and tag != _HEAD) or state & COPY != 0
            if state & ASIDE and not state & BREAKS:
                if t >= known_until:
                    known_until, follows = _look_ahead(html, elements, tokens, token_count, t)
                is_left_out = is_left_out or shown or follows
            if not flags[tag] & VOID:
                hidden = state & HIDDEN != 0
            if is_left_out:
                if tag == _TITLE and title[1] == 0 and t + 1 < token_count and tokens[t + 1, 0] == _TEXT:
                    title[0], title[1] = tokens[t + 1, 1], tokens[t + 1, 2]
                skip_to = element
                flush = state & BREAKS != 0
            elif state & BREAKS:
                flush = True
                next_box = element
            elif tag == _BR:
                breaks += 1
                indent = 0
            elif tag in (_TD, _TH):
                if o > start:
                    text[o] = 9
                    o += 1
                space = False
                breaks = 0
            elif flags[tag] & BLOCK:  # inside a row
                space = space or o > start
            elif tag == _A and elements[element, NUMBER] >= 0:
                if source[elements[element, NUMBER], reduce_kernels.FLAGS] & reduce_kernels.HREF:
                    in_link += 1
                    links += 1
                    anchor = elements[element, NUMBER]
                is_note = elements[elements[element, PARENT], TAG] == _SUP
                space = space or (after_link and not is_note and not preformatted)
            if tag == _PRE:
                preformatted += 1
        elif token == _CLOSE:
            element = tokens[t, 1]
            tag = elements[element, TAG]
            around = elements[element, PARENT]
            hidden = around >= 0 and elements[around, STATE] & HIDDEN != 0
            if elements[element, STATE] & BREAKS:
                flush = True
                next_box = elements[element, PARENT]
                while next_box > 0 and not elements[next_box, STATE] & BREAKS:
                    next_box = elements[next_box, PARENT]
                next_box = max(next_box, 0)
            elif tag == _A and in_link and elements[element, NUMBER] >= 0:
                if source[elements[element, NUMBER], reduce_kernels.FLAGS] & reduce_kernels.HREF:
                    in_link -= 1
                    anchor_count = _write_anchor(anchors, anchor_count, text, anchored, o, anchor)
                    anchored = -1
            elif flags[tag] & BLOCK:
                space = space or o > start
            after_link = after_link or tag == _A
        if token == _TEXT:
            i = tokens[t, 1]
            end = tokens[t, 2]
            while i < end:
                byte = html[i]
                size = 1
                blank = is_space(byte)
                wide = False
                if byte == 38:  # one of the four entities
                    if html[i + 1] == 97:
                        size = 5
                    elif html[i + 1] == 108:
                        byte, size = np.uint8(60), 4
                    elif html[i + 1] == 103:
                        byte, size = np.uint8(62), 4
                    elif html[i + 1] == 110:
                        byte, size = np.uint8(32), 6
                        blank = wide = True
                elif byte == 0xE3 and html[i + 1] == 0x80 and html[i + 2] == 0x80:  # ideographic space
                    byte, size = np.uint8(32), 3
                    blank = wide = True
                elif (byte == 0xC2 and html[i + 1] == 0xAD) or (
                    byte == 0xEF and html[i + 1] == 0xBB and html[i + 2] == 0xBF
                ):  # soft hyphen, zero-width no-break space: invisible
                    i += 2 if byte == 0xC2 else 3
                    continue
                i += size
                if blank and not preformatted:
                    space = True
                    indent += wide
                    continue
                if blank and preformatted and o == start and byte not in (32, 9):
                    continue
                if o > start and (breaks or space):
                    if not preformatted and (breaks > 1 or (breaks == 1 and indent > 1)):
                        anchor_count = _write_anchor(anchors, anchor_count, text, anchored, o, anchor)
                        anchored = -1
                        if not chars:
                            o = start
                        elif block_count < len(blocks):
                            o = _write_block(
                                blocks, block_count, elements, text, start, o, box, first, chars, link_chars, links
                            )
                            block_count += 1
                        else:
                            left_out += 1
                            o = start
                        start = o
                        shown = False
                        chars = link_chars = 0
                        links = 1 if in_link else 0
                    elif breaks:
                        for _ in range(breaks if preformatted else 1):
                            text[o] = 10
                            o += 1
                    elif text[o - 1] != 9:
                        text[o] = 32
                        o += 1
                space = False
                breaks = 0
                indent = 0
                after_link = False
                if o == start:
                    first = number
                text[o] = byte
                o += 1
                if byte & 0xC0 != 0x80 and not blank and not _is_unseen(html, i - 1):
                    chars += 1
                    shown = shown or not hidden
                    if in_link:
                        link_chars += 1
                        if anchored < 0:
                            anchored = o - 1
        if flush:
            anchor_count = _write_anchor(anchors, anchor_count, text, anchored, o, anchor)
            anchored = -1
            if o > start and chars:
                if block_count < len(blocks):
                    o = _write_block(
                        blocks, block_count, elements, text, start, o, box, first, chars, link_chars, links
                    )
                    block_count += 1
                else:
                    left_out += 1
                    o = start
            else:
                o = start
            start = o
            shown = False
            chars = link_chars = 0
            links = 1 if in_link else 0
            space = False
            breaks = 0
            indent = 0
            box = next_box
        if token == _CLOSE and elements[tokens[t, 1], TAG] == _PRE and preformatted:
            preformatted -= 1
        t += 1
        if skip_to >= 0:
            while t < token_count and not (tokens[t, 0] == _CLOSE and tokens[t, 1] == skip_to):
                t += 1
    anchor_count = _write_anchor(anchors, anchor_count, text, anchored, o, anchor)
    if o > start and chars:
        if block_count < len(blocks):
            o = _write_block(blocks, block_count, elements, text, start, o, box, first, chars, link_chars, links)
            block_count += 1
        else:
            left_out += 1
    return block_count, left_out, anchor_count
