"""The engine of a Spark cluster: every input is a partition, its pages are worked on in processes beside Spark's own.

Reading and cleaning, the stages over inputs, run there. What sites repeat, what resembles what, and the output are
worked out by the process that started the job, from the files of the workspace: a file system that all machines share.

Needs the extra `dedup[spark]` and Java 17 or later.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Self

import msgspec

from dedup.archive.engines import WORKER, Call, Tell
from dedup.archive.engines.local import load, pool_options
from dedup.archive.rows import Status
from dedup.errors import ArchiveEngineError, DedupError, MissingExtraError
from dedup.pool import WorkerPool

if TYPE_CHECKING:
    from pyspark import SparkContext

_NAME: Final = "dedup archive"


class _Done(NamedTuple):
    """What comes back for an input: how many records came to each status, or why it could not be done."""

    number: int
    counts: Counter[Status]
    error: DedupError | None = None


class SparkEngine:
    """Partitions of a Spark job.

    Args:
        master: address of the cluster, such as `spark://host:7077` or `local[2]`; None where Spark's settings say.
    """

    def __init__(self, master: str | None) -> None:
        self._master = master

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def map(self, task: str, call: Call, numbers: Sequence[int], tell: Tell) -> Iterator[int]:
        """See `Engine.map`; all numbers come at once, when Spark's job is done.

        Raises:
            ArchiveEngineError: Spark does not start, or gave up an input.
            DedupError: what the stage raised for an input.
        """
        if not numbers:
            return
        here = msgspec.structs.replace(call, out=str(Path(call.out).resolve()))
        context = self._context()
        try:
            inputs = context.parallelize(numbers, len(numbers))
            results: list[_Done] = inputs.map(_partition(task, msgspec.msgpack.encode(here))).collect()
        except Exception as error:  # what Spark raises comes from Java, by the classes of py4j
            raise ArchiveEngineError("spark", _first_line(error)) from error
        for done in results:
            if done.error is not None:
                raise done.error
            for status, count in done.counts.items():
                tell(status, count)
            yield done.number

    def _context(self) -> SparkContext:
        """The context of this process, which Spark allows one; it ends with the process."""
        try:
            from pyspark import SparkConf, SparkContext  # noqa: PLC0415  (an extra, and slow to load)
        except ImportError:
            raise MissingExtraError("engine", "pyspark", "spark") from None
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # else the first `python3` on the path
        settings = SparkConf().setAppName(_NAME).set("spark.ui.showConsoleProgress", "false")
        settings.setIfMissing("spark.ui.enabled", "false")
        if self._master is not None:
            settings.setMaster(self._master)
            if self._master.startswith("local"):
                settings.setIfMissing("spark.driver.bindAddress", "127.0.0.1")
                settings.setIfMissing("spark.driver.host", "127.0.0.1")
        try:
            context = SparkContext.getOrCreate(settings)
        except Exception as error:  # the same
            raise ArchiveEngineError("spark", _first_line(error)) from error
        context.setLogLevel("ERROR")
        return context


def _partition(task: str, call: bytes) -> Callable[[int], _Done]:
    """What Spark sends: an input's number in, what became of it out. It takes one core, as Spark counts them."""

    def run(number: int) -> _Done:
        decoded, counts = msgspec.msgpack.decode(call, type=Call), Counter[Status]()
        options = msgspec.structs.replace(decoded.options, workers=1)
        try:
            with WorkerPool(WORKER, call, options=pool_options(options)) as pool:
                load(task)(decoded, number, pool, lambda status, count=1: counts.update({status: count}))
        except DedupError as error:
            return _Done(number, counts, error)
        return _Done(number, counts)

    return run


def _first_line(error: Exception) -> str:
    """What Spark said. Before what comes from Java, py4j says by which call, and puts a colon between."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return next((line.removeprefix(": ") for line in lines if line.startswith(": ")), lines[0])
