"""A pool whose workers an event loop looks after, between its callbacks.

A thread of its own would take turns with the loop's for the interpreter: of what a service spends on a page, a fifth
went into the two waking each other.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future

from dedup.pool.options import PoolOptions
from dedup.pool.supervised import SupervisedPool


class AsyncWorkerPool(SupervisedPool):
    """`WorkerPool` for an event loop: made and used by callbacks of the running one only.

    Args:
        entry: `module:function`, see `WorkerPool`.
        setup: what the function is called with in each worker.
        options: number of workers, and bounds.
    """

    def __init__(self, entry: str, setup: bytes = b"", *, options: PoolOptions | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        self._due: asyncio.Handle | None = None
        self._tick: asyncio.TimerHandle | None = None
        super().__init__(entry, setup, options, self._ring)
        self._descriptor = self._supervisor.fileno()
        self._loop.add_reader(self._descriptor, self._turn)
        self._ring()

    async def result(self, job: Future[bytes]) -> bytes:
        """What a job comes to; raises as it does. To cancel this cancels a job that waits."""
        if not job.done():
            told = asyncio.Event()
            job.add_done_callback(lambda _: told.set())
            try:
                await told.wait()
            except asyncio.CancelledError:
                job.cancel()
                raise
        return job.result()

    async def close(self, *, grace: float | None = None) -> None:
        """Take no more jobs, wait for those there are, end the workers; see `WorkerPool.close`."""
        self._supervisor.close(abort=grace == 0)
        ended = asyncio.wrap_future(self.ended)
        await asyncio.wait((ended,), timeout=grace or None)
        if not ended.done():
            self._supervisor.close(abort=True)
            await asyncio.wait((ended,))
        ended.exception()  # it was told to those who wait for it

    def _ring(self) -> None:
        if self._due is None:
            self._due = self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        """Do what is due. Comes when a worker has spoken, a job was submitted, or time has passed."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        if self.ended.done():
            return
        going_on = False
        try:
            going_on = self._supervisor.turn(0.0)
        finally:
            if not going_on:
                self._loop.remove_reader(self._descriptor)
        if going_on and self._tick is None and (patience := self._supervisor.patience()) is not None:
            self._tick = self._loop.call_later(patience, self._turn_by_time)

    def _turn_by_time(self) -> None:
        self._tick = None
        self._turn()
