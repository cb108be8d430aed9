"""What the stages hand to each other and to the user: a row for each record."""

from __future__ import annotations

from typing import Literal

import msgspec

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


class Row(msgspec.Struct, kw_only=True):
    """What became of a record once it was cleaned.

    Attributes:
        status: `document`, or why it is none: `no_page` is metadata or media, `revisit` refers to another record.
        id: the record's own id, else its file and offset.
        url: as in `Record`; so are `file`, `offset`, `length`, `record_id` and `date`.
        payload_digest: xxh3_128 of the record's payload, 32 hexadecimal digits.
        title: of the page.
        why: of what is quarantined.
        blocks: of the page.
        kept_blocks: those that are content.
        start: bytes before its text in the file of texts.
        size: bytes of its text.
    """

    status: Status
    id: str
    url: str | None = None
    site: str | None = None
    file: str
    offset: int
    length: int | None
    record_id: str | None = None
    date: str | None = None
    payload_digest: str | None = None
    title: str | None = None
    why: str | None = None
    blocks: int = 0
    kept_blocks: int = 0
    start: int = 0
    size: int = 0


class Document(msgspec.Struct, kw_only=True, frozen=True):
    """A line of the output: where a document comes from, and why it stands.

    Attributes:
        id: as in `Row`; so are `url`, `site`, `file`, `offset`, `length`, `record_id`, `date`, `payload_digest`
            and `title`.
        status: `kept`; with `annotate` also why it would have been dropped.
        cluster: id of the first document of its cluster: all that are linked by near-duplicates.
        cluster_size: documents of the cluster.
        canonical_id: of a duplicate, the kept document that it was verified against; its own of a kept one.
        jaccard: to that document; exact. None of a kept one.
        versions: what it was made with.
        content: the cleaned text.
    """

    id: str
    url: str | None
    site: str | None
    file: str
    offset: int
    length: int | None
    record_id: str | None
    date: str | None
    payload_digest: str | None
    title: str | None
    status: Status
    cluster: str
    cluster_size: int
    canonical_id: str
    jaccard: float | None
    versions: dict[str, str]
    content: str


class Drop(msgspec.Struct, kw_only=True, frozen=True):
    """A line of the ledger: a record that is not in the output, and the evidence; fields as in `Document`."""

    id: str
    url: str | None
    file: str
    offset: int
    reason: Status
    canonical_id: str | None = None
    jaccard: float | None = None


class Quarantined(msgspec.Struct, kw_only=True, frozen=True):
    """A line of the quarantine: what could not be read or cleaned; fields as in `Damage`."""

    file: str
    offset: int
    length: int | None
    url: str | None
    why: str
