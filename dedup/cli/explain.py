"""`--explain`: the page as a person reads it, every removed block struck out, the reason beside it.

On a terminal a page is three columns: the block's number, its text, and why it goes. Elsewhere each block is a line
that begins with its number, a removed one marked with `-` and its reason in brackets. Below stands what the page says
of itself.
"""

from __future__ import annotations

import math
from io import StringIO
from typing import TYPE_CHECKING

from dedup.cli.terminal import printable

if TYPE_CHECKING:
    from dedup.page import Block, CleanPage, Verdict

_REASON_WIDTH = 30
_LEAST_WIDTH = 20  # of the three columns; a narrower terminal breaks the lines itself, and no text is lost


def summary(page: CleanPage) -> str:
    """One line: how many blocks stay, how many go for which reason, and which limits were hit."""
    counts = page.counts
    parts = [f"{counts.kept} of {counts.blocks} blocks kept"]
    if counts.removed_by_reason:
        most_first = sorted(counts.removed_by_reason.items(), key=lambda item: (-item[1], item[0]))
        parts.append("removed: " + ", ".join(f"{count} {reason}" for reason, count in most_first))
    if page.truncated:
        parts.append("cut at " + ", ".join(page.truncated))
    return "; ".join(parts)


def said(page: CleanPage) -> list[str]:
    """A line for each thing that the page says of itself, and where; and one for a status that is not `ok`."""
    lines: list[str] = []
    for name in page.metadata.__struct_fields__:
        if found := getattr(page.metadata, name):
            value = found.value if isinstance(found.value, str) else ", ".join(found.value)
            lines.append(f"{name.replace('_', ' ')}: {printable(' '.join(value.split()))} ({found.source})")
    if page.status != "ok":
        lines.append(f"status: {page.status} ({', '.join(page.status_evidence)})")
    return lines


def why(verdict: Verdict) -> str:
    """The reason of a verdict and the evidence that decided, in words; empty for content."""
    if verdict.reason == "content":
        return ""
    evidence = verdict.evidence
    words = [verdict.reason + (f" ({evidence.role})" if evidence.role else "")]
    if evidence.twin is not None:
        words.append(f"twin of {evidence.twin}")
    if evidence.run is not None:
        words.append(f"run {evidence.run}")
    if evidence.similarity is not None:
        words.append(f"similarity {_rounded_down(evidence.similarity)}")
    if evidence.pages_seen is not None:
        of_site = f" of {evidence.pages_of_site}" if evidence.pages_of_site is not None else ""
        words.append(f"on {evidence.pages_seen}{of_site} pages of the site")
    if evidence.sites_seen is not None:
        words.append(f"on {evidence.sites_seen} other sites")
    if evidence.score is not None and verdict.reason == "boilerplate":  # elsewhere the judge had no say
        words.append(f"score {_rounded_down(evidence.score)}")
    return ", ".join(words)


def _rounded_down(share: float) -> str:
    """Two decimals that reach 1.00 only where the value does."""
    return f"{math.floor(share * 100) / 100:.2f}"


def listing(page: CleanPage) -> str:
    """The page for a file or a pipe, without colour."""
    width = _number_width(page)
    lines: list[str] = []
    for block in page.blocks:
        mark = " " if block.verdict.keep else "-"
        first, *rest = printable(block.text).split("\n")
        lines.append(f"{block.index:>{width}} {mark} {first}")
        lines.extend(f"{'':>{width}} {mark} {line}" for line in rest)
        if reason := why(block.verdict):
            lines[-1] += f"  [{reason}]"
    return "".join(f"{line}\n" for line in [*lines, *(f"[{line}]" for line in (*said(page), summary(page)))])


def drawing(page: CleanPage) -> str:
    """The page for a terminal: removed blocks struck out in dim red, the reason in a column beside them."""
    from rich.console import Console  # noqa: PLC0415  (most runs draw nothing)
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    canvas = StringIO()
    console = Console(file=canvas, force_terminal=True, color_system="standard", no_color=False)
    console.width = max(console.width, _LEAST_WIDTH)
    number_width = _number_width(page)
    reason_width = min(_REASON_WIDTH, console.width // 3)
    for block in page.blocks:
        row = Table.grid(padding=(0, 2), expand=True)
        row.add_column(width=number_width, justify="right")
        row.add_column(ratio=1, overflow="fold")
        row.add_column(width=reason_width, overflow="fold")
        row.add_row(
            Text.assemble((str(block.index), "dim")),
            Text.assemble((printable(block.text), _style(block))),  # styles the letters, not the padding
            Text.assemble((why(block.verdict), "red")),
        )
        console.print(row)
    for line in (*said(page), summary(page)):
        console.print(Text(line, "dim"))
    return canvas.getvalue()


def _style(block: Block) -> str:
    if not block.verdict.keep:
        return "strike dim red"
    return "bold" if block.kind in {"title", "heading"} else ""


def _number_width(page: CleanPage) -> int:
    return len(str(max(len(page.blocks) - 1, 0)))
