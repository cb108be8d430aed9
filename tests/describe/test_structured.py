"""What a page's JSON-LD says of the page, and what it says of other things."""

from __future__ import annotations

import json

import pytest

import dedup
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


def test_an_author_of_whom_only_an_address_is_known_has_no_name() -> None:
    assert (
        said({"@type": "Article", "author": {"@type": "Person", "url": "https://pier.example/ann"}}).authors is None
    )


def test_a_job_is_published_when_it_is_posted() -> None:
    found = said(
        {"@type": "JobPosting", "title": "Ferryman", "datePosted": "2024-02-03", "validThrough": "2024-05-01"}
    )
    assert found.published is not None
    assert found.published.value == "2024-02-03"
