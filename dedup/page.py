"""What goes in and what comes out: plain frozen data, no behaviour that decides anything.

The JSON of the command line and of the service has the same names. A value that is not known is None (null),
never absent; only the fields of `Evidence`, most of which apply to few blocks, are left out where they are None.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal["title", "heading", "paragraph", "list_item", "table_row", "code", "quote", "caption", "other"]
Reason = Literal["content", "page_repeat", "widget", "site_template", "web_template", "boilerplate"]
Role = Literal[
    "navigation",
    "related",
    "share",
    "consent",
    "advert",
    "newsletter",
    "footer",
    "comments",
    "byline_box",
    "search",
    "pagination",
]
Mode = Literal["article", "unique", "annotate"]
ContentFormat = Literal["text", "markdown"]
Lean = Literal["precision", "balanced", "recall"]


class Evidence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a verdict rests on.

    Attributes:
        twin: index of the block of this page that this one repeats.
        similarity: Jaccard of the two blocks' word shingles, exact; 1.0 for equal text.
        run: number of the run of repeated neighbours that the block belongs to; its twins have their own run.
        pages_seen: pages of this site, other than this one, that hold the block.
        pages_of_site: pages of this site that `pages_seen` is counted among.
        sites_seen: other sites that hold the block.
        score: what the judge gave it, from 0 (boilerplate) to 1 (content).
        role: what kind of furniture it is, where that can be told.
    """

    twin: int | None = None
    similarity: float | None = None
    run: int | None = None
    pages_seen: int | None = None
    pages_of_site: int | None = None
    sites_seen: int | None = None
    score: float | None = None
    role: Role | None = None


class Verdict(msgspec.Struct, frozen=True):
    """Whether a block stays, and why.

    Attributes:
        keep: True where the block is part of the page's content.
        reason: `content` for what stays; otherwise what removed it.
        confidence: the chance that the verdict is right, from 0 to 1.
        evidence: what it rests on.
    """

    keep: bool
    reason: Reason
    confidence: float
    evidence: Evidence


class Block(msgspec.Struct, frozen=True):
    """A paragraph, heading, list item, table row … of a page.

    Attributes:
        index: position among the page's blocks, from 0.
        kind: what it is in the document.
        text: its text, white space collapsed (kept in code); cells of a row are separated by tabs.
        line: the line of the input on which it starts, from 1.
        verdict: whether it stays, and why.
    """

    index: int
    kind: Kind
    text: str
    line: int
    verdict: Verdict


class NearDuplicate(msgspec.Struct, frozen=True, kw_only=True):
    """A document of the crawl index that resembles the page.

    Attributes:
        id: the document's id.
        jaccard: of the two documents' word shingles.
        containment: share of this page's shingles that the document holds.
        contained: share of the document's shingles that this page holds.
        estimated: True where only signatures were at hand; exact otherwise.
    """

    id: str
    jaccard: float
    containment: float
    contained: float
    estimated: bool


class Counts(msgspec.Struct, frozen=True):
    """Blocks of the page, kept, and removed by reason (reasons that removed none are left out)."""

    blocks: int
    kept: int
    removed_by_reason: dict[str, int]


class Versions(msgspec.Struct, frozen=True):
    """What the result was made with; two results of the same versions and input are equal.

    Attributes:
        dedup: version of this package.
        model: name and version of the judge.
        normalisation: version of tokens and their Unicode tables.
        options: digest of the options in force.
        memory_position: position of the memory's log that the verdicts were made from; None without memory.
    """

    dedup: str
    model: str
    normalisation: str
    options: str
    memory_position: int | None


class CleanPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page and what is left of it.

    Attributes:
        id: the caller's id.
        url: the caller's URL.
        site: the site whose memory was asked.
        title: of the page.
        content: the kept text, blocks separated by blank lines.
        content_format: `text` or `markdown`.
        content_digest: digest of the kept text.
        page_type: what kind of page it is.
        confidence: chance that the content is the page's content, from 0 to 1.
        status: whether the page holds content at all.
        language: BCP 47 tag.
        metadata: authors, dates and so on.
        near_duplicates: documents of the crawl index that resemble this one, best first; None without an index.
        counts: of blocks.
        versions: what this was made with.
        truncated: names of the limits that were hit; empty otherwise.
        blocks: every block with its verdict, in the page's order.
    """

    id: str | None = None
    url: str | None = None
    site: str | None = None
    title: str | None = None
    content: str
    content_format: ContentFormat = "text"
    content_digest: str | None = None
    page_type: str | None = None
    confidence: float | None = None
    status: str | None = None
    language: str | None = None
    metadata: dict[str, object] | None = None
    near_duplicates: tuple[NearDuplicate, ...] | None = None
    counts: Counts
    versions: Versions
    truncated: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()


class PageInput(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a stream: exactly one of `html`, `text` and `markdown`, and what is known of it.

    `site` is the site whose memory is asked; without it, the one that the URL belongs to.
    """

    html: str | bytes | None = None
    text: str | bytes | None = None
    markdown: str | bytes | None = None
    url: str | None = None
    id: str | None = None
    site: str | None = None
