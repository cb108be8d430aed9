"""Folding: of each site the records of its last pages stay, older ones become decayed counts."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.state.records import CountsRecord, Entry, PageRecord
from dedup.state.store import Store

PAGES_PER_SITE: Final = 500
HALF_LIFE: Final = 200.0
_LEAST_WEIGHT: Final = 0.05
_Site = tuple[str, str]


def fold(pages: Sequence[PageRecord], earlier: CountsRecord | None, half_life: float = HALF_LIFE) -> CountsRecord:
    """Counts of a site after `pages`; a pure function of its arguments.

    A page without blocks is none that blocks are counted among, as in a memory, and nothing fades for it.

    Args:
        pages: of one site, oldest first, each page once.
        earlier: the counts before them.
        half_life: pages after which a page counts half.

    Returns:
        Decayed numbers of distinct pages for keys that `earlier` holds or at least two of the pages do.
    """
    counted = [page for page in pages if page.blocks]
    ages = np.arange(len(counted) - 1, -1, -1)
    weights = np.exp2(-ages / half_life)
    keys = [np.unique(page.block_keys()) for page in counted]
    sizes = np.array([len(some) for some in keys], np.int64)
    times = np.repeat(np.array([page.time for page in counted], np.int64), sizes)
    flat = np.concatenate(keys) if keys else np.empty(0, np.uint64)
    each = np.repeat(weights, sizes)
    known = np.empty(0, np.uint64)
    faded = float(np.exp2(-len(counted) / half_life))
    if earlier is not None:
        known = earlier.key_array()
        flat = np.concatenate((flat, known))
        each = np.concatenate((each, earlier.count_array() * faded))
    unique, where, pages_with = np.unique(flat, return_inverse=True, return_counts=True)
    counts = np.bincount(where, each, len(unique))
    first = np.full(len(unique), np.iinfo(np.int64).max)
    last = np.full(len(unique), np.iinfo(np.int64).min)
    np.minimum.at(first, where[: len(times)], times)
    np.maximum.at(last, where[: len(times)], times)
    if earlier is not None:
        old = where[len(times) :]
        np.minimum.at(first, old, earlier.first_times())
        np.maximum.at(last, old, earlier.last_times())
    stays = ((pages_with >= 2) | np.isin(unique, known)) & (counts >= _LEAST_WEIGHT)  # one page's own keys never stay
    return CountsRecord(
        namespace=pages[0].namespace if pages else (earlier.namespace if earlier else ""),
        site=pages[0].site if pages else (earlier.site if earlier else ""),
        pages=len(counted) + (earlier.pages if earlier else 0),
        weight=float(weights.sum()) + (earlier.weight * faded if earlier else 0.0),
        keys=_packed(unique[stays], "<u8"),
        counts=_packed(counts[stays], "<f4"),
        first=_packed(first[stays], "<i8"),
        last=_packed(last[stays], "<i8"),
    )


def joined(one: CountsRecord, other: CountsRecord) -> CountsRecord:
    """Counts of a site that two installs have learned from: of each key the larger one, so that twice is as once."""
    keys = np.concatenate((one.key_array(), other.key_array()))
    unique, where = np.unique(keys, return_inverse=True)
    counts = np.zeros(len(unique), np.float32)
    np.maximum.at(counts, where, np.concatenate((one.count_array(), other.count_array())))
    first = np.full(len(unique), np.iinfo(np.int64).max)
    np.minimum.at(first, where, np.concatenate((one.first_times(), other.first_times())))
    last = np.full(len(unique), np.iinfo(np.int64).min)
    np.maximum.at(last, where, np.concatenate((one.last_times(), other.last_times())))
    return CountsRecord(
        namespace=other.namespace,
        site=other.site,
        pages=max(one.pages, other.pages),
        weight=max(one.weight, other.weight),
        keys=_packed(unique, "<u8"),
        counts=_packed(counts, "<f4"),
        first=_packed(first, "<i8"),
        last=_packed(last, "<i8"),
    )


class Fold(NamedTuple):
    """What folding a site did.

    Attributes:
        dropped: records that went.
        entry: the counts that stand for them now; None where nothing of them counts, or nothing was folded.
        found: whether all records of the site were where they had been seen; not, if another process folds too.
    """

    dropped: int
    entry: Entry | None
    found: bool


class Retention:
    """Knows where in the log each site's pages are, and folds the oldest of sites that have too many.

    Args:
        pages_per_site: records of pages that stay, at least.
        slack: further records before a site is folded, so that a fold has pages enough to tell what they share.
        half_life: see `fold`.
    """

    def __init__(self, pages_per_site: int = PAGES_PER_SITE, slack: int = 100, half_life: float = HALF_LIFE) -> None:
        self._pages_per_site = pages_per_site
        self._slack = slack
        self._half_life = half_life
        self._positions: dict[_Site, array[int]] = {}
        self._due: dict[_Site, None] = {}

    def observe(self, entry: Entry) -> None:
        """Note a record of the log; call it for each, in order."""
        if isinstance(entry.record, PageRecord | CountsRecord):
            site = (entry.record.namespace, entry.record.site)
            self._positions.setdefault(site, array("Q")).append(entry.position)
            self._note(site)

    def set_positions(self, site: _Site, positions: Iterable[int]) -> None:
        """Say where in the log a site's records are, ascending; a site without any has no name here."""
        self._due.pop(site, None)
        self._positions.pop(site, None)
        if known := array("Q", positions):
            self._positions[site] = known
            self._note(site)

    def positions(self, site: _Site) -> Sequence[int]:
        """Where in the log a site's records are, ascending."""
        return self._positions.get(site, array("Q"))

    def sites(self) -> set[_Site]:
        """Sites of which there are records."""
        return set(self._positions)

    def due(self) -> Iterator[_Site]:
        """Sites with more records than may stay."""
        yield from list(self._due)

    def fold_site(self, store: Store, site: _Site) -> Fold:
        """Fold a site's older records into one, in one commit.

        The counts take the place of the last record that they hold, so a reader of the log meets them before the
        younger pages. Of a page that was learned again the older record is dropped, and not counted, and so are
        records before earlier counts.
        """
        positions = self._positions.get(site, array("Q"))
        records = store.fetch(positions)
        found = len(records) == len(positions)
        void, records = _parted(records)
        older = records[: max(0, len(records) - self._pages_per_site)]
        if len(older) < 2:
            older = []
        gone = [entry.position for entry in (*void, *older)]
        counts = self._counts(records, len(older))
        if gone:
            store.rewrite(dict.fromkeys(gone) | ({gone[-1]: counts} if counts else {}))
        self.set_positions(site, (entry.position for entry in records[len(older) - bool(counts) :]))
        return Fold(len(gone) - bool(counts), Entry(gone[-1], counts) if counts else None, found)

    def _counts(self, records: Sequence[Entry], older: int) -> CountsRecord | None:
        """What so many of a site's records are folded into; None where nothing of them counts."""
        latest = {entry.record.key: entry.position for entry in records if isinstance(entry.record, PageRecord)}
        earlier: CountsRecord | None = None
        pages: list[PageRecord] = []
        for position, record in records[:older]:
            if isinstance(record, CountsRecord):
                earlier = record
            elif isinstance(record, PageRecord) and latest[record.key] == position:
                pages.append(record)
        return fold(pages, earlier, self._half_life) if pages else earlier

    def _note(self, site: _Site) -> None:
        if len(self._positions[site]) > self._pages_per_site + self._slack:
            self._due[site] = None


def fold_all(store: Store, retention: Retention | None = None) -> int:
    """Read the whole log and fold every site that is due; returns how many records went."""
    retention = retention or Retention()
    for entry in store.entries():
        retention.observe(entry)
    return sum(retention.fold_site(store, site).dropped for site in retention.due())


def _parted(records: list[Entry]) -> tuple[list[Entry], list[Entry]]:
    """A site's records before its last counts, which stand for all of them, and those from there on.

    A backup brings back pages that were folded since, and an import may follow them with counts.
    """
    counts = [number for number, entry in enumerate(records) if isinstance(entry.record, CountsRecord)]
    start = counts[-1] if counts else 0
    return records[:start], records[start:]


def _packed(values: npt.NDArray[np.generic], dtype: str) -> bytes:
    return values.astype(dtype).tobytes()
