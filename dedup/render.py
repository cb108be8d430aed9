"""Kept blocks to content."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final

from dedup.escape import escaped, escaped_heading, one_line
from dedup.page import Kind
from dedup.segment.code import languages_of
from dedup.segment.links import LinkedText, linked_texts
from dedup.segment.outline import Item, list_items
from dedup.segment.quotes import quotes_of
from dedup.segment.rows import columns_in_tables, places_in_tables
from dedup.segment.segments import Placed, Segments
from dedup.segment.text import without_mark

_ITEM = Item(0, "-")  # where nothing tells how its list is nested
_BACKTICKS: Final = re.compile("`{3,}")
_LINE_BREAK: Final = "  \n"  # without the blanks it would be read as one
_FILLED: Final = 256  # columns up to which short rows of a table are filled: beside one wide row, many take gigabytes
_SUBHEADING = 2  # where a text says that a line is a heading, but not of which level


@dataclass(frozen=True, slots=True)
class Kept:
    """A block that stays.

    Attributes:
        index: among the page's blocks.
        kind: what it is.
        text: of it.
    """

    index: int
    kind: Kind
    text: str


def as_text(page: Segments, kept: Sequence[int]) -> str:
    """The text of some blocks, separated by blank lines.

    Args:
        page: that the blocks are of.
        kept: their indices.
    """
    return "\n\n".join(page.texts_of(kept))


def as_markdown(
    page: Segments, indices: Sequence[int], kinds: Sequence[Kind], url: str | None, *, links: bool
) -> str:
    """Some blocks as Markdown (CommonMark, with the tables of GitHub's).

    Args:
        page: that the blocks are of.
        indices: of the blocks.
        kinds: of all blocks of the page.
        url: of the page, for relative links.
        links: whether these are written.
    """
    kept = [Kept(block, kinds[block], text) for block, text in zip(indices, page.texts_of(indices), strict=True)]
    rows = places_in_tables(page, indices, [block.index for block in kept if block.kind == "table_row"])
    texts = linked_texts(page, [block.index for block in kept if block.kind != "code"], url) if links else {}
    quotes = quotes_of(page, indices)
    columns = columns_in_tables(page, rows.values())
    languages = languages_of(page, [block.index for block in kept if block.kind == "code"])
    written = _Written(page, list_items(page, _runs(kept)), quotes, texts, columns, languages)
    parts: list[str] = []
    before: Kept | None = None
    for table, group in groupby(kept, lambda block: rows[block.index].table if block.index in rows else None):
        members = list(group)
        if before is not None:
            parts.append(written.gap(before, members[0]))
        before = members[-1]
        if table is None:
            parts.append(written.blocks(members))
        else:
            text = written.rows(members, [rows[block.index] for block in members])
            parts.append(_quoted(text) if members[0].index in quotes else text)
    return "".join(parts)


def _runs(blocks: Sequence[Kept]) -> list[list[int]]:
    """The stretches of list items."""
    return [
        [block.index for block in group]
        for is_item, group in groupby(blocks, lambda block: block.kind == "list_item")
        if is_item
    ]


@dataclass(frozen=True)
class _Written:
    """Blocks as Markdown.

    Attributes:
        page: that they stand in.
        items: how list items are written.
        quotes: the number of the quote that those stand in which stand in one.
        texts: of the blocks that hold links.
        columns: of the cells of each row, where a cell of its table spans several.
        languages: of code.
    """

    page: Segments
    items: dict[int, Item]
    quotes: dict[int, int]
    texts: dict[int, LinkedText]
    columns: dict[int, list[int]]
    languages: dict[int, str]

    def blocks(self, blocks: Sequence[Kept]) -> str:
        """Blocks of any kind but rows."""
        parts = [self._block(block) for block in blocks[:1]]
        for before, after in pairwise(blocks):
            parts += [self.gap(before, after), self._block(after)]
        return "".join(parts)

    def rows(self, blocks: Sequence[Kept], places: Sequence[Placed]) -> str:
        """The rows of a table, its head first; short ones are filled up."""
        rows: list[list[str]] = []
        for _, row in groupby(zip(blocks, places, strict=True), lambda placed: placed[1].row):
            cells: list[str] = []
            for block, place in row:
                columns = self.columns.get(place.row, ())
                for number, cell in enumerate(_cells(*self._text(block)), place.cell):
                    column = columns[number] if number < len(columns) else number
                    cells += [""] * (column + 1 - len(cells))
                    cells[column] = f"{cells[column]} {cell}".strip()
            rows.append(cells)
        width = max(map(len, rows))
        rows[0] += [""] * (width - len(rows[0]))
        least = width if width <= _FILLED else 0
        lines = [f"| {' | '.join(cells + [''] * (least - len(cells)))} |" for cells in rows]
        return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])

    def gap(self, before: Kept, after: Kept) -> str:
        """What stands between two blocks."""
        if before.kind == after.kind == "quote" and self.page.form == "text":  # whose lines are one paragraph
            return "\n"
        quote = self.quotes.get(before.index)
        if quote != self.quotes.get(after.index):
            return "\n\n"
        if before.kind == after.kind == "list_item" and not self._item(after).apart:
            return "\n"
        return "\n\n" if quote is None else "\n>\n"

    def _block(self, block: Kept) -> str:
        text = self._unquoted(block)
        return _quoted(text) if block.index in self.quotes or block.kind == "quote" else text

    def _unquoted(self, block: Kept) -> str:
        linked, item, level = self._text(block), self._item(block), int(self.page.levels[block.index])
        if self.page.form == "text" and block.kind in ("list_item", "quote"):  # a text marks them itself
            mark, rest = without_mark(block.text)
            linked, item = LinkedText(rest), Item(0, mark)
        if self.page.form == "text" and block.kind == "title":  # in a text all headings look the same
            level = 1
        return _markdown(block.kind, linked, level, item, self.languages.get(block.index, ""))

    def _text(self, block: Kept) -> LinkedText:
        return self.texts.get(block.index) or LinkedText(block.text)

    def _item(self, block: Kept) -> Item:
        return self.items.get(block.index, _ITEM)


def _markdown(kind: Kind, linked: LinkedText, level: int, item: Item, language: str) -> str:
    text, markup = linked
    match kind:
        case "title" | "heading":
            return f"{'#' * (level or _SUBHEADING)} {escaped_heading(text, markup)}"
        case "list_item":
            first = " " * item.indent + (f"{item.mark} " if item.mark else "")
            return first + f"{_LINE_BREAK}{' ' * len(first)}".join(_lines(text, markup))
        case "code":
            fence = _fence(text)
            return f"{fence}{language}\n{text}\n{fence}"
        case _:
            return _LINE_BREAK.join(_lines(text, markup))


def _quoted(text: str) -> str:
    """Lines of Markdown as those of a quote."""
    return "\n".join(f"> {line}" if line else ">" for line in text.split("\n"))


def _lines(text: str, markup: Sequence[int]) -> list[str]:
    """The lines of a paragraph; what indents one would make it code, a blank one would end it."""
    return [line for line in (line.strip(" \t") for line in escaped(text, markup).split("\n")) if line]


def _fence(code: str) -> str:
    """What code stands between: longer than any run of the kind in it."""
    return "`" * max(3, 1 + max(map(len, _BACKTICKS.findall(code)), default=0))


def _cells(text: str, markup: Sequence[int]) -> list[str]:
    return [one_line(cell) for cell in escaped(text, markup, inline=True).replace("|", "\\|").split("\t")]
