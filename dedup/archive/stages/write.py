"""Rows, texts and verdicts → the output: for each section the documents that stay, the drops and the quarantine."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import msgspec
import numpy as np

from dedup.archive.cleaned import CleanedInput, Ids
from dedup.archive.engines import Call
from dedup.archive.engines.hands import Do, Hands
from dedup.archive.files import replacing, uncache, writing
from dedup.archive.options import ArchiveOptions
from dedup.archive.pages import taken
from dedup.archive.progress import Progress, Watcher
from dedup.archive.report.tally import DUPLICATES, Counted, Outcome, Tally
from dedup.archive.rows import Document, Drop, DroppedBlock, Quarantined, Row
from dedup.archive.stages.remember import recall
from dedup.archive.stages.resemble import EARLIER, KEPT, Verdicts
from dedup.archive.workspace import Workspace
from dedup.archive.writers import ENDINGS
from dedup.archive.writers import writer as writer_of
from dedup.page import PageRow

TASK: Final = "dedup.archive.stages.write:open_writer"
_VERDICTS_AT_A_TIME: Final = 1024
_READ_AT_ONCE: Final = 1 << 18  # bytes
_decode_row = msgspec.json.Decoder(Row).decode
_decode_counted = msgspec.json.Decoder(Counted).decode
_encode = msgspec.json.Encoder().encode


class _Verdict(NamedTuple):
    """On one document, as `Verdicts` has it."""

    document: int
    cluster: int
    cluster_size: int
    duplicate_of: int
    jaccard: float


def write_output(
    sections: int,
    workspace: Workspace,
    options: ArchiveOptions,
    hands: Hands,
    watch: Watcher,
    so_far: Progress,
) -> Counter[str]:
    """Write what is not written yet.

    Args:
        sections: how many were cleaned.
        workspace: where they are, and where the output goes.
        options: of the job.
        hands: what writes.
        watch: told of every section.
        so_far: what it is told with.

    Returns:
        How many records were read, and how many came to each status.

    Raises:
        ArchiveOutputError: the output cannot be written.
    """
    numbers = range(sections)
    missing = [number for number in numbers if not workspace.counts(number).exists()]
    documents = [CleanedInput.of(workspace, number).documents for number in numbers]
    counted = {number: _counted(workspace, number) for number in set(numbers).difference(missing)}
    so_far.done = sum(documents[number] for number in counted)
    written = hands.do(TASK, missing, lambda *_: None)
    if options.index_out is None:  # which is extended from it
        workspace.forget_search()  # takes a while for what is large, and others work meanwhile
    for number in written:
        uncache(workspace.part(number, ENDINGS[options.output]))
        uncache(workspace.texts(number))
        so_far.done += documents[number]
        counted[number] = _counted(workspace, number)
        outcome = Outcome.of("", counted[number], annotated=options.annotate)
        so_far.dropped += sum(outcome.dropped.get(reason, 0) for reason in DUPLICATES)  # all others were told before
        watch(so_far)
    joined = {"quarantine": workspace.quarantine, "drops": workspace.ledger}
    if options.ledger:
        joined["blocks"] = workspace.block_ledger
    for kind, of_section in joined.items():
        with replacing(workspace.out / f"{kind}.jsonl") as (file,):
            for number in numbers:
                with of_section(number).open("rb") as part:
                    shutil.copyfileobj(part, file)
    counts: Counter[str] = Counter()
    for number in numbers:
        counts.update(counted[number])
    return counts


def _counted(workspace: Workspace, number: int) -> dict[str, int]:
    """How many records of a section that is written came to each status."""
    return _decode_counted(workspace.counts(number).read_bytes()).counts


def open_writer(call: Call) -> Do:
    """Writes a section, for `Hands`: documents, drops and quarantine; at last its counts, which say that it is done.

    It raises:
        ArchiveOutputError: the output cannot be written.
    """
    job = _Job(call)
    return lambda number, _: job.write_section(number)


class _Job:
    """What every section is written with."""

    def __init__(self, call: Call) -> None:
        space = Workspace(Path(call.out))
        self._workspace, self._options = space, call.options
        self._earlier = recall(space, call.options)
        self._cleaned = [CleanedInput.of(space, number) for number in range(len(call.sections))]
        self._first = np.cumsum([0, *(one.documents for one in self._cleaned)])
        self._verdicts = Verdicts(space.verdicts)
        self._digest = call.options.digest()
        self._ids = Ids(self._cleaned, self._first)
        self._id_of = lru_cache(maxsize=65_536)(self._read_id)

    def write_section(self, number: int) -> Sequence[Path]:
        """Write all of a section."""
        space, counts, tally, at = self._workspace, Counter[str](), Tally(), 0
        part = space.part(number, ENDINGS[self._options.output])
        beside = (space.ledger(number), space.block_ledger(number), space.quarantine(number))
        outputs = (part, *beside, space.counts(number))
        with ExitStack() as stack:
            stack.enter_context(self._ids)
            rows = stack.enter_context(space.rows(number).open("rb", buffering=_READ_AT_ONCE))
            texts = stack.enter_context(space.texts(number).open("rb", buffering=_READ_AT_ONCE))
            documents, drops, blocks, quarantine, counted = stack.enter_context(writing(*outputs))
            writer = stack.enter_context(closing(writer_of(self._options, documents)))
            for row, verdict in self._judged(rows, number):
                counts["read"] += 1
                if row.status == "quarantined":
                    counts["quarantined"] += 1
                    quarantine.write(_quarantine_line(row))
                    continue
                drop = self._dropped(row, verdict)
                outcome = drop.reason if drop else "kept"
                counts[outcome] += 1
                tally.count(row, outcome, drop.jaccard if drop else None)
                if self._options.ledger:
                    blocks.writelines(_block_lines(row))
                if verdict is not None and (drop is None or self._options.annotate):
                    if row.start != at:
                        texts.seek(row.start)
                    writer.add(self._document(row, texts.read(row.size).decode(), verdict, drop), row)
                    at = row.start + row.size
                else:
                    drops.write(_encode(drop) + b"\n")
            tally.trim()
            counted.write(_encode(Counted(counts, tally)))
        return outputs

    def _judged(self, rows: BinaryIO, number: int) -> Iterator[tuple[Row, _Verdict | None]]:
        """Rows with the verdict on their document, None for what is none."""
        verdicts = self._verdicts_of(number)
        for line in rows:
            row = _decode_row(line)
            yield row, next(verdicts) if row.status == "document" else None

    def _verdicts_of(self, number: int) -> Iterator[_Verdict]:
        """Of the documents of a section, in order."""
        first, stop = self._first[number : number + 2].tolist()
        for start in range(first, stop, _VERDICTS_AT_A_TIME):
            part = self._verdicts.between(start, min(start + _VERDICTS_AT_A_TIME, stop))
            yield from map(_Verdict, range(start, stop), *(part[name].tolist() for name in part.dtype.names or ()))

    def _dropped(self, row: Row, verdict: _Verdict | None) -> Drop | None:
        """What the ledger says of a row; None of one that stays."""
        if verdict is None:
            return Drop(id=row.id, url=row.url, file=row.file, offset=row.offset, reason=row.status)
        twin = verdict.duplicate_of
        if twin == KEPT:
            return None
        return Drop(
            id=row.id,
            url=row.url,
            file=row.file,
            offset=row.offset,
            reason="exact_duplicate" if verdict.jaccard == 1 else "near_duplicate",
            canonical_id=self._id_of(twin),
            canonical_in_index=twin <= EARLIER,
            jaccard=verdict.jaccard,
        )

    def _document(self, row: Row, content: str, verdict: _Verdict, drop: Drop | None) -> Document:
        """What the output says of a row."""
        page = taken(row.url, content, row.payload_digest or "") if row.page is None else _fields(row.page, content)
        page["id"] = row.id
        return Document(
            **page,
            file=row.file,
            offset=row.offset,
            length=row.length,
            record_id=row.record_id,
            date=row.date,
            payload_digest=row.payload_digest,
            outcome=drop.reason if drop else "kept",
            cluster=row.id if verdict.cluster == verdict.document else self._id_of(verdict.cluster),
            cluster_size=verdict.cluster_size,
            canonical_id=(drop.canonical_id if drop else None) or row.id,
            canonical_in_index=drop is not None and drop.canonical_in_index,
            jaccard=drop.jaccard if drop else None,
            job=self._digest,
            blocks=row.blocks or () if self._options.annotate else None,
        )

    def _read_id(self, document: int) -> str:
        if self._earlier is not None and document <= EARLIER:
            return self._earlier.id_of(EARLIER - document)
        return self._ids.of(document)


def _fields(page: PageRow, content: str) -> dict[str, Any]:
    """Those of a page, with its content."""
    return msgspec.structs.asdict(page) | {"content": content}


def _block_lines(row: Row) -> Iterator[bytes]:
    """Of the blocks that are not content."""
    for block in row.blocks or ():
        if not block.verdict.keep:
            line = DroppedBlock(
                id=row.id,
                url=row.url,
                file=row.file,
                offset=row.offset,
                block=block.index,
                kind=block.kind,
                text=block.text,
                reason=block.verdict.reason,
                confidence=block.verdict.confidence,
                evidence=block.verdict.evidence,
            )
            yield _encode(line) + b"\n"


def _quarantine_line(row: Row) -> bytes:
    entry = Quarantined(file=row.file, offset=row.offset, length=row.length, url=row.url, why=row.why or "")
    return _encode(entry) + b"\n"
