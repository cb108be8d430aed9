"""The store protocol: an ordered log of records, and snapshots of what was derived from it.

Everything that dedup remembers is a pure function of this log. Positions rise and are never given out twice, not
even after a rewrite or a restore.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Final, NamedTuple, Protocol, Self

from dedup.state.header import Header
from dedup.state.records import Entry, Record

NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What the system says where a file cannot grow."""


class Snapshot(NamedTuple):
    """Derived data, to spare a start the whole log.

    Attributes:
        position: of the last record that it holds.
        parts: the bytes, in pieces that are written and read one by one.
    """

    position: int
    parts: Iterable[bytes]


class Store(Protocol):
    """A log of records. All calls may come from any thread; none may come from a forked process.

    Every call may raise StateUnavailableError (Redis) and StateDamagedError.

    Attributes:
        location: the directory or address, for messages.
        header: version, parameters and secret.
        keeps_snapshots: whether a snapshot that is saved is there at the next start.
    """

    location: str
    header: Header
    keeps_snapshots: bool

    def head(self) -> int:
        """The position of the last record that was ever appended; 0 for an empty log."""
        ...

    def count(self) -> int:
        """How many records the log ought to hold."""
        ...

    def append(self, records: Sequence[Record]) -> range:
        """Commit records together, all or none, and return their positions.

        When it returns they are as durable as the store promises.

        Raises:
            StateFullError: no room; none of them is in the log.
        """
        ...

    def rewrite(self, changes: Mapping[int, Record | None], append: Sequence[Record] = ()) -> range:
        """Put other records in the place of old ones (None: drop it) and append, all in one commit.

        Raises:
            StateFullError: no room; nothing has changed.
        """
        ...

    def adopt(self, header: Header, entries: Iterable[Entry], head: int) -> None:
        """Take over a header and records with their positions, in ascending order; never lowers the head.

        Not one commit: meant for a state that nobody uses yet.
        """
        ...

    def frames(self, after: int = 0) -> Iterator[tuple[int, bytes]]:
        """Sealed records beyond a position, in order, unchecked; see `records.decode`."""
        ...

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """Records beyond a position, in order. Records appended while it runs may or may not be among them.

        Raises:
            StateDamagedError: at the first record whose bytes changed.
        """
        ...

    def fetch(self, positions: Iterable[int]) -> list[Entry]:
        """The records at these positions, without those that are gone."""
        ...

    def present(self, positions: Iterable[int]) -> set[int]:
        """Those of some positions that hold a record."""
        ...

    def save_snapshot(self, name: str, snapshot: Snapshot) -> None:
        """Replace a snapshot, all or nothing. Others may use the store meanwhile.

        Raises:
            StateFullError: no room; the old one stays.
        """
        ...

    def load_snapshot(self, name: str) -> Snapshot | None:
        """A snapshot; None where there is none. Its parts can be read once, and are checked while they are.

        Raises:
            StateDamagedError: it is damaged, here or at the part that is. The log alone holds everything: start from
                position 0.
        """
        ...

    def drop_snapshots(self) -> None:
        """Delete all snapshots."""
        ...

    def compact(self) -> None:
        """Rewrite the files so that no byte of a dropped record is in them."""
        ...

    def size(self) -> int:
        """Bytes that the log takes."""
        ...

    def close(self) -> None:
        """Let go of the files or the connection; closing twice does nothing."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
