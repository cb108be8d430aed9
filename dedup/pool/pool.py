"""A pool with a thread of its own, for plain code."""

from __future__ import annotations

import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, wait
from types import TracebackType
from typing import Self

from dedup.pool.options import PoolOptions
from dedup.pool.supervised import SupervisedPool

_JOBS_A_WORKER = 8  # that `map` keeps under way: a slow job holds up the order, and meanwhile the others have work


class WorkerPool(SupervisedPool):
    """Worker processes that each run one function, from bytes to bytes.

    The entry names a function `module:function` that each worker imports and calls once with `setup`; it loads and
    warms what the work needs and returns the function that does a job:

        def open_upper(setup: bytes) -> Callable[[bytes], bytes]:
            return bytes.upper

        with WorkerPool("example:open_upper") as pool:
            assert pool.submit(b"text").result() == b"TEXT"

    A job may be done twice: where its worker dies it is given to another. It must not start processes or threads
    that outlive it. The pool may be used from any thread; workers are never forked and end with this process.

    Args:
        entry: `module:function`, importable here.
        setup: what the function is called with in each worker.
        options: number of workers, and bounds.
    """

    def __init__(self, entry: str, setup: bytes = b"", *, options: PoolOptions | None = None) -> None:
        super().__init__(entry, setup, options)
        self._thread = threading.Thread(target=self._supervisor.run, name="dedup-pool", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close(grace=None if error is None else 0)

    def map(
        self, payloads: Iterable[bytes], *, in_flight: int | None = None, deadline: float | None = None
    ) -> Iterator[Future[bytes]]:
        """Do many jobs; yields their futures in the order of the payloads, each of them done.

        Memory is bounded for an endless stream: no more than `in_flight` payloads (eight a worker unless set) are
        taken ahead of the result that is yielded. What is not done when the iterator is closed is cancelled.

        Raises:
            PoolClosedError: the pool was closed.
            WorkerStartError: no worker can be started.
        """
        bound = in_flight or _JOBS_A_WORKER * self.options.workers
        under_way = deque[Future[bytes]]()
        try:
            for payload in payloads:
                under_way.append(self._supervisor.submit((payload,), deadline, bounded=False))
                while len(under_way) >= bound or (under_way and under_way[0].done()):
                    yield _done(under_way.popleft())
            while under_way:
                yield _done(under_way.popleft())
        finally:
            for future in under_way:
                future.cancel()

    def close(self, *, grace: float | None = None) -> None:
        """Take no more jobs, wait for those there are, end the workers.

        Called by the pool's own thread (from a callback, or of garbage that was collected there), it waits for nothing;
        nor as the interpreter ends, when that thread does not go on, and workers end with their process.

        Args:
            grace: seconds to wait; then what is left fails with PoolClosedError. None: as long as it takes.
        """
        self._supervisor.close(abort=grace == 0)
        if self._thread is threading.current_thread() or sys.is_finalizing():
            return
        self._thread.join(grace or None)
        if self._thread.is_alive():
            self._supervisor.close(abort=True)
            self._thread.join()


def _done(future: Future[bytes]) -> Future[bytes]:
    wait((future,))
    return future
