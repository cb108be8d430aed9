"""What kind of page a page says it is."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from dedup.describe import meta_names
from dedup.describe.sources import Sources
from dedup.describe.structured import types_of
from dedup.page import PageType

# Ends of schema.org's types, the most telling first: a page of answers, a recipe or a job is often an article, too.
_ENDS: Final[tuple[tuple[str, PageType], ...]] = (
    ("discussionforumposting", "forum"),
    ("qapage", "forum"),
    ("recipe", "recipe"),
    ("jobposting", "job"),
    ("article", "article"),
    ("blogposting", "article"),
    ("report", "article"),
    ("product", "product"),
    ("event", "event"),
)
# Beginnings of values of `og:type` (https://ogp.me/#types); `website` says nothing.
_OPEN_GRAPH: Final[tuple[tuple[str, PageType], ...]] = (("article", "article"), ("product", "product"))
_MOST_NODES: Final = 100


def page_type_of(page: Sources) -> PageType | None:
    """What a page's JSON-LD says that it is, else its `og:type`; None where both say nothing."""
    ranks = [_rank_of(name) for node in page.structured.nodes[:_MOST_NODES] for name in types_of(node)]
    if ranks and (rank := min(ranks)) < len(_ENDS):
        return _ENDS[rank][1]
    said = page.markup.first(meta_names.TYPE)
    value = said.value.lower() if said else ""
    return next((kind for beginning, kind in _OPEN_GRAPH if value.startswith(beginning)), None)


@lru_cache(maxsize=1024)
def _rank_of(name: str) -> int:
    """The place of a type in `_ENDS`; their number where it has none."""
    return next((rank for rank, (end, _) in enumerate(_ENDS) if name.endswith(end)), len(_ENDS))
