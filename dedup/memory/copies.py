"""Pages of a site that are equal as a whole: one of them holds the blocks for all, so that they count once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from dedup.memory.options import COPIES
from dedup.memory.sites import SiteMemory
from dedup.state import PageRecord, Store

_Page = tuple[str, str, bytes]
_Whole = tuple[str, str, int]


def without_copies(records: Sequence[PageRecord], memory: SiteMemory, store: Store) -> list[PageRecord]:
    """What is to be committed of some pages, as if they were learned one by one.

    A page that another one of its site equals as a whole goes in without its blocks, and stays out if many do. So a
    wall, or an article under many addresses, counts as one page however many URLs serve it. Where the page that holds
    the blocks has changed, the first of those that equalled it takes them over and is learned again. A page without
    content (a fetch that failed, as a rule) stays out where it would take the place of what is known of it.

    Args:
        records: of the pages.
        memory: what was learned before.
        store: the log of that.
    """
    commit = _Commit(memory, store)
    for record in records:
        commit.add(record)
    return commit.kept


class _Commit:
    """Pages that are committed together.

    Attributes:
        kept: what is to be written.
    """

    def __init__(self, memory: SiteMemory, store: Store) -> None:
        self.kept: list[PageRecord] = []
        self._memory = memory
        self._store = store
        self._latest: dict[_Page, PageRecord] = {}  # of the pages of this commit
        # Those, as `SiteMemory.equal` tells them.
        self._held: defaultdict[_Whole, dict[bytes, bool]] = defaultdict(dict)

    def add(self, given: PageRecord) -> None:
        """Take a page into the commit, and what follows from that."""
        page = _page(given)
        before = self._latest[page].whole if page in self._latest else self._memory.whole_of(*page)
        if before is not None and not given.blocks:
            return
        copies = self._equal(given, given.whole)
        copies.pop(given.key, None)
        is_copy = copies and (not given.blocks or any(copies.values()))
        if is_copy and len(copies) >= COPIES and before in {None, given.whole}:
            return
        heir = self._heir(given, before) if before is not None and before != given.whole else None
        self._keep(msgspec.structs.replace(given, blocks=b"") if is_copy else given)
        if heir is not None:
            self._keep(heir)

    def _equal(self, page: PageRecord, whole: int) -> dict[bytes, bool]:
        """The keys of the pages that are equal as a whole, and whether each holds its blocks."""
        if not whole:
            return {}
        name = (page.namespace, page.site)
        known = self._memory.equal(*name, whole)
        equal = {key: holds for key, holds in known.items() if (*name, key) not in self._latest}
        equal.update(self._held.get((*name, whole), ()))
        return equal

    def _heir(self, page: PageRecord, before: int) -> PageRecord | None:
        """The first page that equals the former version of one, with its blocks; None where they are held, or none."""
        others = self._equal(page, before)
        if not others.pop(page.key, False) or not others or any(others.values()):
            return None
        former = self._stored((page.namespace, page.site, page.key))
        first = self._stored((page.namespace, page.site, next(iter(others))))
        return former and first and msgspec.structs.replace(first, blocks=former.blocks)

    def _stored(self, page: _Page) -> PageRecord | None:
        """The record of a page that is known; None where another process has dropped it."""
        if page in self._latest:
            return self._latest[page]
        position = self._memory.position_of(*page)
        found = () if position is None else self._store.fetch([position])
        return next((record for _, record in found if isinstance(record, PageRecord)), None)

    def _keep(self, record: PageRecord) -> None:
        name, page = (record.namespace, record.site), _page(record)
        if (former := self._latest.get(page)) is not None:
            self._held[*name, former.whole].pop(record.key, None)
        self.kept.append(record)
        self._latest[page] = record
        if record.whole:
            self._held[*name, record.whole][record.key] = bool(record.blocks)


def _page(record: PageRecord) -> _Page:
    return record.namespace, record.site, record.key
