"""Input files → their texts as they are, for texts that were cleaned elsewhere: the same files as of `clean`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from dedup.archive.cleaned import CleanedInput, CleanedWriter
from dedup.archive.engines import Call, Tell
from dedup.archive.engines.hands import Do
from dedup.archive.files import writing
from dedup.archive.formats import Record
from dedup.archive.pages import as_it_is
from dedup.archive.rows import Row
from dedup.archive.stages.records import records, row_of_record
from dedup.archive.workspace import Workspace
from dedup.errors import ArchiveRecordError

TASK: Final = "dedup.archive.stages.take:open_taker"


def open_taker(call: Call) -> Do:
    """Takes the texts of a section, for `Hands`. They need no parser, and so no wall around each.

    It raises:
        ArchiveRecordError: a record cannot be used, and the job is strict.
        ArchiveOutputError: the results cannot be written.
    """
    return partial(_take, call)


def _take(call: Call, number: int, tell: Tell) -> Sequence[Path]:
    options = call.options
    paths = CleanedInput.of(Workspace(Path(call.out)), number).files
    with writing(*paths) as files:
        writer = CleanedWriter(*files, by_site=options.scope == "site")
        for one in records(call, number):
            row = row_of_record(one, options)
            text = _text(row, one, options.record_bytes) if isinstance(one, Record) else b""
            if options.strict and row.status == "quarantined":
                raise ArchiveRecordError(row.file, row.offset, row.why or "")
            writer.add(row, text)
            tell(row.status)
    return paths


def _text(row: Row, record: Record, most: int) -> bytes:
    """The text of a record, of which the row then tells the rest."""
    found = as_it_is(record, most)
    if isinstance(found, bytes):
        return found
    row.status, row.why = found.status, found.why
    if row.status != "document":
        row.headers = None
    if found.page is None:
        return b""
    row.page = msgspec.structs.replace(found.page, content="")
    return found.page.content.encode("utf-8", "replace")
