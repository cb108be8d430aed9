"""Names of `<meta>` that tell what dedup asks for, the most telling of each kind first."""

from __future__ import annotations

from typing import Final

from dedup.describe.attribute_kernels import FIRST_META
from dedup.segment.tags import lookup_table

TITLE: Final = ("og:title", "twitter:title", "parsely-title", "sailthru.title", "citation_title", "dc.title", "title")
AUTHOR: Final = (
    *(
        "article:author",  # of the article; where there is one, `author` may be the site's owner
        "article:author_name",
        "author",
        "og:article:author",
        "parsely-author",
        "sailthru.author",
        "byl",
    ),
    *("dc.creator", "dcterms.creator", "dc.contributor", "citation_author", "article.author", "cxenseparse:author"),
    *("authors", "creator", "byline", "news_author", "shareaholic:article_author_name", "bt:author", "rbauthors"),
)
PUBLISHED: Final = (
    *(
        "article:published_time",
        "og:article:published_time",
        "datepublished",
        "og:published_time",
        "parsely-pub-date",
    ),
    *("sailthru.date", "article.published", "cxenseparse:recs:publishtime", "cxenseparse:publishtime"),
    *("citation_publication_date", "citation_date", "dc.date.issued", "dcterms.issued", "dcterms.created", "dc.date"),
    *(
        "dc.created",
        "dcterms.date",
        "pubdate",
        "pub_date",
        "publish-date",
        "publishdate",
        "publish_date",
        "published",
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
)
MODIFIED: Final = (
    *("article:modified_time", "og:updated_time", "datemodified", "og:article:modified_time", "article.updated"),
    *("dcterms.modified", "dc.date.modified", "last-modified", "lastmod", "revised", "updated_time", "moddate"),
)
DESCRIPTION: Final = (
    "og:description",
    "description",
    "twitter:description",
    "dc.description",
    "sailthru.description",
)
IMAGE: Final = ("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src", "thumbnail")
SITE: Final = ("og:site_name", "application-name", "apple-mobile-web-app-title", "dc.publisher", "publisher")
SECTION: Final = ("article:section", "og:article:section", "section", "parsely-section", "dc.subject", "category")
LICENCE: Final = ("dcterms.license", "dc.rights", "dcterms.rights", "license", "rights", "rights-standard")
ROBOTS: Final = ("robots", "googlebot")
LANGUAGE: Final = ("content-language", "og:locale", "dc.language", "language", "inlanguage")
URL: Final = ("og:url",)
LABELLED: Final = ("twitter:label1", "twitter:data1", "twitter:label2", "twitter:data2")
_ALL: Final = dict.fromkeys(
    (
        *(*TITLE, *AUTHOR, *PUBLISHED, *MODIFIED, *DESCRIPTION, *IMAGE, *SITE, *SECTION, *LICENCE, *ROBOTS),
        *(*LANGUAGE, *URL, *LABELLED),
    )
)
NAMES: Final = tuple(_ALL)
TABLE: Final = lookup_table({name: number for number, name in enumerate(NAMES, FIRST_META)}, 9)
