"""The engine of one machine: inputs one after another, the pages of each in worker processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self

import msgspec

from dedup.archive.engines import WORKER, Call, Run, Tell
from dedup.archive.options import ArchiveOptions
from dedup.loading import named
from dedup.pool import PoolOptions, WorkerPool

_LEAST: int = 512 * 1024**2  # a page of the allowed size may take as much
_SHARE: int = 2  # of the job's memory that pages may grow by: one in so many


class LocalEngine:
    """Worker processes of this machine, which all tasks share: a worker takes a second to load its kernels."""

    def __init__(self) -> None:
        self._pool: WorkerPool | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.__exit__(kind, error, traceback)

    def map(self, task: str, call: Call, numbers: Sequence[int], tell: Tell) -> Iterator[int]:
        """See `Engine.map`; the numbers come in order."""
        if not numbers:
            return
        if self._pool is None:
            self._pool = WorkerPool(WORKER, msgspec.msgpack.encode(call), options=pool_options(call.options))
        run = load(task)
        for number in numbers:
            run(call, number, self._pool, tell)
            yield number


def pool_options(options: ArchiveOptions) -> PoolOptions:
    """Bounds of the workers of a job."""
    limit = max(options.memory // (_SHARE * options.workers), _LEAST)
    return PoolOptions(workers=options.workers, time_limit=options.seconds_a_page, memory_limit=limit)


def load(task: str) -> Run:
    """The function of a task."""
    run: Run = named(task)
    return run
