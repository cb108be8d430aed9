"""A file that is none of those that are read: what it is, and what to do about it."""

from __future__ import annotations

import re
from typing import Final

from dedup.archive.formats import parquet
from dedup.archive.formats.compression import BZIP2, GZIP, ZSTD
from dedup.archive.formats.jsonl import holds_a_row

_XZ: Final = b"\xfd7zXZ\x00"
_KNOWN: Final = (
    (_XZ, "xz; decompress it first (xz -d)"),
    (b"PK\x03\x04", "a zip archive; unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it first"),
    ((b"\xff\xfe", b"\xfe\xff", b"{\0", b"\0{"), "UTF-16; convert it to UTF-8 first (iconv -f UTF-16 -t UTF-8)"),
)
_TAR: Final = slice(257, 262)  # bytes of a tar archive that say so
_ARRAY: Final = re.compile(rb"\s*\[\s*\{")


def why_unknown(head: bytes, *, compressed: bool) -> str:
    """What is to be said of a file.

    Args:
        head: its first bytes, decompressed.
        compressed: whether they were.
    """
    if not head.strip():
        return "empty"
    what = _what(head, compressed=compressed)
    return "no WARC, ARC, WET, JSON lines or Parquet" + (f": {what}" if what else "")


def _what(head: bytes, *, compressed: bool) -> str | None:
    if compressed and head.startswith(parquet.MAGIC):
        return "Parquet within a compressed file; decompress it first, it compresses its columns itself"
    if compressed and head.startswith((GZIP, ZSTD, BZIP2, _XZ)):
        return "a compressed file within a compressed file; decompress it once first"
    if head[_TAR] == b"ustar":
        return "a tar archive; unpack it first and give the folder (tar -x)"
    if known := next((what for magic, what in _KNOWN if head.startswith(magic)), None):
        return known
    if _ARRAY.match(head):
        return "one JSON array; write its objects a line each (jq -c '.[]')"
    return "fewer than half of its lines are objects" if holds_a_row(head) else None
