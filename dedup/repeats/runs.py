"""Runs of repeated neighbours, and which of them are copies of one another."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.repeats import kernels
from dedup.repeats.twins import Twins


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of repeated blocks, all different, in the page's order.

    Attributes:
        blocks: the repeated ones, ascending; others may stand between them.
    """

    blocks: tuple[int, ...]

    @property
    def first(self) -> int:
        """Index of its first block."""
        return self.blocks[0]

    @property
    def last(self) -> int:
        """Index of its last block."""
        return self.blocks[-1]


@dataclass(frozen=True, slots=True)
class Family:
    """Runs that share at least two texts: the copies of one list."""

    runs: tuple[Run, ...]

    @property
    def blocks(self) -> list[int]:
        """The repeated blocks of all copies."""
        return [block for run in self.runs for block in run.blocks]


LABEL_WORDS: Final = 3
_LABEL_COPIES: Final = 3  # a link that short is a label from here on; in two copies it is part of a menu


def find_families(twins: Twins, words: npt.NDArray[np.int32], link_chars: npt.NDArray[np.int32]) -> list[Family]:
    """The lists that a page holds more than once, in order of their first copy.

    A text that one run shares with another by chance makes no family: two different ones must recur.
    """
    numbers = np.empty(len(words), np.int32)
    labels = (words <= LABEL_WORDS) & ((link_chars == 0) | (twins.copies[twins.group] >= _LABEL_COPIES))
    kernels.find_runs(twins.group, words, twins.copies, labels, numbers)
    members = np.flatnonzero(numbers != kernels.NOBODY)
    if not len(members):
        return []
    runs: dict[int, list[int]] = defaultdict(list)
    holders: dict[int, list[int]] = defaultdict(list)
    for block, number, group in zip(
        members.tolist(), numbers[members].tolist(), twins.group[members].tolist(), strict=True
    ):
        runs[number].append(block)
        holders[group].append(number)
    joined = _join_copies(holders, len(runs))
    families: dict[int, list[Run]] = defaultdict(list)
    for number, root in enumerate(joined):
        families[root].append(Run(tuple(runs[number])))
    return [Family(tuple(copies)) for copies in families.values() if len(copies) > 1]


def _join_copies(holders: dict[int, list[int]], count: int) -> list[int]:
    """The family of each run: those that share two groups; a group ties a run to the next one and to the first."""
    shared: dict[tuple[int, int], int] = defaultdict(int)
    for numbers in holders.values():
        for earlier, later in {*pairwise(numbers), *((numbers[0], n) for n in numbers[2:])}:
            shared[earlier, later] += 1
    root = list(range(count))

    def find(run: int) -> int:
        while root[run] != run:
            root[run] = root[root[run]]
            run = root[run]
        return run

    for (earlier, later), groups in shared.items():
        if groups > 1:
            a, b = find(earlier), find(later)
            root[max(a, b)] = min(a, b)
    return [find(run) for run in range(count)]
