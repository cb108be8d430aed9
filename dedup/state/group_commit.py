"""Group commit: what many threads append while one commit is under way goes into the next, together."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from dedup.state.records import Record
from dedup.state.store import Store


@dataclass(slots=True)
class _Waiting:
    records: Sequence[Record]
    positions: range | None = None
    error: Exception | None = None


class GroupCommit:
    """Appends for many threads with few commits. A sync costs milliseconds, whatever it syncs."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._queue: list[_Waiting] = []
        self._queue_lock = threading.Lock()
        self._commit_lock = threading.Lock()

    def append(self, records: Sequence[Record]) -> range:
        """Commit records, with those of other threads; raises as `Store.append` does."""
        mine = _Waiting(records)
        with self._queue_lock:
            self._queue.append(mine)
        with self._commit_lock:
            if mine.positions is None and mine.error is None:
                self._commit()
        if mine.error is not None:
            raise mine.error
        if mine.positions is None:
            raise AssertionError("a commit answers all that wait")
        return mine.positions

    def _commit(self) -> None:
        with self._queue_lock:
            group, self._queue = self._queue, []
        try:
            positions = self._store.append([record for waiting in group for record in waiting.records])
        except Exception as error:  # noqa: BLE001  (every thread of the group gets it)
            for waiting in group:
                waiting.error = error
            return
        start = positions.start
        for waiting in group:
            waiting.positions = range(start, start + len(waiting.records))
            start += len(waiting.records)
