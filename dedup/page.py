"""What goes in and what comes out: plain frozen data, no behaviour that decides anything.

The JSON of the command line and of the service has the same names. A value that is not known is None (null),
never absent; only the fields of `Evidence`, most of which apply to few blocks, are left out where they are None.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal[
    "title",
    "heading",
    "paragraph",
    "list_item",
    "table_row",
    "code",
    "quote",
    "caption",
    "other",
    "byline",
    "dateline",
]
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
Form = Literal["html", "text", "markdown"]
ContentFormat = Literal["text", "markdown"]
Lean = Literal["precision", "balanced", "recall"]
Status = Literal["ok", "partial", "empty", "wall", "error_page", "script_shell", "unsupported"]
PageType = Literal["article", "forum", "product", "recipe", "event", "job"]
ChangeKind = Literal["new", "unchanged", "edited"]
Source = Literal[
    "json-ld",
    "opengraph",
    "microdata",
    "meta",
    "link",
    "html",
    "title",
    "headline",
    "byline",
    "dateline",
    "time",
    "url",
]


class Evidence(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
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


class Verdict(msgspec.Struct, frozen=True, gc=False):
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


class Block(msgspec.Struct, frozen=True, gc=False):
    """A paragraph, heading, list item, table row … of a page.

    Attributes:
        index: position among the page's blocks, from 0.
        kind: what it is in the document.
        text: its text, white space collapsed (kept in code); cells of a row are separated by tabs.
        line: the line of the input on which it starts, from 1; in HTML, of what follows the last start tag before it.
        verdict: whether it stays, and why.
    """

    index: int
    kind: Kind
    text: str
    line: int
    verdict: Verdict


class NearDuplicate(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A document of the crawl index that resembles the page.

    Attributes:
        id: the document's id.
        jaccard: of the two documents' word shingles.
        containment: share of this page's shingles that the document holds.
        contained: share of the document's shingles that this page holds.
        estimated: True where only signatures were at hand; exact otherwise.
        first_seen: when the document was first added, seconds since 1970.
    """

    id: str
    jaccard: float
    containment: float
    contained: float
    estimated: bool
    first_seen: int


class Said(msgspec.Struct, frozen=True, gc=False):
    """A text that the page says of itself.

    Attributes:
        value: the text, white space collapsed; addresses absolute where the page's own is known.
        source: where it is said.
    """

    value: str
    source: Source


class SaidNames(msgspec.Struct, frozen=True, gc=False):
    """People that the page names.

    Attributes:
        value: their names, each once, in order.
        source: where they are said.
    """

    value: tuple[str, ...]
    source: Source


class SaidDate(msgspec.Struct, frozen=True, gc=False):
    """A date, or a moment, that the page says.

    Attributes:
        value: ISO 8601, with the time of day and the offset where they are said in a form for machines; of a date that
            is written for readers the day alone.
        raw: as the page writes it.
        source: where it is said.
    """

    value: str
    raw: str
    source: Source


class Metadata(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What a page says of itself; None where it does not say.

    Attributes:
        title: its headline.
        authors: who wrote it.
        published: when it first appeared.
        modified: when it was changed.
        site_name: what the site calls itself.
        canonical_url: what the page calls itself.
        section: of the site.
        description: a sentence or two.
        image: address of the main image.
        language: BCP 47 tag that it declares.
        licence: address or text.
        robots: directives to crawlers.
    """

    title: Said | None = None
    authors: SaidNames | None = None
    published: SaidDate | None = None
    modified: SaidDate | None = None
    site_name: Said | None = None
    canonical_url: Said | None = None
    section: Said | None = None
    description: Said | None = None
    image: Said | None = None
    language: Said | None = None
    licence: Said | None = None
    robots: Said | None = None


class Language(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The language that a page is written in.

    Attributes:
        tag: BCP 47.
        probability: that it is this one, where an identifier told; None where the page only declares it.
        source: `identified` from the content, or where it is declared.
    """

    tag: str
    probability: float | None
    source: Source | Literal["identified"]


class Change(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """How a page compares to its last version that was learned.

    Attributes:
        kind: `new` where none was learned, or none of the site's latest pages that a memory remembers one by one (500
            by default); `unchanged` where its content is the same but for numbers, `edited`.
        jaccard: of the word shingles of both contents, estimated from their sketches (standard error .03 to .05).
    """

    kind: ChangeKind
    jaccard: float | None


class Link(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A link of the page.

    Attributes:
        url: absolute where the page's own is known.
        text: that is linked.
        block: index of the block it stands in.
        kept: whether that block is content.
        role: of the block, where it is removed and that can be told.
        nofollow: whether the page asks crawlers not to follow.
    """

    url: str
    text: str
    block: int
    kept: bool
    role: Role | None
    nofollow: bool


class Image(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An image of the page.

    Attributes:
        url: absolute where the page's own is known.
        alt: its text.
        block: index of the block it stands in or before; None where it stands after all.
        kept: whether that block is content.
        role: of the block, where it is removed and that can be told.
    """

    url: str
    alt: str | None
    block: int | None
    kept: bool
    role: Role | None


class Span(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A range of the input that a block's text, or a part of it, comes from.

    Attributes:
        start: first character of the decoded input, from 0.
        end: the one after the last.
        byte_start: first byte of the input; None where it was no bytes, or its encoding has no fixed relation.
        byte_end: the one after the last.
        before: what stands in the block's text between the previous range and this one.
    """

    start: int
    end: int
    byte_start: int | None
    byte_end: int | None
    before: str


class BlockSpans(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Where a block comes from.

    Attributes:
        block: its index.
        kept: whether it is content.
        digest: xxh3_64 of its text in UTF-8, sixteen hexadecimal digits.
        preformatted: whether white space counts in it.
        ranges: of the input, in order; None where its text is made from something else, such as JSON.
    """

    block: int
    kept: bool
    digest: str
    preformatted: bool
    ranges: tuple[Span, ...] | None


class Counts(msgspec.Struct, frozen=True, gc=False):
    """How many blocks.

    Attributes:
        blocks: of the page.
        kept: those that are content.
        removed_by_reason: the others; reasons that removed none are left out.
    """

    blocks: int
    kept: int
    removed_by_reason: dict[str, int]


class Versions(msgspec.Struct, frozen=True, gc=False):
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


class PageRow(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What is known of a page once it is cleaned: the fields of every result, and columns of an archive's output.

    Attributes:
        id: the caller's id.
        url: the caller's URL.
        site: the site whose memory was asked.
        title: of the page, as in `metadata`.
        content: the kept text, blocks separated by blank lines.
        content_format: `text` or `markdown`.
        content_digest: of what the page by itself keeps, 32 hexadecimal digits; numbers do not count, so that a changed
            counter leaves it as it is, nor does any memory, so that the same page has the same digest at any time.
        page_type: what kind of page it says it is, in JSON-LD or `og:type`; None where it says nothing.
        confidence: F1 of words that the content is expected to have, from 0 to 1.
        status: whether the page holds content at all, and if not, what it is. `partial`: text was left out, the rest is
            for subscribers, or the body says nothing and the description in the head stands for it
            (`text=description`); `wall`: a consent dialog, a login, a paywall or a check for robots; `script_shell`:
            only scripts would fill it; `unsupported`: no page, such as a feed. A memory learns `ok` and `partial`
            alone.
        status_evidence: what the status rests on, such as `http_status=403`; empty for `ok`.
        language: that it is written in.
        metadata: what it says of itself.
        change: against the last version that the memory has learned, which for a page sent twice is that very one; None
            without memory, for a page without a name there (a URL, or a site and an id), and for one without content.
        near_duplicates: documents of the crawl index that resemble this one, best first; None without an index.
        counts: of blocks.
        versions: what this was made with.
        truncated: names of the limits that were hit; empty otherwise.
    """

    id: str | None = None
    url: str | None = None
    site: str | None = None
    title: str | None = None
    content: str
    content_format: ContentFormat = "text"
    content_digest: str
    page_type: PageType | None = None
    confidence: float | None = None
    status: Status
    status_evidence: tuple[str, ...] = ()
    language: Language | None = None
    metadata: Metadata
    change: Change | None = None
    near_duplicates: tuple[NearDuplicate, ...] | None = None
    counts: Counts
    versions: Versions
    truncated: tuple[str, ...] = ()


class CleanPage(PageRow, frozen=True, gc=False, kw_only=True):
    """A page and what is left of it: the fields of `PageRow`, and its parts.

    Attributes:
        blocks: every block with its verdict, in the page's order.
        links: of all blocks, on request.
        images: of the page, on request.
        spans: where each block comes from, on request.
    """

    blocks: tuple[Block, ...] = ()
    links: tuple[Link, ...] | None = None
    images: tuple[Image, ...] | None = None
    spans: tuple[BlockSpans, ...] | None = None


class PageInput(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One page of a stream: exactly one of `html`, `text` and `markdown`, and what is known of it.

    `site` is the site whose memory is asked; without it, the one that the URL belongs to. `content_type` is the header
    of the response in which the page came: its charset counts where the page is bytes. `http_status` is that
    response's, and `time`, when it came, in seconds since 1970: without it, a memory notes when it learned the page.
    """

    html: str | bytes | None = None
    text: str | bytes | None = None
    markdown: str | bytes | None = None
    url: str | None = None
    id: str | None = None
    site: str | None = None
    content_type: str | None = None
    http_status: int | None = None
    time: int | None = None
