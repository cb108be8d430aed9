"""What the pages of a site share, learned page by page, in memory."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urldefrag, urlsplit

import numpy as np
import numpy.typing as npt

PAGES_PER_SITE: Final = 500  # the latest; older ones no longer count
LEAST_PAGES: Final = 2  # a block seen on one other page may be a quotation
LEAST_SHARE: Final = 0.2  # of the site's other pages


@dataclass(frozen=True, slots=True)
class Seen:
    """How often the blocks of a page stand on other pages of its site.

    Attributes:
        pages: int32[n], other pages that hold each block.
        of: how many other pages are known.
    """

    pages: npt.NDArray[np.int32]
    of: int

    @property
    def template(self) -> npt.NDArray[np.bool_]:
        """bool[n], blocks that enough of the pages hold."""
        return (self.pages >= LEAST_PAGES) & (self.pages >= LEAST_SHARE * self.of)


@dataclass(slots=True)
class _Site:
    pages: dict[str, frozenset[int]] = field(default_factory=dict)  # digests by URL, oldest first
    counts: Counter[int] = field(default_factory=Counter)


class SiteMemory:
    """Digests of blocks by site and page. A page is known by its URL: learned again, it replaces itself."""

    def __init__(self) -> None:
        self._sites: dict[str, _Site] = {}
        self.position = 0

    def learn(self, url: str, digests: npt.NDArray[np.uint64]) -> None:
        """Remember a page's blocks."""
        site = self._sites.setdefault(site_of(url) or "", _Site())
        page, _ = urldefrag(url)
        _forget(site, page)
        site.pages[page] = frozenset(digests.tolist())
        site.counts.update(site.pages[page])
        if len(site.pages) > PAGES_PER_SITE:
            _forget(site, next(iter(site.pages)))
        self.position += 1

    def seen(self, url: str, digests: npt.NDArray[np.uint64]) -> Seen:
        """How often other pages of the URL's site hold the blocks."""
        site = self._sites.get(site_of(url) or "")
        if site is None:
            return Seen(np.zeros(len(digests), np.int32), 0)
        own = site.pages.get(urldefrag(url)[0], frozenset())
        pages = [site.counts[digest] - (digest in own) for digest in digests.tolist()]
        return Seen(np.array(pages, np.int32), len(site.pages) - bool(own))


def site_of(url: str) -> str | None:
    """The host of a URL, without `www.`; None where it has none."""
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return None
    return host.removeprefix("www.") if host else None


def _forget(site: _Site, page: str) -> None:
    old = site.pages.pop(page, None)
    if old is not None:
        site.counts.subtract(old)
        for digest in old:
            if not site.counts[digest]:
                del site.counts[digest]
