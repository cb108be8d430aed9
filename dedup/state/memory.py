"""A store that lives as long as its process."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self

from dedup.state.header import Header, Parameters
from dedup.state.records import Entry, Record, decode, encode, seal
from dedup.state.store import Snapshot


class MemoryStore:
    """The log in RAM, sealed as on disk, so that what works here works there."""

    def __init__(self, parameters: Parameters) -> None:
        self.location = "memory"
        self.header = Header.new(parameters)
        self._log: dict[int, bytes] = {}  # in the order of positions
        self._head = 0
        self._snapshots: dict[str, Snapshot] = {}
        self._lock = threading.Lock()

    def head(self) -> int:
        return self._head

    def count(self) -> int:
        return len(self._log)

    def append(self, records: Sequence[Record]) -> range:
        return self.rewrite({}, records)

    def rewrite(self, changes: Mapping[int, Record | None], append: Sequence[Record] = ()) -> range:
        with self._lock:
            positions = range(self._head + 1, self._head + 1 + len(append))
            for position, record in changes.items():
                if record is None:
                    self._log.pop(position, None)
                elif position in self._log:
                    self._log[position] = seal(position, encode(record))
            for position, record in zip(positions, append, strict=True):
                self._log[position] = seal(position, encode(record))
            self._head += len(append)
            return positions

    def adopt(self, entries: Iterable[Entry], head: int) -> None:
        adopted = {position: seal(position, encode(record)) for position, record in entries}
        with self._lock:
            self._log = dict(sorted((self._log | adopted).items()))
            self._head = max(self._head, head)

    def frames(self, after: int = 0) -> Iterator[tuple[int, bytes]]:
        with self._lock:
            frames = [(position, frame) for position, frame in self._log.items() if position > after]
        yield from frames

    def entries(self, after: int = 0) -> Iterator[Entry]:
        for position, frame in self.frames(after):
            yield Entry(position, decode(self.location, position, frame))

    def fetch(self, positions: Iterable[int]) -> list[Entry]:
        with self._lock:
            frames = [(position, self._log[position]) for position in positions if position in self._log]
        return [Entry(position, decode(self.location, position, frame)) for position, frame in frames]

    def save_snapshot(self, name: str, snapshot: Snapshot) -> None:
        self._snapshots[name] = snapshot

    def load_snapshot(self, name: str) -> Snapshot | None:
        return self._snapshots.get(name)

    def drop_snapshots(self) -> None:
        self._snapshots.clear()

    def compact(self) -> None:
        """Nothing to do: what was dropped is gone."""

    def size(self) -> int:
        with self._lock:
            return sum(map(len, self._log.values()))

    def close(self) -> None:
        """Nothing to let go of."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
