"""Pages that carry their text outside their body, in JSON-LD or in the description of their head."""

from __future__ import annotations

import json
import time

import pytest

import dedup
from dedup.segment.html import segment_html

TEXTS = [
    "The kettle holds one and a half litres and boils them in four minutes, with a lid that stays cool in the hand.",
    "Its base is made of cork from Portugal, and every part of it can be taken out and replaced without any tool.",
    "It comes with a cord of two metres, a filter that can be washed, and a guarantee of five years on all parts.",
]


def product(data: str, body: str = "<div id='app'></div>") -> str:
    return f"<html><head><title>Kettle</title><script type='application/ld+json'>{data}</script></head><body>{body}"


def linked(text: str) -> str:
    return json.dumps({"@graph": [{"@type": "Product", "name": "Kettle", "description": text}]})


def test_a_page_of_scripts_gives_the_text_of_its_structured_data() -> None:
    assert dedup.clean(product(linked("\n".join(TEXTS)))).content.split("\n\n") == TEXTS


def test_markup_inside_structured_data_is_no_text() -> None:
    content = dedup.clean(product(linked("".join(f"<p>{text} &amp; more</p>" for text in TEXTS)))).content
    assert content.split("\n\n") == [f"{text} & more" for text in TEXTS]


def test_what_the_page_shows_is_not_given_twice() -> None:
    body = "<h1>Kettle</h1><p>" + TEXTS[0] + "</p>"
    assert dedup.clean(product(linked(TEXTS[0]), body)).content.count(TEXTS[0]) == 1


def test_structured_data_counts_for_the_most_blocks_of_a_page() -> None:
    body = "<h1>Kettle</h1>"
    for most, is_cut in ((4, False), (3, True)):
        options = dedup.CleanOptions(limits=dedup.Limits(max_blocks=most))
        page = dedup.clean(product(linked("\n".join(TEXTS)), body), options=options)
        assert ("limit=max_blocks" in page.status_evidence) == is_cut
        assert (TEXTS[1] in page.content, TEXTS[2] in page.content) == (True, not is_cut)


def test_many_paragraphs_beside_many_links_take_no_time_of_both_together() -> None:
    data = linked(
        "\n".join(
            f"{number} of the many kettles of this shop, which boil the water of everybody who comes in"
            for number in range(60_000)
        )
    )
    page = product(data, "<a href='/'>a link that says a lot of what the shop has</a> " * 100_000).encode()
    started = time.process_time()
    assert len(segment_html(page, dedup.Limits())) > 60_000
    assert time.process_time() - started < 15


@pytest.mark.parametrize(
    "data", ["{", "[" * 100_000, '{"description": 3}', "[" + "[]," * 50_000 + "[]]", "null", "\x00"]
)
def test_malformed_structured_data_costs_nothing_but_itself(data: str) -> None:
    """A page must not be lost over a comma in a script."""
    body = "".join(f"<p>{text}</p>" for text in TEXTS)
    assert dedup.clean(product(data, body)).content.split("\n\n") == TEXTS


def described(body: str, more: str = "", text: str = TEXTS[0]) -> str:
    return f"<title>Kettle</title><meta name='description' content='Kettles'>{more}<meta property='og:description' content=\"{text} &amp; more\"><body>{body}"


def test_a_page_whose_body_says_nothing_gives_the_description_in_its_head() -> None:
    """Of a forum whose posts only scripts bring, nothing was left, though its head says how the first one begins."""
    page = dedup.clean(described("<nav><a href='/'>Home</a></nav><div id=app></div>"))
    assert page.content == f"{TEXTS[0]} & more"
    assert (page.status, page.status_evidence) == ("partial", ("text=description",))


def test_a_description_is_no_text_beside_what_the_page_says_or_its_structured_data() -> None:
    for page in (
        described(f"<p>{TEXTS[1]}</p>"),
        described("<div id='app'></div>", f"<script type='application/ld+json'>{linked(TEXTS[1])}</script>"),
        described(f"<p>{TEXTS[1]}</p>", text=TEXTS[1]),
    ):
        assert dedup.clean(page).content == TEXTS[1]


def test_a_short_description_is_no_text() -> None:
    assert dedup.clean(described("<div id='app'></div>", text="The kettle")).content == ""


def test_a_description_makes_no_page_of_scripts_more_than_that() -> None:
    page = dedup.clean(described("<div id='app'></div><script src='/app.js'></script>"))
    assert (page.status, page.content) == ("script_shell", f"{TEXTS[0]} & more")


def test_a_page_of_linked_headlines_says_something_itself() -> None:
    headlines = "".join(
        f"<li><a href='/{n}'><h3>The council of town {n} has decided on it</h3></a></li>" for n in range(20)
    )
    page = dedup.clean(described(f"<main><h1>News</h1><ul>{headlines}</ul></main>"))
    assert TEXTS[0] not in page.content
    assert page.status == "ok"


def test_what_is_said_to_those_without_scripts_is_not_what_the_page_says() -> None:
    sorry = "<noscript><p>We are sorry, but this shop does not work without JavaScript, so please enable it and come again.</p></noscript>"
    assert TEXTS[0] in dedup.clean(described(f"{sorry}<div id='app'></div>")).content


def test_markup_inside_a_description_is_no_text() -> None:
    assert dedup.clean(described("", text=f"&lt;p&gt;{TEXTS[0]}")).content == f"{TEXTS[0]} & more"


def test_a_comparison_is_no_markup() -> None:
    text = f"{TEXTS[0]} Where x < y it is full, and where x > y empty."
    for page in (described("", text=text), product(linked(text))):
        assert text in dedup.clean(page).content


def test_metas_of_very_many_attributes_take_linear_time() -> None:
    attributes = " ".join(f"a{number}=1" for number in range(100_000))
    started = time.process_time()
    segment_html(f"<title>x</title><meta {attributes}><body>".encode(), dedup.Limits())
    assert time.process_time() - started < 5
