"""What is counted of every input while its output is written."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, Self
from urllib.parse import urlsplit

import msgspec
import numpy as np
import numpy.typing as npt

from dedup.archive.rows import Row, Status
from dedup.page import Counts

if TYPE_CHECKING:
    from dedup.segment.segments import Segments

SIZE_BINS: Final = 24
"""Of powers of two, in bytes of text: the last holds what is longer."""
SIMILARITY_BINS: Final = 50
"""Each a fiftieth of the way from 0 to 1."""
_MOST_SITES: Final = 5_000
_MOST_EXAMPLES: Final = 40  # texts counted of a site
_EXAMPLES_A_PAGE: Final = 4
_EXAMPLE_LETTERS: Final = 120
_NOWHERE: Final = "(no address)"
DUPLICATES: Final = frozenset({"exact_duplicate", "near_duplicate"})
_NOT_DROPPED: Final = frozenset({"read", "kept", "quarantined"})


class Outcome(NamedTuple):
    """What became of the records of an input, or of all: `read` is the sum of `kept`, `dropped` and `quarantined`.

    Attributes:
        name: of the input.
        read: records.
        kept: those that are in the output.
        quarantined: those that could not be used.
        dropped: those that are not in the output, by reason.
        marked: where a job annotates, the kept ones that it would have dropped, by reason.
    """

    name: str
    read: int
    kept: int
    quarantined: int
    dropped: dict[str, int]
    marked: dict[str, int]

    @classmethod
    def of(cls, name: str, counts: Mapping[str, int], *, annotated: bool) -> Self:
        """From the counts that a written input leaves."""
        dropped = {reason: count for reason, count in sorted(counts.items()) if reason not in _NOT_DROPPED}
        marked = {reason: dropped.pop(reason) for reason in sorted(DUPLICATES & dropped.keys()) if annotated}
        kept = counts.get("kept", 0) + sum(marked.values())
        return cls(name, counts.get("read", 0), kept, counts.get("quarantined", 0), dropped, marked)

    @property
    def unmarked(self) -> int:
        """Documents that stay whether the job annotates or not."""
        return self.kept - sum(self.marked.values())


def removed_texts(page: Segments, removed: npt.NDArray[np.bool_]) -> tuple[str, ...]:
    """The longest texts that were removed from a page, cut: what tells of its site's template.

    Args:
        page: the n blocks.
        removed: bool[n].
    """
    sizes = np.diff(page.offsets)
    found: set[str] = set()
    longest = [0] * _EXAMPLES_A_PAGE  # letters of as many of the texts found, as a heap
    for block in np.flatnonzero(removed)[np.argsort(-sizes[removed], kind="stable")].tolist():
        if sizes[block] < longest[0]:  # a text has no more letters than bytes
            break
        text = page.text_of(block)[:_EXAMPLE_LETTERS]
        if text not in found:
            found.add(text)
            heapq.heappushpop(longest, len(text))
    return tuple(sorted(sorted(found), key=len, reverse=True)[:_EXAMPLES_A_PAGE])


class Site(msgspec.Struct):
    """Of the pages of a site, or of its texts where they are clean already.

    Attributes:
        pages: before any was dropped, be it for want of content or as a duplicate.
        kept: those that stay.
        blocks: of the pages.
        removed: blocks that are not content.
        reasons: blocks by what removed them.
        examples: removed texts, and on how many pages they were among the longest.
    """

    pages: int = 0
    kept: int = 0
    blocks: int = 0
    removed: int = 0
    reasons: dict[str, int] = {}
    examples: dict[str, int] = {}

    def count(self, counts: Counts, removed: tuple[str, ...]) -> None:
        """Count the blocks of a page."""
        self.blocks += counts.blocks
        self.removed += counts.blocks - counts.kept
        _add(self.reasons, counts.removed_by_reason)
        _add(self.examples, dict.fromkeys(removed, 1))
        if len(self.examples) > 2 * _MOST_EXAMPLES:
            self.trim()

    def add(self, other: Self) -> None:
        """Count another one's documents, too."""
        self.pages += other.pages
        self.kept += other.kept
        self.blocks += other.blocks
        self.removed += other.removed
        _add(self.reasons, other.reasons)
        _add(self.examples, other.examples)
        if len(self.examples) > 2 * _MOST_EXAMPLES:
            self.trim()

    def trim(self) -> None:
        """Forget the rarest examples."""
        common = sorted(self.examples.items(), key=lambda item: (-item[1], item[0]))
        self.examples = dict(common[:_MOST_EXAMPLES])


class Tally(msgspec.Struct):
    """What became of the records of an input, or of several.

    Attributes:
        sites: by the host of the URL, or by the name of the site where a memory gave one.
        sizes_kept: of the documents that stay, by the power of two that holds their bytes.
        sizes_dropped: of duplicates.
        similarity: of duplicates to the document that they were dropped for.
    """

    sites: dict[str, Site] = {}
    sizes_kept: list[int] = msgspec.field(default_factory=lambda: [0] * SIZE_BINS)
    sizes_dropped: list[int] = msgspec.field(default_factory=lambda: [0] * SIZE_BINS)
    similarity: list[int] = msgspec.field(default_factory=lambda: [0] * (SIMILARITY_BINS + 1))

    def count(self, row: Row, outcome: Status, jaccard: float | None) -> None:
        """Count a record of which the outcome is known."""
        page = row.page
        if row.status == "quarantined" or (page is None and row.status != "document"):
            return
        is_kept, is_duplicate = outcome == "kept", outcome in DUPLICATES
        site = self._site((page.site if page else None) or _host(row.url))
        site.pages += 1
        site.kept += is_kept
        if page is not None:
            site.count(page.counts, row.removed)
        size = min(row.size.bit_length(), SIZE_BINS - 1)
        self.sizes_kept[size] += is_kept
        self.sizes_dropped[size] += is_duplicate
        if is_duplicate and jaccard is not None:
            self.similarity[int(jaccard * SIMILARITY_BINS + 1e-9)] += 1

    def add(self, other: Self) -> None:
        """Count another one's records, too. Of very many sites, those with the fewest pages are forgotten."""
        for name, site in other.sites.items():
            self._site(name).add(site)
        for mine, theirs in (
            (self.sizes_kept, other.sizes_kept),
            (self.sizes_dropped, other.sizes_dropped),
            (self.similarity, other.similarity),
        ):
            mine[:] = map(sum, zip(mine, theirs, strict=True))
        self.trim()

    def trim(self) -> None:
        """Keep to the bounds."""
        if len(self.sites) > _MOST_SITES:
            largest = sorted(self.sites.items(), key=lambda item: (-item[1].pages, item[0]))
            self.sites = dict(largest[:_MOST_SITES])

    def _site(self, name: str) -> Site:
        site = self.sites.get(name)
        if site is None:
            site = self.sites[name] = Site()
        return site


def _host(url: str | None) -> str:
    if not url:
        return _NOWHERE
    scheme, separator, rest = url.partition("://")
    return _host_of(f"{scheme}{separator}{rest.partition('/')[0]}")


@lru_cache(maxsize=_MOST_SITES)
def _host_of(origin: str) -> str:
    try:
        return (urlsplit(origin).hostname or _NOWHERE).removeprefix("www.")
    except ValueError:
        return _NOWHERE


def _add(counts: dict[str, int], more: dict[str, int]) -> None:
    for name, count in more.items():
        counts[name] = counts.get(name, 0) + count


class Counted(msgspec.Struct):
    """What is known of an input once its output is written.

    Attributes:
        counts: `read`, and records by their outcome.
        tally: the rest of what the report shows.
    """

    counts: dict[str, int]
    tally: Tally
