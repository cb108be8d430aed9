"""Plain text to blocks: blank-line paragraphs, hard-wrapped lines, or a block a line."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from operator import or_
from typing import Final, NamedTuple

from dedup.options import Limits
from dedup.page import Kind
from dedup.segment.build import RawBlock, build
from dedup.segment.segments import Segments

WIDEST_WRAP: Final = 120  # columns; nobody wraps by hand beyond
NARROWEST_WRAP: Final = 30  # columns; shorter lines are verse, lists or labels
LEAST_FULL: Final = 0.6  # share of lines that must be full for a text to be hard-wrapped
LIKE_WIDEST: Final = 0.9  # of a text's widest line, that two more must reach for it to tell the width
NEARLY_FULL: Final = 0.7  # of the width, from which on a line without an end mark goes on, where others are full
HEADING_CHARS: Final = 120

_BREAKS: Final = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_LINE: Final = re.compile("[^\n]+")
_UNSEEN: Final = re.compile("[\xad\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\ufe00-\ufe0f\ufeff\\s]+")
_END_MARKS: Final = frozenset(".!?…。！？｡؟۔।॥:：;；,，、")
_CLOSING: Final = "\"'”’»)]）」』】*_ "
_BULLET: Final = re.compile(r"(?:[-*+•‣▪◦–—]|\(?(?:\d{1,3}|[a-zA-Z])[.)])\s+\S")
_WITHOUT_SPACES: Final = frozenset("FWH")  # widths of characters that East Asia writes; of them Koreans part words
_HANGUL: Final = re.compile("[\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff]")
_QUOTE_MARKS: Final = re.compile(r">(?:[ \t]*+>)*+[ \t]*+")
_MARK: Final = re.compile(r"(?:[-*+•‣▪◦]|([0-9]{1,3}[.)]))[ \t]++(?=\S)|(?:>[ \t]*+)++(?=\S)")


class _Line(NamedTuple):
    text: str
    number: int
    start: int
    end: int
    after_blank: bool
    indent: int

    @property
    def quotes(self) -> int:
        """How many quotes it stands in, by the marks before it."""
        return self.text.count(">", 0, len(self.text) - len(self.body))

    @property
    def body(self) -> str:
        """Its text without those marks."""
        marks = _QUOTE_MARKS.match(self.text)
        return self.text[marks.end() :] if marks else self.text

    @property
    def columns(self) -> int:
        """How far it reaches."""
        return self.indent + len(self.text)


def segment_text(text: str, limits: Limits) -> Segments:
    """The blocks of a plain text.

    A text whose lines are mostly full (the next line's first word would not have fitted) within `WIDEST_WRAP`
    columns was wrapped by hand: its full lines, and those that end within a sentence, are joined with what follows.
    In any other text each line is a block.
    """
    lines = _lines(_BREAKS.sub(_line_feed, text), limits.max_blocks + 1)
    truncated = ("max_blocks",) if len(lines) > limits.max_blocks else ()
    paragraphs = _unwrap(lines[: limits.max_blocks], text)
    blocks = [RawBlock(text, "paragraph", line, ranges=ranges) for text, line, ranges in paragraphs]
    return build(_with_kinds(blocks), "text", truncated=truncated)


def is_sentence(text: str) -> bool:
    """Whether a text ends as sentences do, in any script."""
    end = text.rstrip(_CLOSING)
    return bool(end) and end[-1] in _END_MARKS


def without_mark(text: str) -> tuple[str, str]:
    """Of an item of a list or a quote: what marks it as one in Markdown, `-` where it has no number, and the rest."""
    found = _MARK.match(text)
    return ("-", text) if found is None else (found[1] or "-", text[found.end() :])


def _line_feed(found: re.Match[str]) -> str:
    """A line feed in place of another break, as long as that, so that what follows stays where it is."""
    return "\n".rjust(len(found.group()))


def _lines(text: str, most: int) -> list[_Line]:
    """The lines that hold anything, at most so many."""
    found: list[_Line] = []
    number, position, blank = 1, 0, True
    for match in _LINE.finditer(text):
        newlines = text.count("\n", position, match.start())
        number += newlines
        blank |= newlines > 1
        position = match.start()
        raw = match.group()
        stripped = " ".join(raw.split()) if "\t" not in raw.strip() else raw.strip()
        if not stripped or (not stripped.isascii() and _UNSEEN.fullmatch(stripped)):
            blank = True
            continue
        start = match.start() + len(raw) - len(raw.lstrip())
        found.append(_Line(stripped, number, start, match.start() + len(raw.rstrip()), blank, start - match.start()))
        blank = False
        if len(found) == most:
            break
    return found


def _unwrap(lines: list[_Line], text: str) -> list[tuple[str, int, tuple[tuple[int, int], ...]]]:
    """Joined paragraphs with the line that each begins on and the characters that it comes from."""
    width = _width(lines)
    pairs = list(pairwise(lines))
    open_ = [_may_go_on(*pair) for pair in pairs]
    full = [may and _is_full(*pair, width) for may, pair in zip(open_, pairs, strict=True)]
    followed = sum(not line.after_blank for line in lines[1:])
    if not NARROWEST_WRAP <= width <= WIDEST_WRAP or not followed or sum(full) < LEAST_FULL * followed:
        return [(line.text, line.number, ((line.start, line.end),)) for line in lines]
    torn = [may and _is_torn(*pair, width) for may, pair in zip(open_, pairs, strict=True)]
    paragraphs: list[list[_Line]] = []
    for line, joined in zip(lines, [False, *map(or_, full, torn)], strict=True):
        if joined:
            paragraphs[-1].append(_without_quotes(line, text))
        else:
            paragraphs.append([line])
    return [
        (_joined(parts), parts[0].number, tuple((line.start, line.end) for line in parts)) for parts in paragraphs
    ]


def _width(lines: list[_Line]) -> int:
    """Columns that a text is wide, but for the few lines that stand out: addresses, rules, and what nobody wrapped."""
    columns = sorted((line.columns for line in lines if " " in line.text or not line.text.isascii()), reverse=True)
    for at, widest in enumerate(columns[: max(1, len(lines) // 20) + 1]):
        if at + 2 < len(columns) and columns[at + 2] >= LIKE_WIDEST * widest:
            return widest
    return columns[0] if columns else 0


def _joined(lines: list[_Line]) -> str:
    """The text of lines that are one paragraph; a space parts them but where none is written (CSS Text 3, 4.1.3)."""
    parts = [lines[0].text]
    for before, after in pairwise(lines):
        is_unspaced = _is_unspaced(before.text[-1]) and _is_unspaced(after.text[0])
        parts += ["" if is_unspaced else " ", after.text]
    return "".join(parts)


def _is_unspaced(character: str) -> bool:
    """Whether it is of a script that writes no spaces, or a sign of it."""
    return unicodedata.east_asian_width(character) in _WITHOUT_SPACES and not _HANGUL.match(character)


def _without_quotes(line: _Line, text: str) -> _Line:
    """A line that goes on with the one above it, which has the marks of the quote already."""
    marks = _QUOTE_MARKS.match(text, line.start, line.end)
    return line._replace(text=line.body, start=marks.end()) if marks else line


def _may_go_on(line: _Line, after: _Line) -> bool:
    """Whether the next line may be the rest of a line's paragraph, and is not the indented start of another."""
    is_start = after.after_blank or (after.indent > line.indent and not _BULLET.match(line.text))
    is_same_quote = line.quotes == after.quotes and after.body != ""
    return is_same_quote and not is_start and not _BULLET.match(after.body)


def _is_full(line: _Line, after: _Line, width: int) -> bool:
    """Whether the next line's first word would not have fitted."""
    first, _, _ = after.body.partition(" ")
    return line.columns + 1 + min(len(first), 20) > width - width // 20


def _is_torn(line: _Line, after: _Line, width: int) -> bool:
    """Whether a line of a text that was wrapped by hand ends within a sentence, though it is not full."""
    return not is_sentence(line.text) and (after.body[0].islower() or line.columns >= NEARLY_FULL * width)


def _with_kinds(blocks: list[RawBlock]) -> list[RawBlock]:
    """What a block is, from its look: plain text has no other sign."""
    kinds: list[Kind] = []
    for block in blocks:
        if "\t" in block.text:
            kinds.append("table_row")
        elif block.text.startswith(">"):
            kinds.append("quote")
        elif _BULLET.match(block.text):
            kinds.append("list_item")
        elif len(block.text) <= HEADING_CHARS and not is_sentence(block.text):
            kinds.append("heading")
        else:
            kinds.append("paragraph")
    return [
        block._replace(kind=kind, level=2 if kind == "heading" else 0)
        for block, kind in zip(blocks, kinds, strict=True)
    ]
