"""Where the stages of an archive job run: the same functions over the numbers of the sections, wherever that is.

An engine has to give:

- each number to the task's function once at least, in any process that sees the job's folder and inputs. A function
  writes what it makes under temporary names and renames it; done again, it writes the same bytes.
- a `WorkerPool` over `WORKER`, so that a page that hangs, crashes or swells costs itself alone.
- the numbers back as they are done, and the errors of this package as they are.

What a function needs it gets from the call, the number and the files of the workspace; so a `Call` may be sent
anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Final, Protocol, Self

import msgspec

from dedup.archive.formats import Section
from dedup.archive.options import ArchiveOptions
from dedup.archive.rows import Status
from dedup.pool import WorkerPool


class Tell(Protocol):
    """Told of every record, of several of one status at once."""

    def __call__(self, status: Status, count: int = 1, /) -> None:
        """Some records came to this."""


class Call(msgspec.Struct, frozen=True):
    """What every input of a job is worked on with.

    Attributes:
        out: the job's folder.
        sections: of the inputs, in order.
        options: of the job.
    """

    out: str
    sections: tuple[Section, ...]
    options: ArchiveOptions


WORKER: Final = "dedup.archive.worker:open_worker"
"""Of the pool's workers; their setup is the call as MessagePack."""

Run = Callable[[Call, int, WorkerPool, Tell], None]
"""Does a section: it is given the call, the number, a pool and whom to tell."""


class Engine(Protocol):
    """Runs stages over sections of the input; used as a context, which ends what it has started."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /
    ) -> None: ...

    def map(self, task: str, call: Call, numbers: Sequence[int], tell: Tell) -> Iterator[int]:
        """Do all of these sections; yields the number of each that is done, in any order.

        Args:
            task: `module:function` of a `Run`.
            call: what each is done with; the same for all tasks of an engine.
            numbers: of the sections.
            tell: told of every record.

        Raises:
            DedupError: what the stage raised for an input.
        """
