"""What the supervisor keeps of a job, and of a worker process and the jobs it has."""

from __future__ import annotations

import enum
import selectors
import time
from concurrent.futures import Future

from dedup.errors import DeadlineExceededError
from dedup.pool.process import WorkerProcess
from dedup.pool.wire import Part

_HOMEWARD = 0.05  # seconds that a job waits for the worker it prefers


class Result(Future[bytes]):
    """A result to come, and the process that makes it; 0 as long as none does."""

    worker = 0


class Job:
    """A payload, and the future that its sender holds."""

    def __init__(self, number: int, parts: tuple[Part, ...], deadline: float | None, home: int) -> None:
        now = time.monotonic()
        self.number = number
        self.parts = parts
        self.deadline = deadline
        self.expires = float("inf") if deadline is None else now + deadline
        self.home = home
        self.homeward_until = now + _HOMEWARD
        self.future = Result()
        self.attempts = 0
        self.answered = False
        self._begun = False

    def begin(self) -> bool:
        """From here on it cannot be cancelled; False where it was."""
        if not self._begun:
            self._begun = self.future.set_running_or_notify_cancel()
        return self._begun

    def cancelled(self) -> bool:
        """Whether it was; if so, whoever waits for it by `concurrent.futures.wait` is told."""
        return self.future.cancelled() and not self.begin()

    def late(self, now: float) -> DeadlineExceededError | None:
        """The error, once the deadline has passed."""
        if self.deadline is None or now < self.expires:
            return None
        return DeadlineExceededError(self.deadline, "running" if self._begun else "waiting")


class State(enum.Enum):
    """What a worker is at. A retiring one finishes what it has."""

    STARTING = enum.auto()
    SERVING = enum.auto()
    RETIRING = enum.auto()


class Worker:
    """A worker process and the jobs it has, the one under way first."""

    def __init__(self, process: WorkerProcess) -> None:
        self.process = process
        self.jobs: dict[int, Job] = {}
        self.events = selectors.EVENT_READ
        self.state = State.STARTING
        self.worn = False  # serves until its successor does
        self.since = time.monotonic()  # its start, then the start of the job under way
        self.done = 0
        self.at_rest = 0
        self.resident = 0
