"""What kind of page a page says it is: whoever sorts a crawl by it must be able to trust it, and nothing is guessed."""

from __future__ import annotations

import pytest

import dedup

TEXT = "<p>Some words of a page about the pier, which was closed for the winter, and nobody minded it.</p>"


def said(*types: str, head: str = "") -> str | None:
    """What comes of a page with a node of JSON-LD of each type."""
    nodes = "".join(
        f'<script type="application/ld+json">{{"@context": "https://schema.org", "@type": "{name}"}}</script>'
        for name in types
    )
    return dedup.clean(f"<html><head>{head}{nodes}</head><body>{TEXT}</body></html>").page_type


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ("NewsArticle", "article"),
        ("https://schema.org/BlogPosting", "article"),
        ("Report", "article"),
        ("Product", "product"),
        ("QAPage", "forum"),
        ("DiscussionForumPosting", "forum"),
        ("JobPosting", "job"),
        ("Recipe", "recipe"),
        ("MusicEvent", "event"),
        ("WebPage", None),
        ("Organization", None),
    ],
)
def test_the_type_in_json_ld_counts(schema: str, kind: str | None) -> None:
    assert said(schema) == kind


@pytest.mark.parametrize(
    ("value", "kind"), [("article", "article"), ("product.item", "product"), ("website", None), ("", None)]
)
def test_open_graph_counts_where_json_ld_says_nothing(value: str, kind: str | None) -> None:
    head = f'<meta property="og:type" content="{value}">'
    assert said(head=head) == said("WebPage", "BreadcrumbList", head=head) == kind
    assert said("QAPage", head=head) == "forum"


def test_of_several_types_the_one_that_says_most_counts_whatever_their_order() -> None:
    assert said("Article", "Recipe") == said("Recipe", "Article") == "recipe"
    assert said("Product", "NewsArticle") == said("NewsArticle", "Product") == "article"


def test_what_a_page_only_lists_says_nothing_of_it() -> None:
    listed = '{"@type": "ItemList", "itemListElement": [{"@type": "Product", "name": "A pier"}]}'
    assert dedup.clean(f'<script type="application/ld+json">{listed}</script>{TEXT}').page_type is None


def test_plain_text_and_markdown_say_nothing() -> None:
    assert dedup.clean(text="A pier.").page_type is None
    assert dedup.clean(markdown="# A pier\n\nIt is closed.").page_type is None
