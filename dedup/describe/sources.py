"""Everything a page says of itself, read as far as it is asked for."""

from __future__ import annotations

from typing import Literal

from dedup.describe import meta_names, titles
from dedup.describe.language import language_tag
from dedup.describe.lead import NO_LEAD
from dedup.describe.markup import Marked, read_author_page, read_marked, read_markup
from dedup.describe.structured import Structured, name_of, read_structured, types_of
from dedup.lazy import lazy
from dedup.page import Said
from dedup.segment import reduce_kernels as reduction
from dedup.segment.addresses import base_of
from dedup.segment.segments import Segments


class Sources:
    """Where metadata comes from.

    Attributes:
        page: the page's blocks.
        url: where it was found.
        markup: what its head says.
        lang: the BCP 47 tag of the language that its root declares.
        base: what its relative addresses are resolved against.
        lead: its headline, bylines and datelines; set once the page is judged.
    """

    def __init__(self, page: Segments, utf8: bytes, url: str | None) -> None:
        self.page = page
        self.url = url
        self.markup = read_markup(page.table, utf8)
        declared, base = self.markup.first(meta_names.LANG), self.markup.first(meta_names.BASE)
        self.lang = language_tag(declared.value) if declared else None
        self.base = base_of(base.value, url) if base else url
        self.lead = NO_LEAD

    @lazy
    def structured(self) -> Structured:
        """The page's JSON-LD."""
        canonical = self.markup.first(meta_names.CANONICAL)
        addresses = (self.url, canonical.value if canonical else None)
        return read_structured(self.page.embedded, [address for address in addresses if address])

    @lazy
    def marked_dates(self) -> list[Marked]:
        """Elements near the headline that are marked as a date, the nearest first."""
        return self._marked("date")

    @lazy
    def marked_authors(self) -> list[Marked]:
        """Elements near the headline that are marked as a byline, the nearest first."""
        return self._marked("author")

    @lazy
    def site_name(self) -> Said | None:
        """What the site calls itself."""
        if found := self.meta(meta_names.SITE):
            return found
        for node in self.structured.others:
            if types_of(node) & {"website"} and (text := name_of(node)):
                return Said(text, "json-ld")
        for node in self.structured.nodes:
            if (text := name_of(self.structured.resolve(node.get("publisher")))) and "://" not in text:
                return Said(text, "json-ld")
        return None

    @lazy
    def site_names(self) -> tuple[str, ...]:
        """What the site may be called in titles and bylines."""
        url = self.url
        if not url and (canonical := self.markup.first(meta_names.CANONICAL)):
            url = canonical.value
        return titles.names_of_site(url, self.site_name.value if self.site_name else None)

    @property
    def author_page(self) -> str | None:
        """What the link to an author's page says that is nearest to the headline, below it if there is one."""
        return None if self._beginning is None else read_author_page(self.markup.source, *self._beginning)

    def _marked(self, kind: Literal["date", "author"]) -> list[Marked]:
        table = self.page.table
        if table is None or self._beginning is None:
            return []
        return read_marked(table, self.markup.source, *self._beginning, kind)

    @lazy
    def _beginning(self) -> tuple[int, int] | None:
        """Bytes at which the headline and the first paragraph begin; None where the page has no markup or neither."""
        table, lead = self.page.table, self.lead
        start = lead.headline if lead.headline >= 0 else lead.body
        if table is None or start < 0 or not len(table.tags):
            return None
        places = self.page.first_tags
        headline, body = (int(table.tags[places[block], reduction.START]) for block in (start, lead.body))
        return headline, body

    def meta(self, field: int, *terms: str) -> Said | None:
        """What the metas of a field say first; else what the first of some terms of JSON-LD does."""
        found = self.markup.first(field)
        if found is None and terms:
            for text in self.structured.texts(*terms):
                return Said(text, "json-ld")
        return found
