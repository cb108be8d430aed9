"""Which ranges of the input a block's text comes from, and the text back from them.

Segmentation keeps no positions: it would cost every page what few callers ask for. On request a page is segmented
once more with a mark before each run of its text; what the blocks then hold tells where they come from. A range is
only reported if it gives back the block's text, so whoever stores ranges in place of text loses nothing.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from typing import Final, get_args

import msgspec
import numpy as np
import numpy.typing as npt
import xxhash

from dedup.errors import InputError
from dedup.options import Limits
from dedup.page import Block, BlockSpans, Form, Span
from dedup.segment.charset import Decoded, decode
from dedup.segment.html import marked_texts
from dedup.segment.segments import Segments

_MARK: Final = re.compile("\x01(\\d+)\x02")
_BETWEEN: Final = ("", "^", "_")  # what may stand between two ranges, beside white space
_AHEAD: Final = 8  # blocks that marks may add, and that are passed over to find a block's marked twin
_UNSEEN: Final = re.compile("[\x00\xad\ufeff]")
_BLANKS: Final = re.compile("[ \t\n\x0b\x0c\r\xa0\u3000]+")
_WIDE_BLANKS: Final = re.compile("[\xa0\u3000]")
_NEWLINE: Final = re.compile("\r\n?")
_NUMERIC: Final = re.compile(r"&#([0-9]{1,8}|[xX][0-9a-fA-F]{1,8});?")
_FIRST_SHOWN, _DELETE = 32, 127

Ranges = tuple[tuple[int, int], ...]


def find_spans(page: Segments, decoded: Decoded, blocks: Sequence[Block], limits: Limits) -> tuple[BlockSpans, ...]:
    """The ranges of all blocks.

    Args:
        page: the blocks' segmentation.
        decoded: the input.
        blocks: with their verdicts.
        limits: that the page was segmented under.
    """
    source = decoded.utf8.decode()
    ranges = _of_html(page, decoded.utf8, limits) if page.table is not None else _of_text(page, source)
    to_bytes = _byte_places(decoded, source)
    shift = decoded.mark if decoded.encoding is None else 0
    found: list[BlockSpans] = []
    for block, pieces in zip(blocks, ranges, strict=True):
        likely = block.kind == "code"
        for preformatted in (likely, not likely):  # a list in a `pre` is preformatted, too
            spans = _assemble(block.text, source, pieces, page.form, preformatted=preformatted)
            if spans is not None:
                break
        found.append(
            BlockSpans(
                block=block.index,
                kept=block.verdict.keep,
                digest=xxhash.xxh3_64_hexdigest(block.text.encode()),
                preformatted=preformatted if spans else likely,
                ranges=None if spans is None else tuple(_placed(span, shift, to_bytes) for span in spans),
            )
        )
    return tuple(found)


def rebuild(
    source: str | bytes, spans: Iterable[BlockSpans] | None, *, form: Form = "html", content_type: str | None = None
) -> list[str | None]:
    """The text of each block from the input and its ranges alone.

    Args:
        source: what was cleaned.
        spans: of the result, or as its JSON has them; those that are kept are its content. None, as a result without
            them has it, is refused.
        form: what the input is.
        content_type: as it was given for cleaning.

    Returns:
        The texts, None where a block has no ranges.

    Raises:
        InputError: an argument of the wrong type; or a text is not what its digest says: this is not the input that the
            ranges belong to.
    """
    if not isinstance(source, str | bytes):
        raise InputError("source", f"expected str or bytes, got {type(source).__name__}")
    if form not in get_args(Form):
        raise InputError("form", f"expected one of {', '.join(get_args(Form))}, got {form!r}")
    if spans is None:
        raise InputError("spans", "this result has none; clean with CleanOptions(list_spans=True)")
    try:
        given = msgspec.convert(list(spans), list[BlockSpans])
    except (TypeError, msgspec.ValidationError) as error:
        raise InputError("spans", f"expected those of a result: {error}") from None
    decoded = decode(source, field=form, content_type=content_type)
    shift = decoded.mark if decoded.encoding is None else 0
    characters = decoded.utf8.decode()
    texts: list[str | None] = []
    for one in given:
        if one.ranges is None:
            texts.append(None)
            continue
        text = "".join(
            span.before
            + _normalised(characters[span.start - shift : span.end - shift], form, preformatted=one.preformatted)
            for span in one.ranges
        )
        if xxhash.xxh3_64_hexdigest(text.encode()) != one.digest:
            raise InputError(
                form, f"block {one.block} does not come out as it was; these ranges belong to another input"
            )
        texts.append(text)
    return texts


def _of_html(page: Segments, utf8: bytes, limits: Limits) -> list[Ranges]:
    """The ranges of each block, in characters of the page."""
    texts, runs = marked_texts(utf8, limits)
    places = _character_places(utf8)
    marked = [(_MARK.sub("", text), text) for text in texts]
    found: list[Ranges] = []
    at = 0
    for text in page.texts:
        for candidate in range(at, min(at + _AHEAD, len(marked))):
            if marked[candidate][0] == text:
                numbers = [int(mark) for mark in _MARK.findall(marked[candidate][1])]
                found.append(
                    tuple((int(places[runs[n, 0]]), int(places[runs[n, 1]])) for n in numbers if n < len(runs))
                )
                at = candidate + 1
                break
        else:
            found.append(())
    return found


def _of_text(page: Segments, source: str) -> list[Ranges]:
    """The same of plain text and Markdown, which are segmented without their NUL characters."""
    if "\x00" not in source:
        return list(page.ranges)
    places = np.flatnonzero(np.array([character != "\x00" for character in source]))
    return [tuple((int(places[a]), int(places[b - 1]) + 1) for a, b in ranges) for ranges in page.ranges]


def _assemble(
    text: str, source: str, ranges: Ranges, form: str, *, preformatted: bool
) -> list[tuple[int, int, str]] | None:
    """Ranges with what stands in the text before each; None if they do not make up the text."""
    spans: list[tuple[int, int, str]] = []
    at = 0
    for start, end in ranges:
        piece = _normalised(source[start:end], form, preformatted=preformatted)
        place = text.find(piece, at)
        if place < 0 or not piece or text[at:place].strip() not in _BETWEEN:
            return None
        spans.append((start, end, text[at:place]))
        at = place + len(piece)
    return spans if spans and at == len(text) else None


def _placed(span: tuple[int, int, str], shift: int, to_bytes: npt.NDArray[np.int64] | None) -> Span:
    start, end, before = span
    byte_start, byte_end = (None, None) if to_bytes is None else (int(to_bytes[start]), int(to_bytes[end]))
    return Span(start=start + shift, end=end + shift, byte_start=byte_start, byte_end=byte_end, before=before)


def _normalised(piece: str, form: str, *, preformatted: bool) -> str:
    """A piece of the input as segmentation reads it."""
    if form == "html":
        piece = html.unescape(_NUMERIC.sub(_control, piece)) if "&" in piece else piece
        piece = _UNSEEN.sub("", piece)
        if preformatted:
            return _WIDE_BLANKS.sub(" ", _NEWLINE.sub("\n", piece)).strip()
        return _BLANKS.sub(" ", piece).strip(" ")
    piece = piece.replace("\x00", "")
    if preformatted:
        return piece
    return piece.strip() if "\t" in piece.strip() else " ".join(piece.split())


def _control(reference: re.Match[str]) -> str:
    """The control character that a reference means, as HTML has it; `html.unescape` would lose it."""
    digits = reference[1]
    code = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
    return chr(code) if 0 < code < _FIRST_SHOWN or code == _DELETE else reference[0]


def _character_places(utf8: bytes) -> npt.NDArray[np.int64]:
    """int64[bytes + 1]: how many characters begin before each byte."""
    begins = (np.frombuffer(utf8, np.uint8) & 0xC0) != 0x80
    places = np.zeros(len(utf8) + 1, np.int64)
    np.cumsum(begins, out=places[1:])
    return places


def _byte_places(decoded: Decoded, source: str) -> npt.NDArray[np.int64] | None:
    """int64[characters + 1]: the byte of the input at which each begins; None where that cannot be told."""
    if decoded.is_same:
        begins = np.flatnonzero((np.frombuffer(decoded.utf8, np.uint8) & 0xC0) != 0x80)
        return np.append(begins, len(decoded.utf8)) + decoded.mark
    return np.arange(len(source) + 1) + decoded.mark if decoded.is_single_byte else None
