"""Groups → what is kept: every document in order, dropped only where it resembles a kept one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dedup.archive.files import failures_named, replacing
from dedup.archive.near.groups import Groups
from dedup.archive.near.keep_kernels import COUNTERS, GROUPS, NODES, keep
from dedup.archive.near.prints import SHARD, Prints, Scheme
from dedup.index.table_kernels import GROUP, move_slots

KEPT: Final = -1
_GROUP_LIMIT: Final = 64
_COMPARISONS: Final = 32  # between two of which up to a page table's 64 kB of hashes are mapped
_GROWTH: Final = 1.4


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

    def decide(self) -> Iterator[Decisions]:
        """The decisions of every range of new documents.

        Raises:
            ArchiveOutputError: the decisions cannot be written.
        """
        for first in range(0, self._earlier.documents, SHARD):
            self._run(first, _undecided(min(SHARD, self._earlier.documents - first)), decided=True)
        for number, start in enumerate(range(0, self._fresh.documents, SHARD)):
            first = self._earlier.documents + start
            path = self._path(number)
            if path.exists():
                decisions = self._run(first, _read(path), decided=True)
            else:
                decisions = self._run(first, _undecided(min(SHARD, self._fresh.documents - start)), decided=False)
                with replacing(path) as (file,):
                    for part in decisions:
                        np.save(file, part)
            yield decisions

    def decided(self) -> Iterator[Decisions]:
        """The decisions of every range again."""
        return (_read(self._path(number)) for number in range(-(-self._fresh.documents // SHARD)))

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:05}.decisions"

    def _run(self, first: int, decisions: Decisions, *, decided: bool) -> Decisions:
        """Decide on documents, or remember what was decided."""
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
                self._earlier.hashes.array,
                self._fresh.ends.array,
                self._fresh.hashes.array,
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
