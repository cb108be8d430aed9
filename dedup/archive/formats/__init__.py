"""Readers of archives, chosen by what a file holds and not by its name.

    inputs.py      arguments → files
    names.py       names of files that are no text
    sections.py    a large file → what is read by itself
    remote.py      URLs → files that are read a range at a time
    stream.py      plain, gzip, zstd or bzip2 bytes, read forward, with the place of each in the file
    compression.py gzip, zstd and bzip2
    warc.py        WARC, WET and WAT
    arc.py         ARC
    blocks.py      as many bytes as the header of a record announces
    jsonl.py       JSON lines
    parquet.py     Parquet
    headers.py     fields of headers, of records and of HTTP
    http.py        the HTTP message inside a record
    record.py      what all of them yield
    reading.py     a file → records and damages
    unknown.py     what to say of a file of another format

The readers of WARC and ARC are our own: where a record is broken, others stop, skip without a word or read on in the
middle of it, and none says which bytes were lost. Here every byte between two records is a record or a `Damage`.
"""

from __future__ import annotations

from dedup.archive.formats.inputs import expand
from dedup.archive.formats.reading import read
from dedup.archive.formats.record import Damage, Fields, Record
from dedup.archive.formats.sections import Section, sections_of

__all__ = ["Damage", "Fields", "Record", "Section", "expand", "read", "sections_of"]
