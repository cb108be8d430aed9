"""Work on sections that needs no wall around every page: in this process, or in several that stay for the whole job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

import msgspec

from dedup.archive.engines import Call, Tell
from dedup.archive.engines.local import pool_options
from dedup.archive.files import take_names
from dedup.archive.options import LEAST_MEMORY
from dedup.archive.rows import Status
from dedup.corpus.ahead import computed
from dedup.errors import PoolError
from dedup.loading import named
from dedup.pool import WorkerPool

Do = Callable[[int, Tell], Sequence[Path]]
"""Does a section by its number; returns the files that it wrote, in the order in which they are to take their names."""
_ENTRY: Final = "dedup.archive.engines.hands:open_hand"
_MEMORY: Final = 128 * 1024**2  # of one: interpreter, libraries, and what it reads and writes at a time
_LONG: Final = 86_400.0  # seconds: a section may be a file of any size
_NAMED_AT_ONCE: Final = 2  # sections; a disk is told of several files at once in about the time that it takes for one
_encode: Final = msgspec.msgpack.encode
_decode: Final = msgspec.msgpack.Decoder(tuple[list[str], dict[Status, int]]).decode
_decode_job: Final = msgspec.msgpack.Decoder(tuple[str, int]).decode


class Hands:
    """Processes that do sections: one a worker of the job, as many as its memory has room for beside its least.

    A task is `module:function`, and what the function returns for a `Call` does sections. Done again, a section has to
    come to the same bytes. What it wrote is put on the disk, and named, while the next ones are worked on.

    Args:
        call: what every section is worked on with.
    """

    def __init__(self, call: Call) -> None:
        options = call.options
        fit = (options.memory - LEAST_MEMORY) // _MEMORY
        self._options = msgspec.structs.replace(options, workers=max(min(options.workers, fit), 1))
        self._call = call
        self._here = _Opened(call)
        self._pool: WorkerPool | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.__exit__(kind, error, traceback)

    def do(self, task: str, numbers: Sequence[int], tell: Tell) -> Iterator[int]:
        """Begin with these sections; yields the number of each that is done, in order.

        Raises:
            ArchiveOutputError: what was written cannot be put on the disk.
            DedupError: what the task raised for a section.
        """
        return computed(_named, self._written(task, numbers, tell), _NAMED_AT_ONCE)

    def _written(self, task: str, numbers: Sequence[int], tell: Tell) -> Iterator[_Section]:
        if self._options.workers == 1 or len(numbers) < 2:
            return self._one_by_one(task, numbers, tell)
        if self._pool is None:
            bounds = msgspec.structs.replace(pool_options(self._options), time_limit=_LONG)
            self._pool = WorkerPool(_ENTRY, _encode(self._call), options=bounds)
        results = [self._pool.submit(_encode((task, number))) for number in numbers]
        return self._gathered(task, numbers, results, tell)

    def _one_by_one(self, task: str, numbers: Sequence[int], tell: Tell) -> Iterator[_Section]:
        for number in numbers:
            yield _Section(number, self._here.do(task, number, tell))

    def _gathered(
        self, task: str, numbers: Sequence[int], results: list[Future[bytes]], tell: Tell
    ) -> Iterator[_Section]:
        for number, result in zip(numbers, results, strict=True):
            try:
                names, counts = _decode(result.result())
            except PoolError:  # here it says what is wrong, or is done where no process has a bound
                yield _Section(number, self._here.do(task, number, tell))
                continue
            for status, count in counts.items():
                tell(status, count)
            yield _Section(number, tuple(map(Path, names)))


class _Section(NamedTuple):
    """One that is written: its number, and its files."""

    number: int
    files: Sequence[Path]


def _named(section: _Section) -> int:
    take_names(section.files)
    return section.number


class _Opened:
    """Tasks that are ready in a process."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._tasks: dict[str, Do] = {}

    def do(self, task: str, number: int, tell: Tell) -> Sequence[Path]:
        if task not in self._tasks:
            self._tasks[task] = named(task)(self._call)
        return self._tasks[task](number, tell)


def open_hand(setup: bytes) -> Callable[[bytes], bytes]:
    """A process of `Hands`, for `WorkerPool`; `setup` is a `Call`."""
    opened = _Opened(msgspec.msgpack.decode(setup, type=Call))

    def work(payload: bytes) -> bytes:
        task, number = _decode_job(payload)
        counts: Counter[Status] = Counter()

        def tell(status: Status, count: int = 1) -> None:
            counts[status] += count

        paths = opened.do(task, number, tell)
        return _encode((list(map(str, paths)), dict(counts)))

    return work
