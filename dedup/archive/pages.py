"""A record → its cleaned page, or the reason why it is no document."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec
import xxhash

import dedup
from dedup.archive.formats import Record
from dedup.archive.formats.headers import content_type_of, media_type, values_of
from dedup.archive.formats.http import parse
from dedup.archive.formats.record import UTF8
from dedup.archive.rows import Status
from dedup.errors import UnsupportedInputError
from dedup.inputs import opens_as_markup, source_of
from dedup.page import Block, Counts, Form, Metadata, PageInput, PageRow, Versions

_HTML: Final = frozenset({"text/html", "application/xhtml+xml", "application/vnd.wap.xhtml+xml"})
_TEXT: Final = frozenset({"text/plain"})
_MARKDOWN: Final = frozenset({"text/markdown"})
_UNKNOWN: Final = frozenset({"", "unk", "unknown", "no-type", "application/octet-stream", "application/unknown"})
# Narrower than `opens_as_markup`: where nobody told the type, XML may as well be a feed, an image or an error.
_OPENS_AS_HTML: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body|title)[\s>]", re.IGNORECASE
)

_SPACE: Final = 0x20
_ASCII: Final = 0x80
# the same of every text that was cleaned elsewhere
_NO_METADATA: Final = Metadata()
_NO_COUNTS: Final = Counts(0, 0, {})
_NO_VERSIONS: Final = Versions(dedup.__version__, "none", "none", "none", None)


class Cleaned(msgspec.Struct, kw_only=True):
    """What is left of a record; fields as in `Row`, the page with its content, and its blocks where they are named."""

    status: Status
    page: PageRow | None = None
    blocks: tuple[Block, ...] = ()
    removed: tuple[str, ...] = ()
    why: str | None = None


def page_of(record: Record, most: int) -> PageInput | Status:
    """The page that a record holds, or why it holds none.

    Args:
        record: as it was read.
        most: bytes that a page may have.
    """
    if record.kind in {"other", "revisit"}:
        return "revisit" if record.kind == "revisit" else "no_page"
    body, content_type = record.payload, _content_type(record)
    if record.kind == "response":
        status, declared, body = parse(body, most + 1)
        content_type = declared or (content_type if "http" not in (content_type or "") else None)
        if status is not None and not 200 <= status < 300:
            return "http_error"
    elif record.kind == "conversion" and media_type(content_type) not in _HTML:
        content_type = _type_of_text(body, content_type)
    form = _form(record, body, media_type(content_type))
    if form is None:
        return "no_page"
    source: dict[str, Any] = {form: body}
    return PageInput(**source, url=record.url, content_type=content_type)


def as_it_is(record: Record, most: int) -> Cleaned | bytes:
    """The text of a record that was cleaned elsewhere: of a row its bytes, of which `taken` tells the rest.

    Args:
        record: as it was read.
        most: bytes that a text may have; of a response, once it is decoded.
    """
    is_text = record.kind == "row" and (record.content_type or "").endswith(UTF8)
    if is_text and _holds_content(record.payload):
        return record.payload
    page = page_of(record, most)
    if not isinstance(page, PageInput):
        return Cleaned(status=page)
    from dedup.segment.charset import decode  # noqa: PLC0415  (rows of text need no kernels)

    form, source = source_of(page)
    if len(source) > most:
        return Cleaned(status="quarantined", why=f"more than {most} bytes once decompressed, {most} are read at most")
    try:
        utf8 = decode(source, field=form, content_type=page.content_type).utf8
    except UnsupportedInputError as error:
        return Cleaned(status="quarantined", why=str(error))
    return row_of(PageRow(**taken(page.url, utf8.decode(), xxhash.xxh3_128_hexdigest(utf8))))


def taken(url: str | None, content: str, digest: str) -> dict[str, Any]:
    """The fields of `PageRow` that a text has of which nothing more is known; the others are as by default.

    Args:
        url: of the text.
        content: all of it.
        digest: xxh3_128 of it in UTF-8, 32 hexadecimal digits.
    """
    return {
        "url": url,
        "content": content,
        "content_digest": digest,
        "status": "ok" if content.strip() else "empty",
        "metadata": _NO_METADATA,
        "counts": _NO_COUNTS,
        "versions": _NO_VERSIONS,
    }


def _holds_content(text: bytes) -> bool:
    """Whether a text in UTF-8 is more than white space."""
    return bool(text) and (_SPACE < text[0] < _ASCII or bool(text.decode().strip()))


def _content_type(record: Record) -> str | None:
    """As the archive has it; of a row it is ours."""
    declared = record.content_type
    return (
        declared if record.kind == "row" or not declared else content_type_of(values_of([("type", declared)], "type"))
    )


def _form(record: Record, body: bytes, declared: str) -> Form | None:
    if declared in _HTML or (declared in _UNKNOWN and _OPENS_AS_HTML.match(body)):
        return "html"
    if declared in _TEXT:
        return "html" if record.kind == "row" and opens_as_markup(body) else "text"  # whatever the field is called
    return "markdown" if declared in _MARKDOWN else None


def _type_of_text(body: bytes, content_type: str | None) -> str:
    """What a conversion to text is: in UTF-8 unless it says or is otherwise, whatever the text tells of charsets."""
    if content_type is not None and "charset" in content_type.lower():
        return "text/plain;" + content_type.partition(";")[2]
    try:
        body.decode()
    except UnicodeDecodeError:
        return "text/plain"
    return "text/plain" + UTF8


def row_of(page: PageRow, blocks: tuple[Block, ...] = (), removed: tuple[str, ...] = ()) -> Cleaned:
    """What is left of a page."""
    return Cleaned(
        status="document" if page.content.strip() else "no_content", page=page, blocks=blocks, removed=removed
    )
