"""Input files → drafts of their pages, and what these say of their sites; three files an input, the last a sign."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from dedup.archive.engines import Call, Tell
from dedup.archive.evidence import EvidenceWriter
from dedup.archive.files import replacing
from dedup.archive.formats import Damage, Record
from dedup.archive.stages.records import records, row_of_record
from dedup.archive.trips import Analysed, Draft, Job, write_draft
from dedup.archive.workspace import Workspace
from dedup.errors import ArchiveRecordError, PoolError
from dedup.pool import WorkerPool

TASK: Final = "dedup.archive.stages.read:read_input"
AHEAD: Final = 16  # records a worker
_MOST_AHEAD: Final = 256 * 1024**2  # bytes of them together
_SHARE: Final = 16  # of the job's memory, what records under way may take: one in so many
_decode: Final = msgspec.msgpack.Decoder(Analysed).decode


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
    """Results in the order of the records, whichever worker is done first; a bounded number under way."""
    under_way: deque[tuple[Record | Damage, Future[bytes] | Analysed]] = deque()
    held, most = 0, min(_MOST_AHEAD, call.options.memory // _SHARE)
    for one in found:
        if isinstance(one, Damage):
            under_way.append((one, Analysed("quarantined", one.why)))
        elif one.kind in {"other", "revisit"}:
            under_way.append((one, Analysed("revisit" if one.kind == "revisit" else "no_page")))
        else:
            under_way.append((one, pool.submit(msgspec.msgpack.encode(Job(record=one)))))
        held += _size(one)
        while len(under_way) > AHEAD * pool.options.workers or held > most:
            first, result = under_way.popleft()
            held -= _size(first)
            yield first, _answer(result)
    for first, result in under_way:
        yield first, _answer(result)


def _answer(result: Future[bytes] | Analysed) -> Analysed:
    if isinstance(result, Analysed):
        return result
    try:
        return _decode(result.result())
    except PoolError as error:
        return Analysed("quarantined", str(error))


def _size(one: Record | Damage) -> int:
    return len(one.payload) if isinstance(one, Record) else 0
