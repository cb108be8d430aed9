"""A progress bar on stderr for what takes long; nothing where nobody would see it."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from dedup.cli.terminal import display_name, is_terminal

if TYPE_CHECKING:
    from rich.progress import Progress

_SECONDS_BETWEEN_DRAWINGS = 0.1


class ProgressBar:
    """Shows which page of how many, or which record of a state, is at work; used as a context manager.

    Args:
        total: how many there are; of one, nothing is shown.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._progress: Progress | None = None
        self._drawn_at = 0.0

    def __enter__(self) -> Self:
        if self._total > 1 and is_terminal(sys.stderr):
            self._progress = _progress(self._total)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()

    def show(self, done: int, name: str) -> None:
        """Say that `done` of them are behind and `name` is next."""
        if self._progress is None:
            return
        self._progress.update(self._progress.task_ids[0], completed=done, description=display_name(name))
        now = time.monotonic()
        if now - self._drawn_at >= _SECONDS_BETWEEN_DRAWINGS:
            self._drawn_at = now
            self._progress.start()
            self._progress.refresh()

    @contextlib.contextmanager
    def aside(self, stream: TextIO | None) -> Iterator[None]:
        """Take the bar away while something is written to `stream`, if that is a terminal too."""
        if self._progress is not None and is_terminal(stream):
            self._progress.stop()
        yield


def _progress(total: int) -> Progress | None:
    from rich.console import Console  # noqa: PLC0415  (most runs show no bar)
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    console = Console(stderr=True)
    if not console.is_interactive:
        return None
    progress = Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}", markup=False),
        console=console,
        auto_refresh=False,
        transient=True,
    )
    progress.add_task("", total=total)
    return progress
