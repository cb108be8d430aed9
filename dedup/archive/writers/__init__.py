"""Writers of the output: documents in, one file of a format out.

    tables.py    JSON lines, Parquet
    warc.py      WARC and WET: `conversion` records

The same documents give the same bytes, whenever and wherever they are written.
"""

from __future__ import annotations

from typing import BinaryIO, Final, Protocol

from dedup.archive.options import ArchiveOptions, Output
from dedup.archive.rows import Document, Row
from dedup.archive.writers.tables import LineWriter, ParquetWriter
from dedup.archive.writers.warc import WarcWriter

__all__ = ["ENDINGS", "Writer", "writer"]

ENDINGS: Final[dict[Output, str]] = {"jsonl": "jsonl", "parquet": "parquet", "wet": "warc.wet.gz", "warc": "warc.gz"}


class Writer(Protocol):
    """Takes documents in one of the formats of the output."""

    def add(self, document: Document, row: Row) -> None:
        """Write one, and what else its row knows of where it comes from."""

    def close(self) -> None:
        """Write what is held back."""


def writer(options: ArchiveOptions, file: BinaryIO) -> Writer:
    """The writer of a job's output.

    Args:
        options: of the job.
        file: that it writes.
    """
    if options.output == "parquet":
        return ParquetWriter(file)
    if options.output == "jsonl":
        return LineWriter(file)
    return WarcWriter(file, wet=options.output == "wet", verdicts=options.annotate)
