"""Parquet: a page a row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, Final

from dedup.archive.formats.jsonl import record_of
from dedup.archive.formats.record import Damage, Fields, Record

if TYPE_CHECKING:
    import pyarrow as pa

MAGIC: Final = b"PAR1"
_ROWS_AT_A_TIME: Final = 256


def read_parquet(file: BinaryIO, name: str, most: int, fields: Fields) -> Iterator[Record | Damage]:
    """The rows of a Parquet file; arguments as of `read_jsonl`, but for the open file. Counts in rows, not in bytes."""
    import pyarrow as pa  # noqa: PLC0415  (a second of start-up that other formats do without)
    from pyarrow import parquet  # noqa: PLC0415

    row_number, rows = 0, 0
    try:
        table = parquet.ParquetFile(file)
        rows = table.metadata.num_rows
        wanted = {*fields.content, fields.url, fields.id, fields.date}
        columns = [column for column in table.schema_arrow.names if column in wanted]
        for batch in table.iter_batches(_ROWS_AT_A_TIME, columns=columns):
            for row in _to_microseconds(batch).to_pylist():
                record = record_of(row, name, row_number, 1, fields)
                if isinstance(record, Record) and len(record.payload) > most:
                    why = f"{len(record.payload)} bytes, {most} are read at most"
                    record = Damage(file=name, offset=row_number, length=1, why=why)
                yield record
                row_number += 1
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        length = rows - row_number or None
        yield Damage(file=name, offset=row_number, length=length, why=f"damaged Parquet ({error})")


def _to_microseconds(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The rows with times that Python can hold: pandas writes nanoseconds, and Spark does."""
    import pyarrow as pa  # noqa: PLC0415  (as above)

    schema = batch.schema
    for number, field in enumerate(schema):
        if pa.types.is_timestamp(field.type) and field.type.unit == "ns":
            schema = schema.set(number, field.with_type(pa.timestamp("us", field.type.tz)))
    return batch if schema.equals(batch.schema) else batch.cast(schema, safe=False)
