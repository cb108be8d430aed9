"""Records go to workers together, since a trip alone takes as long as a small page; results come back in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from dedup.errors import PoolError
from dedup.pool import WorkerPool

_AHEAD: Final = 16  # records a worker
TOGETHER: Final = 8  # records
_TOGETHER_BYTES: Final = 1 << 20  # with which a batch is full, however few records they are

Origin = TypeVar("Origin")
Request = TypeVar("Request")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Case(Generic[Origin, Request, Answer]):
    """A record, and what a worker is asked about it; or the answer, where that needs no worker.

    Attributes:
        origin: what the answer is given back with.
        request: to a worker.
        answer: where there is no request.
        size: bytes that it takes until it is answered.
    """

    origin: Origin
    request: Request | None = None
    answer: Answer | None = None
    size: int = 0


@dataclass(frozen=True, slots=True)
class Desk(Generic[Request, Answer]):
    """Where requests are answered.

    Attributes:
        pool: of the workers.
        write: makes a job of requests.
        read: makes answers of its result, one for each.
        refuse: makes an answer of the reason why there is none.
    """

    pool: WorkerPool
    write: Callable[[Sequence[Request]], bytes]
    read: Callable[[bytes], Sequence[Answer]]
    refuse: Callable[[str], Answer]

    def send(self, requests: Sequence[Request]) -> Future[bytes]:
        """Ask them in one job."""
        return self.pool.submit(self.write(requests))

    def answers(self, requests: Sequence[Request], result: Future[bytes]) -> Sequence[Answer]:
        """Wait for what was sent. Where the job failed, each is asked again alone, which tells whose fault it was."""
        try:
            return self.read(result.result())
        except PoolError as error:
            if len(requests) == 1:
                return [self.refuse(str(error))]
        return [answer for request in requests for answer in self.answers([request], self.send([request]))]


def answered(
    cases: Iterable[Case[Origin, Request, Answer]], desk: Desk[Request, Answer], most_bytes: int
) -> Iterator[tuple[Origin, Answer]]:
    """Answers in the order of the cases, whichever worker is done first.

    Args:
        cases: read no further ahead than workers need.
        desk: where they are asked.
        most_bytes: of cases under way, but for the last batch.
    """
    under_way: deque[_Batch[Origin, Request, Answer]] = deque()
    for batch in _batches(cases, desk):
        under_way.append(batch)
        while len(under_way) > _AHEAD * desk.pool.options.workers // TOGETHER or (
            sum(each.size for each in under_way) > most_bytes
        ):
            yield from under_way.popleft().answers()
    while under_way:
        yield from under_way.popleft().answers()


class _Batch(Generic[Origin, Request, Answer]):
    """Cases that are asked together."""

    def __init__(self, cases: list[Case[Origin, Request, Answer]], desk: Desk[Request, Answer]) -> None:
        self.size = sum(case.size for case in cases)
        self._cases, self._desk = cases, desk
        self._requests = [case.request for case in cases if case.request is not None]
        self._result = desk.send(self._requests) if self._requests else None

    def answers(self) -> Iterator[tuple[Origin, Answer]]:
        """Wait for them."""
        result = self._result
        found = iter(() if result is None else self._desk.answers(self._requests, result))
        for case in self._cases:
            yield case.origin, next(found) if case.answer is None else case.answer


def _batches(
    cases: Iterable[Case[Origin, Request, Answer]], desk: Desk[Request, Answer]
) -> Iterator[_Batch[Origin, Request, Answer]]:
    batch: list[Case[Origin, Request, Answer]] = []
    size = 0
    for case in cases:
        batch.append(case)
        size += case.size
        if len(batch) == TOGETHER or size >= _TOGETHER_BYTES:
            yield _Batch(batch, desk)
            batch, size = [], 0
    if batch:
        yield _Batch(batch, desk)
