"""Drafts → rows and cleaned texts: for each input three files, the last of which says that it is done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import starmap
from pathlib import Path
from typing import Final

import msgspec

from dedup.archive.cleaned import CleanedWriter
from dedup.archive.engines import Call, Tell
from dedup.archive.pages import Cleaned
from dedup.archive.rows import Row
from dedup.archive.stages.batches import Case, Desk, answered
from dedup.archive.trips import POSITION_BITS, Draft, Job, Second, read_drafts
from dedup.archive.workspace import Workspace
from dedup.errors import ArchiveRecordError
from dedup.pool import WorkerPool

TASK: Final = "dedup.archive.stages.clean:clean_input"
_decode: Final = msgspec.msgpack.Decoder(list[Cleaned]).decode


def clean_input(call: Call, number: int, pool: WorkerPool, tell: Tell) -> None:
    """Finish the pages of an input with what their sites repeat.

    Raises:
        ArchiveRecordError: a page cannot be cleaned, and the job is strict.
        ArchiveOutputError: the results cannot be written.
    """
    options = call.options
    with CleanedWriter.of(Workspace(Path(call.out)), number, by_site=options.scope == "site") as writer:
        for row, cleaned in _cleaned(call, number, pool):
            row.status, row.why = cleaned.status, cleaned.why
            row.removed = cleaned.removed
            if options.annotate or options.ledger:
                row.blocks = cleaned.blocks
            if row.status != "document":
                row.headers = None
            if options.strict and row.status == "quarantined":
                raise ArchiveRecordError(row.file, row.offset, row.why or "")
            text = b""
            if cleaned.page is not None:
                row.page = msgspec.structs.replace(cleaned.page, content="")
                text = cleaned.page.content.encode("utf-8", "replace")
            writer.add(row, text)
            tell(row.status)


def _cleaned(call: Call, number: int, pool: WorkerPool) -> Iterator[tuple[Row, Cleaned]]:
    """Results in the order of the records."""
    drafts = enumerate(read_drafts(Workspace(Path(call.out)).draft(number)), number << POSITION_BITS)
    desk = Desk(pool, _job, _decode, lambda why: Cleaned(status="quarantined", why=why))
    return answered(starmap(_case, drafts), desk, call.options.memory)


def _case(position: int, draft: Draft) -> Case[Row, Second, Cleaned]:
    analysed = draft.analysed
    if analysed.status != "document":
        return Case(draft.row, answer=Cleaned(status=analysed.status, why=analysed.why))
    second = Second(position, analysed.draft, analysed.evidence)
    return Case(draft.row, request=second, size=len(second.draft))


def _job(seconds: Sequence[Second]) -> bytes:
    return msgspec.msgpack.encode(Job(seconds=seconds))
