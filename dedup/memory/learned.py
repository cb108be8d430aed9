"""A memory and the log that it is derived from."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from dedup.errors import StateUnavailableError
from dedup.memory.options import MemoryOptions
from dedup.memory.seen import Seen, Version
from dedup.memory.sites import SiteMemory
from dedup.state import Entry, PageRecord, StateOptions, Store, Tombstone, open_store
from dedup.state.retention import Retention

COPIES: Final = 8  # equal pages that are remembered; more say nothing new
_REFRESH: Final = 0.5  # seconds after which a state that others write to is asked again


class LearnedMemory:
    """Tables in RAM over a store: asked there, learned into both. One thread owns it.

    Args:
        store: the log; closed with this.
        options: bounds.
    """

    def __init__(self, store: Store, options: MemoryOptions | None = None) -> None:
        self._store = store
        self._options = options or MemoryOptions()
        self._is_shared = "://" in store.location
        self._load()

    @classmethod
    def open(
        cls, state: str | None, options: MemoryOptions | None = None, state_options: StateOptions | None = None
    ) -> LearnedMemory:
        """The memory of a state; raises as `dedup.state.open_store` does."""
        return cls(open_store(state, state_options), options)

    @property
    def position(self) -> int:
        """Of the last entry of the log that is known here."""
        return self._memory.position

    @property
    def store(self) -> Store:
        """The log."""
        return self._store

    def seen(
        self, namespace: str, site: str, page: bytes, keys: npt.NDArray[np.uint64], whole: int = 0, url: str = ""
    ) -> Seen:
        """See `SiteMemory.seen`. What other processes wrote to a shared state counts half a second later.

        A state that does not answer changes nothing here: what is known goes on counting.
        """
        if self._is_shared and time.monotonic() - self._refreshed > _REFRESH:
            with suppress(StateUnavailableError):
                self.refresh()
        seen = self._memory.seen(namespace, site, page, keys, whole, url)
        return replace(seen, before=self._before(namespace, site, page))

    @property
    def size(self) -> tuple[int, int]:
        """Sites and pages that are known."""
        return self._memory.size

    def sites(self) -> list[tuple[str, str, int, int, int]]:
        """See `SiteMemory.sites`."""
        return self._memory.sites()

    def learn(self, records: Sequence[PageRecord]) -> int:
        """Commit pages together and learn them; the position of the last one.

        Raises:
            StateFullError: there is no room; none of them is learned.
            StateUnavailableError: the state does not answer.
        """
        positions = self._store.append(self._without_copies(records))
        self.refresh()
        for site in list(self._retention.due()):
            self._retention.fold_site(self._store, site)
            self._memory.drop_site(*site)
            for entry in self._store.fetch(self._retention.positions(site)):
                self._memory.apply(entry)
        return positions[-1] if positions else self.position

    def refresh(self) -> None:
        """Take in what is new in the log."""
        self._refreshed = time.monotonic()
        entries = list(self._store.entries(self._memory.position))
        if any(isinstance(entry.record, Tombstone) and entry.record.kind != "document" for entry in entries):
            self._load()  # something earlier is void
        else:
            self._take(entries)

    def close(self) -> None:
        """Let go of the store; closing twice does nothing."""
        self._store.close()

    def _before(self, namespace: str, site: str, page: bytes) -> Version | None:
        position = self._memory.position_of(namespace, site, page)
        if position is None:
            return None
        with suppress(StateUnavailableError):
            for entry in self._store.fetch([position]):
                if isinstance(entry.record, PageRecord):
                    return Version(entry.record.digest, entry.record.sketch)
        return None

    def _without_copies(self, records: Sequence[PageRecord]) -> list[PageRecord]:
        """Leave out the blocks of pages that another page of the site equals as a whole, and the page if many do.

        So a wall, or an article under many addresses, counts as one page however many URLs serve it.
        """
        kept: list[PageRecord] = []
        here: Counter[tuple[str, str, int]] = Counter()
        for record in records:
            name = (record.namespace, record.site, record.whole)
            copies = here[name] + self._memory.copies(record.namespace, record.site, record.key, record.whole)
            is_first = self._memory.holds_blocks(record.namespace, record.site, record.key, record.whole)
            if not record.whole or not copies or is_first:
                kept.append(record)
            elif copies < COPIES:
                kept.append(msgspec.structs.replace(record, blocks=b""))
            here[name] += 1
        return kept

    def _load(self) -> None:
        self._memory = SiteMemory(self._options)
        self._retention = Retention(self._options.pages_per_site, self._options.slack, self._options.half_life)
        self._refreshed = time.monotonic()
        for entry in self._store.entries():
            self._take([entry])

    def _take(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._memory.apply(entry)
            self._retention.observe(entry)
