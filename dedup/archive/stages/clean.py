"""Input files → rows and cleaned texts: for each input three files, the last of which says that it is done."""

from __future__ import annotations

import contextlib
import re
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Final

import msgspec
import xxhash

from dedup.archive.cleaned import INDEXED
from dedup.archive.files import replacing
from dedup.archive.formats import Damage, Record, read
from dedup.archive.formats.http import fields
from dedup.archive.options import ArchiveOptions
from dedup.archive.pages import Cleaned, clean_record
from dedup.archive.progress import Progress, Watcher
from dedup.archive.rows import Row
from dedup.archive.workspace import Workspace
from dedup.errors import ArchiveRecordError, PoolError
from dedup.pool import PoolOptions, WorkerPool

_AHEAD: Final = 16  # records a worker
_MOST_AHEAD: Final = 256 * 1024 * 1024  # bytes of them together
_NO_DIGIT: Final = re.compile(r"\D")

_decode_cleaned = msgspec.msgpack.Decoder(Cleaned).decode


def clean(
    names: Sequence[str], workspace: Workspace, options: ArchiveOptions, watch: Watcher, so_far: Progress
) -> None:
    """Clean what is not clean yet.

    Args:
        names: of the input files; `-` was saved under the workspace.
        workspace: where the results go.
        options: of the job.
        watch: told of every record.
        so_far: what it is told with.

    Raises:
        ArchiveRecordError: a record cannot be used, and the job is strict.
        ArchiveOutputError: the results cannot be written.
    """
    with contextlib.ExitStack() as stack:
        pool: WorkerPool | None = None
        for number, name in enumerate(names):
            path = workspace.work / "stdin" if name == "-" else Path(name)
            if not workspace.index(number).exists():
                if pool is None and options.clean is not None:
                    pool = stack.enter_context(_workers(options))
                _clean_file(path, name, number, workspace, options, pool, watch, so_far)
            so_far.done += path.stat().st_size if path.exists() else 0
            watch(so_far)


def _workers(options: ArchiveOptions) -> WorkerPool:
    pool_options = PoolOptions(workers=options.workers, time_limit=options.seconds_a_page, memory_limit=2 * 1024**3)
    return WorkerPool(
        "dedup.archive.worker:open_cleaner", msgspec.msgpack.encode(options.clean), options=pool_options
    )


def _clean_file(
    path: Path,
    name: str,
    number: int,
    workspace: Workspace,
    options: ArchiveOptions,
    pool: WorkerPool | None,
    watch: Watcher,
    so_far: Progress,
) -> None:
    found = read(path, options.fields, name=name, most=options.record_bytes)
    results = _in_process(found, options) if pool is None else _in_pool(found, pool, options)
    with replacing(workspace.rows(number), workspace.texts(number), workspace.index(number)) as (
        rows,
        texts,
        indexed,
    ):
        start = at = 0
        for record, cleaned in results:
            row, text = _row(record, cleaned, options)
            if options.strict and row.status == "quarantined":
                raise ArchiveRecordError(row.file, row.offset, row.why or "")
            row.start, row.size = start, len(text)
            line = msgspec.json.encode(row) + b"\n"
            if row.status == "document":
                indexed.write(INDEXED.pack(start, len(text), _moment(row.date), at))
            rows.write(line)
            texts.write(text)
            start += len(text)
            at += len(line)
            so_far.records += 1
            so_far.quarantined += row.status == "quarantined"
            so_far.dropped += row.status not in {"document", "quarantined"}
            watch(so_far)


def _in_process(
    found: Iterator[Record | Damage], options: ArchiveOptions
) -> Iterator[tuple[Record | Damage, Cleaned]]:
    """Texts that stay as they are need no parser, and so no process that may be lost."""
    for one in found:
        yield one, _damaged(one) if isinstance(one, Damage) else clean_record(one, options.clean)


def _in_pool(
    found: Iterator[Record | Damage], pool: WorkerPool, options: ArchiveOptions
) -> Iterator[tuple[Record | Damage, Cleaned]]:
    """Results in the order of the records, whichever worker is done first; a bounded number under way."""
    under_way: deque[tuple[Record | Damage, Future[bytes] | Cleaned]] = deque()
    held = 0
    for one in found:
        if isinstance(one, Damage):
            under_way.append((one, _damaged(one)))
        elif one.kind in {"other", "revisit"}:
            under_way.append((one, clean_record(one, options.clean)))
        else:
            under_way.append((one, pool.submit(msgspec.msgpack.encode(one))))
        held += _size(one)
        while len(under_way) > _AHEAD * options.workers or held > _MOST_AHEAD:
            first, result = under_way.popleft()
            held -= _size(first)
            yield first, _answer(result)
    for first, result in under_way:
        yield first, _answer(result)


def _answer(result: Future[bytes] | Cleaned) -> Cleaned:
    if isinstance(result, Cleaned):
        return result
    try:
        return _decode_cleaned(result.result())
    except PoolError as error:
        return Cleaned(status="quarantined", why=str(error))


def _damaged(damage: Damage) -> Cleaned:
    return Cleaned(status="quarantined", why=damage.why)


def _size(one: Record | Damage) -> int:
    return len(one.payload) if isinstance(one, Record) else 0


def _row(one: Record | Damage, cleaned: Cleaned, options: ArchiveOptions) -> tuple[Row, bytes]:
    page = cleaned.page
    text = page.content.encode("utf-8", "replace") if page and cleaned.status == "document" else b""
    record = one if isinstance(one, Record) else None
    row = Row(
        status=cleaned.status,
        id=(record.record_id if record else None) or f"{one.file}:{one.offset}",
        url=record.url if record else None,
        file=one.file,
        offset=one.offset,
        length=one.length,
        record_id=record.record_id if record else None,
        date=record.date if record else None,
        payload_digest=xxhash.xxh3_128_hexdigest(record.payload) if record else None,
        page=msgspec.structs.replace(page, content="") if page else None,
        why=cleaned.why,
        headers=_headers(record) if record and options.output == "warc" and cleaned.status == "document" else None,
        blocks=cleaned.blocks if options.annotate or options.ledger else None,
    )
    return row, text


def _headers(record: Record) -> tuple[tuple[str, str], ...]:
    """All that a record says of itself, and the HTTP message in it of itself."""
    of_http = fields(record.payload) if record.kind == "response" else ()
    return record.headers + tuple((f"Original-HTTP-{name}", value) for name, value in of_http)


def _moment(date: str | None) -> int:
    """Digits of a date, to the second, as one number that orders like the dates; what has none comes last."""
    digits = _NO_DIGIT.sub("", date or "")[:14]
    return int(digits.ljust(14, "0")) if digits else 10**14
