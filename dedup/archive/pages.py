"""A record → its cleaned page, or the reason why it is no document."""

from __future__ import annotations

import re
from typing import Final

import msgspec
import xxhash

import dedup
from dedup.archive.formats import Record
from dedup.archive.formats.http import parse
from dedup.archive.rows import Status
from dedup.errors import DedupError
from dedup.options import CleanOptions
from dedup.page import Block, Counts, Metadata, PageInput, PageRow, Versions

_HTML: Final = frozenset({"text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml"})
_TEXT: Final = frozenset({"text/plain"})
_MARKDOWN: Final = frozenset({"text/markdown"})
_UNKNOWN: Final = frozenset({"", "unk", "unknown", "no-type", "application/octet-stream", "application/unknown"})
_AS_IT_IS: Final = CleanOptions()
_OPENS_AS_HTML: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body|title)[\s>]", re.IGNORECASE
)


class Cleaned(msgspec.Struct, kw_only=True):
    """What is left of a record; fields as in `Row`, the page with its content and all its blocks."""

    status: Status
    page: PageRow | None = None
    blocks: tuple[Block, ...] = ()
    why: str | None = None


def clean_record(record: Record, options: CleanOptions | None) -> Cleaned:
    """Clean the page that a record holds.

    Args:
        record: as it was read.
        options: how; None takes the text as it is.
    """
    if record.kind in {"other", "revisit"}:
        return Cleaned(status="revisit" if record.kind == "revisit" else "no_page")
    limit = (options or _AS_IT_IS).limits.max_bytes
    body, content_type = record.payload, record.content_type
    if record.kind == "response":
        status, declared, body = parse(body, limit + 1)
        content_type = declared or (content_type if "http" not in (content_type or "") else None)
        if status is not None and not 200 <= status < 300:
            return Cleaned(status="http_error")
    elif record.kind == "conversion":
        content_type = "text/plain"
    page = _page(record, body, content_type)
    if page is None:
        return Cleaned(status="no_page")
    try:
        return _cleaned(page, options, content_type)
    except DedupError as error:
        return Cleaned(status="quarantined", why=str(error))


def _page(record: Record, body: bytes, content_type: str | None) -> PageInput | None:
    media_type = (content_type or "").partition(";")[0].strip().lower()
    if media_type in _HTML or (media_type in _UNKNOWN and _OPENS_AS_HTML.match(body)):
        return PageInput(html=body, url=record.url)
    if media_type in _TEXT:
        return PageInput(text=body, url=record.url)
    if media_type in _MARKDOWN:
        return PageInput(markdown=body, url=record.url)
    return None


def _cleaned(page: PageInput, options: CleanOptions | None, content_type: str | None) -> Cleaned:
    if options is None:
        source = page.html or page.text or page.markdown or b""
        content = source if isinstance(source, str) else source.decode("utf-8", "replace")
        return _row_of(_as_it_is(page, content))
    from dedup.pipeline import analyse, finish  # noqa: PLC0415  (loads the kernels, which texts as they are do without)

    result = finish(analyse(page, options, content_type))
    page_row = PageRow(**{name: getattr(result, name) for name in PageRow.__struct_fields__})
    return _row_of(page_row, result.blocks)


def _as_it_is(page: PageInput, content: str) -> PageRow:
    """A text that was cleaned elsewhere, of which nothing more is known."""
    return PageRow(
        url=page.url,
        content=content,
        content_digest=xxhash.xxh3_128_hexdigest(content.encode("utf-8", "replace")),
        status="ok" if content.strip() else "empty",
        metadata=Metadata(),
        counts=Counts(0, 0, {}),
        versions=Versions(dedup.__version__, "none", "none", "none", None),
    )


def _row_of(page: PageRow, blocks: tuple[Block, ...] = ()) -> Cleaned:
    return Cleaned(status="document" if page.content.strip() else "no_content", page=page, blocks=blocks)
