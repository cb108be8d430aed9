"""What a reader yields: records, and damages where there is none."""

from __future__ import annotations

import re
from typing import Final, Literal

import msgspec

from dedup.errors import OptionError
from dedup.options import require_utf8

Kind = Literal["response", "resource", "conversion", "revisit", "row", "other"]
UTF8: Final = "; charset=utf-8"
"""Ends the content type of a row that was text: no byte of it is to be decoded in any other way."""
# What JSON escapes in a name, which its decoder looks up as it stands.
_ESCAPED: Final = re.compile(r'["\\\x00-\x1f]')


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One record of an archive, not yet looked into.

    Attributes:
        file: name of the file, as it was given or found.
        offset: bytes before it: in the file, where it is plain or each record is compressed alone; otherwise in what
            the file decompresses to. In Parquet, rows before it.
        length: bytes to the next record, counted likewise. In Parquet, 1.
        kind: `response` holds an HTTP message, `resource` and `conversion` (WET) a payload, `revisit` neither; `row`
            is a line of JSON or a row of Parquet; `other` is metadata.
        record_id: the archive's own name for it.
        url: where it was found.
        date: when, as the archive writes it.
        content_type: of the payload; of a response, its HTTP headers say.
        headers: of the record itself, as it writes them; the HTTP message inside has its own.
        payload: the bytes; of a row its text in UTF-8, or bytes of any charset where a column of Parquet holds such.
    """

    file: str
    offset: int
    length: int
    kind: Kind
    record_id: str | None = None
    url: str | None = None
    date: str | None = None
    content_type: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    payload: bytes = b""


class Damage(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes that hold no readable record.

    Attributes:
        file: as in `Record`.
        offset: as in `Record`.
        length: as in `Record`; None where it is not known.
        why: what is wrong with them.
    """

    file: str
    offset: int
    length: int | None
    why: str


class Fields(msgspec.Struct, frozen=True, kw_only=True):
    """Names of the fields of JSON lines, and of the columns of Parquet.

    Attributes:
        content: holds the page; the first that holds something in a row counts.
        url: where it was found.
        id: the row's own name.
        date: when it was found.
    """

    content: tuple[str, ...] = ("html", "text", "markdown", "content", "raw_content")
    url: str = "url"
    id: str = "id"
    date: str = "date"

    def __post_init__(self) -> None:
        if not isinstance(self.content, tuple) or not self.content:
            raise OptionError("content", self.content, "a tuple of names, such as ('text',)")
        named = [("content", name) for name in self.content]
        for option, name in [*named, ("url", self.url), ("id", self.id), ("date", self.date)]:
            require_utf8(option, name)
            if _ESCAPED.search(name):
                raise OptionError(option, name, "a name without quotation marks, backslashes and control characters")
