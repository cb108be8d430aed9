"""What a page says of itself, each value with where it is said; what nothing says is None."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import Any, Final

from dedup.describe import meta_names, titles
from dedup.describe.language import language_tag
from dedup.describe.markup import tidy
from dedup.describe.moments import modified, published
from dedup.describe.people import authors
from dedup.describe.sources import Sources
from dedup.describe.structured import Structured, text_of
from dedup.page import Metadata, Said
from dedup.segment import walk_kernels as walk
from dedup.segment.addresses import absolute, is_no_place, stripped
from dedup.segment.links import target_of
from dedup.segment.segments import Segments

_PERMALINKS: Final = " ¶🔗"  # what links a heading to itself
_ADDRESSES: Final = ("http://", "https://", "/")


def describe(page: Sources) -> Metadata:
    """Put together what a page says of itself."""
    image = page.meta(meta_names.IMAGE) or next(_images(page.structured), None)
    return Metadata(
        title=_title(page),
        authors=authors(page),
        published=published(page),
        modified=modified(page),
        site_name=page.site_name,
        canonical_url=_canonical(page),
        section=page.meta(meta_names.SECTION, "articleSection"),
        description=page.meta(meta_names.DESCRIPTION, "description"),
        image=_resolved(image, page.base),
        language=declared_language(page),
        licence=_licence(page),
        robots=page.meta(meta_names.ROBOTS),
    )


def declared_language(page: Sources) -> Said | None:
    """The BCP 47 tag that a page declares."""
    if page.lang:
        return Said(page.lang, "html")
    for _, said in page.markup.each(meta_names.LANGUAGE):
        if tag := language_tag(said.value):
            return Said(tag, said.source)
    for text in page.structured.texts("inLanguage"):
        if tag := language_tag(text):
            return Said(tag, "json-ld")
    return None


def _title(page: Sources) -> Said | None:
    headline = page.lead.headline
    if headline >= 0:
        text = _without_permalink(page.page, headline)
        if text and not titles.is_site(text, page.site_names):
            return Said(text, "headline")
    found = page.meta(meta_names.TITLE, "headline")
    if found is None and page.page.title:
        found = Said(page.page.title, "title")
    return Said(titles.without_site(found.value, page.site_names), found.source) if found else None


def _without_permalink(page: Segments, headline: int) -> str:
    """A headline without the sign that links it to itself."""
    text, end = page.texts[headline], int(page.offsets[headline + 1])
    last = bisect_left(page.anchors[:, walk.ANCHOR_END], end)
    if last < len(page.anchors) and page.anchors[last, walk.ANCHOR_END] == end:
        start, _, number = page.anchors[last].tolist()
        sign = page.text[start:end].tobytes().decode(errors="replace")
        if target_of(page, number).address.startswith("#") and not any(map(str.isalnum, sign)):
            text = text.removesuffix(sign)
    return tidy(text).rstrip(_PERMALINKS)


def _canonical(page: Sources) -> Said | None:
    if linked := page.markup.first(meta_names.CANONICAL):
        return _resolved(linked, page.base)
    said = page.meta(meta_names.URL) or next(_pages(page.structured), None)
    found = _resolved(said, page.base)
    return found if found and "://" in found.value else None


def _pages(structured: Structured) -> Iterator[Said]:
    """Addresses of the page that its works are the main ones of; a name is none, nor is a node's id within the page."""
    for node in structured.nodes:
        value: Any = structured.resolve(node.get("mainEntityOfPage"))
        if isinstance(value, dict):
            value = value.get("url") or str(value.get("@id") or "").partition("#")[0]
        if (text := text_of(value)) and text.startswith(_ADDRESSES):
            yield Said(text, "json-ld")


def _images(structured: Structured) -> Iterator[Said]:
    for node in structured.nodes:
        value: Any = node.get("image") or node.get("thumbnailUrl")
        value = structured.resolve(value[0] if isinstance(value, list) and value else value)
        if isinstance(value, dict):
            value = value.get("url") or value.get("contentUrl")
        if (text := text_of(value)) and not is_no_place(text):
            yield Said(stripped(text), "json-ld")


def _licence(page: Sources) -> Said | None:
    if linked := page.markup.first(meta_names.LICENCE_LINK):
        return _resolved(linked, page.base)
    found = page.meta(meta_names.LICENCE, "license", "copyrightNotice")
    return _resolved(found, page.base) if found and found.value.startswith(_ADDRESSES) else found


def _resolved(said: Said | None, base: str | None) -> Said | None:
    """The same with its address absolute."""
    if not said or not base:
        return said
    return Said(absolute(said.value, base), said.source)
