"""What the sites of an archive repeat: sorted arrays on the disk, of which a worker maps the piece that it looks at.

What `memory.SiteMemory` is for a service, without its decay: all pages of a site count alike, but for those that a
service's memory had folded into counts before.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dedup.archive.trips import Evidence
from dedup.memory.lookup import look_up, places
from dedup.memory.seen import Seen
from dedup.state.records import SITE_PAGES

# each sorted by its columns in this order; the first of several names the segments
TABLES: Final[dict[str, dict[str, str]]] = {
    "blocks": {"site": "<u8", "key": "<u8", "pages": "<i8", "first": "<i8"},
    "pages": {"site": "<u8", "position": "<i8"},
    "copies": {"site": "<u8", "whole": "<u8", "stem": "<u8", "position": "<i8"},
    "web": {"key": "<u8", "sites": "<i8"},
    "superseded": {"position": "<i8", "latest": "<i8", "whole": "<u8"},
    "latest": {"position": "<i8", "key": "<u8"},
    "folded": {"site": "<u8", "key": "<u8", "pages": "<i8", "weight": "<i8"},
}


def column(folder: Path, table: str, name: str) -> NDArray[Any]:
    """A column of a table, mapped."""
    path, dtype = folder / f"{table}.{name}", np.dtype(TABLES[table][name])
    if not path.stat().st_size:
        return np.empty(0, dtype)
    return np.asarray(np.memmap(path, dtype, "r"))  # as a plain array: a memmap takes much longer to cut


class SiteStatistics:
    """Of each site, how many pages hold a block; of all sites, how many repeat it.

    Args:
        folder: of the tables.
    """

    def __init__(self, folder: Path) -> None:
        self._of = {
            table: {name: column(folder, table, name) for name in columns} for table, columns in TABLES.items()
        }

    def seen(self, position: int, page: Evidence, keys: NDArray[np.uint64]) -> Seen:
        """How often other pages hold blocks; the page itself does not count, nor does an earlier version of it.

        Args:
            position: of the page.
            page: what it says of its site.
            keys: uint64[n], of its blocks.
        """
        latest, own_keys, own_whole = self._latest(position, page)
        blocks = self._segment("blocks", page.site)
        order = self._segment("pages", page.site)["position"]
        counts = look_up(blocks["key"], keys, blocks["pages"])
        first = look_up(blocks["key"], keys, blocks["first"])
        is_counted = bool(places(order, np.array([latest]))[1][0])
        others = order[order != latest] if is_counted else order
        pages = counts - places(own_keys, keys)[1] if is_counted else counts
        pages = np.maximum(pages, 0)
        since = np.where(pages > 0, len(others) - np.searchsorted(others, first), 0)
        older, weight = self._folded(page.site, keys)
        web = self._of["web"]
        sites = look_up(web["key"], keys, web["sites"]) - (counts >= SITE_PAGES)
        copies, addresses = self._copies(page, latest, own_whole)
        return Seen(
            pages=(pages + older).astype(np.int32),
            since=(since + np.where(older > 0, weight, 0)).astype(np.int32),
            of=len(others) + weight,
            sites=sites.astype(np.int32),
            position=len(self._of["pages"]["position"]),
            copies=copies,
            addresses=addresses,
        )

    def _latest(self, position: int, page: Evidence) -> tuple[int, NDArray[np.uint64], int]:
        """The version of a page that counts: its position, its keys and its whole."""
        superseded = self._of["superseded"]
        at = int(np.searchsorted(superseded["position"], position))
        if at == len(superseded["position"]) or superseded["position"][at] != position:
            return position, page.known_keys(), page.whole
        return int(superseded["latest"][at]), self._segment("latest", position)["key"], int(superseded["whole"][at])

    def _folded(self, site: int, keys: NDArray[np.uint64]) -> tuple[NDArray[np.int64], int]:
        """Of the pages of a site that were folded into counts, how many hold each key, and how many they are."""
        segment = self._segment("folded", site)
        weight = int(segment["weight"][0]) if len(segment["weight"]) else 0
        return look_up(segment["key"], keys, segment["pages"]), weight

    def _copies(self, page: Evidence, latest: int, own_whole: int) -> tuple[int, int]:
        """Other pages of the site that equal a page as a whole, and stems of their URLs."""
        segment = self._segment("copies", page.site)
        low = int(np.searchsorted(segment["whole"], np.uint64(page.whole)))
        high = int(np.searchsorted(segment["whole"], np.uint64(page.whole), "right"))
        stems = set(segment["stem"][low:high].tolist()) - {page.stem}
        is_counted = own_whole == page.whole and latest in segment["position"][low:high]
        return high - low - is_counted, len(stems)

    def _segment(self, table: str, name: int) -> dict[str, NDArray[Any]]:
        """The rows of a site, or of a page."""
        columns = self._of[table]
        names = next(iter(columns.values()))
        wanted = names.dtype.type(name)
        low, high = (int(np.searchsorted(names, wanted, side)) for side in ("left", "right"))
        return {column: values[low:high] for column, values in columns.items()}
