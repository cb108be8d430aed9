"""Workers that each have pages of their own, so that a page's second trip leads to where its first one did."""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import ExitStack
from types import TracebackType
from typing import Final, Self

import msgspec

from dedup.memory.seen import Seen
from dedup.options import CleanOptions
from dedup.page import CleanPage, PageInput
from dedup.pool import PoolOptions, WorkerPool
from dedup.stream.wire import (
    Analyse,
    Asked,
    Done,
    Failure,
    Finish,
    Question,
    Setup,
    decode_answer,
    encode,
    pack_seen,
    unpack_error,
)

_AHEAD: Final = 6  # pages of a worker that are analysed, or wait for it, before the first of them is finished


class Ticket:
    """A page under way.

    Args:
        number: its place in the stream.
        page: as it came in.
        pool: its worker.
        moment: when it is learned, seconds since 1970.
    """

    def __init__(self, number: int, page: PageInput, pool: WorkerPool, moment: int) -> None:
        self._number = number
        self._page = msgspec.structs.asdict(page)
        self._pool = pool
        self._answer: Future[bytes] = pool.submit(encode(Analyse(number, self._page, moment)))

    def question(self) -> Question:
        """What the memory is asked of the page; waits for it.

        Raises:
            DedupError: the page cannot be processed, or its worker did not live to do it.
        """
        answer = decode_answer.decode(self._answer.result())
        if isinstance(answer, Failure):
            raise unpack_error(answer)
        assert isinstance(answer, Asked)  # noqa: S101  (the worker's own program)
        return answer.question

    def finish(self, seen: Seen | None) -> None:
        """Send the page on its second trip, with what the memory says."""
        self._answer = self._pool.submit(encode(Finish(self._number, self._page, pack_seen(seen))))

    def result(self) -> CleanPage:
        """The cleaned page; waits for it, and raises as `question` does."""
        answer = decode_answer.decode(self._answer.result())
        if isinstance(answer, Failure):
            raise unpack_error(answer)
        assert isinstance(answer, Done)  # noqa: S101  (the worker's own program)
        return answer.page


class Lanes:
    """Worker processes that take turns.

    Args:
        options: for every page.
        namespace: the tenant.
        workers: how many; they are started at once.
    """

    def __init__(self, options: CleanOptions, namespace: str, workers: int) -> None:
        self.room = _AHEAD * workers
        setup = msgspec.msgpack.encode(Setup(options, namespace, 2 * _AHEAD))
        one = PoolOptions(workers=1)
        with ExitStack() as stack:
            entry = "dedup.stream.worker:open_worker"
            self._pools = [stack.enter_context(WorkerPool(entry, setup, options=one)) for _ in range(workers)]
            self._stack = stack.pop_all()
        self._next = 0

    def start(self, page: PageInput, moment: int) -> Ticket:
        """Have the next page of the stream analysed.

        Raises:
            UnicodeEncodeError: a text of it holds a lone surrogate, which cannot be sent.
            WorkerStartError: no worker can be started.
        """
        ticket = Ticket(self._next, page, self._pools[self._next % len(self._pools)], moment)
        self._next += 1
        return ticket

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pool in self._pools:
            pool.close(grace=0)  # what nobody waits for any more
        self._stack.close()
