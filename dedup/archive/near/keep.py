"""Groups → what is kept: every document in order, dropped only where it resembles a kept one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.archive.files import failures_named, replacing
from dedup.archive.near.groups import Groups
from dedup.archive.near.keep_kernels import COUNTERS, GROUPS, NODES, UNREADABLE, keep
from dedup.archive.near.prints import SHARD, Prints, Scheme
from dedup.errors import ArchiveOutputError
from dedup.index.table_kernels import GROUP, move_slots

KEPT: Final = -1
_GROUP_LIMIT: Final = 64
_COMPARISONS: Final = 512  # for each of which up to 64 kB of `ends` are mapped
_GROWTH: Final = 1.4
_CUT_SHORT: Final = "the hashes of documents beside it, or in the index, were cut short; begin again in a new folder"


class Decisions(NamedTuple):
    """What becomes of a range of documents. Numbers count the earlier ones too.

    Attributes:
        duplicate_of: int64[n], the first kept document that each resembles; KEPT for one to keep.
        jaccard: float64[n], exact, to that one; 1 for one to keep.
        links: int64[m, 2], kept documents that one dropped document resembles: they are of one cluster.
    """

    duplicate_of: NDArray[np.int64]
    jaccard: NDArray[np.float64]
    links: NDArray[np.int64]


class Keeper:
    """Decides range by range, and goes on after the last one that was finished.

    Args:
        folder: where decisions go; made where it is missing.
        earlier: documents that were kept before, numbered from 0.
        fresh: the new ones, numbered after those.
        groups: of them all.
        scheme: how they were signed.
    """

    def __init__(self, folder: Path, earlier: Prints, fresh: Prints, groups: Groups, scheme: Scheme) -> None:
        with failures_named(folder):
            folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._earlier = earlier
        self._fresh = fresh
        self._groups = groups
        self._threshold = scheme.threshold
        self._table = _Table()
        self._cursor = np.empty((scheme.runs, 3), np.uint32)
        self._hashes = np.empty((2, max(earlier.longest, fresh.longest)), np.uint32)

    def decide(self) -> Iterator[Decisions]:
        """The decisions of every range of new documents.

        Raises:
            ArchiveOutputError: the decisions cannot be written, or the prints cannot be read.
        """
        with self._earlier.opened() as earlier, self._fresh.opened() as fresh:
            files = earlier, fresh
            for first in range(0, self._earlier.documents, SHARD):
                self._run(first, _undecided(min(SHARD, self._earlier.documents - first)), files, decided=True)
            for number, start in enumerate(range(0, self._fresh.documents, SHARD)):
                first = self._earlier.documents + start
                path = self._path(number)
                if path.exists():
                    decisions = self._run(first, _read(path), files, decided=True)
                else:
                    new = _undecided(min(SHARD, self._fresh.documents - start))
                    decisions = self._run(first, new, files, decided=False)
                    with replacing(path) as (file,):
                        for part in decisions:
                            np.save(file, part)
                yield decisions

    def decided(self) -> Iterator[Decisions]:
        """The decisions of every range again."""
        return (_read(self._path(number)) for number in range(-(-self._fresh.documents // SHARD)))

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:05}.decisions"

    def _run(self, first: int, decisions: Decisions, files: tuple[int, int], *, decided: bool) -> Decisions:
        """Decide on documents, or remember what was decided; `files` are those of the hashes."""
        entries = self._groups.of(first, first + len(decisions.duplicate_of))
        links = np.empty((4 * len(self._cursor) * _GROUP_LIMIT, 2), np.int64)
        parts = [decisions.links]
        at = linked = 0
        while at < len(entries):
            before = at
            at, linked = keep(
                entries,
                at,
                self._earlier.documents,
                self._earlier.ends.array,
                files[0],
                self._fresh.ends.array,
                files[1],
                self._hashes,
                self._threshold,
                _GROUP_LIMIT,
                decided,
                self._table.slots,
                self._table.nodes,
                self._table.counters,
                self._cursor,
                first,
                decisions.duplicate_of,
                decisions.jaccard,
                links,
                linked,
                _COMPARISONS,
            )
            self._earlier.let_go()
            self._fresh.let_go()
            if at == UNREADABLE:
                raise ArchiveOutputError(str(self._folder), _CUT_SHORT)
            if linked:
                parts.append(np.unique(links[:linked], axis=0))
                linked = 0
            if at == before:
                self._table.grow()
        return decisions._replace(links=np.concatenate(parts))


class _Table:
    """The kept members of every group, as `keep_kernels` has them."""

    def __init__(self) -> None:
        self.slots = np.zeros(GROUP << 10, np.uint64)
        self.nodes = np.zeros((GROUP << 10, 2), np.uint32)
        self.counters = np.zeros(COUNTERS, np.int64)
        self.counters[NODES] = 1  # node 0 is none

    def grow(self) -> None:
        """Make room in what is about full."""
        if self.counters[GROUPS] > len(self.slots) // 2:
            slots = np.zeros(int(len(self.slots) * _GROWTH) // GROUP * GROUP, np.uint64)
            move_slots(self.slots, slots)
            self.slots = slots
        if self.counters[NODES] > len(self.nodes) // 2:
            # in place: the system moves pages instead of copying them
            self.nodes.resize((int(len(self.nodes) * _GROWTH), 2), refcheck=False)


def _undecided(count: int) -> Decisions:
    return Decisions(np.full(count, KEPT), np.ones(count), np.empty((0, 2), np.int64))


def _read(path: Path) -> Decisions:
    with path.open("rb") as file:
        return Decisions._make(np.load(file) for _ in Decisions._fields)
