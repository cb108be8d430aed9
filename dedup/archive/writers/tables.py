"""Documents as JSON lines and as Parquet: every field a column."""

from __future__ import annotations

from typing import BinaryIO, Final

import msgspec

from dedup.archive.columns import columns_of, schema
from dedup.archive.rows import Document, Row

_AT_A_TIME: Final = 1024  # documents of a row group
_encode = msgspec.json.Encoder().encode


class LineWriter:
    """JSON lines.

    Args:
        file: to write.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def add(self, document: Document, row: Row) -> None:  # noqa: ARG002  (the fields of the document are all)
        """Write a line."""
        self._file.write(_encode(document) + b"\n")

    def close(self) -> None:
        """Nothing is held back."""


class ParquetWriter:
    """Parquet, compressed by zstd.

    Args:
        file: to write.
    """

    def __init__(self, file: BinaryIO) -> None:
        import pyarrow as pa  # noqa: PLC0415  (a second of start-up that JSON lines do without)
        from pyarrow import parquet  # noqa: PLC0415

        self._arrow = pa
        self._schema = schema(Document)
        self._writer = parquet.ParquetWriter(file, self._schema, compression="zstd")
        self._documents: list[dict[str, object]] = []

    def add(self, document: Document, row: Row) -> None:  # noqa: ARG002  (the fields of the document are all)
        """Hold a row, and write the group when it is full."""
        self._documents.append(columns_of(document))
        if len(self._documents) == _AT_A_TIME:
            self._flush()

    def close(self) -> None:
        """Write the last group and the footer."""
        if self._documents:
            self._flush()
        self._writer.close()

    def _flush(self) -> None:
        self._writer.write_table(self._arrow.Table.from_pylist(self._documents, self._schema))
        self._documents = []
