"""Input files → drafts of their pages, and what these say of their sites; three files an input, the last a sign."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from dedup.archive.engines import Call, Tell
from dedup.archive.evidence import EvidenceWriter
from dedup.archive.files import replacing
from dedup.archive.formats import Damage, Record
from dedup.archive.stages.batches import Case, Desk, answered
from dedup.archive.stages.records import records, row_of_record
from dedup.archive.trips import Analysed, Draft, Job, write_draft
from dedup.archive.workspace import Workspace
from dedup.errors import ArchiveRecordError
from dedup.pool import WorkerPool

TASK: Final = "dedup.archive.stages.read:read_input"
_MOST_AHEAD: Final = 256 * 1024**2  # bytes of them together
_SHARE: Final = 16  # of the job's memory, what records under way may take: one in so many
_decode: Final = msgspec.msgpack.Decoder(list[Analysed]).decode


def read_input(call: Call, number: int, pool: WorkerPool, tell: Tell) -> None:
    """Analyse the pages of an input.

    Raises:
        ArchiveRecordError: a record cannot be used, and the job is strict.
        ArchiveOutputError: the results cannot be written.
    """
    space = Workspace(Path(call.out))
    outputs = (space.pages(number), space.keys(number), space.draft(number))
    with replacing(*outputs) as (pages, keys, drafts), closing(EvidenceWriter(pages, keys, number)) as writer:
        for ordinal, (record, analysed) in enumerate(_analysed(records(call, number), pool, call)):
            if call.options.strict and analysed.status == "quarantined":
                raise ArchiveRecordError(record.file, record.offset, analysed.why or "")
            row = msgspec.structs.replace(
                row_of_record(record, call.options), status=analysed.status, why=analysed.why
            )
            write_draft(drafts, Draft(row, analysed))
            if analysed.evidence is not None:
                writer.add(ordinal, analysed.evidence)
            tell(analysed.status)


def _analysed(
    found: Iterator[Record | Damage], pool: WorkerPool, call: Call
) -> Iterator[tuple[Record | Damage, Analysed]]:
    """Results in the order of the records."""
    desk = Desk(pool, _job, _decode, lambda why: Analysed("quarantined", why))
    return answered(map(_case, found), desk, min(_MOST_AHEAD, call.options.memory // _SHARE))


def _case(one: Record | Damage) -> Case[Record | Damage, Record, Analysed]:
    if isinstance(one, Damage):
        return Case(one, answer=Analysed("quarantined", one.why))
    if one.kind in {"other", "revisit"}:
        return Case(one, answer=Analysed("revisit" if one.kind == "revisit" else "no_page"), size=len(one.payload))
    return Case(one, request=one, size=len(one.payload))


def _job(records: Sequence[Record]) -> bytes:
    return msgspec.msgpack.encode(Job(records=records))
