"""Worker processes, seen from the event loop."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Sequence
from concurrent.futures import Future
from http import HTTPStatus

from dedup.errors import DeadlineExceededError, DedupError, JobFailedError, PoolError
from dedup.pool import AsyncWorkerPool, Part, PoolOptions, PoolStatus
from service.deadline import in_time
from service.envelope import Gone, Head, Question, Reply, Setup, pack_request, pack_setup, unpack_result
from service.memory import Memory
from service.metrics import Metrics
from service.settings import Settings

_log = logging.getLogger(__name__)

Result = Reply | Question | Gone | list[bytes]


def _reply(result: Result) -> Reply:
    assert isinstance(result, Reply)  # noqa: S101  (a worker asks at most once)
    return result


class Workers:
    """A pool of processes that clean pages."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._metrics = metrics
        self._deadline = settings.deadline
        self._loop = asyncio.get_running_loop()
        self._tokens = itertools.count(1)
        self._pool = AsyncWorkerPool(
            "service.cleaning:open_cleaner",
            pack_setup(Setup(settings.max_body_bytes, settings.max_page_bytes)),
            options=PoolOptions(
                workers=settings.workers,
                ahead=0,  # a slow page delays no other
                time_limit=settings.page_time_limit,
                memory_limit=settings.worker_memory,
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
        self,
        head: Head,
        body: Sequence[Part],
        memory: Memory | None,
        *,
        namespace: str,
        teach: bool,
        ends: float | None = None,
    ) -> Reply:
        """Have a request answered by a worker; with a memory, in two trips, and the page learned afterwards.

        Args:
            head: all of the request but its body.
            body: its parts.
            memory: that is asked and taught.
            namespace: of it.
            teach: without it the memory learns nothing, whatever the request says.
            ends: when the answer has to be there, by the loop's clock; `deadline` from now unless given.

        Raises:
            PoolError: why it was not, see `WorkerPool.submit`.
            StateError: it was cleaned, and could not be learned; nothing of it was.
        """
        try:
            reply = await self._clean(head, body, memory, namespace, teach=teach, ends=ends or self.ends())
        except DedupError:  # of the pool, or of the state: without the latter's word there is no answer
            self._metrics.page(None)
            raise
        self._metrics.page(reply.facts)
        return reply

    def ends(self) -> float:
        """When what is asked for now has to be answered, by the loop's clock."""
        return self._loop.time() + self._deadline

    async def _clean(
        self, head: Head, body: Sequence[Part], memory: Memory | None, namespace: str, *, teach: bool, ends: float
    ) -> Reply:
        if memory is None:
            return _reply(await self._do(head, body, ends))
        head = head._replace(token=next(self._tokens).to_bytes(8))
        first = self._submit(head, body, ends)
        found = await self._result(first, head.request_id)
        if not isinstance(found, Question):
            return _reply(found)
        head = head._replace(seen=await in_time(memory.ask(namespace, found), self._deadline, ends))
        second = await self._result(self._submit(head._replace(task="finish"), (), ends, first), head.request_id)
        if isinstance(second, Gone):  # its worker was replaced, or is busy with a page that takes long
            second = await self._result(self._submit(head, body, ends), head.request_id)
        reply = _reply(second)
        if teach and found.learn and reply.status == HTTPStatus.OK:
            await in_time(memory.learn(namespace, found), self._deadline, ends)
        if reply.facts is None:
            return reply
        return reply._replace(facts=reply.facts._replace(seconds=found.seconds + reply.facts.seconds))

    async def split(self, head: Head, body: Sequence[Part], ends: float) -> list[bytes] | Reply:
        """The pages of a batch, or what is wrong with it; raises as `clean` does."""
        found = await self._do(head._replace(task="split"), body, ends)
        return found if isinstance(found, list) else _reply(found)

    async def fingerprint(self, head: Head, body: Sequence[Part]) -> Reply:
        """The fingerprints of texts; raises as `clean` does."""
        return _reply(await self._do(head, body, self.ends()))

    async def _do(self, head: Head, body: Sequence[Part], ends: float) -> Result:
        return await self._result(self._submit(head, body, ends), head.request_id)

    def _submit(
        self, head: Head, body: Sequence[Part], ends: float, after: Future[bytes] | None = None
    ) -> Future[bytes]:
        left = max(ends - self._loop.time(), 0)
        return self._pool.submit(*pack_request(head, body), deadline=left, after=after)

    async def _result(self, job: Future[bytes], request_id: str) -> Result:
        try:
            return unpack_result(await self._pool.result(job))
        except JobFailedError as error:
            _log.error("request %s: %s\n%s", request_id, error, error.traceback)
            raise
        except DeadlineExceededError as error:
            _log.warning("request %s: %s", request_id, error)
            raise DeadlineExceededError(self._deadline, error.stage) from None  # not what this trip had left of it
        except PoolError as error:
            _log.warning("request %s: %s", request_id, error)
            raise

    async def close(self, *, grace: float | None = None) -> None:
        """End them, see `AsyncWorkerPool.close`."""
        await self._pool.close(grace=grace)
