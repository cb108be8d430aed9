"""Kept blocks to content."""

from __future__ import annotations

from collections.abc import Iterable

from dedup.page import Block, ContentFormat


def render(blocks: Iterable[Block], content_format: ContentFormat) -> str:
    """The text of the kept blocks, separated by blank lines."""
    kept = [block for block in blocks if block.verdict.keep]
    if content_format == "text":
        return "\n\n".join(block.text for block in kept)
    return "\n\n".join(_markdown(block) for block in kept)


def _markdown(block: Block) -> str:
    match block.kind:
        case "title":
            return f"# {_one_line(block.text)}"
        case "heading":
            return f"## {_one_line(block.text)}"
        case "list_item":
            return "- " + block.text.replace("\n", "\n  ")
        case "quote":
            return "> " + block.text.replace("\n", "\n> ")
        case "code":
            fence = "```" if "```" not in block.text else "~~~~"
            return f"{fence}\n{block.text}\n{fence}"
        case "table_row":
            return "| " + " | ".join(cell.replace("|", "\\|") for cell in block.text.split("\t")) + " |"
        case _:
            return block.text.replace("\n", "  \n")


def _one_line(text: str) -> str:
    return " ".join(text.split())
