"""A section → its records, and the rows that say where they come from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import xxhash

from dedup.archive.engines import Call
from dedup.archive.formats import Damage, Record, read
from dedup.archive.formats.http import fields
from dedup.archive.options import ArchiveOptions
from dedup.archive.rows import Row
from dedup.archive.workspace import Workspace


def records(call: Call, number: int) -> Iterator[Record | Damage]:
    """The records of a section; standard input was saved under the workspace."""
    section, options = call.sections[number], call.options
    path = Workspace(Path(call.out)).stdin if section.name == "-" else section.location
    return read(path, options.fields, name=section.name, most=options.record_bytes, section=section)


def row_of_record(one: Record | Damage, options: ArchiveOptions) -> Row:
    """Where a record comes from."""
    if isinstance(one, Damage):
        return Row(
            status="quarantined",
            id=_place(one),
            file=one.file,
            offset=one.offset,
            length=one.length,
            why=one.why,
        )
    return Row(
        status="document",
        id=one.record_id or _place(one),
        url=one.url,
        file=one.file,
        offset=one.offset,
        length=one.length,
        record_id=one.record_id,
        date=one.date,
        payload_digest=xxhash.xxh3_128_hexdigest(one.payload),
        headers=_headers(one) if options.output == "warc" else None,
    )


def _place(one: Record | Damage) -> str:
    return f"{one.file}:{one.offset}"


def _headers(record: Record) -> tuple[tuple[str, str], ...]:
    """All that a record says of itself, and the HTTP message in it of itself."""
    of_http = fields(record.payload) if record.kind == "response" else ()
    return record.headers + tuple((f"Original-HTTP-{name}", value) for name, value in of_http)
