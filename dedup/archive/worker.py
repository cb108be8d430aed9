"""The program of the worker processes: a record in, its cleaned page out, both as MessagePack."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from dedup.archive.formats import Record
from dedup.archive.pages import clean_record
from dedup.options import CleanOptions


def open_cleaner(setup: bytes) -> Callable[[bytes], bytes]:
    """What `WorkerPool` runs; `setup` is the `CleanOptions` as MessagePack."""
    import dedup.pipeline  # noqa: F401, PLC0415  (compiled before the clock of the first page runs)

    options = msgspec.msgpack.decode(setup, type=CleanOptions)
    decoder = msgspec.msgpack.Decoder(Record)

    def clean(payload: bytes) -> bytes:
        return msgspec.msgpack.encode(clean_record(decoder.decode(payload), options))

    return clean
