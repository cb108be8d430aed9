"""What owns the workers: it hands out jobs, watches what they cost, and replaces what ends.

One thread takes its turns and owns all state, so nothing here is locked but the way in (`submit`) and the count of
unanswered jobs. `WorkerPool` has a thread for that, `AsyncWorkerPool` an event loop.
"""

from __future__ import annotations

import itertools
import os
import selectors
import signal
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Literal, get_args

from dedup.errors import (
    JobFailedError,
    MemoryExceededError,
    PoolClosedError,
    PoolError,
    PoolFullError,
    TimeLimitExceededError,
    WorkerDiedError,
    WorkerStartError,
)
from dedup.pool.jobs import Job, Result, State, Worker
from dedup.pool.options import PoolOptions
from dedup.pool.process import WorkerProcess
from dedup.pool.status import PoolStatus, WorkerStatus
from dedup.pool.wire import Frame, Kind, Part, explanation

_TICK = 0.05  # seconds between two looks at deadlines and memory
_SWEEP = 0.5  # and at all that wait, for those that were cancelled: under overload, these are hundreds
_START_ATTEMPTS = 3  # failed starts in a row before a pool without any worker is given up
_RESTART_ATTEMPTS = 12  # of a pool that was ready once, about a minute: it can start workers, something kills them
_BACKOFF = 0.2  # seconds before the next start after one that failed, doubled each time
_MOST_BACKOFF = 10.0

Ring = Callable[[], None]
Cause = Literal["died", "time_limit", "memory", "recycled"]


class Supervisor:
    """See `WorkerPool`, which says the same in public.

    Args:
        entry: `module:function`, see `WorkerPool`.
        setup: what the function is called with.
        options: bounds.
        ring: called, with a lock held, when a turn is due; unless given, it ends the wait of the turn under way.
    """

    def __init__(self, entry: str, setup: bytes, options: PoolOptions, ring: Ring | None = None) -> None:
        self.ready: Future[None] = Future()
        self.ended: Future[None] = Future()
        for future in (self.ready, self.ended):
            future.set_running_or_notify_cancel()  # nobody cancels them
        self.options = options
        self._entry = entry
        self._setup = setup
        self._lock = threading.RLock()  # a stream that ends as garbage closes its pool, wherever it is collected
        self._inbox: deque[Job] = deque()
        self._unanswered = 0
        self._closing = False
        self._aborting = False
        self._failure: str | None = None
        self._numbers = itertools.count(1)
        self._waiting: deque[Job] = deque()
        self._homeward: deque[Job] = deque()  # those of them that prefer a worker
        self._workers: list[Worker] = []
        self._replaced: dict[str, int] = dict.fromkeys(get_args(Cause), 0)
        self._starts_failed = 0
        self._next_start = 0.0
        self._next_watch = 0.0
        self._next_sweep = 0.0  # sooner where a waiting job will be late sooner
        self._selector = selectors.EpollSelector()
        self._ring = ring or self._ring_bell
        self._bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._selector.register(self._bell, selectors.EVENT_READ)

    # Called by any thread.

    def submit(
        self, parts: tuple[Part, ...], deadline: float | None, *, after: Future[bytes] | None = None, bounded: bool
    ) -> Future[bytes]:
        """Take a job."""
        with self._lock:
            if self._closing or self._failure is not None:
                raise self._refusal()
            if bounded and self._unanswered >= self.options.capacity:
                raise PoolFullError(self.options.capacity)
            self._unanswered += 1
            home = after.worker if isinstance(after, Result) else 0
            job = Job(next(self._numbers), parts, deadline, home)
            self._inbox.append(job)
            self._ring()
        return job.future

    def close(self, *, abort: bool) -> None:
        """Take no more jobs, and end when all are answered; at once to `abort`."""
        with self._lock:
            self._closing = True
            self._aborting |= abort
            if self._bell >= 0:  # not over yet
                self._ring()

    def _ring_bell(self) -> None:
        os.eventfd_write(self._bell, 1)

    def status(self) -> PoolStatus:
        """As it is now."""
        workers = [
            WorkerStatus(
                pid=worker.process.pid,
                ready=worker.state is State.SERVING,
                jobs=len(worker.jobs),
                resident=worker.resident,
            )
            for worker in list(self._workers)
        ]
        return PoolStatus(workers=tuple(workers), unanswered=self._unanswered, replaced=dict(self._replaced))

    # Called by the thread that takes its turns.

    def fileno(self) -> int:
        """Descriptor that is readable when a worker has something to say or takes more."""
        return self._selector.fileno()

    def run(self) -> None:
        """Take turns until closed, or until no worker can be started."""
        patience: float | None = 0.0
        while self.turn(patience):
            patience = self.patience()

    def turn(self, patience: float | None) -> bool:
        """Do what is due, after a wait for something to happen; False when it was the last turn."""
        try:
            if not self._is_over():
                self._listen(patience)
                self._watch()
                self._start_workers()
                self._assign()
            if not self._is_over():
                return True
        except BaseException as error:
            self._failure = f"what owns the pool's workers failed: {error!r}"
            self._end()
            raise
        self._end()
        return False

    def patience(self) -> float | None:
        """Seconds until the next turn is due though nothing happens; None where none is."""
        if self._inbox:
            return 0.0
        fresh = sum(not worker.worn for worker in self._serving())
        return None if fresh == self.options.workers and not self._unanswered else _TICK

    def _is_over(self) -> bool:
        with self._lock:
            return self._aborting or self._failure is not None or (self._closing and not self._unanswered)

    def _end(self) -> None:
        with self._lock:
            self._closing = True
            bell, self._bell = self._bell, -1
        os.close(bell)
        self._selector.close()
        for worker in self._workers:
            worker.process.end()
        given = (job for worker in self._workers for job in worker.jobs.values())
        for job in (*given, *self._homeward, *self._waiting, *self._inbox):
            self._fail(job, self._refusal())
        self._workers.clear()
        if not self.ready.done():
            self.ready.set_exception(self._refusal())
        if self._failure is None:
            self.ended.set_result(None)
        else:
            self.ended.set_exception(self._refusal())

    def _refusal(self) -> PoolError:
        return PoolClosedError() if self._failure is None else WorkerStartError(self._entry, self._failure)

    def _serving(self) -> list[Worker]:
        return [worker for worker in self._workers if worker.state is State.SERVING]

    def _start_workers(self) -> None:
        missing = self.options.workers - sum(not worker.worn for worker in self._workers)
        for _ in range(missing if time.monotonic() >= self._next_start else 0):
            try:
                process = WorkerProcess(self._entry, self._setup, self.options.memory_limit)
            except OSError as error:
                self._start_failed(str(error))
                break
            worker = Worker(process)
            self._workers.append(worker)
            self._selector.register(process, worker.events, worker)
            self._flush(worker)

    def _start_failed(self, problem: str, *, again: bool = True) -> None:
        self._next_start = time.monotonic() + min(_BACKOFF * 2**self._starts_failed, _MOST_BACKOFF)
        self._starts_failed += 1
        most = _RESTART_ATTEMPTS if self.ready.done() else _START_ATTEMPTS
        if not self._serving() and not (again and self._starts_failed < most):
            self._failure = problem

    def _assign(self) -> None:
        free = [worker for worker in self._serving() if len(worker.jobs) <= self.options.ahead]
        while free and (self._homeward or self._waiting):
            worker = min(free, key=lambda worker: len(worker.jobs))
            job = self._next_for(worker)
            if job is None:
                free.remove(worker)
            elif job.begin():
                self._give(worker, job)
                if len(worker.jobs) > self.options.ahead:
                    free.remove(worker)
            else:
                self._forget(job)

    def _next_for(self, worker: Worker) -> Job | None:
        """What a worker does next: its own jobs first, then those whose own worker is gone or too long busy."""
        if self._homeward:
            now, serving = time.monotonic(), {each.process.pid for each in self._serving()}
            for job in self._homeward:
                if job.home == worker.process.pid or job.home not in serving or now >= job.homeward_until:
                    self._homeward.remove(job)
                    return job
        return self._waiting.popleft() if self._waiting else None

    def _give(self, worker: Worker, job: Job) -> None:
        if not worker.jobs:
            worker.since = time.monotonic()
        worker.jobs[job.number] = job
        job.future.worker = worker.process.pid
        worker.process.put(Kind.JOB, job.number, job.parts)
        self._flush(worker)

    def _listen(self, patience: float | None) -> None:
        for key, events in self._selector.select(patience):
            worker = key.data
            if worker is None:
                os.eventfd_read(self._bell)
            elif worker in self._workers:
                if events & selectors.EVENT_READ:
                    self._receive(worker)
                if events & selectors.EVENT_WRITE and worker in self._workers:
                    self._flush(worker)
        while self._inbox:
            job = self._inbox.popleft()
            self._next_sweep = min(self._next_sweep, job.expires)
            (self._homeward if job.home else self._waiting).append(job)

    def _flush(self, worker: Worker) -> None:
        events = selectors.EVENT_READ if worker.process.flush() else selectors.EVENT_READ | selectors.EVENT_WRITE
        if events != worker.events:
            worker.events = events
            self._selector.modify(worker.process, events, worker)

    def _receive(self, worker: Worker) -> None:
        try:
            for frame in worker.process.receive():
                if worker in self._workers:
                    worker.resident = frame.resident
                    self._take(worker, frame)
        except (EOFError, ValueError, MemoryError):  # it ended, or sends what is no frame
            self._bury(worker, "died")

    def _take(self, worker: Worker, frame: Frame) -> None:
        match frame.kind:
            case Kind.READY:
                self._welcome(worker)
            case Kind.REFUSED:
                name, message, _ = explanation(frame)
                self._discard(worker)
                self._start_failed(f"{name}: {message}", again=False)
            case Kind.OUT_OF_MEMORY:
                self._bury(worker, "memory")
            case Kind.RESULT:
                self._succeed(self._taken_from(worker, frame), frame.payload)
            case Kind.FAILED:
                self._fail(self._taken_from(worker, frame), JobFailedError(*explanation(frame)))
            case _:
                raise ValueError(f"a worker does not send {frame.kind!r}")

    def _welcome(self, worker: Worker) -> None:
        limit = self.options.memory_limit
        if worker.resident >= limit:
            self._discard(worker)
            self._start_failed(f"a worker at rest occupies {worker.resident} bytes of {limit} allowed", again=False)
            return
        worker.state = State.SERVING
        worker.at_rest = worker.resident
        self._starts_failed = 0
        serving = self._serving()
        if len(serving) >= self.options.workers and not self.ready.done():
            self.ready.set_result(None)
        worn = [worker for worker in serving if worker.worn]
        if worn and len(serving) > self.options.workers:
            worn[0].state = State.RETIRING
            self._end_if_retired(worn[0])

    def _taken_from(self, worker: Worker, frame: Frame) -> Job:
        """The job that the frame answers; the next one starts now."""
        job = worker.jobs.pop(frame.job, None)
        if job is None:
            raise ValueError(f"a worker answers job {frame.job}, which it does not have")
        worker.since = time.monotonic()
        worker.done += 1
        swollen = worker.resident > (worker.at_rest + self.options.memory_limit) / 2
        worker.worn = worker.worn or swollen or worker.done >= self.options.recycle_after
        self._end_if_retired(worker)
        return job

    def _end_if_retired(self, worker: Worker) -> None:
        if worker.state is State.RETIRING and not worker.jobs:
            self._bury(worker, "recycled")

    def _watch(self) -> None:
        if (now := time.monotonic()) < self._next_watch:
            return
        self._next_watch = now + _TICK
        self._drop_late_jobs(now)
        for worker in list(self._workers):
            if worker.state is State.STARTING:
                if now - worker.since > self.options.start_timeout:
                    self._discard(worker)
                    self._start_failed(f"a worker was not ready within {self.options.start_timeout:g} s")
            elif worker.jobs and now - worker.since > self.options.time_limit:
                self._bury(worker, "time_limit")
            elif worker.jobs and worker.process.resident() > self.options.memory_limit:
                self._bury(worker, "memory")

    def _drop_late_jobs(self, now: float) -> None:
        if now >= self._next_sweep:
            self._waiting, self._homeward = (self._in_time(jobs, now) for jobs in (self._waiting, self._homeward))
            expiries = (job.expires for job in itertools.chain(self._waiting, self._homeward))
            self._next_sweep = min((now + _SWEEP, *expiries))
        for worker in self._workers:
            for job in worker.jobs.values():
                if late := job.late(now):
                    self._fail(job, late)  # its worker goes on: under load, a restart is the last thing to pay for

    def _in_time(self, jobs: deque[Job], now: float) -> deque[Job]:
        kept = deque[Job]()
        for job in jobs:
            if job.cancelled():
                self._forget(job)
            elif late := job.late(now):
                self._fail(job, late)
            else:
                kept.append(job)
        return kept

    def _bury(self, worker: Worker, cause: Cause) -> None:
        """End a worker and settle what its end means to its jobs."""
        exit_status = self._discard(worker, wait=cause == "died")
        if worker.state is State.STARTING:
            self._start_failed(f"a worker ended while it started, exit status {exit_status}")
            return
        self._replaced[cause] += 1
        unanswered = [job for job in worker.jobs.values() if not job.answered]
        under_way = next(iter(worker.jobs.values()), None)
        self._waiting.extendleft(job for job in reversed(unanswered) if job is not under_way)
        if under_way in unanswered:
            self._blame(under_way, cause, exit_status)

    def _discard(self, worker: Worker, *, wait: bool = False) -> int:
        """Let go of a worker and end it. To `wait` for its exit status takes no time where it ended by itself."""
        self._selector.unregister(worker.process)
        self._workers.remove(worker)
        if wait:
            return worker.process.end()
        # The kernel takes a while to free a gigabyte; nobody else's page is to wait for that.
        threading.Thread(target=worker.process.end, name="dedup-pool-end").start()
        return -signal.SIGKILL

    def _blame(self, job: Job, cause: Cause, exit_status: int) -> None:
        job.attempts += 1
        if cause == "time_limit":
            self._fail(job, TimeLimitExceededError(self.options.time_limit))
        elif cause == "memory":
            self._fail(job, MemoryExceededError(self.options.memory_limit))
        elif job.attempts >= self.options.attempts:
            self._fail(job, WorkerDiedError(exit_status, job.attempts))
        else:
            self._waiting.appendleft(job)

    def _succeed(self, job: Job, result: bytes) -> None:
        if not job.answered:
            self._forget(job)
            job.future.set_result(result)

    def _fail(self, job: Job, error: PoolError) -> None:
        if not job.answered:
            self._forget(job)
            if job.begin():
                job.future.set_exception(error)

    def _forget(self, job: Job) -> None:
        job.answered = True
        with self._lock:
            self._unanswered -= 1
