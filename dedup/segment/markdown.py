"""Markdown to blocks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from markdown_it.token import Token

from dedup.options import Limits
from dedup.page import Kind
from dedup.segment.attributes import attributes
from dedup.segment.build import Anchor, RawBlock, build
from dedup.segment.code import language_of_info
from dedup.segment.front_matter import split_front_matter
from dedup.segment.html import segment_html
from dedup.segment.html_in_markdown import blocks_of, picture_of, pictures_of, target_in
from dedup.segment.inline_text import InlineText
from dedup.segment.markdown_parser import parse
from dedup.segment.segments import Listed, Picture, Placed, Segments, Target

_BREAK: Final = re.compile(r"\r\n?|\n")
_REACH: Final = 2_000  # characters in which a piece is looked for: a link's address may stand between two
_ADDRESSES: Final = 10  # characters of addresses for each of the document: those of inline links need at most nine
_SPARE_ADDRESSES: Final = 100_000  # characters of addresses that the shortest document may have beyond that
_TAG: Final = re.compile(r"</?(?:a|br|img)(?=[\s/>])", re.IGNORECASE)


def segment_markdown(text: str, limits: Limits) -> Segments:
    """The blocks of a Markdown document; HTML blocks inside it are segmented as HTML."""
    reader = _Reader(text, limits)
    body, title = split_front_matter(text)
    parsed = parse(body, limits.max_depth, limits.max_blocks)
    for token in parsed.tokens:
        reader.take(token)
    if parsed.is_flattened:
        reader.hit.add("max_depth")
    if parsed.is_cut or len(reader.blocks) > limits.max_blocks:
        reader.hit.add("max_blocks")
    blocks = reader.blocks[: limits.max_blocks]
    title = title or next((block.text for block in blocks if block.level == 1), None)
    truncated = tuple(name for name in limits.__struct_fields__ if name in reader.hit)
    return build(blocks, "markdown", title=title, truncated=truncated, pictures=reader.pictures)


@dataclass(slots=True)
class _List:
    """A list that is open.

    Attributes:
        next: number of its next item; None where items have none.
        group: its number among the items of the document: that before its first.
        mark: of the item that is open; so is `item`, its number among all of the document.
    """

    next: int | None
    group: int
    mark: str = "-"
    item: int = 0


class _Reader:
    """Takes the tokens of a document, one by one.

    Attributes:
        blocks: found so far.
        pictures: found so far.
        hit: names of the limits that HTML in it hits.
    """

    def __init__(self, text: str, limits: Limits) -> None:
        self.blocks: list[RawBlock] = []
        self.pictures: list[Picture] = []
        self.hit: set[str] = set()
        self._limits = limits
        self._places = _Places(text)
        self._addresses_left = _ADDRESSES * len(text) + _SPARE_ADDRESSES
        self._inside: list[str] = []
        self._lists: list[_List] = []
        self._items = 0
        self._quotes = 0
        self._rows = 0
        self._table = 0
        self._cells: list[RawBlock] = []

    def take(self, token: Token) -> None:
        """The next token."""
        line = token.map[0] + 1 if token.map else (self.blocks[-1].line if self.blocks else 1)
        if token.nesting == 1:
            self._open(token)
        elif token.nesting == -1:
            self._close(token)
        elif token.type == "inline":
            self._add_text(token, line)
        elif token.type in ("fence", "code_block") and token.content.strip():
            code = token.content.rstrip("\n")
            ranges, language = self._places.find(code.split("\n"), line), language_of_info(token.info)
            self.blocks.append(RawBlock(code, "code", line, ranges=ranges, quote=self._quote(), language=language))
        elif token.type == "html_block":
            self._add_html(segment_html(token.content.encode(errors="replace"), self._limits), line)

    def _open(self, token: Token) -> None:
        if token.type == "blockquote_open" and "blockquote" not in self._inside:
            self._quotes += 1
        self._inside.append(token.tag)
        if token.type == "bullet_list_open":
            self._lists.append(_List(None, self._items + 1))
        elif token.type == "ordered_list_open":
            self._lists.append(_List(int(token.attrs.get("start", 1)), self._items + 1))
        elif token.type == "table_open":
            self._table = self._rows + 1
        elif token.type == "list_item_open":
            self._items += 1
            own = self._lists[-1]
            own.item = self._items
            if own.next is not None:
                own.mark = f"{own.next}{token.markup}"
                own.next += 1

    def _close(self, token: Token) -> None:
        self._inside.pop()
        if token.tag in ("ul", "ol"):
            self._lists.pop()
        elif token.tag == "tr" and self._cells:
            self._rows += 1
            self.blocks.append(_row(self._cells, Placed(self._table, self._rows, 0)))
            self._cells = []

    def _add_text(self, token: Token, line: int) -> None:
        text, pieces = InlineText(), []
        for child in token.children or ():
            if child.type in ("text", "code_inline"):
                text.write(child.content)
                pieces.append(child.content)
            else:
                self._take_inline(child, text)
        kind = self._kind()
        block = RawBlock(
            str(text),
            kind,
            line,
            self._level(),
            text.link_chars,
            text.links,
            self._places.find(pieces, line),
            tuple(text.anchors),
            self._listed() if kind == "list_item" else None,
            quote=self._quote(),
        )
        if self._inside and self._inside[-1] in ("td", "th"):
            self._cells.append(block)
        elif block.text:
            self.blocks.append(block)

    def _take_inline(self, token: Token, text: InlineText) -> None:
        """What is no text, but stands in one."""
        match token.type:
            case "link_open":
                address = self._address(token, "href")
                text.open_link(None if address is None else Target(address))
            case "link_close":
                text.close_link()
            case "hardbreak":
                text.break_line()
            case "softbreak":
                text.space()
            case "image":
                alt = "".join(part.content for part in token.children or ())
                self._add_picture({"src": self._address(token, "src") or "", "alt": alt})
            case "html_inline" if found := _TAG.match(token.content):
                self._take_tag(found[0].lower(), attributes(token.content), text)

    def _address(self, token: Token, name: str) -> str | None:
        """Where a link or an image leads; None where long definitions are referred to so often as to flood memory."""
        address = str(token.attrs.get(name, ""))
        self._addresses_left -= len(address)
        return address if self._addresses_left >= 0 else None

    def _take_tag(self, tag: str, values: dict[str, str], text: InlineText) -> None:
        """A link, a break or an image that is written in HTML."""
        if tag in ("<br", "</br"):
            text.break_line()
        elif tag == "<a":
            text.open_link(target_in(values))
        elif tag == "</a":
            text.close_link()
        else:
            self._add_picture(values)

    def _add_picture(self, values: dict[str, str]) -> None:
        picture = picture_of(values, len(self.blocks))
        if picture is not None:
            self.pictures.append(picture)

    def _add_html(self, page: Segments, line: int) -> None:
        self.hit.update(page.truncated)
        self.pictures.extend(pictures_of(page, len(self.blocks)))
        self.blocks.extend(blocks_of(page, line, len(self._lists), self._items + 1, self._rows + 1, self._quotes + 1))
        elements = 1 + (0 if page.table is None else len(page.table.rows))
        self._items += elements
        self._rows += elements
        self._quotes += elements

    def _quote(self) -> int:
        """The number of the outermost quote around; 0 where there is none."""
        return self._quotes if "blockquote" in self._inside else 0

    def _kind(self) -> Kind:
        for tag in reversed(self._inside):
            if tag in ("h1", "h2", "h3", "h4", "h5", "h6"):
                return "heading"
            if tag == "li":
                return "list_item"
            if tag == "blockquote":
                return "quote"
        return "paragraph"

    def _level(self) -> int:
        tag = self._inside[-1] if self._inside else ""
        return int(tag[1]) if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit() else 0

    def _listed(self) -> Listed:
        own = self._lists[-1]
        return Listed(len(self._lists) - 1, own.mark, own.item, own.group)


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


def _row(cells: list[RawBlock], placed: Placed) -> RawBlock:
    anchors: list[Anchor] = []
    at = 0
    for cell in cells:
        anchors += [Anchor(at + start, at + end, target) for start, end, target in cell.anchors]
        at += len(cell.text.encode(errors="replace")) + len("\t")
    return RawBlock(
        "\t".join(cell.text for cell in cells),
        "table_row",
        cells[0].line,
        link_chars=sum(cell.link_chars for cell in cells),
        links=sum(cell.links for cell in cells),
        ranges=tuple(found for cell in cells for found in cell.ranges),
        anchors=tuple(anchors),
        placed=placed,
        quote=cells[0].quote,
    )
