"""Drafts → rows and cleaned texts: for each input three files, the last of which says that it is done."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Final

import msgspec

from dedup.archive.cleaned import CleanedWriter
from dedup.archive.engines import Call, Tell
from dedup.archive.pages import Cleaned
from dedup.archive.rows import Row
from dedup.archive.stages.read import AHEAD
from dedup.archive.trips import POSITION_BITS, Draft, Job, Second, read_drafts
from dedup.archive.workspace import Workspace
from dedup.errors import ArchiveRecordError, PoolError
from dedup.pool import WorkerPool

TASK: Final = "dedup.archive.stages.clean:clean_input"
_decode: Final = msgspec.msgpack.Decoder(Cleaned).decode


def clean_input(call: Call, number: int, pool: WorkerPool, tell: Tell) -> None:
    """Finish the pages of an input with what their sites repeat.

    Raises:
        ArchiveRecordError: a page cannot be cleaned, and the job is strict.
        ArchiveOutputError: the results cannot be written.
    """
    options = call.options
    with CleanedWriter.of(Workspace(Path(call.out)), number) as writer:
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
    """Results in the order of the records, a bounded number under way."""
    under_way: deque[tuple[Row, Future[bytes] | Cleaned]] = deque()
    for ordinal, draft in enumerate(read_drafts(Workspace(Path(call.out)).draft(number))):
        under_way.append((draft.row, _sent(draft, (number << POSITION_BITS) + ordinal, pool)))
        if len(under_way) > AHEAD * pool.options.workers:
            row, result = under_way.popleft()
            yield row, _answer(result)
    for row, result in under_way:
        yield row, _answer(result)


def _sent(draft: Draft, position: int, pool: WorkerPool) -> Future[bytes] | Cleaned:
    analysed = draft.analysed
    if analysed.status != "document":
        return Cleaned(status=analysed.status, why=analysed.why)
    return pool.submit(msgspec.msgpack.encode(Job(second=Second(position, analysed.draft, analysed.evidence))))


def _answer(result: Future[bytes] | Cleaned) -> Cleaned:
    if isinstance(result, Cleaned):
        return result
    try:
        return _decode(result.result())
    except PoolError as error:
        return Cleaned(status="quarantined", why=str(error))
