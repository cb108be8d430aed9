"""The types of requests and responses, declared once: decoded, validated and documented from here."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from dedup.page import (
    Block,
    BlockSpans,
    CleanPage,
    ContentFormat,
    Image,
    Lean,
    Link,
    Mode,
    NearDuplicate,
    PageInput,
    PageRow,
)
from service.errors import InvalidFieldError

Detail = Literal["content", "blocks", "full", "spans"]

PAGE_FIELDS = ("html", "text", "markdown")


class CleanQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What may be said of a page: the query of a raw body, or beside the page in JSON and MessagePack.

    Attributes:
        url: where it was found.
        id: the caller's name for it.
        learn: whether the site's memory learns from it afterwards.
        mode: what is returned as content, see `dedup.CleanOptions`.
        content_format: how the content is written.
        links: whether Markdown keeps the links of the content; refused for text.
        lean: what to favour where the judge is in doubt.
        comments: whether readers' comments are content.
        identify_language: whether the language is identified from the content; else it is the declared one.
        site: whose memory is asked; without it, that of the URL.
        http_status: of the response in which the page came; an error's page holds no content.
        time: when that was, in seconds since 1970; without it, a memory notes when it learned the page.
        detail: `content` leaves the blocks out, `blocks` holds them, `full` also the links, images and spans; `spans`
            holds digests and spans in place of every text.
    """

    url: Annotated[str, msgspec.Meta(max_length=8192)] | None = None
    id: Annotated[str, msgspec.Meta(max_length=1024)] | None = None
    learn: bool | None = None
    mode: Mode = "article"
    content_format: ContentFormat = "text"
    links: bool = False
    lean: Lean = "balanced"
    comments: bool = False
    identify_language: bool = False
    site: Annotated[str, msgspec.Meta(min_length=1, max_length=1024)] | None = None
    http_status: Annotated[int, msgspec.Meta(ge=100, le=599)] | None = None
    time: Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)] | None = None
    detail: Detail = "content"

    def __post_init__(self) -> None:
        if self.links and self.content_format != "markdown":
            raise InvalidFieldError("links", "text has none; send content_format=markdown, or leave the field out")


class CleanRequest(CleanQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A page in JSON or MessagePack, in exactly one of the forms. MessagePack may hold it as bytes.

    Attributes:
        html: as HTML.
        text: as plain text.
        markdown: as Markdown.
        content_type: the header of the response in which the page came, whose charset counts for bytes.
    """

    html: str | None = None
    text: str | None = None
    markdown: str | None = None
    content_type: Annotated[str, msgspec.Meta(max_length=1024)] | None = None


class Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Several pages at once.

    Attributes:
        pages: each as `CleanRequest` has it.
    """

    pages: list[msgspec.Raw]


class FingerprintRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Texts whose fingerprints are asked for.

    Attributes:
        texts: as many as make 2097152 values of signatures together, 16384 with 128 each.
        num_perm: values of a signature.
        shingle: words of a shingle.
        seed: of the permutations.
    """

    texts: list[str]
    num_perm: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 128
    shingle: Annotated[int, msgspec.Meta(ge=1, le=32)] = 5
    seed: Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)] = 1


class FingerprintAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Fingerprints of texts, in their order.

    Attributes:
        scheme: of the signatures: those of datasketch's `MinHash(scheme="affine32")`.
        num_perm: values of a signature.
        shingle: words of a shingle.
        seed: of the permutations.
        signatures: of each text; in MessagePack little-endian uint32 in one binary value.
        digests: of each text's words, sixteen hexadecimal digits.
    """

    scheme: str
    num_perm: int
    shingle: int
    seed: int
    signatures: list[list[int] | bytes]
    digests: list[str]


class CleanCall(msgspec.Struct, frozen=True, kw_only=True):
    """A request of any format, validated.

    Attributes:
        page: what is to be cleaned.
        query: what was said of it.
    """

    page: PageInput
    query: CleanQuery


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A problem document (RFC 9457).

    Attributes:
        type: a URI that names the problem, made from the code.
        title: the problem in words, the same for every request.
        status: of HTTP.
        code: stable; programs look at this.
        detail: what is wrong with this request, and how to mend it.
        request_id: as in the header `X-Request-Id`.
        field: the field or query parameter at fault.
        position: byte of the body, from 0, at which it is malformed.
        line: of that byte, from 1.
        column: of that byte in its line, from 1, in bytes.
    """

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    field: str | None = None
    position: int | None = None
    line: int | None = None
    column: int | None = None


class SiteSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What was learned of a site.

    Attributes:
        site: its registrable domain.
        pages: that are known.
        blocks: distinct ones on them.
        shared_blocks: those that three pages or more hold.
    """

    site: str
    pages: int
    blocks: int
    shared_blocks: int


class DocumentAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the crawl index says of a document.

    Attributes:
        id: of the document; null where a search named none.
        url: as it was given.
        site: that it belongs to.
        added: whether it is in the index now.
        near_duplicates: other documents that resemble it, best first.
    """

    id: str | None
    url: str | None
    site: str | None
    added: bool
    near_duplicates: tuple[NearDuplicate, ...]


class CleanAnswer(PageRow, frozen=True, kw_only=True):
    """The answer to a page: the fields of `dedup.page.PageRow`, and those of its parts that `detail` asks for.

    Attributes:
        content: the kept text; null with `detail=spans`.
        blocks: with `blocks` and `full`.
        links: with `full`.
        images: with `full`.
        spans: with `full` and `spans`.
    """

    content: str | None  # type: ignore[assignment]
    blocks: tuple[Block, ...] | msgspec.UnsetType = msgspec.UNSET
    links: tuple[Link, ...] | msgspec.UnsetType | None = msgspec.UNSET
    images: tuple[Image, ...] | msgspec.UnsetType | None = msgspec.UNSET
    spans: tuple[BlockSpans, ...] | msgspec.UnsetType | None = msgspec.UNSET


class SitesAnswer(msgspec.Struct, frozen=True):
    """What was learned.

    Attributes:
        sites: all of them.
    """

    sites: list[SiteSummary]


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """That the service lives, or is ready.

    Attributes:
        status: `alive` or `ready`.
    """

    status: Literal["alive", "ready"]


def clean_response(page: CleanPage, detail: Detail) -> dict[str, Any]:
    """The fields of a result that a client asked for; the content of `spans` is null, and no block holds a text."""
    fields = msgspec.structs.asdict(page)
    if detail in ("content", "spans"):
        del fields["blocks"]
    if detail in ("content", "blocks"):
        del fields["links"], fields["images"], fields["spans"]
    if detail == "spans":
        del fields["links"], fields["images"]
        fields["content"] = None
    return fields
