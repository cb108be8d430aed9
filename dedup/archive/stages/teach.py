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

_AT_ONCE: Final = 256
"""Pages that are committed together: fewer than a memory keeps of a site, so that none is folded before it is noted."""
_decode: Final = msgspec.msgpack.Decoder(PageRecord).decode
_decode_position: Final = msgspec.json.Decoder(tuple[int, int]).decode


def teach(inputs: int, workspace: Workspace, state: str) -> None:
    """Have a memory learn all pages, from the last commit on that was noted.

    A commit that was not may be done again: each page of it counts once all the same, by its URL. One that was folded
    since would count twice.

    Raises:
        StateError: the memory cannot be opened or written.
        ArchiveOutputError: the workspace cannot be written.
    """
    taught = workspace.taught
    first, pages = _decode_position(taught.read_bytes()) if taught.exists() else (0, 0)
    if first == inputs:
        return
    from dedup.memory import LearnedMemory  # noqa: PLC0415  (compiles kernels, which only this stage needs here)

    memory = LearnedMemory.open(state)
    try:
        for number in range(first, inputs):
            found = islice(_records(workspace, number), pages, None)
            while records := list(islice(found, _AT_ONCE)):
                memory.learn(records)
                pages += len(records)
                write(taught, msgspec.json.encode((number, pages)))
            pages = 0
        write(taught, msgspec.json.encode((inputs, 0)))
    finally:
        memory.close()


def _records(workspace: Workspace, number: int) -> Iterator[PageRecord]:
    for draft in read_drafts(workspace.draft(number)):
        if draft.analysed.record:
            yield _decode(draft.analysed.record)
