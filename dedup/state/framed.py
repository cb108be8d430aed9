"""What all stores share: records go in and out as sealed frames."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self

from dedup.state.header import Header
from dedup.state.records import Entry, Record, decode


class FramedStore(ABC):
    """The part of a `Store` that follows from reading and rewriting frames."""

    location: str
    header: Header
    keeps_snapshots = True

    @abstractmethod
    def rewrite(self, changes: Mapping[int, Record | None], append: Sequence[Record] = ()) -> range:
        """Change and append records in one commit; see `Store.rewrite`."""

    @abstractmethod
    def frames(self, after: int = 0) -> Iterator[tuple[int, bytes]]:
        """Sealed records beyond a position; see `Store.frames`."""

    @abstractmethod
    def close(self) -> None:
        """Let go of files and connections; closing twice does nothing."""

    @abstractmethod
    def _frames_at(self, positions: Iterable[int]) -> list[tuple[int, bytes]]: ...

    def append(self, records: Sequence[Record]) -> range:
        """Commit records together; see `Store.append`."""
        return self.rewrite({}, records)

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """Records beyond a position, in order; see `Store.entries`."""
        for position, frame in self.frames(after):
            yield Entry(position, decode(self.location, position, frame))

    def fetch(self, positions: Iterable[int]) -> list[Entry]:
        """The records at these positions that are there; see `Store.fetch`."""
        return [
            Entry(position, decode(self.location, position, frame)) for position, frame in self._frames_at(positions)
        ]

    def present(self, positions: Iterable[int]) -> set[int]:
        """Those of some positions that hold a record; see `Store.present`."""
        return {position for position, _ in self._frames_at(positions)}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
