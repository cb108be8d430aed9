"""Worker processes, seen from the event loop."""

from __future__ import annotations

import asyncio
import logging

from dedup.errors import JobFailedError, PoolError
from dedup.pool import PoolOptions, PoolStatus, WorkerPool
from service.envelope import Head, Reply, Setup, pack_request, pack_setup, unpack_reply
from service.settings import Settings

_log = logging.getLogger(__name__)


class Workers:
    """A pool of processes that clean pages."""

    def __init__(self, settings: Settings) -> None:
        self._deadline = settings.deadline
        self._pool = WorkerPool(
            "service.cleaning:open_cleaner",
            pack_setup(Setup(settings.max_body_bytes, settings.max_page_bytes)),
            options=PoolOptions(
                workers=settings.workers,
                ahead=0,  # a slow page delays no other
                time_limit=settings.page_time_limit,
                memory_limit=settings.worker_memory,
                capacity=settings.queue + settings.workers,
            ),
        )

    @property
    def are_ready(self) -> bool:
        """Whether all of them were ready once: kernels are compiled and loaded."""
        return self._pool.ready.done() and self._pool.ready.exception() is None

    def status(self) -> PoolStatus:
        """Processes and counts as they are now."""
        return self._pool.status()

    async def started(self) -> None:
        """Wait until they are ready.

        Raises:
            WorkerStartError: they cannot be started.
        """
        await asyncio.wrap_future(self._pool.ready)

    async def ended(self) -> None:
        """Wait until there are none any more.

        Raises:
            WorkerStartError: because none can be started.
        """
        await asyncio.wrap_future(self._pool.ended)

    async def clean(self, head: Head, body: list[bytes]) -> Reply:
        """Have a request answered by a worker.

        Raises:
            PoolError: why it was not, see `WorkerPool.submit`.
        """
        try:
            return unpack_reply(
                await asyncio.wrap_future(self._pool.submit(*pack_request(head, body), deadline=self._deadline))
            )
        except JobFailedError as error:
            _log.error("request %s: %s\n%s", head.request_id, error, error.traceback)
            raise
        except PoolError as error:
            _log.warning("request %s: %s", head.request_id, error)
            raise

    async def close(self, *, grace: float | None = None) -> None:
        """End them, see `WorkerPool.close`."""
        await asyncio.to_thread(self._pool.close, grace=grace)
