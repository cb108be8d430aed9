"""Bounds on worker processes and on what a job may cost."""

from __future__ import annotations

import os
from typing import Final

import msgspec

from dedup.options import require_number

MOST_WORKERS: Final = 1024
MOST_MEMORY: Final = 2**50  # bytes
LEAST_SECONDS: Final = 0.01
MOST_SECONDS: Final = 86_400


def usable_cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0))


class PoolOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How many workers there are, and when one is replaced.

    Attributes:
        workers: processes; as many as usable cores unless set.
        ahead: jobs that lie in a worker while it does another. With 1 no worker waits for its next job; with 0 a
            slow job delays no other.
        attempts: workers that a job may cost by their sudden death before it is given up. A worker may be killed
            from outside, which is no fault of the job.
        time_limit: seconds a job may run before its worker is ended.
        memory_limit: bytes a worker may occupy before it is ended.
        recycle_after: jobs after which a worker is replaced, against slow leaks.
        capacity: unanswered jobs that are taken by `WorkerPool.submit`.
        start_timeout: seconds a worker may take to start; the first one ever compiles kernels.
    """

    workers: int = msgspec.field(default_factory=usable_cores)
    ahead: int = 1
    attempts: int = 2
    time_limit: float = 60.0
    memory_limit: int = 1024**3
    recycle_after: int = 20_000
    capacity: int = 1_000_000
    start_timeout: float = 300.0

    def __post_init__(self) -> None:
        for name, least, most in _RANGES:
            require_number(name, getattr(self, name), least, most)


_RANGES = (
    ("workers", 1, MOST_WORKERS),
    ("ahead", 0, 64),
    ("attempts", 1, 10),
    ("time_limit", LEAST_SECONDS, MOST_SECONDS),
    ("memory_limit", 1024**2, MOST_MEMORY),
    ("recycle_after", 1, 2**62),
    ("capacity", 1, 2**62),
    ("start_timeout", LEAST_SECONDS, MOST_SECONDS),
)
