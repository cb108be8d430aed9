"""Markdown to blocks, by the parser markdown-it (CommonMark with tables)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from dedup.options import Limits
from dedup.page import Kind
from dedup.segment.build import RawBlock, build
from dedup.segment.html import segment_html
from dedup.segment.segments import KINDS, Segments

_PARSER: Final = MarkdownIt("commonmark", {"maxNesting": 50}).enable("table")


def segment_markdown(text: str, limits: Limits) -> Segments:
    """The blocks of a Markdown document; HTML blocks inside it are segmented as HTML."""
    blocks: list[RawBlock] = []
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
            block = _inline(token, _kind(inside), line, _level(inside))
            if inside and inside[-1] in ("td", "th"):
                cells.append(block)
            elif block.text:
                blocks.append(block)
        elif token.type in ("fence", "code_block") and token.content.strip():
            blocks.append(RawBlock(token.content.rstrip("\n"), "code", line))
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


def _inline(token: Token, kind: Kind, line: int, level: int) -> RawBlock:
    parts: list[str] = []
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
            if depth:
                link_chars += sum(map(len, child.content.split()))
    text = "\n".join(" ".join(part.split()) for part in "".join(parts).split("\n")).strip()
    return RawBlock(text, kind, line, level, link_chars, links)


def _row(cells: list[RawBlock]) -> RawBlock:
    return RawBlock(
        "\t".join(cell.text for cell in cells),
        "table_row",
        cells[0].line,
        link_chars=sum(cell.link_chars for cell in cells),
        links=sum(cell.links for cell in cells),
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
