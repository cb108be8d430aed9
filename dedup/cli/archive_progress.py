"""How far an archive job is: a live table on a terminal, plain lines or JSON elsewhere; all on stderr."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import click

from dedup.cli.terminal import is_terminal

if TYPE_CHECKING:
    from rich.table import Table

    from dedup.archive.progress import Progress, Watcher

_SECONDS_BETWEEN_DRAWINGS: Final = 0.2
_SECONDS_BETWEEN_LINES: Final = 10.0


@contextlib.contextmanager
def shown(choice: str) -> Iterator[Watcher]:
    """What shows the progress of a job.

    Args:
        choice: `auto`, `plain`, `json` or `none`.
    """
    live = choice == "auto" and is_terminal(sys.stderr)
    if choice == "none":
        yield lambda _: None
    elif live:
        with _live() as show:
            yield _seldom(show, _SECONDS_BETWEEN_DRAWINGS)
    else:
        yield _seldom(_say_json if choice == "json" else _say, _SECONDS_BETWEEN_LINES)


def _seldom(show: Watcher, seconds: float) -> Watcher:
    """At each new stage, and then every so many seconds."""
    stage, shown_at = "", 0.0

    def watch(progress: Progress) -> None:
        nonlocal stage, shown_at
        now = time.monotonic()
        if progress.stage != stage or now - shown_at >= seconds:
            stage, shown_at = progress.stage, now
            show(progress)

    return watch


def _figures(progress: Progress) -> dict[str, str | int | float | None]:
    share = progress.done / progress.total if progress.total else None
    seconds = max(progress.seconds, 1e-9)
    return {
        "stage": progress.stage,
        "records": progress.records,
        "records_a_second": round(progress.records / seconds, 1) if progress.stage == "clean" else None,
        "megabytes_a_second": round(progress.done / seconds / 1e6, 2) if progress.stage == "clean" else None,
        "share": round(share, 4) if share is not None else None,
        "seconds_left": round(seconds * (1 / share - 1), 1) if share else None,
        "dropped": progress.dropped,
        "quarantined": progress.quarantined,
    }


def _say_json(progress: Progress) -> None:
    click.echo(json.dumps(_figures(progress)), err=True)


def _say(progress: Progress) -> None:
    told = "  ".join(
        f"{name.replace('_', ' ')} {value}" for name, value in _figures(progress).items() if value is not None
    )
    click.echo(f"dedup: {told}", err=True)


@contextlib.contextmanager
def _live() -> Iterator[Watcher]:
    from rich.console import Console  # noqa: PLC0415  (most runs have no terminal)
    from rich.live import Live  # noqa: PLC0415

    with Live(console=Console(stderr=True), auto_refresh=False, transient=True) as live:
        yield lambda progress: live.update(_table(progress), refresh=True)


def _table(progress: Progress) -> Table:
    from rich.table import Table  # noqa: PLC0415

    figures = _figures(progress)
    table = Table(*(name.replace("_", " ") for name in figures), box=None, header_style="dim")
    table.add_row(*("–" if value is None else str(value) for value in figures.values()))
    return table
