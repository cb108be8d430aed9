"""From elements and the text between them to blocks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dedup.jit import kernel
from dedup.segment import reduce_kernels
from dedup.segment.chunk_kernels import copy_visible, is_space
from dedup.segment.dom_kernels import (
    ASIDE,
    BREAKS,
    CLOSE_TOKEN,
    CONTEXT,
    COPY,
    HIDDEN,
    INHERITED,
    NUMBER,
    OPEN_TOKEN,
    PARENT,
    STATE,
    TAG,
    TEXT_TOKEN,
)
from dedup.segment.tags import BLOCK, ID, SKIP, VOID

# Columns of the block table, int32.
START, END, ELEMENT, KIND, FLAGS, CHARS, LINK_CHARS, LINKS, SOURCE, LEVEL, BLOCK_COLUMNS = range(11)

# Columns of the table of linked text, int32: where it stands in the blocks' text, and the start tag of its link.
ANCHOR_START, ANCHOR_END, ANCHOR_NUMBER, ANCHOR_COLUMNS = range(4)

_A, _BR, _H1, _H6, _HEAD = (ID[n] for n in ("a", "br", "h1", "h6", "head"))
_PRE, _SUB, _SUP, _TD, _TH, _TITLE = (ID[n] for n in ("pre", "sub", "sup", "td", "th", "title"))

Bytes = npt.NDArray[np.uint8]
Table = npt.NDArray[np.int32]


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


@kernel(inline=True)
def _is_digit(byte: np.uint8) -> bool:
    return 48 <= byte <= 57


@kernel()
def _behind_mark(html: Bytes, i: int, end: int) -> int:
    """Where the text goes on behind the mark of a run (see `reduce_kernels.reduce_html`), if one stands there."""
    at = i + 1
    if i < end and html[i] == reduce_kernels.MARK:
        while at < end and _is_digit(html[at]):
            at += 1
        if at < end and html[at] == reduce_kernels.MARK_END:
            return at + 1
    return i


@kernel()
def _is_number(html: Bytes, i: int, end: int) -> bool:
    """Whether a number begins there, or a sign, behind which it may stand in an element of its own."""
    i = _behind_mark(html, i, end)
    sign = 0
    if i < end and html[i] in (43, 45):
        sign = 1
    elif i + 2 < end and html[i] == 0xE2 and html[i + 1] == 0x88 and html[i + 2] == 0x92:  # the minus sign
        sign = 3
    i = _behind_mark(html, i + sign, end)
    return bool((sign and i >= end) or (i < end and _is_digit(html[i])))


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
        if tokens[t, 0] == TEXT_TOKEN:
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
            if tokens[t, 0] == CLOSE_TOKEN:
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


@kernel()
def _without_anchors(anchors: Table, count: int, start: int) -> int:
    """How many rows about linked text are left where the text from `start` on is no block."""
    while count and anchors[count - 1, ANCHOR_START] >= start:
        count -= 1
    return count


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
    raised = np.uint8(0)  # what parts a number from one that is raised or lowered, such as 10 from 6, if it is next
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
        if token == OPEN_TOKEN:
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
                if tag == _TITLE and title[1] == 0 and t + 1 < token_count and tokens[t + 1, 0] == TEXT_TOKEN:
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
            elif tag in (_SUB, _SUP):
                raised = np.uint8(94) if tag == _SUP else np.uint8(95)
            if tag == _PRE:
                preformatted += 1
        elif token == CLOSE_TOKEN:
            element = tokens[t, 1]
            tag = elements[element, TAG]
            raised = np.uint8(0) if tag in (_SUB, _SUP) else raised
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
        if token == TEXT_TOKEN:
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
                if raised:
                    is_next = o > start and not breaks and not space and _is_digit(text[o - 1])
                    if is_next and _is_number(html, i - size, end):
                        text[o] = raised
                        o += 1
                    raised = np.uint8(0)
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
                        if o == start:
                            anchor_count = _without_anchors(anchors, anchor_count, start)
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
                if byte & 0xC0 != 0x80 and not blank:
                    if in_link and anchored < 0:
                        anchored = o - 1
                    if not _is_unseen(html, i - 1):
                        chars += 1
                        shown = shown or not hidden
                        if in_link:
                            link_chars += 1
                    if byte < 0x80 and not preformatted:  # what it set for itself holds for what follows it
                        size, seen = copy_visible(html, i, text, o)
                        i += size
                        o += size
                        chars += seen
                        if in_link:
                            link_chars += seen
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
            if o == start:
                anchor_count = _without_anchors(anchors, anchor_count, start)
            start = o
            shown = False
            chars = link_chars = 0
            links = 1 if in_link else 0
            space = False
            breaks = 0
            indent = 0
            raised = np.uint8(0)
            box = next_box
        if token == CLOSE_TOKEN and elements[tokens[t, 1], TAG] == _PRE and preformatted:
            preformatted -= 1
        t += 1
        if skip_to >= 0:
            while t < token_count and not (tokens[t, 0] == CLOSE_TOKEN and tokens[t, 1] == skip_to):
                t += 1
    anchor_count = _write_anchor(anchors, anchor_count, text, anchored, o, anchor)
    if o > start and chars:
        if block_count < len(blocks):
            o = _write_block(blocks, block_count, elements, text, start, o, box, first, chars, link_chars, links)
            block_count += 1
        else:
            left_out += 1
            o = start
    else:
        o = start
    if o == start:
        anchor_count = _without_anchors(anchors, anchor_count, start)
    return block_count, left_out, anchor_count
