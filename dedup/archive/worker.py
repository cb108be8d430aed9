"""The program of the worker processes: a record in, its draft out; a draft in, its cleaned page out."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import numpy.typing as npt

from dedup.archive.dates import read_date
from dedup.archive.engines import Call
from dedup.archive.formats import Record
from dedup.archive.pages import Cleaned, page_of, row_of
from dedup.archive.report.tally import removed_texts
from dedup.archive.sites import SiteStatistics
from dedup.archive.trips import Analysed, Evidence, Job, Second, named
from dedup.archive.workspace import Workspace
from dedup.errors import DedupError
from dedup.memory.addresses import stem_of
from dedup.options import CleanOptions
from dedup.page import PageInput, PageRow
from dedup.state.records import encode

if TYPE_CHECKING:
    from dedup.pipeline import Analysis

_encode = msgspec.msgpack.Encoder().encode


def open_worker(setup: bytes) -> Callable[[bytes], bytes]:
    """Both trips, for `WorkerPool`; `setup` is a `Call`."""
    import dedup.archive.drafts  # noqa: F401, PLC0415  (compiled before the clock of the first page runs)

    call = msgspec.msgpack.decode(setup, type=Call)
    options = call.options.clean or CleanOptions()
    taught = call.options.namespace if call.options.state is not None else None
    decode, finish = msgspec.msgpack.Decoder(Job).decode, _Finisher(call)

    def work(payload: bytes) -> bytes:
        job = decode(payload)
        if job.records:
            return _encode([_analysed(record, options, taught) for record in job.records])
        return _encode(list(map(finish, job.seconds)))

    return work


class _Finisher:
    """The second trip of pages."""

    def __init__(self, call: Call) -> None:
        self._options = call.options.clean or CleanOptions()
        self._are_named = call.options.annotate or call.options.ledger
        self._sites = Workspace(Path(call.out)).sites

    @cached_property
    def _statistics(self) -> SiteStatistics:
        """Which are there once all pages have made their first trip."""
        return SiteStatistics(self._sites)

    def __call__(self, second: Second) -> Cleaned:
        """What is left of a page."""
        from dedup.archive.drafts import unpack  # noqa: PLC0415  (loads the kernels)
        from dedup.pipeline import finish, settle  # noqa: PLC0415

        page, evidence = unpack(second.draft, self._options), second.evidence
        seen = None if evidence is None else self._statistics.seen(second.position, evidence, page.keys)
        try:
            decision = settle(page, seen)
            result = finish(page, seen, decision, with_parts=self._are_named)
        except DedupError as error:
            return Cleaned(status="quarantined", why=str(error))
        row = PageRow(**{name: getattr(result, name) for name in PageRow.__struct_fields__})
        return row_of(row, result.blocks, removed_texts(page.blocks, ~decision.stays))


def _analysed(record: Record, options: CleanOptions, taught: str | None) -> Analysed:
    """The first trip of a page; `taught` is the namespace whose memory is to learn it, None where none is."""
    from dedup.archive.drafts import pack  # noqa: PLC0415  (loads the kernels)
    from dedup.pipeline import analyse  # noqa: PLC0415

    page = page_of(record, options.limits.max_bytes)
    if not isinstance(page, PageInput):
        return Analysed(page)
    try:
        analysis = analyse(page, options)
        evidence, learned = _evidence(analysis, record.date, taught)
        return Analysed("document", None, pack(analysis), evidence, learned)
    except DedupError as error:
        return Analysed("quarantined", str(error))


def _evidence(page: Analysis, date: str | None, taught: str | None) -> tuple[Evidence | None, bytes]:
    """What statistics take of a page, and what a memory does."""
    if page.site is None or page.page_key is None:
        return None, b""
    evidence = Evidence(
        site=named(page.site),
        page=page.page_key,
        whole=page.whole,
        stem=named(stem_of(page.url)),
        known=_each_once(page.known_keys).tobytes(),
    )
    return evidence, b"" if taught is None else encode(page.record(taught, _moment(date)))


def _each_once(keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """As `np.unique`, in a third of its time: that hashes the keys before it sorts them."""
    ordered = np.sort(keys)
    return ordered[np.append(True, ordered[1:] != ordered[:-1])] if len(ordered) else ordered


def _moment(date: str | None) -> int:
    """Seconds since 1970; now, where the archive does not say when."""
    found = read_date(date)
    return int(time.time() if found is None else found.timestamp())
