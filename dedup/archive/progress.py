"""How far a job is, told to whoever asks."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

STAGES = ("read", "sites", "clean", "resemble", "write")


@dataclass(slots=True)
class Progress:
    """A job at one moment.

    Attributes:
        stage: one of `STAGES`.
        done: bytes of the input that the stage is through with; steps in `sites`; documents in `resemble` and `write`.
        total: of these.
        records: read so far.
        dropped: so far, quarantined ones not among them.
        quarantined: so far.
        seconds: since the stage began.
    """

    stage: str = STAGES[0]
    done: int = 0
    total: int = 0
    records: int = 0
    dropped: int = 0
    quarantined: int = 0
    started: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """Since the stage began."""
        return time.monotonic() - self.started

    def begin(self, stage: str, total: int) -> None:
        """Enter a stage."""
        self.stage, self.done, self.total, self.started = stage, 0, total, time.monotonic()
        if stage == "clean":  # every record comes by again
            self.records = self.dropped = self.quarantined = 0


Watcher = Callable[[Progress], None]
