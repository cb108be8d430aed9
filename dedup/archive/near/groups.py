"""Bands → groups: which documents share a tag, joined by sorting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dedup.archive.files import failures_named, replacing
from dedup.archive.near.group_kernels import group
from dedup.archive.near.prints import Prints
from dedup.archive.near.runs import LAST_KEY, Run, merged
from dedup.corpus.ahead import computed

_BYTES_A_KEY: Final = 40  # read, joined, sorted, and as entries
_MOST_THREADS: Final = 4  # which share the memory: in more and smaller parts, every run would be read in shreds


class Groups:
    """Entries (document above group) of all bands, each part an ascending run.

    Args:
        folder: where the runs go; made where it is missing.
        earlier: documents that were kept before, numbered from 0.
        fresh: the new ones, numbered after those.
        runs: of a shard.
        memory: bytes to sort in.
        threads: that sort; what they write does not depend on it.
    """

    def __init__(self, folder: Path, earlier: Prints, fresh: Prints, runs: int, memory: int, threads: int) -> None:
        with failures_named(folder):
            folder.mkdir(parents=True, exist_ok=True)
        self._earlier = earlier
        self._fresh = fresh
        self._runs = runs
        documents = earlier.documents + fresh.documents
        self._threads = min(threads, _MOST_THREADS)
        parts = max(-(-documents * _BYTES_A_KEY // (memory // self._threads)), 1)
        bounds = [(1 << 64) * part // parts >> 32 << 32 for part in range(parts + 1)]
        self._ranges = [(low, high - 1) for low, high in zip(bounds, [*bounds[1:-1], LAST_KEY + 1], strict=False)]
        self._paths = [
            [folder / f"{band:02}-{part:05}-of-{parts}.groups" for part in range(parts)] for band in range(runs)
        ]

    def find(self) -> Iterator[int]:
        """Write the runs that are not there yet; yields how many of all runs are.

        Raises:
            ArchiveOutputError: they cannot be written.
        """
        parts = [(band, part) for band in range(self._runs) for part in range(len(self._ranges))]
        for done, _ in enumerate(computed(self._find, parts, self._threads), 1):
            yield done

    @property
    def parts(self) -> int:
        """How many runs there are when all are."""
        return sum(map(len, self._paths))

    def of(self, first: int, stop: int) -> NDArray[np.uint64]:
        """The entries of the documents from `first` to `stop`, ascending, each once."""
        runs = [Run(path, 0, path.stat().st_size // 8) for paths in self._paths for path in paths]
        entries = merged(runs, first << 32, (stop << 32) - 1)
        if not len(entries):
            return entries
        new = np.empty(len(entries), np.bool_)
        new[0] = True
        np.not_equal(entries[1:], entries[:-1], out=new[1:])
        return entries[new]

    def _find(self, band_and_part: tuple[int, int]) -> None:
        """Write a run that is not there yet."""
        band, part = band_and_part
        path, (low, last) = self._paths[band][part], self._ranges[part]
        if path.exists():
            return
        sources = [shard.run(band, self._runs, 0) for shard in self._earlier.shards]
        sources += [shard.run(band, self._runs, self._earlier.documents) for shard in self._fresh.shards]
        keys = merged(sources, low, last)
        entries = np.empty(len(keys), np.uint64)
        entries = entries[: group(keys, self._earlier.documents, entries)]
        entries.sort()
        with replacing(path) as (file,):
            file.write(entries.data)
