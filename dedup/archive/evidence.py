"""What pages say of their sites, in Parquet: the input of the statistics."""

from __future__ import annotations

from typing import Any, BinaryIO, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from dedup.archive.trips import POSITION_BITS, Evidence, named
from dedup.state.records import CountsRecord

PAGES: Final = pa.schema(
    [("position", pa.int64()), *((name, pa.uint64()) for name in ("site", "high", "low", "whole", "stem")),
     ("blocks", pa.int32())]
)  # fmt: skip
KEYS: Final = pa.schema([("position", pa.int64()), ("site", pa.uint64()), ("key", pa.uint64())])
FOLDED: Final = pa.schema(
    [("site", pa.uint64()), ("key", pa.uint64()), ("pages", pa.int64()), ("weight", pa.int64())]
)
_KEYS_AT_A_TIME: Final = 1 << 18


class EvidenceWriter:
    """Writes the pages of an input and the keys of their blocks.

    Args:
        pages: file of PAGES.
        keys: file of KEYS.
        number: of the input; -1 for what was known before.
    """

    def __init__(self, pages: BinaryIO, keys: BinaryIO, number: int) -> None:
        self._base = number << POSITION_BITS
        self._pages = parquet.ParquetWriter(pages, PAGES, compression="lz4")
        self._keys = parquet.ParquetWriter(keys, KEYS, compression="lz4")
        self._found: list[tuple[int, Evidence]] = []
        self._held = 0

    def add(self, ordinal: int, page: Evidence) -> None:
        """Take a page, the record of that number in its input."""
        self._found.append((self._base + ordinal, page))
        self._held += 8 + len(page.known) // 8
        if self._held >= _KEYS_AT_A_TIME:
            self._flush()

    def close(self) -> None:
        """Write what is held back, and the files' ends."""
        self._flush()
        self._pages.close()
        self._keys.close()

    def _flush(self) -> None:
        found, self._found, self._held = self._found, [], 0
        if not found:
            return
        pages = [page for _, page in found]
        position = np.array([position for position, _ in found], np.int64)
        known = [page.known_keys() for page in pages]
        sizes = np.array([len(keys) for keys in known])
        names = np.frombuffer(b"".join(page.page for page in pages), "<u8").reshape(-1, 2)
        site, whole, stem = (
            np.array([getattr(page, name) for page in pages], np.uint64) for name in ("site", "whole", "stem")
        )
        _write(self._pages, PAGES, position, site, names[:, 0], names[:, 1], whole, stem, sizes.astype(np.int32))
        _write(self._keys, KEYS, np.repeat(position, sizes), np.repeat(site, sizes), np.concatenate(known))


class FoldedWriter:
    """Writes what pages were folded into: of each site its keys, and how many pages there were, as of now.

    Args:
        file: of FOLDED.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._writer = parquet.ParquetWriter(file, FOLDED, compression="lz4")

    def add(self, record: CountsRecord) -> None:
        """Take a site. One that repeats nothing has a key that no page holds, for its number of pages."""
        keys, counts = record.key_array(), np.rint(record.count_array()).astype(np.int64)
        if not len(keys):
            keys, counts = np.zeros(1, np.uint64), np.zeros(1, np.int64)
        site, weight = np.full(len(keys), named(record.site), np.uint64), np.full(len(keys), round(record.weight))
        _write(self._writer, FOLDED, site, keys, counts, weight.astype(np.int64))

    def close(self) -> None:
        """Write the file's end."""
        self._writer.close()


def _write(writer: Any, schema: Any, *columns: NDArray[Any]) -> None:
    writer.write_table(pa.Table.from_arrays(list(map(_array, schema.types, columns)), schema=schema))


def _array(kind: Any, values: NDArray[Any]) -> Any:
    """The values as they lie; asked to convert them, Arrow would load pandas first, which takes half a second."""
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])
