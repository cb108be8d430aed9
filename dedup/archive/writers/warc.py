"""Documents as `conversion` records of a WARC (ISO 28500:2017), each a gzip member of its own.

`warc` keeps every header of the record that a document was made from: under its own name where it is still true, as
`Original-…` where the new record has another value, and those of HTTP as `Original-HTTP-…`. Of a record that was
written here before, what stands as `Original-…` already stays, since it is nearer to the source. `wet` writes what
Common Crawl writes, and no more.

Headers are as long as readers take them: `formats.warc.MOST_HEADER` is what is read back.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
import uuid
import zlib
from collections.abc import Iterable
from typing import BinaryIO, Final
from urllib.parse import quote

import msgspec

import dedup
from dedup.archive.dates import read_date
from dedup.archive.rows import Document, Row

Header = tuple[str, str]

_REPLACED: Final = frozenset(
    {
        "warc-type",
        "warc-record-id",
        "warc-target-uri",
        "warc-date",
        "warc-refers-to",
        "warc-warcinfo-id",
        "warc-block-digest",
        "warc-payload-digest",
        "warc-truncated",
        "warc-profile",
        "warc-segment-number",
        "warc-segment-origin-id",
        "warc-segment-total-length",
        "warc-filename",
        "content-type",
        "content-length",
    }
)
_ORIGINAL: Final = "Original-"
_OURS: Final = "Dedup-"
_MOST_VALUE: Final = 1 << 14  # bytes of a header's value; some twenty of them are our own
_MOST_KEPT: Final = 1 << 19  # bytes of the headers of the original record
_UNKNOWN_DATE: Final = "1970-01-01T00:00:00Z"
_NO_TOKEN: Final = re.compile(r"[^!#$%&'*+.^_`|~0-9A-Za-z-]")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")
_URI: Final = "!#$%&'()*+,/:;=?@[]~"
_IDS: Final = uuid.uuid5(uuid.NAMESPACE_OID, "dedup archive")


class WarcWriter:
    """WARC or WET.

    Args:
        file: to write.
        wet: write WET, and so plain text and few headers.
        verdicts: say in WET, too, why a document stands.
    """

    def __init__(self, file: BinaryIO, *, wet: bool, verdicts: bool) -> None:
        self._file = file
        self._version = "WARC/1.0" if wet else "WARC/1.1"
        self._wet = wet
        self._verdicts = verdicts or not wet
        self._began = False

    def add(self, document: Document, row: Row) -> None:
        """Write the record of a document."""
        date = _date(document.date)
        self._begin(date, document.job)
        content = document.content.encode("utf-8", "replace")
        markdown = document.content_format == "markdown" and not self._wet
        headers: list[Header] = [
            ("WARC-Type", "conversion"),
            ("WARC-Target-URI", _target(document)),
            ("WARC-Date", date),
            ("WARC-Record-ID", _record_id(document.job, document.file, str(document.offset), document.id or "")),
        ]
        if document.record_id and document.record_id.startswith("<"):
            headers.append(("WARC-Refers-To", document.record_id))
        headers.append(("WARC-Block-Digest", _digest(content)))
        if not self._wet:
            headers += _kept(row.headers or ())
        if self._verdicts:
            headers += _verdicts(document)
        headers.append(("Content-Type", "text/markdown; charset=utf-8" if markdown else "text/plain"))
        self._write(headers, content)

    def close(self) -> None:
        """A file without documents gets its first record, too."""
        self._begin(_UNKNOWN_DATE, "")

    def _begin(self, date: str, job: str) -> None:
        """Write the record that describes the file.

        Its date is the first document's: the hour of writing would make two runs of a job differ.
        """
        if self._began:
            return
        self._began = True
        lines = (
            f"software: dedup/{dedup.__version__}",
            f"format: {self._version.replace('/', ' File Format ')}",
            "description: cleaned text of the records that WARC-Refers-To names",
            *([f"job: {job}"] if job else []),
        )
        content = "".join(line + "\r\n" for line in lines).encode()
        headers = [
            ("WARC-Type", "warcinfo"),
            ("WARC-Date", date),
            ("WARC-Record-ID", _record_id(job, date, "warcinfo")),
            ("WARC-Block-Digest", _digest(content)),
            ("Content-Type", "application/warc-fields"),
        ]
        self._write(headers, content)

    def _write(self, headers: list[Header], content: bytes) -> None:
        headers.append(("Content-Length", str(len(content))))
        head = "".join(f"{name}: {_CONTROL.sub(' ', _cut(value))}\r\n" for name, value in headers)
        record = f"{self._version}\r\n{head}\r\n".encode("utf-8", "replace") + content + b"\r\n\r\n"
        member = zlib.compressobj(wbits=31)  # without the hour, which the module gzip would write
        self._file.write(member.compress(record) + member.flush())


def _kept(headers: Iterable[Header]) -> list[Header]:
    """The original headers, renamed where the new record has a value of its own, as many as readers take."""
    named = [(_NO_TOKEN.sub("-", name), value) for name, value in headers if name]
    there = {name.lower() for name, _ in named}
    kept = [
        new for old, new in zip(named, map(_renamed, named), strict=True) if new == old or new[0].lower() not in there
    ]
    sizes = itertools.accumulate(len(name) + min(_size(value), _MOST_VALUE) + len(": \r\n") for name, value in kept)
    fitting = sum(size <= _MOST_KEPT for size in sizes)
    left_out = [(f"{_OURS}Headers-Left-Out", str(len(kept) - fitting))] if fitting < len(kept) else []
    return kept[:fitting] + left_out


def _renamed(header: Header) -> Header:
    name, value = header
    is_ours = name.lower().startswith(_OURS.lower())
    return (_ORIGINAL + name, value) if is_ours or name.lower() in _REPLACED else header


def _cut(value: str) -> str:
    """A value as long as readers take it; of a longer one its beginning, and a digest that tells it from others."""
    if _size(value) <= _MOST_VALUE:
        return value
    digest = f"~{_digest(value.encode('utf-8', 'replace'))}"
    return value.encode("utf-8", "replace")[: _MOST_VALUE - len(digest)].decode("utf-8", "ignore") + digest


def _size(value: str) -> int:
    return len(value) if value.isascii() else len(value.encode("utf-8", "replace"))


def _verdicts(document: Document) -> list[Header]:
    """Where a document comes from and why it stands, for readers that know of us."""
    values: dict[str, object] = {
        "Id": document.id,
        "File": document.file,
        "Offset": document.offset,
        "Length": document.length,
        "Payload-Digest": f"xxh3-128:{document.payload_digest}" if document.payload_digest else None,
        "Outcome": document.outcome,
        "Cluster": document.cluster,
        "Cluster-Size": document.cluster_size,
        "Canonical-Id": document.canonical_id,
        "Canonical-In-Index": "yes" if document.canonical_in_index else None,
        "Jaccard": document.jaccard,
        "Status": document.status,
        "Versions": msgspec.json.encode(document.versions).decode(),
        "Job": document.job,
    }
    return [(f"{_OURS}{name}", str(value)) for name, value in values.items() if value is not None]


def _target(document: Document) -> str:
    """The URL, which the format asks for; without one, a name made of the document's id. No white space passes."""
    return quote(document.url, safe=_URI) if document.url else f"urn:dedup:{quote(document.id or '', safe='')}"


def _date(date: str | None) -> str:
    """As the format writes dates, to the second; 1970 where the original has none that can be read."""
    found = read_date(date)
    return _UNKNOWN_DATE if found is None else f"{found.replace(microsecond=0, tzinfo=None).isoformat()}Z"


def _record_id(*parts: str) -> str:
    return f"<urn:uuid:{uuid.uuid5(_IDS, chr(0).join(parts))}>"


def _digest(content: bytes) -> str:
    return "sha1:" + base64.b32encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode()
