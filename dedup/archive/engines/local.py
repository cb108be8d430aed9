"""The engine of one machine: inputs one after another, the pages of each in worker processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from dedup.archive.engines import Call, Run, Task, Tell
from dedup.archive.options import ArchiveOptions
from dedup.loading import named
from dedup.pool import PoolOptions, WorkerPool

_LEAST: int = 512 * 1024**2  # a page of the allowed size may take as much
_SHARE: int = 2  # of the job's memory that pages may grow by: one in so many


class LocalEngine:
    """Worker processes of this machine."""

    def map(self, task: Task, call: Call, numbers: Sequence[int], tell: Tell) -> Iterator[int]:
        """See `Engine.map`; the numbers come in order."""
        if not numbers:
            return
        with WorkerPool(task.worker, msgspec.msgpack.encode(call), options=pool_options(call.options)) as pool:
            run = load(task)
            for number in numbers:
                run(call, number, pool, tell)
                yield number


def pool_options(options: ArchiveOptions) -> PoolOptions:
    """Bounds of the workers of a job."""
    limit = max(options.memory // (_SHARE * options.workers), _LEAST)
    return PoolOptions(workers=options.workers, time_limit=options.seconds_a_page, memory_limit=limit)


def load(task: Task) -> Run:
    """The function of a task."""
    run: Run = named(task.run)
    return run
