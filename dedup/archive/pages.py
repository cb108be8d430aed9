"""A record → its cleaned page, or the reason why it is no document."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from dedup.archive.formats import Record
from dedup.archive.formats.http import parse
from dedup.archive.rows import Status
from dedup.errors import DedupError
from dedup.options import CleanOptions
from dedup.page import PageInput

_HTML: Final = frozenset({"text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml"})
_TEXT: Final = frozenset({"text/plain"})
_MARKDOWN: Final = frozenset({"text/markdown"})
_UNKNOWN: Final = frozenset({"", "unk", "unknown", "no-type", "application/octet-stream", "application/unknown"})
_OPENS_AS_HTML: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body|title)[\s>]", re.IGNORECASE
)


class Cleaned(msgspec.Struct, kw_only=True):
    """What is left of a record; fields as in `Row`."""

    status: Status
    site: str | None = None
    title: str | None = None
    content: str = ""
    why: str | None = None
    blocks: int = 0
    kept_blocks: int = 0


def clean_record(record: Record, options: CleanOptions | None) -> Cleaned:
    """Clean the page that a record holds.

    Args:
        record: as it was read.
        options: how; None takes the text as it is.
    """
    if record.kind in {"other", "revisit"}:
        return Cleaned(status="revisit" if record.kind == "revisit" else "no_page")
    limit = (options or CleanOptions()).limits.max_bytes
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
        return Cleaned(status="document" if content.strip() else "no_content", content=content)
    from dedup.pipeline import analyse, finish  # noqa: PLC0415  (loads the kernels, which texts as they are do without)

    result = finish(analyse(page, options, content_type))
    return Cleaned(
        status="document" if result.content.strip() else "no_content",
        site=result.site,
        title=result.title,
        content=result.content,
        blocks=result.counts.blocks,
        kept_blocks=result.counts.kept,
    )
