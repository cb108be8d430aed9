"""The programs of the worker processes: a record in, its draft out; a draft in, its cleaned page out."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from dedup.archive.engines import Call
from dedup.archive.formats import Record
from dedup.archive.pages import Cleaned, Page, page_of, row_of
from dedup.archive.report.tally import removed_texts
from dedup.archive.trips import Analysed, Evidence, Second, named
from dedup.archive.workspace import Workspace
from dedup.errors import DedupError
from dedup.memory.addresses import normalised_url, stem_of
from dedup.options import CleanOptions
from dedup.page import PageRow
from dedup.state.records import encode

if TYPE_CHECKING:
    from dedup.pipeline import Analysis

NAMESPACE = "default"
_encode = msgspec.msgpack.Encoder().encode


def open_reader(setup: bytes) -> Callable[[bytes], bytes]:
    """The first trip, for `WorkerPool`; `setup` is a `Call`."""
    import dedup.archive.drafts  # noqa: F401, PLC0415  (compiled before the clock of the first page runs)

    call = msgspec.msgpack.decode(setup, type=Call)
    decode, is_taught = msgspec.msgpack.Decoder(Record).decode, call.options.state is not None

    def read(payload: bytes) -> bytes:
        return _encode(_analysed(decode(payload), call.options.clean or CleanOptions(), is_taught=is_taught))

    return read


def open_cleaner(setup: bytes) -> Callable[[bytes], bytes]:
    """The second trip, for `WorkerPool`; `setup` is a `Call`."""
    from dedup.archive.drafts import unpack  # noqa: PLC0415  (compiled before the clock of the first page runs)
    from dedup.archive.sites import SiteStatistics  # noqa: PLC0415
    from dedup.pipeline import finish  # noqa: PLC0415

    call = msgspec.msgpack.decode(setup, type=Call)
    options, decode = call.options.clean or CleanOptions(), msgspec.msgpack.Decoder(Second).decode
    are_named = call.options.annotate or call.options.ledger
    statistics = SiteStatistics(Workspace(Path(call.out)).sites)

    def clean(payload: bytes) -> bytes:
        second = decode(payload)
        page = unpack(second.draft, options)
        evidence = second.evidence
        seen = None if evidence is None else statistics.seen(second.position, evidence, page.keys)
        try:
            result = finish(page, seen)
        except DedupError as error:
            return _encode(Cleaned(status="quarantined", why=str(error)))
        row = PageRow(**{name: getattr(result, name) for name in PageRow.__struct_fields__})
        return _encode(row_of(row, result.blocks if are_named else (), removed_texts(result.blocks)))

    return clean


def _analysed(record: Record, options: CleanOptions, *, is_taught: bool) -> Analysed:
    from dedup.archive.drafts import pack  # noqa: PLC0415  (loads the kernels)
    from dedup.pipeline import analyse  # noqa: PLC0415

    page = page_of(record, options.limits.max_bytes)
    if not isinstance(page, Page):
        return Analysed(page)
    try:
        analysis = analyse(page.given, options, page.content_type)
        evidence, learned = _evidence(analysis, record.date, is_taught=is_taught)
        return Analysed("document", None, pack(analysis), evidence, learned)
    except DedupError as error:
        return Analysed("quarantined", str(error))


def _evidence(page: Analysis, date: str | None, *, is_taught: bool) -> tuple[Evidence | None, bytes]:
    """What statistics take of a page, and what a memory does."""
    if page.site is None or page.page_key is None:
        return None, b""
    url = normalised_url(page.given.url or "")
    evidence = Evidence(
        site=named(page.site),
        page=page.page_key,
        whole=page.whole,
        stem=named(stem_of(url)),
        known=np.unique(page.known_keys).tobytes(),
    )
    return evidence, encode(page.record(NAMESPACE, _moment(date))) if is_taught else b""


def _moment(date: str | None) -> int:
    """Seconds since 1970; now, where the archive does not say when."""
    try:
        return int(datetime.fromisoformat(date or "").timestamp())
    except ValueError:
        return int(time.time())
