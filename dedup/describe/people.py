"""Who wrote a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from dedup.describe import meta_names
from dedup.describe.names import is_person, names, names_of_marked, turned
from dedup.describe.sources import Sources
from dedup.describe.structured import name_of, types_of
from dedup.describe.titles import is_site
from dedup.page import SaidNames

_ORGANISATIONS: Final = frozenset(("organization", "newsmediaorganization", "corporation"))
_LABELS: Final = frozenset(
    ("written by", "by", "author", "verfasst von", "écrit par", "escrito por", "geschrieben von", "scritto da")
)
_LABELLED: Final = (
    (meta_names.FIRST_LABEL, meta_names.FIRST_DATA),
    (meta_names.SECOND_LABEL, meta_names.SECOND_DATA),
)


def authors(page: Sources) -> SaidNames | None:
    """The people a page names as its authors, from the most reliable source that names any."""
    linked = names(_of_structured(page))
    if people := _without_site(linked, page):
        return SaidNames(people, "json-ld")
    said = names(_of_metas(page))
    if people := tuple(filter(is_person, _without_site(said, page))):
        return SaidNames(people, "meta")
    if people := _of_microdata(page):
        return SaidNames(people, "microdata")
    if people := _of_bylines(page):
        return SaidNames(people, "byline")
    linked_to = page.author_page
    if linked_to and (people := tuple(filter(is_person, _without_site(names([linked_to]), page)))):
        return SaidNames(people, "byline")
    if linked:
        return SaidNames(linked, "json-ld")
    return SaidNames(said, "meta") if said else None


def _of_structured(page: Sources) -> Iterator[str]:
    for node in page.structured.nodes:
        given = node.get("author") or node.get("creator")
        found = False
        for one in given if isinstance(given, list) else [given]:
            value = page.structured.resolve(one)
            if isinstance(value, dict):
                value = None if not _ORGANISATIONS.isdisjoint(types_of(value)) else value.get("name")
            for name in value if isinstance(value, list) else [value]:
                if (text := name_of(name)) and not _is_address(text):
                    found = True
                    yield text
        if found:
            return


def _of_metas(page: Sources) -> Iterator[str]:
    """What all metas of the first name say of which any says more than an address."""
    telling = 0
    for number, said in page.markup.each(meta_names.AUTHOR):
        if telling and number != telling:
            break
        if not _is_address(said.value):
            telling = number
            yield turned(said.value) if number in meta_names.OF_ONE else said.value
    for label, data in () if telling else _LABELLED:
        said_label = page.markup.first(label)
        if said_label and said_label.value.lower() in _LABELS and (name := page.markup.first(data)):
            yield name.value


def _is_address(said: str) -> bool:
    """Whether it is the address of a person, or of their page, such as `facebook.com/ann.lee`, rather than a name."""
    return "://" in said or (" " not in said and "." in said and ("/" in said or "@" in said))


def _of_microdata(page: Sources) -> tuple[str, ...]:
    for mark in page.marked_authors:
        if mark.itemprop and "author" in mark.itemprop.lower().split():
            said = names([mark.value or mark.text])
            if people := tuple(filter(is_person, _without_site(said, page))) or said:
                return people
    return ()


def _of_bylines(page: Sources) -> tuple[str, ...]:
    near = page.marked_authors
    linked = names(mark.text for mark in near if mark.rel == "author")
    if people := tuple(filter(is_person, _without_site(linked, page))) or linked[:1]:
        return people
    tried: set[str] = set()
    for mark in near:
        if mark.text in tried:  # an element in another often says all that the outer one does
            continue
        tried.add(mark.text)
        if people := _without_site(names_of_marked(mark.text), page):
            return people
    for _, said in page.lead.bylines:
        if people := _without_site(said, page):
            return people
    return ()


def _without_site(said: tuple[str, ...], page: Sources) -> tuple[str, ...]:
    """Names without the site's own, which some pages put beside or in place of the author's."""
    return tuple(name for name in said if not is_site(name, page.site_names))
