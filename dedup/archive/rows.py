"""What the stages hand to each other and to the user: a row for each record."""

from __future__ import annotations

from typing import Literal

import msgspec

from dedup.page import Block, Evidence, Kind, PageRow, Reason

# `document` until the last stage has decided between `kept` and the two kinds of duplicate
Status = Literal[
    "document",
    "kept",
    "exact_duplicate",
    "near_duplicate",
    "no_content",
    "no_page",
    "http_error",
    "revisit",
    "quarantined",
]


class Row(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What became of a record once it was cleaned.

    Attributes:
        status: `document`, or why it is none: `no_page` is metadata or media, `revisit` refers to another record.
        id: the record's own id, else its file and offset.
        url: as in `Record`; so are `file`, `offset`, `length`, `record_id` and `date`.
        payload_digest: xxh3_128 of the record's payload, 32 hexadecimal digits.
        page: what is known of it, without its content; None of what is no document, and of a text that was taken as it
            is, byte for byte.
        why: of what is quarantined.
        headers: of the record, and `Original-HTTP-…` of the message in it, where the output has room for them.
        blocks: of the page with their verdicts, where the output or the ledger names them.
        removed: some of the texts that were removed from the page, for the report.
        start: bytes before its text in the file of texts.
        size: bytes of its text.
    """

    status: Status
    id: str
    url: str | None = None
    file: str
    offset: int
    length: int | None
    record_id: str | None = None
    date: str | None = None
    payload_digest: str | None = None
    page: PageRow | None = None
    why: str | None = None
    headers: tuple[tuple[str, str], ...] | None = None
    blocks: tuple[Block, ...] | None = None
    removed: tuple[str, ...] = ()
    start: int = 0
    size: int = 0


class Document(PageRow, kw_only=True, frozen=True):
    """A line of the output: the fields of `PageRow`, where the document comes from, and why it stands.

    Attributes:
        file: that it was read from.
        offset: bytes before its record, as in `Record`.
        length: of the record, in bytes; None where that is unknown.
        record_id: the record's own.
        date: of the record, as it writes it.
        payload_digest: xxh3_128 of the record's payload, 32 hexadecimal digits.
        outcome: `kept`; with `annotate` also why it would have been dropped.
        cluster: id of the first document of its cluster: kept documents, all that were dropped for one of them, and
            the kept ones that one of these links, since it resembles both.
        cluster_size: documents of the cluster.
        canonical_id: of a duplicate, the kept document that it was verified against; its own of a kept one.
        canonical_in_index: whether that one is of an earlier job, in the index that this one ran against.
        jaccard: to that document; exact. None of a kept one.
        job: digest of the job's options.
        blocks: every block of the page with its verdict, with `annotate`; None otherwise.
    """

    file: str
    offset: int
    length: int | None
    record_id: str | None
    date: str | None
    payload_digest: str | None
    outcome: Status
    cluster: str
    cluster_size: int
    canonical_id: str
    canonical_in_index: bool
    jaccard: float | None
    job: str
    blocks: tuple[Block, ...] | None = None


class Drop(msgspec.Struct, kw_only=True, frozen=True):
    """A line of the ledger: a record that is not in the output, and the evidence; fields as in `Document`."""

    id: str
    url: str | None
    file: str
    offset: int
    reason: Status
    canonical_id: str | None = None
    canonical_in_index: bool = False
    jaccard: float | None = None


class DroppedBlock(msgspec.Struct, kw_only=True, frozen=True):
    """A line of the ledger of blocks: a block of a page that is not content, and the evidence.

    Attributes:
        id: of its document; so are `url`, `file` and `offset`.
        block: its index among the page's blocks.
        kind: what it is in the page.
        text: of the block.
        reason: what removed it.
        confidence: the chance that the verdict is right.
        evidence: what it rests on.
    """

    id: str
    url: str | None
    file: str
    offset: int
    block: int
    kind: Kind
    text: str
    reason: Reason
    confidence: float
    evidence: Evidence


class Quarantined(msgspec.Struct, kw_only=True, frozen=True):
    """A line of the quarantine: what could not be read or cleaned; fields as in `Damage`."""

    file: str
    offset: int
    length: int | None
    url: str | None
    why: str
