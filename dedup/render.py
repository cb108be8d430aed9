"""Kept blocks to content."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from dedup.options import CleanOptions
from dedup.page import Block, Kind
from dedup.segment.links import linked_texts
from dedup.segment.outline import Item, list_items
from dedup.segment.segments import Segments

_TIGHT: frozenset[Kind] = frozenset(("list_item", "table_row", "quote"))  # one follows the other without a blank line
_ITEM = Item(0, "-")  # where nothing tells how its list is nested
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
    written = [
        _markdown(
            block, texts.get(block.index, block.text), int(page.levels[block.index]), items.get(block.index, _ITEM)
        )
        for block in kept
    ]
    parts: list[str] = written[:1]
    for (before, after), text in zip(pairwise(kept), written[1:], strict=True):
        tight = before.kind == after.kind and after.kind in _TIGHT and not items.get(after.index, _ITEM).apart
        parts += ["\n" if tight else "\n\n", text]
        if after.kind == "table_row" and not tight:
            parts.append(_rule(after))
    if kept and kept[0].kind == "table_row":
        parts.insert(1, _rule(kept[0]))
    return "".join(parts)


def _markdown(block: Block, text: str, level: int, item: Item) -> str:
    match block.kind:
        case "title" | "heading":
            return f"{'#' * (level or _SUBHEADING)} {_one_line(text)}"
        case "list_item":
            indent = " " * item.indent
            return f"{indent}{item.mark} " + text.replace("\n", "\n" + indent + " " * (len(item.mark) + 1))
        case "quote":
            return "> " + text.replace("\n", "\n> ")
        case "code":
            fence = "```" if "```" not in text else "~~~~"
            return f"{fence}\n{text}\n{fence}"
        case "table_row":
            return "| " + " | ".join(cell.replace("|", "\\|") for cell in _cells(text)) + " |"
        case _:
            return text.replace("\n", "  \n")


def _rule(row: Block) -> str:
    """What has to stand under the first row of a table."""
    return "\n|" + " --- |" * len(_cells(row.text))


def _cells(text: str) -> list[str]:
    return [_one_line(cell) for cell in text.split("\t")]


def _one_line(text: str) -> str:
    return " ".join(text.split())
