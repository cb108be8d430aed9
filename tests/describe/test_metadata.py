"""What a page says of itself: each value from the source that says it, null where none does."""

from __future__ import annotations

import json

import pytest

import dedup
from dedup.describe import dates
from dedup.describe.titles import without_site
from dedup.page import Metadata, Said

BODY = " ".join(["The ferry between the islands runs every hour until the ice comes, the harbour office said."] * 6)


def page(head: str = "", lead: str = "", *, title: str = "Ferry runs until the ice comes", body: str = BODY) -> str:
    return (
        f"<html><head><title>{title} - The Pier</title>{head}</head><body><nav><a href=/>Home</a></nav>"
        f"<article><h1>{title}</h1>{lead}<p>{body}</p><p>{body[::-1]}</p></article></body></html>"
    )


def said(head: str = "", lead: str = "", url: str | None = "https://pier.example/a/b.html") -> Metadata:
    return dedup.clean(page(head, lead), url=url).metadata


def linked(**fields: object) -> str:
    node = {"@context": "https://schema.org", "@type": "NewsArticle", **fields}
    return f'<script type="application/ld+json">{json.dumps(node)}</script>'


def test_a_page_that_says_nothing_of_itself_has_nulls() -> None:
    found = said()
    assert found.title is not None
    assert (found.title.value, found.title.source) == ("Ferry runs until the ice comes", "headline")
    others = [getattr(found, name) for name in Metadata.__struct_fields__ if name != "title"]
    assert others == [None] * len(others)


def test_json_ld_goes_before_everything_else() -> None:
    head = (
        linked(
            datePublished="2024-03-09T10:00:00+01:00",
            dateModified="2024-03-10",
            author=[{"@type": "Person", "name": "Ann Lee"}, {"@type": "Organization", "name": "The Pier"}],
            articleSection="Harbour",
            image={"@type": "ImageObject", "url": "/ferry.jpg"},
        )
        + '<meta name=author content="Somebody Else"><meta property="article:published_time" content="2020-01-01">'
    )
    found = said(head)
    assert found.published is not None
    assert (found.published.value, found.published.source) == ("2024-03-09T10:00:00+01:00", "json-ld")
    assert found.modified is not None
    assert found.modified.value == "2024-03-10"
    assert found.authors is not None
    assert (found.authors.value, found.authors.source) == (("Ann Lee",), "json-ld")
    assert found.section is not None
    assert found.section.value == "Harbour"
    assert found.image is not None
    assert found.image.value == "https://pier.example/ferry.jpg"


def test_a_reference_inside_json_ld_is_followed() -> None:
    graph = {"@graph": [
        {"@type": "Article", "author": {"@id": "#ann"}, "datePublished": "2024-03-09"},
        {"@type": "Person", "@id": "#ann", "name": "Ann Lee", "url": "/ann"},
    ]}  # fmt: skip
    found = said(f'<script type="application/ld+json">{json.dumps(graph)}</script>')
    assert found.authors is not None
    assert found.authors.value == ("Ann Lee",)


@pytest.mark.parametrize(
    "broken", ['{"@type": "Article", "datePublished": ', "[[[[", '{"@type": 7}', "\udcff", "null"]
)
def test_broken_json_ld_says_nothing(broken: str) -> None:
    assert said(f'<script type="application/ld+json">{broken}</script>').published is None


def test_a_meta_of_microdata_tells_the_image() -> None:
    assert said("<meta itemprop=image content=/ferry.jpg>").image == Said("https://pier.example/ferry.jpg", "meta")


def test_metas_and_links_are_read_in_any_case_and_quoting() -> None:
    found = said(
        "<META Property='og:site_name' CONTENT='The Pier &amp; Quay'><meta content='Ann Lee' name=AUTHOR>"
        "<link rel=canonical href=../c><link rel=license href=https://licence.example/by><base href=https://pier.example/x/y>"
        "<meta name=robots content='noindex, follow'><meta name=description content='A ferry. '>"
        "<meta property=og:locale content=en_GB><meta property=article:modified_time content=2024-03-10>"
    )
    values = {name: getattr(found, name) for name in Metadata.__struct_fields__}
    said_values = {name: (one.value, one.source) for name, one in values.items() if one is not None}
    assert said_values == {
        "title": ("Ferry runs until the ice comes", "headline"),
        "site_name": ("The Pier & Quay", "opengraph"),
        "authors": (("Ann Lee",), "meta"),
        "canonical_url": ("https://pier.example/c", "link"),
        "licence": ("https://licence.example/by", "link"),
        "robots": ("noindex, follow", "meta"),
        "description": ("A ferry.", "meta"),
        "language": ("en-GB", "opengraph"),
        "modified": ("2024-03-10", "opengraph"),
    }


@pytest.mark.parametrize(
    ("lead", "value", "source"),
    [
        ("<time datetime=2024-03-09T08:00:00Z>9 March</time>", "2024-03-09T08:00:00+00:00", "time"),
        ("Updated <time datetime=2024-03-12>today</time>, published <time>9 March 2024</time>", "2024-03-09", "time"),
        ("<p>9 March 2024</p>", "2024-03-09", "dateline"),
        ("<p>Ann Lee | March 9th, 2024, 10:30</p>", "2024-03-09", "dateline"),
        ("<p>9. März 2024</p>", "2024-03-09", "dateline"),
        ("<p>2024年3月9日</p>", "2024-03-09", "dateline"),
        ("<span itemprop=datePublished content=2024-03-09>today</span>", "2024-03-09", "microdata"),
        ("<p>Updated March 12, 2024. First published March 9, 2024</p>", "2024-03-09", "dateline"),
        (
            "<time datetime=2024-03-12T10:00Z>Posted: Mar 9, 2024 8:25 AM | Last Updated: March 12</time>",
            "2024-03-09",
            "time",
        ),
        ("<time class='created date-modified' datetime=2024-03-09>9 March</time>", "2024-03-09", "time"),
    ],
)
def test_a_date_is_read_where_the_page_shows_it(lead: str, value: str, source: str) -> None:
    found = said(lead=lead).published
    assert found is not None
    assert (found.value, found.source) == (value, source)


@pytest.mark.parametrize(
    "lead",
    [
        "<p>Updated March 12, 2024</p>",  # when it was changed is not when it appeared
        "<p>03/09/2024</p>",  # March or September: the page does not say
        "<p>Opened on 31 February 2024</p>",
        "<p>Last updated: <time datetime=2024-03-12>12 March</time></p>",
        "<time class='LastUpdatedDateTime x' datetime=2024-03-12>12 March</time>",
        "<div class=field--name-changed><time class='field field--name-changed' datetime=2024-03-12>12 March</time></div>",
        "<p><b>Aktualisiert am</b> <time datetime=2024-03-12>12. März</time></p>",
        "<time itemprop=startDate datetime=2024-06-01T10:00>1 June</time>",  # when a concert begins
    ],
)
def test_a_date_that_is_no_date_of_publication_is_null_and_not_guessed(lead: str) -> None:
    assert said(lead=lead).published is None


def test_an_ambiguous_date_is_read_as_the_declared_region_writes_it() -> None:
    told = (("en-US", "2024-03-09"), ("en-Latn-US", "2024-03-09"), ("en-GB", "2024-09-03"), ("de", "2024-09-03"))
    for lang, value in (*told, ("en-CA", None), ("undefined", None), ("English", None), ("en, de", None)):
        marked = page(lead="<p>03/09/2024</p>").replace("<html>", f'<html lang="{lang}">')
        found = dedup.clean(marked).metadata.published
        assert (found and found.value) == value


def test_a_month_is_read_by_its_short_name_and_as_the_declared_language_names_it() -> None:
    """Without March's, a twelfth of all such dates would be lost."""
    short = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    for number, month in enumerate(short, 1):
        assert dates.iso(f"{month} 9, 2024") == f"2024-{number:02}-09"
        assert dates.iso(f"Sat, 09 {month} 2024") == f"2024-{number:02}-09"
    assert dates.iso("9. listopada 2024.", "hr") == "2024-10-09"
    assert dates.iso("9 listopada 2024", "pl") == "2024-11-09"


@pytest.mark.parametrize(
    ("licence", "value"),
    [
        ("//licence.example/by", "https://licence.example/by"),
        ("/terms", "https://pier.example/terms"),
        ("CC BY", "CC BY"),
    ],
)
def test_a_licence_is_an_absolute_address_or_the_text_as_it_is(licence: str, value: str) -> None:
    found = said(linked(license=licence)).licence
    assert found is not None
    assert (found.value, found.source) == (value, "json-ld")


@pytest.mark.parametrize(
    ("lang", "head", "tag"),
    [
        ("undefined", "", None),
        ("null", "<meta name=language content=English><meta property=og:locale content=en_GB>", "en-GB"),
        ("", "<meta http-equiv=content-language content='de, en'>", "de"),
        ("und", linked(inLanguage={"@type": "Language", "name": "German"}), None),
        ("{{lang}}", linked(inLanguage="de-AT"), "de-AT"),
        ("zh-Hant-TW", "", "zh-Hant-TW"),
    ],
)
def test_a_language_is_a_tag_and_no_word_that_a_template_left(lang: str, head: str, tag: str | None) -> None:
    found = dedup.clean(page(head).replace("<html>", f'<html lang="{lang}">')).metadata.language
    assert (found and found.value) == tag


@pytest.mark.parametrize("rel", ["Canonical", "shortlink canonical", "canonical\n nofollow"])
def test_a_link_may_name_several_relations(rel: str) -> None:
    """Content systems put short addresses and canonical ones into one tag."""
    found = said(f"<link rel='{rel}' href=/c>").canonical_url
    assert found is not None
    assert found.value == "https://pier.example/c"
    assert said("<link rel='canonical-amp shortlink' href=/c>").canonical_url is None


def test_the_date_in_the_url_counts_where_nothing_else_says_one() -> None:
    found = said(url="https://pier.example/2024/03/09/ferry").published
    assert found is not None
    assert (found.value, found.source) == ("2024-03-09", "url")


@pytest.mark.parametrize(
    ("lead", "names"),
    [
        ("<p>By Ann Lee</p>", ("Ann Lee",)),
        ("<p>By Ann Lee and Bo Ek, Staff Writers</p>", ("Ann Lee", "Bo Ek")),
        ("<p>Von Jörg Müller, 9. März 2024</p>", ("Jörg Müller",)),
        ("<p>Par Élodie Petit</p>", ("Élodie Petit",)),
        ("<div class=byline>Ann Lee<br>Harbour correspondent</div>", ("Ann Lee",)),
        ("<div class=byline>Ann Lee | Marketing Operations Analyst</div>", ("Ann Lee",)),
        ("<p>Artikel von Jörg Müller</p>", ("Jörg Müller",)),
        ("<a rel=author href=/ann>Ann Lee</a>", ("Ann Lee",)),
        ("<span itemprop=author>Ann Lee</span>", ("Ann Lee",)),
        ("<p>記者：王小明</p>", ("王小明",)),
        ("<p>記者：您第一次設計橋是什麼時候？</p>", None),  # a question of an interview
        ("<p>By The Pier</p>", None),  # the site is nobody
        ("<p>By the time it was light, Nobody Knew</p>", None),
    ],
)
def test_authors_are_people_that_the_page_names_as_such(lead: str, names: tuple[str, ...] | None) -> None:
    found = said("<meta property=og:site_name content='The Pier'>", lead).authors
    assert (found.value if found else None) == names


@pytest.mark.parametrize(
    ("metas", "names"),
    [
        ("<meta name=author content='Pier Media'><meta property=article:author content='Ann Lee'>", ("Ann Lee",)),
        (
            "<meta name=author content='Ann Lee'><meta property=article:author content='facebook.com/ann.lee'>",
            ("Ann Lee",),
        ),
        ("<meta name=author content='Ann Lee Veröffentlicht'>", ("Ann Lee",)),
        (
            "<meta name=author content='Ann Lee Jr., Bo C.J., and Cy Ek, Ph.D.'>",
            ("Ann Lee Jr.", "Bo C.J.", "Cy Ek, Ph.D."),
        ),
        ("<meta name=author content='By Ann Lee.'>", ("Ann Lee",)),
        ("<meta name=author content='Ann Lee, Og Mandino, y Cy Ek'>", ("Ann Lee", "Og Mandino", "Cy Ek")),
        ("<meta name=author content='Lee, J.'>", ("Lee",)),
        ("<meta name=author content='Ann Lee Jr; Ann Lee Jr.'>", ("Ann Lee Jr",)),
        (
            "<meta name=citation_author content='Lee, Ann B.'><meta name=citation_author content='van Ek, Bo'>",
            ("Ann B. Lee", "Bo van Ek"),
        ),
        ("<meta name=dc.creator content='Ann Lee, Bo Ek'>", ("Ann Lee", "Bo Ek")),
        ("<meta name=author content='The Harbour Team'>", ("The Harbour Team",)),  # better than nobody
    ],
)
def test_a_person_goes_before_a_publisher_and_an_address_is_no_name(metas: str, names: tuple[str, ...]) -> None:
    """Many sites name themselves as the author of all their pages, and the author elsewhere."""
    found = said(metas).authors
    assert found is not None
    assert found.value == names


@pytest.mark.parametrize(
    ("link", "names"),
    [
        ("<a class=x href='/author/ann-lee'><b>Ann Lee</b></a>", ("Ann Lee",)),
        ("<a href=https://pier.example/autoren/ann-lee/>Ann Lee</a>", ("Ann Lee",)),
        ("<a href=/staff/ann-lee?from=top>Ann Lee</a>", ("Ann Lee",)),
        ("<a href=/authors/>All Authors</a>", None),  # a list of them
        ("<a href=/author/ann-lee><img src=ann.jpg></a>", None),
        ("<a href=/tags/ann-lee>Ann Lee</a>", None),
    ],
)
def test_a_link_to_an_authors_page_names_the_author(link: str, names: tuple[str, ...] | None) -> None:
    """Many templates say who wrote in no other way."""
    found = said(lead=f"<div>{link}</div>").authors
    assert (found.value if found else None) == names


def test_the_author_that_is_linked_below_the_headline_goes_before_the_one_above_it() -> None:
    above = "<div><a href=/author/bo-ek>Bo Ek</a></div>"
    markup = page(lead="<div><a href=/author/ann-lee>Ann Lee</a></div>").replace("<h1>", f"{above}<h1>")
    found = dedup.clean(markup).metadata.authors
    assert found is not None
    assert found.value == ("Ann Lee",)


def test_a_heading_does_not_end_in_the_link_to_itself() -> None:
    """Generated documentation puts a pilcrow behind each heading."""
    assert (
        dedup.clean(f"<title>Ferry API</title><h1>Ferry API<a href=#f>¶</a></h1><p>{BODY}</p>").title == "Ferry API"
    )
    for sign, title in (("#", "Ferries in C"), ("\u200b", "Ferries in C"), ("C#", "Ferries in CC#")):
        page = f"<title>Ferries</title><h1>Ferries in C<a href=#f>{sign}</a></h1><p>{BODY}</p>"
        assert dedup.clean(page).title == title
    assert dedup.clean(f"<h1>Ferries in C#</h1><p>{BODY}</p>").title == "Ferries in C#"


def test_headline_byline_and_dateline_are_kinds_of_blocks() -> None:
    found = dedup.clean(page(lead="<p>By Ann Lee</p><p>9 March 2024</p>"))
    kinds = {block.text: block.kind for block in found.blocks}
    assert kinds["Ferry runs until the ice comes"] == "title"
    assert (kinds["By Ann Lee"], kinds["9 March 2024"]) == ("byline", "dateline")


def test_plain_text_has_title_author_and_date_too() -> None:
    """WET records have no markup to say them."""
    text = f"Home\nFerry runs until the ice comes\nBy Ann Lee\n9 March 2024\n\n{BODY}\n\n{BODY[::-1]}\n"
    found = dedup.clean(text=text)
    assert found.title == "Ferry runs until the ice comes"
    assert found.metadata.authors is not None
    assert found.metadata.authors.value == ("Ann Lee",)
    assert found.metadata.published is not None
    assert found.metadata.published.value == "2024-03-09"


def test_short_news_has_its_headline_for_a_title() -> None:
    """Where no paragraph is long, the headline was itself taken for the first one, and the site's name stayed on."""
    lines = "".join(
        f"<p>The {name} sails again since Monday, said the harbour office.</p>" for name in ("Ida", "Una", "Eva")
    )
    found = dedup.clean(
        "<title>Three ferries sail again - The Pier</title><nav><a href=/>Home</a></nav>"
        f"<article><h1>Three ferries sail again</h1><p>By Ann Lee</p>{lines}</article>"
    ).metadata
    assert found.title is not None
    assert (found.title.value, found.title.source) == ("Three ferries sail again", "headline")
    assert found.authors is not None
    assert found.authors.value == ("Ann Lee",)


@pytest.mark.parametrize(
    ("line", "authors"),
    [
        ("كتبت: ليلى حداد", ("ليلى حداد",)),
        ("Söyleşi: Elif Yıldız", ("Elif Yıldız",)),
        ("Tekst: Ole Dahl, Kari Vik", ("Ole Dahl", "Kari Vik")),
        ("Foto: Ole Dahl", None),
    ],
)
def test_a_word_and_a_colon_before_a_marked_name_are_a_label(line: str, authors: tuple[str, ...] | None) -> None:
    """The label itself was named as the author; but who took the picture did not write the page."""
    found = said(lead=f"<p class=author>{line}</p>").authors
    assert (found and found.value) == authors


def test_the_sites_name_is_taken_off_a_title() -> None:
    markup = "<title>Ferry runs late | The Pier</title><meta property=og:site_name content='The Pier'>"
    assert dedup.clean(markup + f"<p>{BODY}</p>").title == "Ferry runs late"


def test_a_title_of_megabytes_is_left_as_it_is() -> None:
    """Each of its separators had all of it compared with the site's name."""
    title = "The Pier | " + "tide - " * 100_000
    assert without_site(title, ("The Pier",)) == title


def test_metadata_of_hostile_markup_is_bounded() -> None:
    """Ten thousand metas, marked elements and nodes of JSON-LD: a result all the same."""
    many = "<meta name=author content='A B'>" * 10_000 + linked(author=[{"name": f"N {n}"} for n in range(10_000)])
    found = said(many, "<span class=author>Ann Lee" * 2_000)
    assert found.authors is not None
    assert len(found.authors.value) <= 20
