"""A store that lives as long as its process."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence

from dedup.state.framed import FramedStore
from dedup.state.header import Header, Parameters
from dedup.state.records import Entry, Record, encode, seal
from dedup.state.store import Snapshot


class MemoryStore(FramedStore):
    """The log in RAM, sealed as on disk, so that what works here works there."""

    keeps_snapshots = False

    def __init__(self, parameters: Parameters | None = None) -> None:
        self.location = "memory"
        self.header = Header.new(parameters or Parameters())
        self._log: dict[int, bytes] = {}  # in the order of positions
        self._head = 0
        self._snapshots: dict[str, Snapshot] = {}
        self._lock = threading.Lock()

    def head(self) -> int:
        """The last position given out."""
        return self._head

    def count(self) -> int:
        """How many records there are."""
        return len(self._log)

    def rewrite(self, changes: Mapping[int, Record | None], append: Sequence[Record] = ()) -> range:
        """Change and append records together."""
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

    def adopt(self, header: Header, entries: Iterable[Entry], head: int) -> None:
        """Take over records with their positions."""
        self.header = header
        adopted = {position: seal(position, encode(record)) for position, record in entries}
        with self._lock:
            self._log = dict(sorted((self._log | adopted).items()))
            self._head = max(self._head, head)

    def frames(self, after: int = 0) -> Iterator[tuple[int, bytes]]:
        """Sealed records beyond a position, as they are now."""
        with self._lock:
            frames = [(position, frame) for position, frame in self._log.items() if position > after]
        yield from frames

    def _frames_at(self, positions: Iterable[int]) -> list[tuple[int, bytes]]:
        with self._lock:
            return [(position, self._log[position]) for position in positions if position in self._log]

    def save_snapshot(self, name: str, snapshot: Snapshot) -> None:
        """Replace a snapshot."""
        self._snapshots[name] = Snapshot(snapshot.position, list(snapshot.parts))

    def load_snapshot(self, name: str) -> Snapshot | None:
        """A snapshot, if it was saved."""
        return self._snapshots.get(name)

    def drop_snapshots(self) -> None:
        """Delete all snapshots."""
        self._snapshots.clear()

    def compact(self) -> None:
        """Nothing to do: what was dropped is gone."""

    def size(self) -> int:
        """Bytes of all frames."""
        with self._lock:
            return sum(map(len, self._log.values()))

    def close(self) -> None:
        """Nothing to let go of."""
