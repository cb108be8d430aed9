"""Where the stages of an archive job run: the same functions over the numbers of the sections, wherever that is.

An engine has to give:

- each number to the task's function once at least, in any process that sees the job's folder and inputs. A function
  writes what it makes under temporary names and renames it; done again, it writes the same bytes.
- a `WorkerPool` over the task's worker, so that a page that hangs, crashes or swells costs itself alone.
- the numbers back as they are done, and the errors of this package as they are.

What a function needs it gets from the call, the number and the files of the workspace; so a `Call` may be sent
anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import msgspec

from dedup.archive.formats import Section
from dedup.archive.options import ArchiveOptions
from dedup.archive.rows import Status
from dedup.pool import WorkerPool

Tell = Callable[[Status], None]
"""Told of every record."""


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


class Task(msgspec.Struct, frozen=True):
    """A stage.

    Attributes:
        run: `module:function` that does a section: it is given the call, the number, a pool and whom to tell.
        worker: `module:function` of the pool's workers; its setup is the call as MessagePack.
    """

    run: str
    worker: str


Run = Callable[[Call, int, WorkerPool, Tell], None]


class Engine(Protocol):
    """Runs a stage over sections of the input."""

    def map(self, task: Task, call: Call, numbers: Sequence[int], tell: Tell) -> Iterator[int]:
        """Do all of these sections; yields the number of each that is done, in any order.

        Raises:
            DedupError: what the stage raised for an input.
        """
