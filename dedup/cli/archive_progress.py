"""How far an archive job is: a live table on a terminal, plain lines or JSON elsewhere; all on stderr."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from dedup.cli.terminal import is_terminal, say

if TYPE_CHECKING:
    from rich.table import Table

    from dedup.archive.progress import Progress, Watcher

_SECONDS_BETWEEN_DRAWINGS: Final = 0.2
_SECONDS_BETWEEN_LINES: Final = 10.0
_HEADINGS: Final = ("stage", "done", "records", "records/s", "MB/s", "left", "dropped", "quarantined")
_OVER_RECORDS: Final = frozenset({"read", "clean"})


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
    """At each new stage, then every so many seconds, and when it is through."""
    stage, shown_at, was_through = "", 0.0, False

    def watch(progress: Progress) -> None:
        nonlocal stage, shown_at, was_through
        now, is_through = time.monotonic(), progress.done == progress.total > 0
        if progress.stage != stage:
            was_through = False
        elif now - shown_at < seconds and (was_through or not is_through):
            return
        stage, shown_at, was_through = progress.stage, now, is_through
        show(progress)

    return watch


def _figures(progress: Progress) -> dict[str, str | int | float | None]:
    """What is known; None where a stage does not count it: two count bytes of the input, the others documents."""
    share = progress.done / progress.total if progress.total else None
    seconds = max(progress.seconds, 1e-9)
    reads = progress.stage in _OVER_RECORDS
    return {
        "stage": progress.stage,
        "records": progress.records,
        "records_a_second": round(progress.records / seconds, 1) if reads else None,
        "megabytes_a_second": round(progress.done / seconds / 1e6, 2) if reads else None,
        "share": round(share, 4) if share is not None else None,
        "seconds": round(seconds, 1),
        "seconds_left": round(seconds * (1 / share - 1), 1) if share else None,
        "dropped": progress.dropped,
        "quarantined": progress.quarantined,
    }


def _say_json(progress: Progress) -> None:
    say(json.dumps(_figures(progress)))


def _say(progress: Progress) -> None:
    told = "  ".join(
        f"{name.replace('_', ' ')} {value}" for name, value in _figures(progress).items() if value is not None
    )
    say(f"dedup: {told}")


@contextlib.contextmanager
def _live() -> Iterator[Watcher]:
    """A table with a row for each stage that has begun; those that are done stay as they were seen last."""
    from rich.console import Console  # noqa: PLC0415  (most runs have no terminal)
    from rich.live import Live  # noqa: PLC0415

    rows: dict[str, tuple[str, ...]] = {}

    def show(progress: Progress) -> None:
        rows[progress.stage] = _row(progress)
        with contextlib.suppress(OSError):  # the terminal is gone: the job goes on
            live.update(_table(rows.values()), refresh=True)

    with Live(console=Console(stderr=True), auto_refresh=False, transient=True) as live:
        yield show


def _row(progress: Progress) -> tuple[str, ...]:
    figures = _figures(progress)
    share, left = figures["share"], figures["seconds_left"]
    rates = (figures["records_a_second"], figures["megabytes_a_second"])
    return (
        progress.stage,
        "–" if share is None else f"{share:.0%}",
        f"{progress.records:,}",
        *("–" if rate is None else f"{rate:,}" for rate in rates),
        "–" if left is None else str(timedelta(seconds=round(float(left)))),
        f"{progress.dropped:,}",
        f"{progress.quarantined:,}",
    )


def _table(rows: Iterable[tuple[str, ...]]) -> Table:
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, header_style="dim")
    for number, heading in enumerate(_HEADINGS):
        table.add_column(heading, justify="right" if number else "left")
    for row in rows:
        table.add_row(*row)
    return table
