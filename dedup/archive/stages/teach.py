"""Drafts → the memory of a service: what the pages of the job say of their sites."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

import msgspec

from dedup.archive.files import write
from dedup.archive.trips import read_drafts
from dedup.archive.workspace import Workspace
from dedup.state.records import PageRecord

_AT_ONCE: Final = 256  # pages that are committed together
_decode: Final = msgspec.msgpack.Decoder(PageRecord).decode


def teach(inputs: int, workspace: Workspace, state: str) -> None:
    """Have a memory learn all pages. Done again, each counts once all the same, by its URL.

    Raises:
        StateError: the memory cannot be opened or written.
        ArchiveOutputError: the workspace cannot be written.
    """
    missing = [number for number in range(inputs) if not workspace.taught(number).exists()]
    if not missing:
        return
    from dedup.memory import LearnedMemory  # noqa: PLC0415  (compiles kernels, which only this stage needs here)

    memory = LearnedMemory.open(state)
    try:
        for number in missing:
            found = _records(workspace, number)
            while records := list(islice(found, _AT_ONCE)):
                memory.learn(records)
            write(workspace.taught(number), b"")
    finally:
        memory.close()


def _records(workspace: Workspace, number: int) -> Iterator[PageRecord]:
    for draft in read_drafts(workspace.draft(number)):
        if draft.analysed.record:
            yield _decode(draft.analysed.record)
