"""Runs of repeated neighbours, and which of them are copies of one another."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

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


def find_families(twins: Twins, words: npt.NDArray[np.int32], link_chars: npt.NDArray[np.int32]) -> list[Family]:
    """The lists that a page holds more than once, in order of their first copy.

    A text that one run shares with another by chance makes no family: two different ones must recur.

    Args:
        twins: of the n blocks.
        words: int32[n].
        link_chars: int32[n], characters of each that stand in links.
    """
    numbers, roots = np.empty(len(words), np.int32), np.empty(len(words), np.int32)
    kernels.find_runs(twins.group, words, link_chars, twins.copies, numbers, roots)
    members = (numbers != kernels.NOBODY).nonzero()[0]
    numbers = numbers[members]
    families: dict[int, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for block, number, root in zip(members.tolist(), numbers.tolist(), roots[numbers].tolist(), strict=True):
        families[root][number].append(block)
    return [
        Family(tuple([Run(tuple(blocks)) for blocks in copies.values()]))
        for copies in families.values()
        if len(copies) > 1
    ]
