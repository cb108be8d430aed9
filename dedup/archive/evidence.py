"""What pages say of their sites, in Parquet: the input of the statistics."""

from __future__ import annotations

from typing import Any, BinaryIO, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from dedup.archive.trips import POSITION_BITS, Evidence

PAGES: Final = pa.schema(
    [("position", pa.int64()), *((name, pa.uint64()) for name in ("site", "high", "low", "whole", "stem")),
     ("blocks", pa.int32())]
)  # fmt: skip
KEYS: Final = pa.schema([("position", pa.int64()), ("site", pa.uint64()), ("key", pa.uint64())])
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


def _write(writer: Any, schema: Any, *columns: NDArray[Any]) -> None:
    writer.write_table(pa.Table.from_arrays(list(map(_array, schema.types, columns)), schema=schema))


def _array(kind: Any, values: NDArray[Any]) -> Any:
    """The values as they lie; asked to convert them, Arrow would load pandas first, which takes half a second."""
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])
