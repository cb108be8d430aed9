"""Tables in RAM: of each site, which blocks its latest pages hold; of all sites, which blocks many of them repeat.

They are a pure function of the log's entries, applied in order, and of the options. A page counts once: learned
again, the new version takes the place of the old one.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.memory.addresses import stem_of
from dedup.memory.options import MemoryOptions
from dedup.memory.seen import Seen
from dedup.state.records import CountsRecord, Entry, PageRecord

SITE_PAGES: Final = 3  # pages of a site that hold a block before that site counts among those which repeat it
_COUNT_BITS: Final = 24
_COUNT: Final = (1 << _COUNT_BITS) - 1
_NO_KEYS: Final = np.empty(0, np.uint64)
_NO_COUNTS: Final = np.empty(0, np.float32)
_NO_STEMS: Final = Counter[str]()


class _Page(NamedTuple):
    """A learned page: its position, the distinct keys of its blocks, the key of the whole, the stem of its URL."""

    position: int
    keys: frozenset[int]
    whole: int
    stem: str


_NO_PAGE: Final = _Page(0, frozenset(), 0, "")


@dataclass(slots=True)
class _Site:
    """A site's pages.

    Attributes:
        pages: by key.
        order: positions of the pages with blocks of their own, ascending.
        counts: by block key, the position of the first page that holds it, shifted, and how many pages do.
        folded_keys: uint64[k], ascending, of older pages that were folded.
        folded_counts: float32[k], decayed numbers of them.
        folded_weight: decayed number of all folded pages.
        wholes: by the key of a whole page, how many pages have it under each stem.
    """

    pages: dict[bytes, _Page] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)
    counts: dict[int, int] = field(default_factory=dict)
    folded_keys: npt.NDArray[np.uint64] = field(default_factory=lambda: _NO_KEYS)
    folded_counts: npt.NDArray[np.float32] = field(default_factory=lambda: _NO_COUNTS)
    folded_weight: float = 0.0
    wholes: dict[int, Counter[str]] = field(default_factory=dict)


class SiteMemory:
    """What all sites of all namespaces share. Not thread-safe: one thread owns it.

    Attributes:
        position: of the last entry applied.
    """

    def __init__(self, options: MemoryOptions | None = None) -> None:
        self._options = options or MemoryOptions()
        self._sites: dict[tuple[str, str], _Site] = {}  # the one learned from last at the end
        self._repeated: dict[str, Counter[int]] = {}  # by namespace: block key, sites that repeat it
        self._pages = 0
        self.position = 0

    def apply(self, entry: Entry) -> None:
        """Take in an entry of the log; those of other kinds only move the position."""
        record = entry.record
        if isinstance(record, PageRecord):
            self._learn(record, entry.position)
        elif isinstance(record, CountsRecord):
            self._fold(record, entry.position)
        self.position = max(self.position, entry.position)

    def seen(
        self, namespace: str, site: str, page: bytes, keys: npt.NDArray[np.uint64], whole: int = 0, url: str = ""
    ) -> Seen:
        """How often other pages hold blocks; the page's own contribution, if it was learned, does not count.

        Args:
            namespace: the tenant.
            site: of the page.
            page: its key.
            keys: uint64[n], of its blocks.
            whole: key of the page as a whole.
            url: of the page, normalised.
        """
        found = self._sites.get((namespace, site))
        own_repeats = Counter[int]() if found is None else found.counts
        repeated = self._repeated.get(namespace, Counter())
        numbers = keys.tolist()
        sites = [repeated[key] - ((own_repeats.get(key, 0) & _COUNT) >= SITE_PAGES) for key in numbers]
        if found is None:
            nothing = np.zeros(len(keys), np.int32)
            return Seen(nothing, nothing, 0, np.array(sites, np.int32), self.position)
        own_position, own_keys, *_ = found.pages.get(page, _NO_PAGE)
        order = np.array([position for position in found.order if position != own_position], np.int64)
        packed = np.array([found.counts.get(key, 0) for key in numbers], np.int64)
        pages = (packed & _COUNT) - np.array([key in own_keys for key in numbers], np.int64)
        since = len(order) - np.searchsorted(order, packed >> _COUNT_BITS)
        since = np.where(pages > 0, since, 0)
        older, weight = self._folded(found, keys)
        return Seen(
            pages=(pages + older).astype(np.int32),
            since=(since + np.where(older > 0, weight, 0)).astype(np.int32),
            of=len(order) + round(found.folded_weight),
            sites=np.array(sites, np.int32),
            position=self.position,
            copies=self.copies(namespace, site, page, whole),
            addresses=len(found.wholes.get(whole, _NO_STEMS).keys() - {stem_of(url)}),
        )

    def copies(self, namespace: str, site: str, page: bytes, whole: int) -> int:
        """How many other pages of a site are equal to a page as a whole."""
        found = self._sites.get((namespace, site))
        if found is None or not whole:
            return 0
        own = found.pages.get(page, _NO_PAGE)
        return found.wholes.get(whole, _NO_STEMS).total() - (own.whole == whole)

    def holds_blocks(self, namespace: str, site: str, page: bytes, whole: int) -> bool:
        """Whether a page was learned as it is, with its blocks."""
        found = self._sites.get((namespace, site))
        known = _NO_PAGE if found is None else found.pages.get(page, _NO_PAGE)
        return known.whole == whole and bool(known.keys)

    def position_of(self, namespace: str, site: str, page: bytes) -> int | None:
        """Where in the log a page was last learned; None where it was not, or was folded."""
        found = self._sites.get((namespace, site))
        known = None if found is None else found.pages.get(page)
        return None if known is None else known.position

    @property
    def size(self) -> tuple[int, int]:
        """Sites and pages that are known."""
        return len(self._sites), self._pages

    def sites(self) -> list[tuple[str, str, int, int, int]]:
        """Namespace, site, pages, distinct blocks and blocks of `SITE_PAGES` pages or more, by site."""
        return [
            (namespace, site, len(found.pages), len(found.counts),
             sum((packed & _COUNT) >= SITE_PAGES for packed in found.counts.values()))
            for (namespace, site), found in sorted(self._sites.items())
        ]  # fmt: skip

    def drop_site(self, namespace: str, site: str) -> None:
        """Leave a site out, as if nothing of it had been learned."""
        found = self._sites.pop((namespace, site), None)
        if found is not None:
            for page in list(found.pages):
                self._forget(namespace, found, page)

    def _learn(self, record: PageRecord, position: int) -> None:
        name = (record.namespace, record.site)
        site = self._sites.pop(name, None) or _Site()
        self._sites[name] = site
        self._forget(record.namespace, site, record.key)
        keys = frozenset(record.block_keys().tolist())
        repeated = self._repeated.setdefault(record.namespace, Counter())
        first = position << _COUNT_BITS
        for key in keys:
            packed = site.counts.get(key, first) + 1
            site.counts[key] = packed
            if packed & _COUNT == SITE_PAGES:
                repeated[key] += 1
        stem = stem_of(record.url) if record.url else record.key.hex()
        site.pages[record.key] = _Page(position, keys, record.whole, stem)
        if record.whole:
            site.wholes.setdefault(record.whole, Counter())[stem] += 1
        if keys:  # a copy of another page, or a wall, is none of the pages that a template is counted among
            insort(site.order, position)
        self._pages += 1
        while self._pages > self._options.max_pages and len(self._sites) > 1:
            self.drop_site(*next(iter(self._sites)))

    def _forget(self, namespace: str, site: _Site, page: bytes) -> None:
        old = site.pages.pop(page, None)
        if old is None:
            return
        position, keys, whole, stem = old
        self._pages -= 1
        if whole:
            _uncount(site.wholes, whole, stem)
        if keys:
            del site.order[bisect_left(site.order, position)]
        repeated = self._repeated[namespace]
        orphans = set()
        for key in keys:
            packed = site.counts[key] - 1
            if packed & _COUNT == SITE_PAGES - 1:
                repeated[key] -= 1
                if not repeated[key]:
                    del repeated[key]
            if not packed & _COUNT:
                del site.counts[key]
                continue
            site.counts[key] = packed
            if packed >> _COUNT_BITS == position:
                orphans.add(key)
        if orphans:
            _find_first(site, orphans)

    def _fold(self, record: CountsRecord, position: int) -> None:
        """Let counts stand for all earlier pages of a site."""
        name = (record.namespace, record.site)
        site = self._sites.setdefault(name, _Site())
        for page in [page for page, known in site.pages.items() if known.position <= position]:
            self._forget(record.namespace, site, page)
        site.folded_keys, site.folded_counts = record.key_array(), record.count_array()
        site.folded_weight = record.weight

    @staticmethod
    def _folded(site: _Site, keys: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[np.int64], int]:
        if not len(site.folded_keys):
            return np.zeros(len(keys), np.int64), 0
        at = np.minimum(np.searchsorted(site.folded_keys, keys), len(site.folded_keys) - 1)
        counts = np.where(site.folded_keys[at] == keys, site.folded_counts[at], 0)
        return np.rint(counts).astype(np.int64), round(site.folded_weight)


def _uncount(wholes: dict[int, Counter[str]], whole: int, stem: str) -> None:
    stems = wholes[whole]
    stems[stem] -= 1
    if not stems[stem]:
        del stems[stem]
    if not stems:
        del wholes[whole]


def _find_first(site: _Site, orphans: set[int]) -> None:
    """Point keys whose first page is gone to the next one that holds them."""
    for position, keys, *_ in sorted(site.pages.values(), key=lambda page: page.position):
        for key in orphans & keys:
            site.counts[key] = (position << _COUNT_BITS) | (site.counts[key] & _COUNT)
        orphans -= keys
        if not orphans:
            return
