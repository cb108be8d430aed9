"""What dedup asks the head of a page for, and the names of `<meta>` that tell it, the most telling of each first."""

from __future__ import annotations

from typing import Final

import numpy as np

from dedup.describe.attribute_kernels import FIRST_META
from dedup.page import Source
from dedup.segment.tags import lookup_table

# What is asked for: what `attribute_kernels` numbers beside metas, each a field of its own, then the fields of metas.
LANG, BASE, CANONICAL, LICENCE_LINK = range(FIRST_META - 1)
(
    TITLE, AUTHOR, PUBLISHED, MODIFIED, DESCRIPTION, IMAGE, SITE, SECTION, LICENCE, ROBOTS, LANGUAGE, URL, TYPE,
    FIRST_LABEL, FIRST_DATA, SECOND_LABEL, SECOND_DATA, FIELDS,
) = range(FIRST_META - 1, FIRST_META + 17)  # fmt: skip
ADDRESSES: Final = frozenset((BASE, CANONICAL, LICENCE_LINK, IMAGE, URL))
"""Fields whose values are addresses."""

_NAMES: Final = {
    TITLE: ("og:title", "twitter:title", "parsely-title", "sailthru.title", "citation_title", "dc.title", "title"),
    AUTHOR: (
        *(
            "article:author",  # of the article; where there is one, `author` may be the site's owner
            "article:author_name",
            "author",
            "og:article:author",
            "og:author",
            "parsely-author",
            "sailthru.author",
            "byl",
        ),
        *(
            "dc.creator",
            "dcterms.creator",
            "dc.contributor",
            "citation_author",
            "article.author",
            "cxenseparse:author",
        ),
        *("authors", "creator", "byline", "news_author", "shareaholic:article_author_name", "bt:author", "rbauthors"),
    ),
    PUBLISHED: (
        *(
            "article:published_time",
            "og:article:published_time",
            "datepublished",
            "og:published_time",
            "parsely-pub-date",
        ),
        *("sailthru.date", "article.published", "cxenseparse:recs:publishtime", "cxenseparse:publishtime"),
        *(
            "citation_publication_date",
            "citation_date",
            "dc.date.issued",
            "dcterms.issued",
            "dcterms.created",
            "dc.date",
        ),
        *(
            "dc.created",
            "dcterms.date",
            "pubdate",
            "pub_date",
            "publish-date",
            "publishdate",
            "publish_date",
            "published",
            "published_at",
            "published_date",
            "publisheddate",
        ),
        *(
            "publicationdate",
            "og:publish_date",
            "og:datepublished",
            "article:publicationdate",
            "iso-8601-publish-date",
            "story:published_time",
        ),
        *("publication_date", "originalpublicationdate", "shareaholic:article_published_time", "article:published"),
        *(
            "article_date_original",
            "date",
            "displaydate",
            "ptime",
            "release_date",
            "created",
            "datecreated",
            "bt:pubdate",
        ),
        *("rnews:datepublished", "article-published", "article:post_date", "og:pubdate", "og:release_date", "dat"),
    ),
    MODIFIED: (
        *("article:modified_time", "og:updated_time", "datemodified", "og:article:modified_time", "article.updated"),
        *("dcterms.modified", "dc.date.modified", "last-modified", "lastmod", "revised", "updated_time", "moddate"),
        *("article:modified", "article_date_updated", "last_modified", "last_updated_date", "og:modified_time"),
    ),
    DESCRIPTION: (
        "og:description",
        "description",
        "twitter:description",
        "dc.description",
        "sailthru.description",
    ),
    IMAGE: (
        "og:image:secure_url",
        "og:image",
        "og:image:url",
        "twitter:image",
        "twitter:image:src",
        "image",
        "thumbnail",
    ),
    SITE: ("og:site_name", "application-name", "apple-mobile-web-app-title", "dc.publisher", "publisher"),
    SECTION: ("article:section", "og:article:section", "section", "parsely-section", "dc.subject", "category"),
    LICENCE: ("dcterms.license", "dc.rights", "dcterms.rights", "license", "rights", "rights-standard"),
    ROBOTS: ("robots", "googlebot"),
    LANGUAGE: ("content-language", "og:locale", "dc.language", "language", "inlanguage"),
    URL: ("og:url",),
    TYPE: ("og:type",),
    FIRST_LABEL: ("twitter:label1",),
    FIRST_DATA: ("twitter:data1",),
    SECOND_LABEL: ("twitter:label2",),
    SECOND_DATA: ("twitter:data2",),
}
_NUMBERS: Final = {
    name: number for number, name in enumerate((name for names in _NAMES.values() for name in names), FIRST_META)
}
TABLE: Final = lookup_table(_NUMBERS, 9)
# Metas of catalogues and journals, each of which names one person, by the surname first as often as not.
OF_ONE: Final = frozenset(
    _NUMBERS[name] for name in ("dc.creator", "dcterms.creator", "dc.contributor", "citation_author")
)
PUBLISHED_TIME: Final = _NUMBERS["article:published_time"]
# int32[FIELDS + 1]: the first number of each field; the last one is beyond all numbers.
FIRSTS: Final = np.array([*range(1, FIRST_META), *np.cumsum([FIRST_META, *map(len, _NAMES.values())])], np.int32)


def _source_of(name: str) -> Source:
    return "opengraph" if name.startswith(("og:", "article:")) else "meta"


SOURCES: Final[tuple[Source, ...]] = ("html", "html", "html", "link", "link", *map(_source_of, _NUMBERS))  # by number
