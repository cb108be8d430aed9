"""Worker processes, seen from the event loop."""

from __future__ import annotations

import asyncio
import logging
import os
from http import HTTPStatus

from dedup.errors import JobFailedError, PoolError, PoolFullError
from dedup.pool import PoolOptions, PoolStatus, WorkerPool
from service.envelope import Head, Question, Reply, Setup, pack_request, pack_setup, unpack_result
from service.memory import Memory
from service.metrics import Metrics
from service.settings import Settings

_log = logging.getLogger(__name__)


def _reply(result: Reply | Question | list[bytes]) -> Reply:
    assert isinstance(result, Reply)  # noqa: S101  (a worker asks at most once)
    return result


class Workers:
    """A pool of processes that clean pages."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._metrics = metrics
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

    async def clean(
        self, head: Head, body: list[bytes], memory: Memory | None, *, namespace: str, teach: bool
    ) -> Reply:
        """Have a request answered by a worker; with a memory, in two trips, and the page learned afterwards.

        Without `teach` it is asked and learns nothing, whatever the request says.

        Raises:
            PoolError: why it was not, see `WorkerPool.submit`.
            StateError: it was cleaned, and could not be learned; nothing of it was.
        """
        try:
            reply = await self._clean(head, body, memory, namespace, teach=teach)
        except PoolError:
            self._metrics.page(None)
            raise
        self._metrics.page(reply.facts)
        return reply

    async def _clean(
        self, head: Head, body: list[bytes], memory: Memory | None, namespace: str, *, teach: bool
    ) -> Reply:
        if memory is None:
            return _reply(await self._do(head, body))
        token = os.urandom(8)
        found = await self._do(head._replace(token=token), body)
        if not isinstance(found, Question):
            return _reply(found)
        answer = await memory.ask(namespace, found)
        reply = _reply(await self._do(head._replace(token=token, seen=answer), body))
        if teach and found.learn and reply.status == HTTPStatus.OK:
            await memory.learn(namespace, found)
        return reply

    async def split(self, head: Head, body: list[bytes]) -> list[bytes] | Reply:
        """The pages of a batch, or what is wrong with it; raises as `clean` does."""
        found = await self._do(head._replace(task="split"), body)
        assert not isinstance(found, Question)  # noqa: S101  (nothing is asked about a batch)
        return found

    async def fingerprint(self, head: Head, body: list[bytes]) -> Reply:
        """The fingerprints of texts; raises as `clean` does."""
        return _reply(await self._do(head, body))

    async def _do(self, head: Head, body: list[bytes]) -> Reply | Question | list[bytes]:
        try:
            return unpack_result(
                await asyncio.wrap_future(self._pool.submit(*pack_request(head, body), deadline=self._deadline))
            )
        except JobFailedError as error:
            _log.error("request %s: %s\n%s", head.request_id, error, error.traceback)
            raise
        except PoolFullError:
            raise  # told to the client and counted; a line for each would fill the disk in an overload
        except PoolError as error:
            _log.warning("request %s: %s", head.request_id, error)
            raise

    async def close(self, *, grace: float | None = None) -> None:
        """End them, see `WorkerPool.close`."""
        await asyncio.to_thread(self._pool.close, grace=grace)
