"""Drafts → rows and cleaned texts: for each input three files, the last of which says that it is done."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Final

import msgspec

from dedup.archive.cleaned import INDEXED
from dedup.archive.engines import Call, Task, Tell
from dedup.archive.files import replacing
from dedup.archive.formats import Damage, Record
from dedup.archive.pages import Cleaned, as_it_is
from dedup.archive.rows import Row
from dedup.archive.stages.read import AHEAD, records, row_of_record
from dedup.archive.trips import POSITION_BITS, Draft, Second, read_drafts
from dedup.archive.workspace import Workspace
from dedup.errors import ArchiveRecordError, PoolError
from dedup.pool import WorkerPool

TASK: Final = Task("dedup.archive.stages.clean:clean_input", "dedup.archive.worker:open_cleaner")
_NO_DIGIT: Final = re.compile(r"\D")
_decode: Final = msgspec.msgpack.Decoder(Cleaned).decode


def clean_input(call: Call, number: int, pool: WorkerPool, tell: Tell) -> None:
    """Finish the pages of an input with what their sites repeat.

    Raises:
        ArchiveRecordError: a page cannot be cleaned, and the job is strict.
        ArchiveOutputError: the results cannot be written.
    """
    _write(call, number, _cleaned(call, number, pool), tell)


def take_input(call: Call, number: int, tell: Tell) -> None:
    """Take the texts of an input as they are: they need no parser, and so no process that may be lost.

    Raises:
        ArchiveRecordError: a record cannot be used, and the job is strict.
        ArchiveOutputError: the results cannot be written.
    """
    found = ((row_of_record(one, call.options), _as_it_is(one)) for one in records(call, number))
    _write(call, number, found, tell)


def _write(call: Call, number: int, results: Iterator[tuple[Row, Cleaned]], tell: Tell) -> None:
    space, start, at = Workspace(Path(call.out)), 0, 0
    with replacing(space.rows(number), space.texts(number), space.index(number)) as (rows, texts, indexed):
        for row, cleaned in results:
            page, text = cleaned.page, b""
            row.status, row.why = cleaned.status, cleaned.why
            row.removed = cleaned.removed
            if call.options.annotate or call.options.ledger:
                row.blocks = cleaned.blocks
            if row.status != "document":
                row.headers = None
            if call.options.strict and row.status == "quarantined":
                raise ArchiveRecordError(row.file, row.offset, row.why or "")
            if page is not None:
                row.page = msgspec.structs.replace(page, content="")
                text = page.content.encode("utf-8", "replace") if row.status == "document" else b""
            row.start, row.size = start, len(text)
            line = msgspec.json.encode(row) + b"\n"
            if row.status == "document":
                indexed.write(INDEXED.pack(start, len(text), _moment(row.date), at))
            rows.write(line)
            texts.write(text)
            start += len(text)
            at += len(line)
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
    return pool.submit(msgspec.msgpack.encode(Second(position, analysed.draft, analysed.evidence)))


def _answer(result: Future[bytes] | Cleaned) -> Cleaned:
    if isinstance(result, Cleaned):
        return result
    try:
        return _decode(result.result())
    except PoolError as error:
        return Cleaned(status="quarantined", why=str(error))


def _as_it_is(one: Record | Damage) -> Cleaned:
    return Cleaned(status="quarantined", why=one.why) if isinstance(one, Damage) else as_it_is(one)


def _moment(date: str | None) -> int:
    """Digits of a date, to the second, as one number that orders like the dates; what has none comes last."""
    digits = _NO_DIGIT.sub("", date or "")[:14]
    return int(digits.ljust(14, "0")) if digits else 10**14
