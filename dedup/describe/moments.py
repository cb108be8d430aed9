"""When a page was published and changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from dedup.describe import dates, meta_names
from dedup.describe.markup import Marked
from dedup.describe.sources import Sources
from dedup.page import SaidDate, Source

_PUBLISHED: Final = frozenset(("datepublished", "datecreated", "dateposted", "pubdate"))
_MODIFIED: Final = frozenset(("datemodified",))
# Of what the page speaks of, such as an event, an offer or a person (https://schema.org/).
_OTHER: Final = frozenset(
    (
        *("startdate", "enddate", "doortime", "validfrom", "validthrough", "availabilitystarts", "availabilityends"),
        *("pricevaliduntil", "expires", "birthdate", "deathdate", "foundingdate", "departuretime", "arrivaltime"),
    )
)

Saying = tuple[str, Source]


def published(page: Sources) -> SaidDate | None:
    """When it first appeared, from the most reliable source that says a date."""
    return _first(_published(page), page.lang) or _of_url(page)


def modified(page: Sources) -> SaidDate | None:
    """When it was last changed."""
    for raw, source in _modified(page):
        if value := dates.iso(raw, page.lang):
            return SaidDate(value, raw, source)
    return None


def _first(said: Iterable[Saying], lang: str | None) -> SaidDate | None:
    for raw, source in said:
        if value := dates.iso(dates.first_version(raw), lang):
            return SaidDate(value, raw, source)
    return None


def _published(page: Sources) -> Iterator[Saying]:
    for raw in page.structured.texts("datePublished", "uploadDate", "datePosted", "dateCreated"):
        yield raw, "json-ld"
    yield from _of_metas(page, meta_names.PUBLISHED)
    near = [mark for mark in page.marked_dates if not _has_property(mark, _OTHER)]
    yield from _sayings((mark for mark in near if _has_property(mark, _PUBLISHED)), "microdata")
    first = [mark for mark in near if not _is_of_change(mark)]
    yield from _sayings((mark for mark in first if mark.is_time), "time")
    for block, _ in page.lead.datelines:
        if not dates.says_modified(page.page.texts[block]):
            yield page.page.texts[block], "dateline"
    yield from _sayings(first, "dateline")


def _modified(page: Sources) -> Iterator[Saying]:
    for raw in page.structured.texts("dateModified"):
        yield raw, "json-ld"
    yield from _of_metas(page, meta_names.MODIFIED)
    if not page.structured.nodes and not page.markup.has(
        meta_names.PUBLISHED, meta_names.PUBLISHED_TIME
    ):  # else it would say this too
        yield from _sayings((mark for mark in page.marked_dates if _has_property(mark, _MODIFIED)), "microdata")


def _of_metas(page: Sources, field: int) -> Iterator[Saying]:
    """What the first meta of each name says."""
    before = 0
    for number, said in page.markup.each(field):
        if number != before:
            before = number
            yield said.value, said.source


def _of_url(page: Sources) -> SaidDate | None:
    found = dates.of_url(page.url) if page.url else None
    return SaidDate(found[0], found[1], "url") if found else None


def _is_of_change(mark: Marked) -> bool:
    return mark.is_of_change or dates.says_modified(f"{mark.label} {mark.itemprop or ''} {mark.text}")


def _has_property(mark: Marked, properties: frozenset[str]) -> bool:
    return mark.itemprop is not None and not properties.isdisjoint(mark.itemprop.lower().split())


def _sayings(marks: Iterable[Marked], source: Source) -> Iterator[Saying]:
    for mark in marks:
        if dates.says_both(mark.text):  # what machines are told is then the day of the change, as often as not
            yield mark.text, source
        for raw in (mark.value, mark.title, mark.text):
            if raw:
                yield raw, source
