"""What a run took: time, cores, memory."""

from __future__ import annotations

import resource
import time
from typing import NamedTuple

_KILOBYTE = 1024  # what Linux counts memory in


class Cost(NamedTuple):
    """Of one run of a job.

    Attributes:
        seconds: from its start to its end.
        core_hours: of all processes.
        bytes_read: of the input.
        peak_bytes: of the main process.
        peak_worker_bytes: of the largest other one.
        price: of the core-hours; None where none was given.
    """

    seconds: float
    core_hours: float
    bytes_read: int
    peak_bytes: int
    peak_worker_bytes: int
    price: float | None


class Meter:
    """Runs from its making on."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._core_seconds = _core_seconds()

    def read(self, bytes_read: int, core_price: float | None) -> Cost:
        """What was taken until now; processes count once they have ended.

        Args:
            bytes_read: of the input.
            core_price: of an hour of a core.
        """
        core_hours = (_core_seconds() - self._core_seconds) / 3600
        return Cost(
            seconds=time.monotonic() - self._began,
            core_hours=core_hours,
            bytes_read=bytes_read,
            peak_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KILOBYTE,
            peak_worker_bytes=resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * _KILOBYTE,
            price=None if core_price is None else core_hours * core_price,
        )


def _core_seconds() -> float:
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
