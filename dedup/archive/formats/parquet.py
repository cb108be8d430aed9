"""Parquet: a page a row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from dedup.archive.formats.jsonl import record_of
from dedup.archive.formats.record import Damage, Fields, Record

if TYPE_CHECKING:
    import pyarrow as pa

MAGIC: Final = b"PAR1"
_ROWS_AT_A_TIME: Final = 256
_NOT_HELD: Final = (ValueError, OverflowError, KeyError)  # no UTF-8, a year far off, a zone unknown here


def read_parquet(file: BinaryIO, name: str, most: int, fields: Fields) -> Iterator[Record | Damage]:
    """The rows of a Parquet file; arguments as of `read_jsonl`, but for the open file. Counts in rows, not in bytes."""
    import pyarrow as pa  # noqa: PLC0415  (a second of start-up that other formats do without)
    from pyarrow import parquet  # noqa: PLC0415

    try:
        table = parquet.ParquetFile(file)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        yield Damage(file=name, offset=0, length=None, why=f"damaged Parquet ({error})")
        return
    wanted = {*fields.content, fields.url, fields.id, fields.date}
    columns = [column for column in table.schema_arrow.names if column in wanted]
    row_number = after = 0
    for group in range(table.num_row_groups):
        after += table.metadata.row_group(group).num_rows
        try:
            for batch in table.iter_batches(_ROWS_AT_A_TIME, row_groups=[group], columns=columns):
                for row in _rows(_to_microseconds(batch)):
                    record = record_of(row, name, row_number, 1, fields)
                    if isinstance(record, Record) and len(record.payload) > most:
                        why = f"{len(record.payload)} bytes, {most} are read at most"
                        record = Damage(file=name, offset=row_number, length=1, why=why)
                    yield record
                    row_number += 1
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:  # the other groups may be whole
            yield Damage(file=name, offset=row_number, length=after - row_number, why=f"damaged Parquet ({error})")
            row_number = after


def _rows(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """The rows of a batch; value by value where Python cannot hold one, which costs that one alone."""
    try:
        rows: list[dict[str, Any]] = batch.to_pylist()
    except _NOT_HELD:
        columns = [[_value(value) for value in column] for column in batch.columns]
        return [dict(zip(batch.schema.names, values, strict=True)) for values in zip(*columns, strict=True)]
    return rows


def _value(value: pa.Scalar) -> Any:
    """A value; the bytes of a text that is no UTF-8, a time of an unknown zone in UTC, None of a time out of reach."""
    import pyarrow as pa  # noqa: PLC0415  (as above)

    if isinstance(value, pa.DictionaryScalar):
        value = value.value
    try:
        return value.as_py()
    except _NOT_HELD:
        if isinstance(value, pa.StringScalar | pa.LargeStringScalar | pa.StringViewScalar):
            return value.as_buffer().to_pybytes()
        if not pa.types.is_timestamp(value.type):
            return None
    try:
        return value.cast(pa.timestamp(value.type.unit, "UTC")).as_py()
    except _NOT_HELD:
        return None


def _to_microseconds(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The rows with times that Python can hold: pandas writes nanoseconds, and Spark does."""
    import pyarrow as pa  # noqa: PLC0415  (as above)

    schema = batch.schema
    for number, field in enumerate(schema):
        if pa.types.is_timestamp(field.type) and field.type.unit == "ns":
            schema = schema.set(number, field.with_type(pa.timestamp("us", field.type.tz)))
    return batch if schema.equals(batch.schema) else batch.cast(schema, safe=False)
