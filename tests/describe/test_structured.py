"""What a page's JSON-LD says of the page, and what it says of other things."""

from __future__ import annotations

import json

import msgspec
import pytest

import dedup
from dedup.describe.structured import read_structured
from dedup.page import Metadata

BODY = " ".join(["The ferry between the islands runs every hour until the ice comes, the harbour office said."] * 6)
REVIEW = {"@type": "Review", "author": {"@type": "Person", "name": "Ann Buyer"}, "datePublished": "2020-01-02"}
POST = {"@type": "BlogPosting", "author": "Bo Ek", "datePublished": "2021-02-03", "description": "A post."}


def said(node: object, headline: str = "<h1>Ferry runs until the ice comes</h1>") -> Metadata:
    head = f'<script type="application/ld+json">{json.dumps(node)}</script>'
    page = f"<html><head>{head}</head><body>{headline}<p>{BODY}</p><p>{BODY[::-1]}</p></body></html>"
    return dedup.clean(page, url="https://pier.example/a/b.html").metadata


@pytest.mark.parametrize(
    "node",
    [
        {"@type": "Product", "name": "Kettle", "review": [REVIEW]},
        {"@type": "Recipe", "name": "Soup", "reviews": [REVIEW, REVIEW]},
        {"@type": "CollectionPage", "mainEntity": {"@type": "ItemList", "itemListElement": [{"item": POST}]}},
        {"@type": "Blog", "blogPost": [POST, POST]},
        {"@type": "WebPage", "hasPart": [POST], "about": POST, "mentions": {"subjectOf": POST}},
        {"@type": "Review", "itemReviewed": {"@type": "Book", "author": "Cy Roe", "datePublished": "1999-01-01"}},
    ],
)
def test_who_wrote_a_review_or_a_listed_post_is_not_who_wrote_the_page(node: object) -> None:
    found = said(node)
    assert (found.authors, found.published, found.description) == (None, None, None)


@pytest.mark.parametrize("node", [{"@type": "Product", "review": REVIEW}, {"@type": "Blog", "blogPost": POST}])
def test_a_page_that_is_the_one_review_or_post_has_its_author_and_date(node: object) -> None:
    found = said(node)
    assert found.authors is not None
    assert found.published is not None


def test_text_that_was_escaped_into_json_ld_is_shown_as_readers_see_it() -> None:
    found = said(
        {
            "@type": "Article",
            "headline": "Sun &amp; sea &#8217;24",
            "author": "Ann &quot;Nan&quot; Lee",
            "description": "<p>Boats <b>sail</b>&nbsp;daily,<br>if a &lt; b.</p>",
        },
        headline="",
    )
    assert found.title is not None
    assert found.title.value == "Sun & sea ’24"
    assert found.authors is not None
    assert found.authors.value == ('Ann "Nan" Lee',)
    assert found.description is not None
    assert found.description.value == "Boats sail daily, if a < b."


def test_a_description_whose_markup_is_escaped_is_text_too() -> None:
    found = said(
        {"@type": "JobPosting", "description": "&lt;p&gt;Ferrymen wanted&lt;/p&gt;&lt;ul&gt;&lt;li&gt;by May"}
    )
    assert found.description is not None
    assert found.description.value == "Ferrymen wanted by May"


@pytest.mark.parametrize(
    ("page", "address"),
    [
        ({"@type": "WebPage", "@id": "https://pier.example/c#page", "name": "Ferry runs"}, "https://pier.example/c"),
        ({"@id": "#page", "name": "Ferry runs", "url": "/c"}, "https://pier.example/c"),
        ({"@id": "#page"}, None),
        ("True", None),
        ("https://pier.example/c", "https://pier.example/c"),
    ],
)
def test_the_canonical_url_is_an_address_and_neither_a_name_nor_a_nodes_id(page: object, address: str | None) -> None:
    found = said({"@type": "Article", "mainEntityOfPage": page}).canonical_url
    assert (found and found.value) == address


@pytest.mark.parametrize(
    "who",
    [
        *({"@type": "Person", "url": "https://pier.example/ann"}, {"@type": "Person", "name": None, "url": "/ann"}),
        *({"@id": "#ann"}, {"@type": "Person", "@id": "/authors/ann-lee"}, {"@id": "_:b0"}, "ann@pier.example"),
    ],
)
def test_an_author_of_whom_only_an_address_or_an_id_is_known_has_no_name(who: object) -> None:
    assert said({"@type": "Article", "author": who}).authors is None


def test_an_author_node_with_several_names_names_them_all() -> None:
    found = said({"@type": "Article", "author": {"@type": "Person", "name": ["Ann Lee", "Bo Ek"]}}).authors
    assert found is not None
    assert found.value == ("Ann Lee", "Bo Ek")


@pytest.mark.parametrize("publisher", [{"@id": "#org"}, {"@type": "Organization", "@id": "/#org", "url": "/"}])
def test_a_publisher_of_whom_only_an_id_is_known_does_not_name_the_site(publisher: object) -> None:
    assert said({"@type": "Article", "publisher": publisher}).site_name is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        *(("<!-- ", " -->"), ("<![CDATA[", "]]>"), ("// <![CDATA[\n", "\n// ]]>"), ("/*<![CDATA[*/", "/*]]>*/")),
        *(("<!--//--><![CDATA[//><!--\n", "\n//--><!]]>"), ("\ufeff", ";"), ("\n", "}"), ("", "{}")),
    ],
)
def test_json_ld_is_read_without_what_templates_put_around_it(before: str, after: str) -> None:
    node = f'{before}{{"@type": "Article", "datePublished": "2024-03-09"}}{after}'
    page = f"<script type=application/ld+json>{node}</script><h1>Ferry</h1><p>{BODY}</p>"
    found = dedup.clean(page).metadata.published
    assert found is not None
    assert found.value == "2024-03-09"


def test_a_text_that_was_cut_within_an_emoji_can_be_written() -> None:
    """Half of a surrogate pair is no Unicode: the whole result would be lost when it is encoded."""
    node = (
        r'{"@type": "Article", "author": "Ann \ud83d", "description": "Boats sail \ud83d", "publisher": "Pi\u0000er"}'
    )
    page = dedup.clean(f"<script type=application/ld+json>{node}</script><h1>Ferry</h1><p>{BODY}</p>")
    assert msgspec.json.decode(msgspec.json.encode(page))["metadata"]["description"]["value"] == "Boats sail \ufffd"
    assert page.metadata.site_name is not None
    assert page.metadata.site_name.value == "Pi\ufffder"


def test_a_job_is_published_when_it_is_posted() -> None:
    found = said(
        {"@type": "JobPosting", "title": "Ferryman", "datePosted": "2024-02-03", "validThrough": "2024-05-01"}
    )
    assert found.published is not None
    assert found.published.value == "2024-02-03"


@pytest.mark.parametrize(
    "own",
    [
        {"url": "https://pier.example/a/b.html"},
        {"@id": "http://pier.example/a/b.html#article"},
        {"mainEntityOfPage": {"@type": "WebPage", "@id": "https://pier.example/a/b.html/"}},
    ],
)
def test_of_several_articles_the_one_that_names_the_page_s_address_is_the_page_s(own: dict[str, object]) -> None:
    """The first one told the author and the date, were it a teaser's."""
    other = POST | {"url": "https://pier.example/other", "author": "Di Vo", "datePublished": "2018-01-01"}
    for nodes in ([other, POST | own], {"@graph": [other, POST | own]}):
        found = said(nodes)
        assert found.authors is not None
        assert found.published is not None
        assert (found.authors.value, found.published.value) == (("Bo Ek",), "2021-02-03")
    assert said([POST, other]).authors == said(POST).authors


def test_an_address_without_a_host_makes_no_node_the_page_s() -> None:
    """Bare of what is written in several ways, nothing is left of it, as of a node's `#article`."""
    nodes = [POST | {"@id": "#other"}, POST | {"url": "https://pier.example/a/b.html"}]
    addresses = ["https://pier.example/a/b.html", "/a/b.html"]
    assert read_structured([(True, json.dumps(nodes).encode())], addresses).nodes == (nodes[1], nodes[0])
