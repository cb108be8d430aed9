"""What a pool is to its users, whatever takes the turns of its supervisor."""

from __future__ import annotations

from concurrent.futures import Future

from dedup.pool.options import PoolOptions
from dedup.pool.status import PoolStatus
from dedup.pool.supervisor import Ring, Supervisor
from dedup.pool.wire import Part


class SupervisedPool:
    """The calls that `WorkerPool` and `AsyncWorkerPool` share.

    Args:
        entry: `module:function`, see `WorkerPool`.
        setup: what the function is called with in each worker.
        options: number of workers, and bounds.
        ring: see `Supervisor`.
    """

    def __init__(self, entry: str, setup: bytes, options: PoolOptions | None, ring: Ring | None = None) -> None:
        self.options = options or PoolOptions()
        self._supervisor = Supervisor(entry, setup, self.options, ring)

    @property
    def ready(self) -> Future[None]:
        """Done when all workers were ready for the first time; WorkerStartError where they cannot be."""
        return self._supervisor.ready

    @property
    def ended(self) -> Future[None]:
        """Done when there are no workers any more: closed, or WorkerStartError where none could be started."""
        return self._supervisor.ended

    def submit(
        self, *parts: Part, deadline: float | None = None, after: Future[bytes] | None = None
    ) -> Future[bytes]:
        """Take a job; does not block.

        Args:
            parts: the payload, in parts that the worker sees as one: large ones need not be copied to join them.
            deadline: seconds within which it must be answered, the wait for a worker included.
            after: of a job of this pool that was done. The worker that did it may have kept something: it takes this
                job before those that wait. Another one takes it only where that worker is gone or long busy.

        Returns:
            The result to come. It may raise WorkerDiedError, TimeLimitExceededError, MemoryExceededError,
            DeadlineExceededError, JobFailedError, WorkerStartError or PoolClosedError. A job that waits can be
            cancelled. Callbacks run where the supervisor takes its turns, and must not block.

        Raises:
            PoolFullError: `PoolOptions.capacity` jobs are unanswered.
            PoolClosedError: the pool was closed.
            WorkerStartError: no worker can be started.
        """
        return self._supervisor.submit(parts, deadline, after=after, bounded=True)

    def status(self) -> PoolStatus:
        """Workers and counts as they are now."""
        return self._supervisor.status()
