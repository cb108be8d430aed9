"""The linear scan before the parse: a page in, the little of it that a parser needs out.

Lexbor's tree construction is superlinear in nested elements, attributes of a tag and options of a select, and
most of a page's bytes (scripts, styles, attributes, drawings) matter to no tree. So the scan follows the tokenizer
of the HTML standard (section 13.2.5), leaves all of that out, and gives each remaining start tag one attribute `x`,
its number in a table of what the original said: where it stood, its class and id words, whether it was hidden. The
parser then sees a sixth of the bytes and meets no construct that it is slow on.

Depth is bounded by a model of the stack of open elements (section 13.2.6) that errs to the deep side.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.jit import kernel
from dedup.segment import tags
from dedup.segment.chunk_kernels import (
    CHUNK,
    Bytes,
    copy_text,
    find_byte,
    is_space,
    key_of_name,
    lower,
    name_end,
    read_name,
    short_name_key,
    value_key,
    write_name,
)
from dedup.segment.scan_kernels import (
    comment_end,
    contains,
    find_end_tag,
    has_word,
    name_number,
    script_end,
    select_end,
    svg_end,
    value_shape,
    word_categories,
)
from dedup.segment.stack_kernels import closed_depth, has_table, implied_depth
from dedup.segment.tags import DROP, FORMATTING, ID, SKIP, TABLE_PART, UNSEEN, VOID

# Bits of a tag's `flags`.
HIDDEN: Final = 1  # hidden, display:none or an inert template
ARIA_HIDDEN: Final = 2
HREF: Final = 4
LAYOUT: Final = 8  # role=presentation
NOFOLLOW: Final = 16
JSON_LD: Final = 32
JSON: Final = 64

# Columns of the table of tags, int32.
TAG, START, END, FLAGS, CLASS_START, CLASS_END, ID_START, ID_END, HREF_START, HREF_END, SHAPE, COLUMNS = range(12)

# Slots of `counts`, what the scan reports beside its arrays.
OUT_BYTES, OUT_TAGS, DROPPED_DEPTH, DROPPED_ATTRIBUTES, DROPPED_OPTIONS, DROPPED_ELEMENTS, COUNTS = range(7)

MARK: Final = 1  # control characters, which no page shows; those of the page itself are left unmarked
MARK_END: Final = 2
MARK_BYTES: Final = 12
_LESS = (38, 108, 116, 59)  # &lt; for a < that begins no tag: what is left out behind it must not make it one
_HIDDEN = np.array(
    [list(name.ljust(8, b"\0")) for name in (
        b"&nbsp", b"&#160", b"&#xa0", b"&shy", b"&#173", b"&#xad", b"&#12288", b"&#x3000", b"&#65279", b"&#xfeff",
        b"&#9", b"&#10", b"&#12", b"&#13", b"&#32", b"&#x9", b"&#xa", b"&#xc", b"&#xd", b"&#x20",
    )], np.uint8,
)  # fmt: skip

_FNV_OFFSET = np.uint64(tags.FNV_OFFSET)
_FNV_PRIME = np.uint64(tags.FNV_PRIME)
_CACHE_BITS = 9
_NOSCRIPT_NAME = np.array(list(b"noscript"), np.uint8)
_MOST_REFERENCE = 34  # bytes of a named one, at most
_A = ID["a"]
_BODY = ID["body"]
_BR = ID["br"]
_DIV = ID["div"]
_FORM = ID["form"]
_HEAD = ID["head"]
_HTML = ID["html"]
_LISTING = ID["listing"]
_NOSCRIPT = ID["noscript"]
_P = ID["p"]
_PLAINTEXT = ID["plaintext"]
_PRE = ID["pre"]
_SCRIPT = ID["script"]
_SELECT = ID["select"]
_SVG = ID["svg"]
_TEMPLATE = ID["template"]
_XMP = ID["xmp"]
_DIV_KEY, _PRE_KEY = np.uint64(tags.name_key("div")), np.uint64(tags.name_key("pre"))
_NAME = {name: np.uint64(key_of_name(name)) for name in (
    "class", "id", "href", "hidden", "style", "role", "aria-hidden", "itemprop", "itemtype", "rel", "type",
    "shadowrootmode", "data-testid", "data-component", "data-module", "data-qa", "data-type", "aria-label",
)}  # fmt: skip
_K_CLASS, _K_ID, _K_HREF, _K_HIDDEN, _K_STYLE, _K_ROLE = (
    _NAME[n] for n in ("class", "id", "href", "hidden", "style", "role")
)
_K_ARIA_HIDDEN, _K_REL, _K_TYPE, _K_SHADOW = (_NAME[n] for n in ("aria-hidden", "rel", "type", "shadowrootmode"))
_K_ITEMPROP, _K_ITEMTYPE, _K_TESTID, _K_COMPONENT = (
    _NAME[n] for n in ("itemprop", "itemtype", "data-testid", "data-component")
)
_K_MODULE, _K_QA, _K_DATATYPE, _K_LABEL = (_NAME[n] for n in ("data-module", "data-qa", "data-type", "aria-label"))


@kernel()
def _hidden_size(src: Bytes, i: int) -> int:
    """Bytes of a character that shows nothing (a wide space, a soft hyphen), or of a reference to one; else 0."""
    byte = src[i]
    if byte == 0xC2 and i + 1 < len(src) and src[i + 1] in (0xA0, 0xAD):
        return 2
    if byte in (0xE3, 0xEF) and i + 2 < len(src):
        is_wide = byte == 0xE3 and src[i + 1] == 0x80 and src[i + 2] == 0x80
        return 3 if is_wide or (byte == 0xEF and src[i + 1] == 0xBB and src[i + 2] == 0xBF) else 0
    if byte == 38:
        for row in range(len(_HIDDEN)):
            size = 0
            while (
                size < 8 and _HIDDEN[row, size] and i + size < len(src) and lower(src[i + size]) == _HIDDEN[row, size]
            ):
                size += 1
            if size == 8 or not _HIDDEN[row, size]:
                following = lower(src[i + size]) if i + size < len(src) else np.uint8(0)
                is_number = _HIDDEN[row, 1] == 35
                is_hex = is_number and _HIDDEN[row, 2] == 120
                if is_number and (48 <= following <= 57 or (is_hex and 97 <= following <= 102)):
                    continue  # another, longer number
                return size + 1 if following == 59 else size
    return 0


@kernel()
def _in_reference(dst: Bytes, o: int) -> bool:
    """Whether what was written last may begin a character reference."""
    at = o - 1
    while at > max(o - _MOST_REFERENCE, 0) and (97 <= lower(dst[at]) <= 122 or 48 <= dst[at] <= 57 or dst[at] == 35):
        at -= 1
    return at >= 0 and bool(dst[at] == 38)


@kernel()
def _end_reference(dst: Bytes, o: int) -> int:
    """End a reference, so that none goes on behind markup that is left out, by a NUL: the parser drops that."""
    if _in_reference(dst, o):
        dst[o] = 0
        return o + 1
    return o


@kernel()
def _write_number(dst: Bytes, o: int, number: int, digits: Bytes) -> int:
    """Write a number in decimal; returns where it ends."""
    size = 0
    while True:
        digits[size] = 48 + number % 10
        size += 1
        number //= 10
        if number == 0:
            break
    while size:
        size -= 1
        dst[o] = digits[size]
        o += 1
    return o


@kernel()
def _write_mark(dst: Bytes, o: int, number: int, digits: Bytes) -> int:
    """Write the mark of a run; returns where it ends."""
    dst[o] = MARK
    o = _write_number(dst, o + 1, number, digits)
    dst[o] = MARK_END
    return o + 1


@kernel(
    "void(uint8[::1], int64, int64, int64, int64, uint64[:, ::1], uint64[:, ::1], uint64[:, ::1],"
    " uint64[:, ::1], uint16[::1], uint8[::1], int32[:, ::1], uint64[::1], int32[:, ::1], int32[:, ::1], int64[::1])"
)
def reduce_html(
    src: Bytes,
    max_depth: int,
    max_attributes: int,
    max_options: int,
    max_elements: int,
    names: npt.NDArray[np.uint64],
    words: npt.NDArray[np.uint64],
    endings: npt.NDArray[np.uint64],
    breakout: npt.NDArray[np.uint64],
    flags: npt.NDArray[np.uint16],
    dst: Bytes,
    table: npt.NDArray[np.int32],
    categories: npt.NDArray[np.uint64],
    scripts: npt.NDArray[np.int32],
    runs: npt.NDArray[np.int32],
    counts: npt.NDArray[np.int64],
) -> None:
    """Write the reduced page.

    Args:
        src: the page, UTF-8.
        max_depth: open elements.
        max_attributes: attributes read of one tag.
        max_options: options of one select.
        max_elements: start tags written.
        names: tag names to numbers (`tags.TABLE`).
        words: tell-tale words to categories (`telltales.TABLE`).
        endings: those words read backwards (`telltales.ENDINGS`).
        breakout: tags that end a drawing (2) and `svg` (1).
        flags: uint16[256], by tag number (`tags.FLAGS`).
        dst: where the reduced page goes; len(src) + 16 bytes for each `<` of it are enough.
        table: int32[tags, COLUMNS], a row a start tag.
        categories: uint64[tags], tell-tale mask of each.
        scripts: int32[k, 3], start, end and flag of embedded JSON; as many as there are rows.
        runs: int32[r, 2], or [0, 2] if nobody asks: start and end of each run of text between markup. Before its first
            visible character stands its number, decimal between MARK and MARK_END; r is at least the number of `<`
            and one, and `dst` has `MARK_BYTES` more for each.
        counts: int64[COUNTS], what was written and how often each limit was hit.
    """
    n = len(src)
    marking = len(runs) > 0
    run_count = 0
    fresh = True  # no visible character since the last markup
    hidden_until = 0  # end of a character that shows nothing
    noscript_until = 0  # to a browser all of that is one text: nothing in it goes on behind its end tag
    o = 0
    tag_count = 0
    script_count = 0
    emitted = 0
    depth = 0
    overflow = 0
    preformatted = 0
    hidden_needle = np.array([100, 105, 115, 112, 108, 97, 121, 58, 110, 111, 110, 101], np.uint8)
    invisible_needle = np.array([118, 105, 115, 105, 98, 105, 108, 105, 116, 121, 58, 104], np.uint8)
    stack = np.zeros(max_depth + 1, np.uint8)
    keys = np.zeros(max_depth + 1, np.uint64)
    cache_keys = np.zeros(1 << _CACHE_BITS, np.uint64)
    cache_masks = np.empty(1 << _CACHE_BITS, np.uint64)
    cache_shapes = np.empty(1 << _CACHE_BITS, np.uint64)
    nofollow = np.array([110, 111, 102, 111, 108, 108, 111, 119], np.uint8)
    digits = np.zeros(12, np.uint8)
    name_bytes = np.zeros(CHUNK, np.uint8)
    i = 0
    while i < n:
        byte = src[i]
        if byte != 60:
            if not marking:
                before = i
                i, o = copy_text(src, i, dst, o, preformatted)
                if i != before:
                    continue
            if marking and not is_space(byte) and byte > MARK_END and i >= hidden_until:
                hidden_until = i + _hidden_size(src, i) if fresh else i
                if fresh and hidden_until == i and run_count < len(runs):
                    o = _write_mark(dst, o, run_count, digits)
                    runs[run_count, 0] = i
                    run_count += 1
                    fresh = False
                if not fresh:
                    runs[run_count - 1, 1] = i + 1
            if byte == 0:
                is_written = _in_reference(dst, o)
            else:
                is_written = preformatted or not is_space(byte) or o == 0 or not is_space(dst[o - 1])
            if is_written:
                dst[o] = byte
                o += 1
            i += 1
            continue
        if i + 1 >= n:
            break
        was_fresh, fresh = fresh, True
        following = src[i + 1]
        if following == 33:  # <!
            o = _end_reference(dst, o)
            if i + 3 < n and src[i + 2] == 45 and src[i + 3] == 45:
                i = comment_end(src[: noscript_until if i < noscript_until else n], i + 4)
                continue
            is_doctype = i + 8 < n and lower(src[i + 2]) == 100 and lower(src[i + 3]) == 111
            j = i
            while j < n and src[j] != 62:
                j += 1
            if is_doctype and j < n and j - i < 512:
                for at in range(i, j + 1):
                    dst[o] = src[at]
                    o += 1
            i = j + 1
            continue
        closing = following == 47
        j = i + 2 if closing else i + 1
        if j >= n or not (97 <= lower(src[j]) <= 122):
            if closing or following == 63:  # a bogus comment
                o = _end_reference(dst, o)
                while j < n and src[j] != 62:
                    j += 1
                i = j + 1
            else:
                fresh = was_fresh
                if marking and run_count < len(runs):
                    if fresh:
                        o = _write_mark(dst, o, run_count, digits)
                        runs[run_count, 0] = i
                        run_count += 1
                        fresh = False
                    runs[run_count - 1, 1] = i + 1
                for letter in _LESS:
                    dst[o] = letter
                    o += 1
                i += 1
            continue

        # The name.
        name_start = j
        j = name_end(src, j, 62)
        name_size = min(j - name_start, CHUNK)
        read_name(src, name_start, name_size, name_bytes)
        tag, key = name_number(src, name_start, j, names)
        said = tag
        if tag == _BR:  # `</br>` is one, too
            closing = False
        if tag in (_TEMPLATE, _FORM, _NOSCRIPT):  # these nest by rules of their own; as a div they nest like one
            tag, key, name_size = _DIV, _DIV_KEY, 3
            name_bytes[0], name_bytes[1], name_bytes[2] = 100, 105, 118
        elif tag in (_XMP, _PLAINTEXT, _LISTING):
            tag, key, name_size = _PRE, _PRE_KEY, 3
            name_bytes[0], name_bytes[1], name_bytes[2] = 112, 114, 101
        kind = flags[tag]
        if not kind & SKIP:  # of a title, whose NULs are shown
            o = _end_reference(dst, o)

        # The attributes.
        mask = np.uint64(0)
        shape = _FNV_OFFSET
        tag_flags = 0
        class_start = class_end = id_start = id_end = href_start = href_end = 0
        shadow = False
        attributes = 0
        complete = False
        self_closing = False
        while j < n:
            byte = src[j]
            if byte == 62:
                complete = True
                j += 1
                break
            if byte == 47 or is_space(byte):
                self_closing = byte == 47
                j += 1
                continue
            self_closing = False
            name_start = j
            j = name_stop = name_end(src, j, 61)
            while j < n and is_space(src[j]):
                j += 1
            value_start = value_end = j
            if j < n and src[j] == 61:
                j += 1
                while j < n and is_space(src[j]):
                    j += 1
                value_start = j
                if j < n and src[j] in (34, 39):
                    quote = src[j]
                    value_start = j + 1
                    j = find_byte(src, value_start, quote)
                    value_end = j
                    j += 1
                else:
                    while j < n and src[j] != 62 and not is_space(src[j]):
                        j += 1
                    value_end = j
            attributes += 1
            if closing or attributes > max_attributes:
                continue
            attribute = short_name_key(src, name_start, name_stop)
            if attribute in (
                _K_CLASS, _K_ID, _K_ROLE, _K_ITEMPROP, _K_ITEMTYPE, _K_REL, _K_TESTID, _K_COMPONENT, _K_MODULE,
                _K_QA, _K_DATATYPE, _K_LABEL,
            ):  # fmt: skip
                value_end = min(value_end, n)
                value = value_key(src, value_start, value_end) ^ np.uint64(attribute == _K_CLASS)
                slot = value >> np.uint64(64 - _CACHE_BITS)
                if cache_keys[slot] != value:
                    cache_keys[slot] = value
                    cache_masks[slot] = word_categories(
                        src, value_start, min(value_end, value_start + 400), words, endings
                    )
                    if attribute == _K_CLASS:
                        cache_shapes[slot] = value_shape(src, value_start, value_end, _FNV_OFFSET)
                mask |= cache_masks[slot]
                if attribute == _K_CLASS:
                    is_first = shape == _FNV_OFFSET
                    shape = cache_shapes[slot] if is_first else value_shape(src, value_start, value_end, shape)
                    if not class_end:  # of an attribute that is given twice, the first counts (HTML 13.2.5.33)
                        class_start, class_end = value_start, value_end
                elif attribute == _K_ID:
                    if not id_end:
                        id_start, id_end = value_start, value_end
                elif attribute == _K_ROLE and value_end - value_start >= 4:
                    if src[value_start] == 112 and src[value_start + 1] == 114:  # presentation
                        tag_flags |= LAYOUT
                elif attribute == _K_REL and has_word(src, value_start, value_end, nofollow):
                    tag_flags |= NOFOLLOW
            elif attribute == _K_HREF:
                if not tag_flags & HREF:
                    href_start, href_end = value_start, min(value_end, n)
                tag_flags |= HREF
            elif attribute == _K_HIDDEN:
                tag_flags |= HIDDEN
            elif attribute == _K_STYLE:
                value_end = min(value_end, n, value_start + 1000)
                if contains(src, value_start, value_end, hidden_needle) or contains(
                    src, value_start, value_end, invisible_needle
                ):
                    tag_flags |= HIDDEN
            elif attribute == _K_ARIA_HIDDEN:
                if value_start < n and lower(src[value_start]) == 116:
                    tag_flags |= ARIA_HIDDEN
            elif attribute == _K_SHADOW:
                shadow = True
            elif attribute == _K_TYPE and tag == _SCRIPT:
                for at in range(value_start, min(value_end, n) - 3):
                    if (
                        lower(src[at]) == 106
                        and lower(src[at + 1]) == 115
                        and lower(src[at + 2]) == 111
                        and lower(src[at + 3]) == 110
                    ):
                        is_ld = at >= value_start + 3 and lower(src[at - 3]) == 108
                        tag_flags |= JSON_LD if is_ld else JSON
                        break
        if not complete:
            break  # the page ends inside a tag: the standard drops it
        j = min(j, n)
        if attributes > max_attributes:
            counts[DROPPED_ATTRIBUTES] += 1

        if closing:
            i = j
            if kind & (DROP | UNSEEN | VOID | FORMATTING):
                continue
            if tag not in (_HTML, _HEAD, _BODY):
                if overflow:
                    overflow -= 1
                    continue
                before = depth
                depth = closed_depth(stack, keys, depth, tag, key, flags)
                if depth == before and tag != _P:  # closes nothing; of `p` the parser makes an empty one
                    continue
                if preformatted and tag == _PRE:
                    preformatted -= 1
            dst[o] = 60
            dst[o + 1] = 47
            o = write_name(name_bytes, name_size, dst, o + 2)
            dst[o] = 62
            o += 1
            continue

        if kind & FORMATTING or (kind & TABLE_PART and not has_table(stack, depth)):
            i = j
            continue

        # The start tag's row.
        number = tag_count
        tag_count += 1
        if said == _TEMPLATE and not shadow:
            tag_flags |= HIDDEN
        table[number, TAG] = said
        table[number, START] = i
        table[number, END] = j
        table[number, FLAGS] = tag_flags
        table[number, CLASS_START] = class_start
        table[number, CLASS_END] = class_end
        table[number, ID_START] = id_start
        table[number, ID_END] = id_end
        table[number, HREF_START] = href_start
        table[number, HREF_END] = href_end
        table[number, SHAPE] = np.int32(np.uint32(shape ^ (shape >> np.uint64(32))))
        categories[number] = mask

        if said == _NOSCRIPT and i >= noscript_until:
            noscript_until = find_end_tag(src, j, _NOSCRIPT_NAME)
        if kind & DROP:
            end = noscript_until if i < noscript_until else n
            if tag == _SCRIPT:
                i = script_end(src[:end], j)
                if tag_flags & (JSON_LD | JSON) and script_count < len(scripts):
                    scripts[script_count, 0] = j
                    scripts[script_count, 1] = i
                    scripts[script_count, 2] = tag_flags
                    script_count += 1
            elif self_closing and tag == _SVG:
                i = j
                continue
            elif tag == _SVG:
                i = svg_end(src, j, breakout)
                continue
            elif tag == _SELECT:
                i, options = select_end(src, j, names, flags)
                counts[DROPPED_OPTIONS] += options > max_options
                continue
            else:
                i = find_end_tag(src[:end], j, name_bytes[:name_size])
            if i == end:  # of the page, or before `</noscript>`
                continue
            while i < n and src[i] != 62:
                i += 1
            i += 1
            continue
        i = j
        if kind & UNSEEN:
            continue
        if emitted >= max_elements:
            counts[DROPPED_ELEMENTS] += 1
            continue
        if tag == _PRE:
            preformatted += 1
        if not kind & VOID and tag not in (_HTML, _HEAD, _BODY):
            if not overflow:
                depth = implied_depth(stack, depth, tag, flags)
                if tag == _A:
                    depth = closed_depth(stack, keys, depth, tag, key, flags)
            if depth >= max_depth:
                overflow += 1
                counts[DROPPED_DEPTH] += 1
                continue
            stack[depth] = tag
            keys[depth] = key
            depth += 1
        emitted += 1
        dst[o] = 60
        o = write_name(name_bytes, name_size, dst, o + 1)
        dst[o] = 32
        dst[o + 1] = 120  # x
        dst[o + 2] = 61
        o += 3
        o = _write_number(dst, o, number, digits)
        dst[o] = 62
        o += 1
    counts[OUT_BYTES] = o
    counts[OUT_TAGS] = tag_count
