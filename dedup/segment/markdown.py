"""Markdown to blocks, by the parser markdown-it (CommonMark with tables)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from dedup.options import Limits
from dedup.page import Kind
from dedup.segment.build import RawBlock, build
from dedup.segment.html import segment_html
from dedup.segment.segments import KINDS, Segments

_BREAK: Final = re.compile(r"\r\n?|\n")
_REACH: Final = 2_000  # characters in which a piece is looked for: a link's address may stand between two
_PARSER: Final = MarkdownIt("commonmark", {"maxNesting": 50}).enable("table")


def segment_markdown(text: str, limits: Limits) -> Segments:
    """The blocks of a Markdown document; HTML blocks inside it are segmented as HTML."""
    blocks: list[RawBlock] = []
    places = _Places(text)
    inside: list[str] = []
    cells: list[RawBlock] = []
    for token in _PARSER.parse(text):
        line = token.map[0] + 1 if token.map else (blocks[-1].line if blocks else 1)
        if token.nesting == 1:
            inside.append(token.tag)
        elif token.nesting == -1:
            inside.pop()
            if token.tag == "tr" and cells:
                blocks.append(_row(cells))
                cells = []
        elif token.type == "inline":
            block = _inline(token, _kind(inside), line, _level(inside), places)
            if inside and inside[-1] in ("td", "th"):
                cells.append(block)
            elif block.text:
                blocks.append(block)
        elif token.type in ("fence", "code_block") and token.content.strip():
            code = token.content.rstrip("\n")
            blocks.append(RawBlock(code, "code", line, ranges=places.find(code.split("\n"), line)))
        elif token.type == "html_block":
            blocks.extend(_html(token.content, line, limits))
    truncated = ("max_blocks",) if len(blocks) > limits.max_blocks else ()
    blocks = blocks[: limits.max_blocks]
    title = next((block.text for block in blocks if block.level == 1), None)
    return build(blocks, "markdown", title=title, truncated=truncated)


def _kind(inside: list[str]) -> Kind:
    for tag in reversed(inside):
        if tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
            return "heading"
        if tag == "li":
            return "list_item"
        if tag == "blockquote":
            return "quote"
    return "paragraph"


def _level(inside: list[str]) -> int:
    tag = inside[-1] if inside else ""
    return int(tag[1]) if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit() else 0


class _Places:
    """Where pieces of text stand in a Markdown document, looked for in order."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(found.end() for found in _BREAK.finditer(text))]
        self._at = 0

    def find(self, pieces: Iterable[str], line: int) -> tuple[tuple[int, int], ...]:
        """The range of each piece from a line on; none where one cannot be found, such as an escaped character."""
        at = max(self._at, self._starts[min(line - 1, len(self._starts) - 1)])
        ranges: list[tuple[int, int]] = []
        for piece in pieces:
            if piece.strip():
                start = self._text.find(piece.strip(), at, at + _REACH + len(piece))
                if start < 0:
                    return ()
                at = start + len(piece.strip())
                ranges.append((start, at))
        self._at = at
        return tuple(ranges)


def _inline(token: Token, kind: Kind, line: int, level: int, places: _Places) -> RawBlock:
    parts: list[str] = []
    pieces: list[str] = []
    link_chars = links = depth = 0
    for child in token.children or ():
        if child.type == "link_open":
            depth += 1
            links += 1
        elif child.type == "link_close":
            depth -= 1
        elif child.type == "hardbreak":
            parts.append("\n")
        elif child.type == "softbreak":
            parts.append(" ")
        elif child.type in ("text", "code_inline"):
            parts.append(child.content)
            pieces.append(child.content)
            if depth:
                link_chars += sum(map(len, child.content.split()))
    text = "\n".join(" ".join(part.split()) for part in "".join(parts).split("\n")).strip()
    return RawBlock(text, kind, line, level, link_chars, links, places.find(pieces, line))


def _row(cells: list[RawBlock]) -> RawBlock:
    return RawBlock(
        "\t".join(cell.text for cell in cells),
        "table_row",
        cells[0].line,
        link_chars=sum(cell.link_chars for cell in cells),
        links=sum(cell.links for cell in cells),
        ranges=tuple(found for cell in cells for found in cell.ranges),
    )


def _html(markup: str, line: int, limits: Limits) -> Iterable[RawBlock]:
    page = segment_html(markup.encode(errors="replace"), limits)
    for index, text in enumerate(page.texts):
        yield RawBlock(
            text,
            KINDS[page.kinds[index]],
            line + int(page.lines[index]) - 1,
            int(page.levels[index]),
            int(page.link_chars[index]),
            int(page.links[index]),
        )
