"""Kept blocks to content."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from dedup.escape import escaped, escaped_heading, one_line
from dedup.options import CleanOptions
from dedup.page import Block, Kind
from dedup.segment.links import LinkedText, linked_texts
from dedup.segment.outline import Item, list_items
from dedup.segment.segments import Segments
from dedup.segment.text import without_mark

_TIGHT: frozenset[Kind] = frozenset(("list_item", "table_row", "quote"))  # one follows the other without a blank line
_ITEM = Item(0, "-")  # where nothing tells how its list is nested
_BACKTICKS: Final = re.compile("`{3,}")
_SUBHEADING = 2  # where a text says that a line is a heading, but not of which level


def render(blocks: Sequence[Block], page: Segments, options: CleanOptions, url: str | None) -> str:
    """The text of the kept blocks, separated by blank lines; or Markdown (CommonMark, with the tables of GitHub's).

    Args:
        blocks: of the page, with their verdicts.
        page: what they were made from.
        options: the format, and whether Markdown keeps links.
        url: of the page, for relative links.
    """
    kept = [block for block in blocks if block.verdict.keep]
    if options.content_format == "text":
        return "\n\n".join([block.text for block in kept])
    items = list_items(page, [block.index for block in kept if block.kind == "list_item"])
    texts = linked_texts(page, [block.index for block in kept if block.kind != "code"], url) if options.links else {}
    written = []
    for block in kept:
        linked, item = texts.get(block.index) or LinkedText(block.text), items.get(block.index, _ITEM)
        if page.form == "text" and block.kind in ("list_item", "quote"):  # a text marks them itself
            mark, rest = without_mark(block.text)
            linked, item = LinkedText(rest), Item(0, mark)
        written.append(_markdown(block.kind, linked, int(page.levels[block.index]), item))
    parts: list[str] = written[:1]
    for (before, after), text in zip(pairwise(kept), written[1:], strict=True):
        tight = before.kind == after.kind and after.kind in _TIGHT and not items.get(after.index, _ITEM).apart
        parts += ["\n" if tight else "\n\n", text]
        if after.kind == "table_row" and not tight:
            parts.append(_rule(after))
    if kept and kept[0].kind == "table_row":
        parts.insert(1, _rule(kept[0]))
    return "".join(parts)


def _markdown(kind: Kind, linked: LinkedText, level: int, item: Item) -> str:
    text, markup = linked
    match kind:
        case "title" | "heading":
            return f"{'#' * (level or _SUBHEADING)} {escaped_heading(text, markup)}"
        case "list_item":
            indent = " " * item.indent
            return f"{indent}{item.mark} " + f"\n{indent}{' ' * len(item.mark)} ".join(_lines(text, markup))
        case "quote":
            return "> " + "\n> ".join(_lines(text, markup))
        case "code":
            fence = _fence(text)
            return f"{fence}\n{text}\n{fence}"
        case "table_row":
            return "| " + " | ".join(_cells(escaped(text, markup, inline=True).replace("|", "\\|"))) + " |"
        case _:
            return "  \n".join(_lines(text, markup))


def _lines(text: str, markup: Sequence[int]) -> list[str]:
    """The lines of a paragraph; what indents one would make it code, a blank one would end it."""
    return [line for line in (line.strip(" \t") for line in escaped(text, markup).split("\n")) if line]


def _fence(code: str) -> str:
    """What code stands between: longer than any run of the kind in it."""
    return "`" * max(3, 1 + max(map(len, _BACKTICKS.findall(code)), default=0))


def _rule(row: Block) -> str:
    """What has to stand under the first row of a table."""
    return "\n|" + " --- |" * len(_cells(row.text))


def _cells(text: str) -> list[str]:
    return [one_line(cell) for cell in text.split("\t")]
