"""HTML to blocks: scan, parse, walk."""

from __future__ import annotations

import html as entities
import re
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from selectolax.lexbor import LexborHTMLParser

from dedup.options import Limits
from dedup.segment import byte_kernels, tags, telltales
from dedup.segment import dom_kernels as dom
from dedup.segment import reduce_kernels as reduction
from dedup.segment import walk_kernels as walk
from dedup.segment.charset import encode
from dedup.segment.embedded import LEAST_CHARS, description, structured_texts
from dedup.segment.segments import ElementTable, Segments
from dedup.segment.streamed import Order, in_order

_OPEN: Final = ord("<")
_MAX_SCRIPTS: Final = 64
_THIN_CHARS: Final = 1000  # outside links; a page with more says in its markup what it has to say
_MOST_METAS: Final = 256
_LONGEST_META: Final = 4096  # bytes
_MARKS: Final = re.compile(b"%c[0-9]+%c" % (reduction.MARK, reduction.MARK_END))
_SEARCHED: Final = 1 << 30  # bytes of text that a page's paragraphs outside its markup are looked up in, together
_TEMPLATE, _META = tags.ID["template"], tags.ID["meta"]
_NO_RUNS: Final = np.zeros((0, 2), np.int32)
_NAME_BYTES: Final = 16  # what `x=` and its number add to a start tag, at most

# Start tags that end a drawing: those of the HTML standard, 13.2.6.5, and the newer ones that no drawing holds.
# fmt: off
_BREAKOUT: Final = tags.lookup_table({"svg": 1} | dict.fromkeys(
    ("b", "big", "blockquote", "body", "br", "center", "code", "dd", "div", "dl", "dt", "em", "embed", "head",
     "hr", "i", "img", "li", "listing", "menu", "meta", "nobr", "ol", "p", "pre", "ruby", "s", "small", "span",
     "strong", "strike", "sub", "sup", "table", "tt", "u", "ul", "var", "article", "section", "main", "footer",
     "header", "nav", "aside", "form", "button", "script", "style", "input", "h1", "h2", "h3", "h4", "h5", "h6"),
    2,
), 8)
# fmt: on
_LIMIT_NAMES: Final = (
    (reduction.DROPPED_DEPTH, "max_depth"),
    (reduction.DROPPED_ATTRIBUTES, "max_attributes"),
    (reduction.DROPPED_OPTIONS, "max_options"),
    (reduction.DROPPED_ELEMENTS, "max_elements"),
)


def segment_html(markup: bytes, limits: Limits) -> Segments:
    """The blocks of an HTML page.

    Args:
        markup: UTF-8 (see `charset.decode` for other encodings).
        limits: what a page may cost.
    """
    order, source, (reduced, table, categories, scripts, counts) = _reduce_in_order(markup, limits, _NO_RUNS)
    found = _walk(reduced, table, limits)
    truncated = [name for slot, name in _LIMIT_NAMES if counts[slot]]
    if found.left_out:
        truncated.append("max_blocks")
    text, rows = found.text, found.rows
    embedded = tuple((bool(flag & reduction.JSON_LD), source[a:b].tobytes()) for a, b, flag in scripts.tolist())
    described = False
    if _is_thin(rows):
        said = structured_texts(embedded)
        if not said and _shown_chars(rows) < LEAST_CHARS:
            said, described = description(_metas(source, table)), True
        paragraphs = _unseen(said, text[: rows[-1, walk.END]].tobytes() if len(rows) else b"")
        room = limits.max_blocks - len(rows)
        if len(paragraphs) > room and not found.left_out:
            truncated.append("max_blocks")
        described = described and bool(paragraphs[:room])
        text, rows = _with_texts(text, rows, paragraphs[:room])
    offsets = np.zeros(len(rows) + 1, np.int64)
    offsets[1:] = rows[:, walk.END]
    return Segments(
        text=text[: offsets[-1]].copy(),
        offsets=offsets,
        kinds=rows[:, walk.KIND].astype(np.uint8),
        elements=rows[:, walk.ELEMENT].copy(),
        flags=rows[:, walk.FLAGS].astype(np.uint8),
        chars=rows[:, walk.CHARS].copy(),
        link_chars=rows[:, walk.LINK_CHARS].copy(),
        links=rows[:, walk.LINKS].copy(),
        levels=rows[:, walk.LEVEL].astype(np.uint8),
        lines=_lines(source if order is None else _writable(markup), order, table, rows[:, walk.SOURCE]),
        table=ElementTable(found.elements, table, categories, source),
        first_tags=rows[:, walk.SOURCE].copy(),
        title=found.title,
        truncated=tuple(truncated),
        embedded=embedded,
        described=described,
        in_order=None if order is None else order.markup,
        anchors=found.anchors,
    )


def marked_texts(markup: bytes, limits: Limits) -> tuple[list[str], npt.NDArray[np.int32]]:
    """The texts of a page's blocks with the mark of each run of text in them; see `reduce_kernels.reduce_html`.

    Returns:
        The texts, and int32[r, 2]: start and end of each run in `markup`.
    """
    runs = np.zeros((markup.count(b"<") + 1, 2), np.int32)
    order, _, (reduced, table, _, _, _) = _reduce_in_order(markup, limits, runs)
    found = _walk(reduced, table, limits)
    data, ends = found.text.tobytes(), found.rows[:, walk.END].tolist()
    if order is not None:
        runs[:, 1] -= runs[:, 0]
        runs[:, 0] = order.original(runs[:, 0])
        runs[:, 1] += runs[:, 0]
    return [data[a:b].decode(errors="replace") for a, b in pairwise([0, *ends])], runs


# The markup that is left, the table of start tags, their categories, the scripts that hold JSON, and the counts.
_Reduced = tuple[bytes, npt.NDArray[np.int32], npt.NDArray[np.uint64], npt.NDArray[np.int32], npt.NDArray[np.int64]]


class _Walked(NamedTuple):
    """What the parser's tree holds."""

    text: npt.NDArray[np.uint8]
    rows: npt.NDArray[np.int32]
    anchors: npt.NDArray[np.int32]
    elements: npt.NDArray[np.int32]
    title: str | None
    left_out: int


def _walk(reduced: bytes, table: npt.NDArray[np.int32], limits: Limits) -> _Walked:
    written = encode(LexborHTMLParser(reduced).html or "")
    opens = byte_kernels.count_byte(written, _OPEN)
    elements = np.zeros((opens + 1, dom.ELEMENT_COLUMNS), np.int32)
    tokens = np.empty((2 * opens + 2, 3), np.int32)
    element_count, token_count = dom.build_tree(written, tags.TABLE, tags.FLAGS, table, elements, tokens)
    dom.mark_boxes(elements, _measured(written, tokens), token_count, tags.FLAGS, table)
    text = np.empty(len(written) + token_count + 16, np.uint8)
    blocks = np.empty((min(token_count + 1, limits.max_blocks), walk.BLOCK_COLUMNS), np.int32)
    anchors = np.empty((len(elements) + len(blocks), walk.ANCHOR_COLUMNS), np.int32)
    title = np.zeros(2, np.int64)
    count, left_out, anchor_count = walk.collect_blocks(
        written, elements, tokens, token_count, tags.FLAGS, table, text, blocks, anchors, title
    )
    return _Walked(
        text,
        blocks[:count],
        anchors[:anchor_count].copy(),
        elements[:element_count],
        _title(written, title),
        left_out,
    )


def _measured(written: npt.NDArray[np.uint8], tokens: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """The tokens, text measured without marks: what a cell holds decides whether its row is data."""
    if not byte_kernels.count_byte(written, reduction.MARK):
        return tokens
    # 1 where a mark begins, -1 behind it; a page may hold one of the two bytes alone.
    marks = np.zeros(len(written) + 1, np.int32)
    for mark in _MARKS.finditer(written.tobytes()):
        marks[mark.start()] += 1
        marks[mark.end()] -= 1
    visible = np.concatenate([[0], np.cumsum(np.cumsum(marks[:-1]) == 0)])
    measured = tokens.copy()
    is_text = tokens[:, 0] == dom.TEXT_TOKEN
    measured[is_text, 1:] = visible[np.clip(tokens[is_text, 1:], 0, len(written))]
    return measured


def _is_thin(rows: npt.NDArray[np.int32]) -> bool:
    """Whether the markup holds next to no text but links."""
    return int((rows[:, walk.CHARS] - rows[:, walk.LINK_CHARS]).sum()) < _THIN_CHARS


def _shown_chars(rows: npt.NDArray[np.int32]) -> int:
    """Characters of the body, but for what is said to whoever runs no scripts."""
    return int(rows[(rows[:, walk.FLAGS] & dom.NOSCRIPT) == 0, walk.CHARS].sum())


def _metas(source: npt.NDArray[np.uint8], table: npt.NDArray[np.int32]) -> bytes:
    """The first `<meta>` tags of a page; of a long one, the parser would have too many attributes to compare."""
    bounds = table[table[:, reduction.TAG] == _META, reduction.START : reduction.END + 1][:_MOST_METAS]
    return b"".join(source[start:end].tobytes() for start, end in bounds.tolist() if end - start <= _LONGEST_META)


def _unseen(paragraphs: list[str], seen: bytes) -> list[bytes]:
    """The paragraphs that no block holds; many beside much text are not compared, which would take the product."""
    compared = _SEARCHED // (len(seen) + 1)
    encoded = (paragraph.encode(errors="replace") for paragraph in paragraphs)
    return [data for number, data in enumerate(encoded) if number >= compared or data not in seen]


def _with_texts(
    text: npt.NDArray[np.uint8], rows: npt.NDArray[np.int32], paragraphs: list[bytes]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int32]]:
    """The blocks with paragraphs added at the end, as children of the root."""
    if not paragraphs:
        return text, rows
    end = int(rows[-1, walk.END]) if len(rows) else 0
    more = np.zeros((len(paragraphs), walk.BLOCK_COLUMNS), np.int32)
    more[:, walk.END] = end + np.cumsum([len(data) for data in paragraphs])
    more[:, walk.KIND] = dom.PARAGRAPH
    more[:, walk.CHARS] = [len(data.decode().replace(" ", "")) for data in paragraphs]
    return np.frombuffer(bytearray(text[:end].tobytes() + b"".join(paragraphs)), np.uint8), np.concatenate(
        [rows, more]
    )


def _writable(markup: bytes) -> npt.NDArray[np.uint8]:
    """A copy: kernels take writable arrays only."""
    return np.frombuffer(bytearray(markup), np.uint8)


def _reduce_in_order(
    markup: bytes, limits: Limits, runs: npt.NDArray[np.int32]
) -> tuple[Order | None, npt.NDArray[np.uint8], _Reduced]:
    """Reduce a page, put into the order in which a browser shows it.

    Returns:
        The order, where it is another one than that of the bytes; the source in it, uint8[bytes]; its reduction.
    """
    source = _writable(markup)
    reduced = _reduce(source, limits, runs)
    begins = reduced[1][:, reduction.START]
    # Hardly a page has templates: looking for them in all markup would take as long as the verdicts.
    if not (reduced[1][:, reduction.TAG] == _TEMPLATE).any():
        return None, source, reduced
    order = in_order(markup, set(begins.tolist()))
    if order is None:
        return None, source, reduced
    moved = _writable(order.markup)
    runs[:] = 0
    again = _reduce(moved, limits, runs)
    # A part whose end stands in an attribute, or in a text area, was cut there: other tags would begin than did before.
    if np.array_equal(np.sort(order.original(again[1][:, reduction.START])), begins[order.holds(begins)]):
        return order, moved, again
    runs[:] = 0
    return None, source, _reduce(source, limits, runs)


def _reduce(source: npt.NDArray[np.uint8], limits: Limits, runs: npt.NDArray[np.int32]) -> _Reduced:
    opens = byte_kernels.count_byte(source, _OPEN)
    reduced = np.empty(len(source) + _NAME_BYTES * opens + reduction.MARK_BYTES * len(runs) + 16, np.uint8)
    table = np.empty((opens + 1, reduction.COLUMNS), np.int32)
    categories = np.empty(opens + 1, np.uint64)
    scripts = np.zeros((_MAX_SCRIPTS, 3), np.int32)
    counts = np.zeros(reduction.COUNTS, np.int64)
    reduction.reduce_html(
        source,
        limits.max_depth,
        limits.max_attributes,
        limits.max_options,
        limits.max_elements,
        tags.TABLE,
        telltales.TABLE,
        telltales.ENDINGS,
        _BREAKOUT,
        tags.FLAGS,
        reduced,
        table,
        categories,
        scripts,
        runs,
        counts,
    )
    found = counts[reduction.OUT_TAGS]
    return (
        reduced[: counts[reduction.OUT_BYTES]].tobytes(),
        table[:found],
        categories[:found],
        scripts[scripts[:, 1] > 0],
        counts,
    )


def _lines(
    given: npt.NDArray[np.uint8], order: Order | None, table: npt.NDArray[np.int32], numbers: npt.NDArray[np.int32]
) -> npt.NDArray[np.int32]:
    """Line of the first character after each of the given start tags, in the page as it was given."""
    if not len(table):
        return np.ones(len(numbers), np.int32)
    ends, lines = table[numbers, reduction.END], np.empty(len(numbers), np.int32)
    byte_kernels.find_lines(given, ends if order is None else order.original(ends), lines)
    return lines


def _title(written: npt.NDArray[np.uint8], bounds: npt.NDArray[np.int64]) -> str | None:
    text = written[bounds[0] : bounds[1]].tobytes().decode(errors="replace")
    return " ".join(entities.unescape(text).split()) or None
