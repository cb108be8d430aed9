"""What dedup remembers, on disk or in Redis: an ordered log of records that everything else is derived from."""

from __future__ import annotations

from dedup.state.header import Header, Parameters
from dedup.state.memory import MemoryStore
from dedup.state.opening import open_store
from dedup.state.options import StateOptions
from dedup.state.records import CountsRecord, DocumentRecord, Entry, PageRecord, Record, SeedRecord, Tombstone
from dedup.state.store import Snapshot, Store

__all__ = [
    "CountsRecord",
    "DocumentRecord",
    "Entry",
    "Header",
    "MemoryStore",
    "PageRecord",
    "Parameters",
    "Record",
    "SeedRecord",
    "Snapshot",
    "StateOptions",
    "Store",
    "Tombstone",
    "open_store",
]
