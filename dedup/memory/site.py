"""What is known of one site: its pages, and which blocks each of them holds.

Twelve bytes a block of a page, and 56 a page. Arrays are never changed in place, so that what was read of a site at
one moment (`parts`) stays as it was while the site goes on learning.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import xxhash

from dedup.memory.addresses import stem_of
from dedup.memory.block_kernels import (
    BLOCKS,
    COLUMNS,
    HIGH,
    LOW,
    POSITION,
    SERIAL,
    STEM,
    WHOLE,
    add_page,
    count_held,
    count_pages,
    find_page,
    keys_on,
    leave_out,
    merge_runs,
    shared_pairs,
)
from dedup.memory.lookup import look_up
from dedup.state.records import SITE_PAGES, CountsRecord, PageRecord

_NEW_PAIRS: Final = 4096  # of the run that takes new pages, before it is merged into the old one

Keys = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.int32]


class Run(NamedTuple):
    """Pairs of block and page, in the order of `dedup.memory.block_kernels`.

    Attributes:
        keys: uint64[n].
        serials: uint32[n].
    """

    keys: Keys
    serials: npt.NDArray[np.uint32]


class Folded(NamedTuple):
    """What is left of a site's older pages.

    Attributes:
        keys: uint64[k], ascending.
        counts: float32[k], decayed numbers of pages.
        weight: decayed number of all folded pages.
    """

    keys: Keys
    counts: npt.NDArray[np.float32]
    weight: float


class Parts(NamedTuple):
    """All that is known of a site, as it is at one moment.

    Attributes:
        pages: uint64[p, COLUMNS], in the order of the log.
        old: blocks of earlier pages.
        new: blocks of later pages.
        folded: older pages.
        touched: position of the last record of the site.
    """

    pages: npt.NDArray[np.uint64]
    old: Run
    new: Run
    folded: Folded
    touched: int


NO_RUN: Final = Run(np.empty(0, np.uint64), np.empty(0, np.uint32))
_NOTHING_FOLDED: Final = Folded(np.empty(0, np.uint64), np.empty(0, np.float32), 0.0)
_NO_KEYS: Final = np.empty(0, np.uint64)


class Site:
    """The pages of a site. Reading never changes it.

    Args:
        parts: to begin with; by default nothing is known.

    Attributes:
        touched: position of the last record of the site.
    """

    __slots__ = ("_folded", "_new", "_old", "_rows", "_used", "touched")

    def __init__(self, parts: Parts | None = None) -> None:
        self._rows = np.empty((1, COLUMNS), np.uint64) if parts is None else parts.pages
        self._used = 0 if parts is None else len(parts.pages)
        self._old, self._new = (NO_RUN, NO_RUN) if parts is None else (parts.old, parts.new)
        self._folded = _NOTHING_FOLDED if parts is None else parts.folded
        self.touched = 0 if parts is None else parts.touched

    @property
    def pages(self) -> npt.NDArray[np.uint64]:
        """uint64[p, COLUMNS], in the order of the log."""
        return self._rows[: self._used]

    @property
    def pairs(self) -> int:
        """Blocks of all pages."""
        return len(self._old.keys) + len(self._new.keys)

    @property
    def parts(self) -> Parts:
        """All of it, as it is now."""
        return Parts(self.pages, self._old, self._new, self._folded, self.touched)

    def row_of(self, page: bytes) -> int:
        """The row of a page; -1 where it is not known."""
        return find_page(self.pages, *_halves(page))

    def learn(self, record: PageRecord, position: int) -> Keys:
        """Take in a page that is not known; returns the keys that are on `SITE_PAGES` pages because of it."""
        self.touched = position
        keys = _distinct(record.block_keys())
        serial = int(self._rows[self._used - 1, SERIAL]) + 1 if self._used else 0
        self._append([*_halves(record.key), position, record.whole, stem_key(record), serial, len(keys)])
        if not len(keys):
            return _NO_KEYS
        held = np.empty(len(keys), np.int32)
        count_held(keys, self._old.keys, self._new.keys, held)
        new = _run_of(len(self._new.keys) + len(keys))
        add_page(*self._new, keys, serial, *new)
        self._new = new
        if len(new.keys) > _NEW_PAIRS:
            self._old, self._new = merged(self._old, new), NO_RUN
        rising: Keys = keys[held == SITE_PAGES - 1]
        return rising

    def forget(self, row: int) -> Keys:
        """Leave out a page; returns the keys that were on `SITE_PAGES` pages before."""
        serial = int(self._rows[row, SERIAL])
        keys = np.concatenate([run.keys[run.serials == serial] for run in (self._old, self._new)])
        held = np.empty(len(keys), np.int32)
        count_held(keys, self._old.keys, self._new.keys, held)
        self._rows = np.delete(self.pages, row, axis=0)
        self._used -= 1
        self._leave_out(serial, serial + 1)
        falling: Keys = keys[held == SITE_PAGES]
        return falling

    def fold(self, record: CountsRecord, position: int) -> None:
        """Let counts stand for all pages up to a position."""
        self.touched = max(self.touched, position)
        count = int(np.searchsorted(self.pages[:, POSITION], position, "right"))
        if count:
            end = int(self._rows[count - 1, SERIAL]) + 1
            self._rows = self.pages[count:].copy()
            self._used -= count
            self._leave_out(0, end)
        self._folded = Folded(record.key_array(), record.count_array(), record.weight)

    def thin(self) -> None:
        """Give up the blocks that one page alone holds."""
        run = merged(self._old, self._new)
        shared = _run_of(len(run.keys))
        count = shared_pairs(*run, *shared)
        self._old, self._new = Run(shared.keys[:count].copy(), shared.serials[:count].copy()), NO_RUN

    def repeated(self) -> Keys:
        """uint64[k], ascending: keys that `SITE_PAGES` pages or more hold."""
        keys = merged(self._old, self._new).keys
        found = np.empty(len(keys) // SITE_PAGES, np.uint64)
        return found[: keys_on(keys, SITE_PAGES, found)]

    def distinct(self) -> int:
        """How many different blocks its pages hold."""
        keys = merged(self._old, self._new).keys
        return int(np.count_nonzero(keys[1:] != keys[:-1])) + bool(len(keys))

    def count(self, keys: Keys, own: int) -> tuple[Counts, Counts, Counts, int]:
        """How many pages hold each key.

        Args:
            keys: uint64[k].
            own: row of the page that does not count; -1: all do.

        Returns:
            int32[k], other pages that hold it, folded ones included; int32[k], other pages since the first of them;
            int32[k], pages that hold it, without folded ones; number of other pages.
        """
        pages = self.pages
        after = np.empty(len(pages) + 1, np.int32)
        others, since, held = np.empty((3, len(keys)), np.int32)
        count_pages(keys, *self._old, *self._new, pages, own, after, others, since, held)
        count = int(after[0])
        if len(self._folded.keys):
            older, weight = self._count_folded(keys), round(self._folded.weight)
            others = others + older
            since = since + np.where(older > 0, weight, 0).astype(np.int32)
        return others, since, held, count + round(self._folded.weight)

    def copies(self, whole: int, own: int) -> int:
        """How many pages but the own one are equal to a page as a whole."""
        return int(np.count_nonzero(self._equal(whole) != own))

    def equal(self, whole: int) -> dict[bytes, bool]:
        """The keys of those pages, the own one included, and whether each was learned with its blocks."""
        rows = self._equal(whole)
        if not len(rows):  # as of nearly every page that is learned
            return {}
        return {row[HIGH : LOW + 1].astype("<u8").tobytes(): bool(row[BLOCKS]) for row in self._rows[rows]}

    def addresses(self, whole: int, stem: int, own: int) -> int:
        """How many stems of URLs those pages have, beside one; a page without a URL has one that no other has."""
        rows = self._equal(whole)
        return len(set(self._rows[rows[rows != own], STEM].tolist()) - {stem})

    def _equal(self, whole: int) -> npt.NDArray[np.intp]:
        return np.flatnonzero(self.pages[:, WHOLE] == whole)

    def _append(self, row: list[int]) -> None:
        if self._used == len(self._rows):
            rows = np.empty((self._used + max(1, self._used // 2), COLUMNS), np.uint64)
            rows[: self._used] = self._rows
            self._rows = rows
        self._rows[self._used] = row
        self._used += 1

    def _leave_out(self, first: int, end: int) -> None:
        self._old, self._new = (_without(run, first, end) for run in (self._old, self._new))

    def _count_folded(self, keys: Keys) -> Counts:
        known, counts, _ = self._folded
        return np.rint(look_up(known, keys, counts)).astype(np.int32)


def merged(old: Run, new: Run) -> Run:
    """Two runs as one; the pages of the second are the later ones."""
    if not len(new.keys):
        return old
    if not len(old.keys):
        return new
    run = _run_of(len(old.keys) + len(new.keys))
    merge_runs(*old, *new, *run)
    return run


def stem_key(record: PageRecord) -> int:
    """64 bits that name the stem of a page's URL; a page without a URL has one of its own."""
    return stem_hash(stem_of(record.url) if record.url else record.key.hex())


def stem_hash(stem: str) -> int:
    """64 bits that name a stem."""
    return xxhash.xxh3_64_intdigest(stem.encode(errors="surrogatepass"))


def _distinct(keys: Keys) -> Keys:
    """As `numpy.unique`, which takes several times as long for a page."""
    keys = np.sort(keys)
    is_first = np.ones(len(keys), np.bool_)
    np.not_equal(keys[1:], keys[:-1], out=is_first[1:])
    return keys[is_first]


def _without(run: Run, first: int, end: int) -> Run:
    """A run without the pages of some serials."""
    gone = int(np.count_nonzero((run.serials >= first) & (run.serials < end)))
    if not gone:
        return run
    rest = _run_of(len(run.keys) - gone)
    leave_out(*run, first, end, *rest)
    return rest


def _run_of(size: int) -> Run:
    return Run(np.empty(size, np.uint64), np.empty(size, np.uint32))


def _halves(page: bytes) -> tuple[int, int]:
    return int.from_bytes(page[:8], "little"), int.from_bytes(page[8:16], "little")
