"""From a segmented page to the table of features."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.judge.columns import MOST, NAMES
from dedup.judge.feature_kernels import block_features
from dedup.judge.naming import NameWeights
from dedup.repeats.page import PageRepeats
from dedup.segment import dom_kernels as dom
from dedup.segment import reduce_kernels as reduction
from dedup.segment.segments import KINDS, ElementTable, Segments

# What a page says of its own type: schema.org types and og:type, in groups that are one bit each.
_TYPES: Final = (
    ("article", "newsarticle", "blogposting", "reportagenewsarticle", "techarticle", "scholarlyarticle"),
    ("product", "offer", "aggregateoffer", "productgroup"),
    ("discussionforumposting", "qapage", "question"),
    ("itemlist", "collectionpage", "searchresultspage", "blog"),
    ("organization", "localbusiness", "service", "faqpage", "aboutpage", "contactpage"),
    ("recipe", "howto", "event", "videoobject", "jobposting"),
    ("website",),
)
_BIT: Final = {name: 1 << bit for bit, names in enumerate(_TYPES) for name in names}
_SCHEMA: Final = re.compile(rb"\"@type\"\s{0,9}:\s{0,9}\[?\s{0,9}\"(?:https?://schema\.org/)?(\w{1,40})\"")
_OPEN_GRAPH: Final = re.compile(rb"og:type[\"']?\s{1,9}content=[\"']?([\w.:]{1,40})")
_HEAD_BYTES: Final = 65536
_ITEM, _ROW = KINDS.index("list_item"), KINDS.index("table_row")

_NO_TABLE: Final = ElementTable(
    rows=np.array([[0, -1, -1, 0, 1, 0, dom.PARAGRAPH, 0]], np.int32),
    tags=np.zeros((0, reduction.COLUMNS), np.int32),
    categories=np.zeros(0, np.uint64),
    source=np.zeros(0, np.uint8),
)


@dataclass(frozen=True, slots=True)
class Features:
    """The evidence about a page's blocks.

    Attributes:
        table: float32[n, len(NAMES)].
        keys: uint64[n], equal for blocks of the same shape among the elements.
        prose: bool[n], long blocks with few links.
        next_items: bool[n], items of a list and rows of a table that follow one of the same list.
    """

    table: npt.NDArray[np.float32]
    keys: npt.NDArray[np.uint64]
    prose: npt.NDArray[np.bool_]
    next_items: npt.NDArray[np.bool_]


def rows_of(page: Segments) -> npt.NDArray[np.int32]:
    """The page's element table; for plain text and Markdown, one element that holds everything."""
    return (page.table or _NO_TABLE).rows


def features(page: Segments, shapes: npt.NDArray[np.int32], repeats: PageRepeats, names: NameWeights) -> Features:
    """Compute the features of all blocks of a page.

    Args:
        page: the blocks.
        shapes: int32[n, shape_kernels.COLUMNS] of their text.
        repeats: within the page.
        names: what tags, classes and ids are worth.
    """
    n = len(page)
    elements = page.table or _NO_TABLE
    found = Features(
        np.empty((n, len(NAMES)), np.float32), np.empty(n, np.uint64), np.empty(n, np.bool_), _next_items(page)
    )
    block_features(
        elements.rows,
        elements.tags,
        elements.categories,
        page.elements,
        shapes,
        page.kinds,
        page.levels,
        page.flags,
        page.chars,
        page.link_chars,
        page.links,
        repeats.twins.copies[repeats.twins.group],
        repeats.twins.similarity,
        repeats.run,
        repeats.widget | repeats.linked,
        repeats.copy,
        page.titles,
        _hints(page, elements),
        found.table,
        found.keys,
        found.prose,
    )
    names.fill(page.elements, elements, found.table)
    np.minimum(found.table, MOST, out=found.table)
    return found


def _next_items(page: Segments) -> npt.NDArray[np.bool_]:
    follows = np.zeros(len(page), np.bool_)
    if page.table is not None:
        parents, kinds = page.table.rows[page.elements, dom.PARENT], page.kinds
        is_item = (kinds == _ITEM) | (kinds == _ROW)
        follows[1:] = (parents[1:] == parents[:-1]) & (kinds[1:] == kinds[:-1]) & is_item[1:]
    return follows


def _hints(page: Segments, elements: ElementTable) -> int:
    names = [name for is_linked, data in page.embedded if is_linked for name in _SCHEMA.findall(data, 0, _HEAD_BYTES)]
    head = elements.source[:_HEAD_BYTES].tobytes()
    found = _OPEN_GRAPH.match(head, max(head.find(b"og:type"), 0))
    names += found.groups() if found else ()
    hints = 0
    for name in names:
        hints |= _BIT.get(name.decode("ascii", "replace").lower(), 0)
    return hints
