"""What a pool tells about itself."""

from __future__ import annotations

import msgspec


class WorkerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One worker process.

    Attributes:
        pid: its process id.
        ready: whether it takes jobs.
        jobs: jobs that it has and has not answered.
        resident: bytes of memory it occupied when it last spoke.
    """

    pid: int
    ready: bool
    jobs: int
    resident: int


class PoolStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A pool at one moment.

    Attributes:
        workers: the processes there are.
        unanswered: jobs taken and not yet answered, those in workers among them.
        replaced: workers that were replaced so far, by cause: `died`, `time_limit`, `memory`, `recycled`.
    """

    workers: tuple[WorkerStatus, ...]
    unanswered: int
    replaced: dict[str, int]
