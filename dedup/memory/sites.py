"""Tables in RAM: of each site, which blocks its latest pages hold; of all sites, which blocks many of them repeat.

They are a pure function of the log's entries, applied in order, and of the options. A page counts once: learned
again, the new version takes the place of the old one.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from dedup.memory.addresses import stem_of
from dedup.memory.block_kernels import HIGH, LOW, POSITION, WHOLE
from dedup.memory.options import MemoryOptions
from dedup.memory.seen import Seen
from dedup.memory.site import Parts, Site, stem_hash
from dedup.memory.size import MemorySize
from dedup.memory.web import Seeds, SiteCounts
from dedup.state.records import SITE_PAGES, CountsRecord, Entry, PageRecord, SeedRecord

_Name = tuple[str, str]


class SiteMemory:
    """What all sites of all namespaces share. Not thread-safe: one thread owns it.

    Attributes:
        position: of the last entry applied.
    """

    def __init__(self, options: MemoryOptions | None = None) -> None:
        self._options = options or MemoryOptions()
        self._sites: dict[_Name, Site] = {}  # ascending by `Site.touched`
        self._whole: dict[_Name, None] = {}  # sites that hold blocks of one page alone too, in the same order
        self._web: dict[str, SiteCounts] = {}  # by namespace
        self._seeds: dict[str, dict[tuple[bytes, ...], tuple[int, Seeds]]] = {}  # by namespace and content
        self._pages = self._pairs = 0
        self._evicted_pairs = self._evicted_sites = 0
        self.position = 0

    def apply(self, entry: Entry) -> None:
        """Take in an entry of the log; those of other kinds only move the position."""
        record = entry.record
        if isinstance(record, PageRecord):
            self._learn(record, entry.position)
        elif isinstance(record, CountsRecord):
            self._fold(record, entry.position)
        elif isinstance(record, SeedRecord):
            seeds = self._seeds.setdefault(record.namespace, {})
            seeds.setdefault((record.key, record.keys, record.sites), (entry.position, Seeds(record)))
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
        web, found = self._web.get(namespace), self._sites.get((namespace, site))
        nothing = np.zeros(len(keys), np.int32)
        sites = nothing if web is None else web.look_up(keys)
        for _, seeds in self._seeds.get(namespace, {}).values():
            sites = sites + seeds.look_up(keys)
        if found is None:
            return Seen(nothing, nothing, 0, sites, self.position)
        own = found.row_of(page)
        pages, since, held, of = found.count(keys, own)
        copies = found.copies(whole, own) if whole else 0
        return Seen(
            pages=pages,
            since=since,
            of=of,
            sites=sites - (held >= SITE_PAGES).astype(np.int32),
            position=self.position,
            copies=copies,
            addresses=found.addresses(whole, stem_hash(stem_of(url)), own) if copies else 0,
        )

    def equal(self, namespace: str, site: str, whole: int) -> dict[bytes, bool]:
        """The keys of a site's pages that are equal to one as a whole, and whether each was learned with its blocks."""
        found = self._sites.get((namespace, site))
        return found.equal(whole) if found is not None and whole else {}

    def position_of(self, namespace: str, site: str, page: bytes) -> int | None:
        """Where in the log a page was last learned; None where it was not, or was folded."""
        row = self._page(namespace, site, page)
        return None if row is None else int(row[POSITION])

    def whole_of(self, namespace: str, site: str, page: bytes) -> int | None:
        """The key of a page as a whole, as it was last learned; 0 where that is unknown, None where the page is."""
        row = self._page(namespace, site, page)
        return None if row is None else int(row[WHOLE])

    def knows(self, namespace: str, site: str) -> bool:
        """Whether anything was learned of a site."""
        return (namespace, site) in self._sites

    def seed_positions(self) -> list[int]:
        """Where in the log the seeds from other installs are, ascending."""
        return sorted(position for seeds in self._seeds.values() for position, _ in seeds.values())

    def names(self) -> list[tuple[str, str]]:
        """Namespace and site of all that something is known of."""
        return list(self._sites)

    def page_keys(self, namespace: str, site: str) -> list[bytes]:
        """The keys of a site's pages."""
        pages = self._sites[namespace, site].pages
        return [row.tobytes() for row in pages[:, HIGH : LOW + 1].astype("<u8")]

    @property
    def size(self) -> MemorySize:
        """How much there is."""
        return MemorySize(len(self._sites), self._pages, self._pairs, self._evicted_pairs, self._evicted_sites)

    def sites(self, namespace: str | None = None) -> list[tuple[str, str, int, int, int]]:
        """Namespace, site, pages, distinct blocks and blocks of `SITE_PAGES` pages or more, by site.

        Args:
            namespace: of the sites; None for all.
        """
        names = sorted(name for name in self._sites if namespace in {None, name[0]})
        return [found for name in names if (found := self.site(*name)) is not None]

    def site(self, namespace: str, site: str) -> tuple[str, str, int, int, int] | None:
        """The row of `sites` for one; None where nothing was learned of it."""
        found = self._sites.get((namespace, site))
        if found is None:
            return None
        return (namespace, site, len(found.pages), found.distinct(), len(found.repeated()))

    def parts(self) -> list[tuple[str, str, bool, Parts]]:
        """Namespace, site, whether blocks of one page alone are there, and the rest; the one learned last at the end.

        It stays as it is while the memory goes on learning.
        """
        return [(*name, name in self._whole, site.parts) for name, site in self._sites.items()]

    def add_parts(self, namespace: str, site: str, parts: Parts, *, whole: bool) -> None:
        """Take in a site that is not known, as `parts` told it."""
        name = (namespace, site)
        self._sites[name] = Site(parts)
        if whole:
            self._whole[name] = None
        self._count_in(namespace, self._sites[name])

    def replace_site(self, namespace: str, site: str, entries: Iterable[Entry]) -> None:
        """Have what these entries say of a site stand for all that was learned of it."""
        name = (namespace, site)
        if (old := self._sites.pop(name, None)) is not None:
            self._count_out(namespace, old)
        self._whole.pop(name, None)
        for entry in entries:
            self.apply(entry)
        self._sites = dict(sorted(self._sites.items(), key=lambda item: item[1].touched))
        self._whole = dict.fromkeys(name for name in self._sites if name in self._whole)

    def _page(self, namespace: str, site: str, page: bytes) -> npt.NDArray[np.uint64] | None:
        found = self._sites.get((namespace, site))
        row = -1 if found is None else found.row_of(page)
        return None if found is None or row < 0 else found.pages[row]

    def _learn(self, record: PageRecord, position: int) -> None:
        name = (record.namespace, record.site)
        site = self._sites.pop(name, None) or Site()
        self._sites[name] = site
        self._whole.pop(name, None)
        self._whole[name] = None
        web = self._web_of(record.namespace)
        before = site.pairs
        if (row := site.row_of(record.key)) >= 0:
            web.remove(site.forget(row))
            self._pages -= 1
        web.add(site.learn(record, position))
        self._pages += 1
        self._pairs += site.pairs - before
        self._keep_within_bounds()

    def _fold(self, record: CountsRecord, position: int) -> None:
        """Let counts stand for all earlier pages of a site."""
        name = (record.namespace, record.site)
        site = self._sites.get(name) or Site()
        if position > site.touched:
            self._sites.pop(name, None)
            self._sites[name] = site
        self._count_out(record.namespace, site)
        site.fold(record, position)
        self._count_in(record.namespace, site)

    def _keep_within_bounds(self) -> None:
        """Give up what is of least use: blocks that one page alone holds, then whole sites, learned longest ago."""
        while self._pairs > self._options.max_blocks and len(self._whole) > 1:
            name = next(iter(self._whole))
            del self._whole[name]
            before = self._sites[name].pairs
            self._sites[name].thin()
            self._pairs -= before - self._sites[name].pairs
            self._evicted_pairs += before - self._sites[name].pairs
        while len(self._sites) > 1 and (
            self._pages > self._options.max_pages or self._pairs > self._options.max_blocks
        ):
            name = next(iter(self._sites))
            self._count_out(name[0], self._sites.pop(name))
            self._whole.pop(name, None)
            self._evicted_sites += 1

    def _count_in(self, namespace: str, site: Site) -> None:
        self._pages += len(site.pages)
        self._pairs += site.pairs
        self._web_of(namespace).add(site.repeated())

    def _count_out(self, namespace: str, site: Site) -> None:
        self._pages -= len(site.pages)
        self._pairs -= site.pairs
        self._web_of(namespace).remove(site.repeated())

    def _web_of(self, namespace: str) -> SiteCounts:
        if namespace not in self._web:
            self._web[namespace] = SiteCounts()
        return self._web[namespace]
