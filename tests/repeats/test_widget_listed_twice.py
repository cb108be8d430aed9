"""The page that the project began with: an article, and a teaser list that stands beside it twice."""

from __future__ import annotations

from html import escape
from pathlib import Path

import pytest

import dedup

HEADLINE = "City council approves plan to restore the old harbour warehouses"
CREDIT = "By Marta Lindqvist, Harbour Gazette"
BODY = [
    "The city council voted on Tuesday evening to restore the three brick warehouses on the eastern quay, ending a"
    " dispute that had kept the buildings empty for eleven years and divided residents of the old port district.",
    "Under the plan, the two larger buildings will hold workshops for boat builders, a small museum and a market hall,"
    " while the third will be rented to a theatre company that has performed in a tent nearby since 2016.",
    "“We have looked at this ruin for long enough,” said councillor Henrik Aaltonen, who introduced the motion. He"
    " added that the first repairs to the roofs would start before the autumn storms.",
    "Not everyone was convinced. Opponents argued that the estimate of 14 million was far too low, pointing to the"
    " nearby customs house, where the costs doubled during the work.",
    "Residents will be asked for their opinion on the design of the square in front of the buildings in May.",
    "The council will decide on the contracts in June. Work is expected to take three years, and the market hall is to"
    " open first, possibly as early as next summer, according to the planning office.",
]
TEASERS = [
    (
        "Ferry line adds night crossings for the summer season",
        "Two additional boats will connect the islands with the mainland until two in the morning.",
    ),
    (
        "Local bakery wins national prize for its rye bread",
        "The family business has baked with the same sourdough starter for more than ninety years.",
    ),
    (
        "Volunteers plant four thousand trees along the river",
        "The young oaks and alders are meant to hold the banks when the floods come.",
    ),
    (
        "School orchestra invited to play at the spring festival",
        "Fifty students will perform works by three composers from the region.",
    ),
    (
        "Why the price of fish keeps rising at the market",
        "Fuel costs and smaller quotas have pushed prices to a record, traders say.",
    ),
    (
        "Old lighthouse opens its doors to overnight guests",
        "Visitors can now sleep in the keeper's rooms, thirty metres above the sea.",
    ),
    (
        "New cycling bridge will close the gap in the coastal route",
        "Construction starts in April and will take about eighteen months.",
    ),
    (
        "Scientists count more seals than ever before in the bay",
        "The population has recovered since hunting was banned four decades ago.",
    ),
]
FIRST, SECOND = ("Hot this week", TEASERS[:5]), ("Topics", TEASERS)
MENU = ["Home", "News", "Sports", "Culture", "Business", "Contact"]
COOKIES = "We use cookies to improve your experience on this site. By continuing you accept our cookie policy."
SHARE = ["Share", "Facebook", "Twitter", "WhatsApp", "Email"]
FOOTER = ["© 2025 Harbour Gazette. All rights reserved.", "Imprint", "Privacy policy", "Terms of use"]

List = tuple[str, list[tuple[str, str]]]


def p(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def div(*inner: str) -> str:
    return f"<div>{''.join(inner)}</div>"


def links(words: list[str]) -> str:
    return " ".join(f"<a href='/{word}'>{escape(word)}</a>" for word in words)


def semantic() -> str:
    def widget(tag: str, content: List) -> str:
        items = "".join(f"<li><h3><a href='/x'>{escape(a)}</a></h3>{p(b)}</li>" for a, b in content[1])
        return f"<{tag}><h2>{content[0]}</h2><ul>{items}</ul></{tag}>"

    return (
        f"<header><nav>{links(MENU)}</nav></header><div class=cookie-banner>{p(COOKIES)}<button>Accept</button></div>"
        f"<main><article><h1>{HEADLINE}</h1><p class=byline>{CREDIT}</p>{''.join(map(p, BODY))}"
        f"<div class=share>{links(SHARE)}</div></article>{widget('section', FIRST)}</main>"
        f"{widget('aside', SECOND)}<footer>{''.join(map(p, FOOTER))}</footer>"
    )


def bare_divs() -> str:
    def widget(content: List) -> str:
        items = (div(f"<a href='/x'>{escape(a)}</a>") + div(escape(b)) for a, b in content[1])
        return div(div(content[0]), *items)

    article = div(div(HEADLINE), div(CREDIT), *map(p, BODY))
    return (
        div(links(MENU)) + div(COOKIES) + article + div(" ".join(SHARE)) + widget(FIRST) + widget(SECOND)
        + div(" ".join(FOOTER))
    )  # fmt: skip


def one_div(*, linked: bool) -> str:
    def widget(content: List) -> str:
        titles = (f"<p><a href='/x'>{escape(a)}</a></p>" if linked else p(a) for a, _ in content[1])
        return p(content[0]) + "".join(title + p(b) for title, (_, b) in zip(titles, content[1], strict=True))

    return div(
        p(" ".join(MENU)), p(COOKIES), p(HEADLINE), p(CREDIT), *map(p, BODY), p(" ".join(SHARE)),
        widget(FIRST), widget(SECOND), p(" ".join(FOOTER)),
    )  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [semantic(), bare_divs(), one_div(linked=True), one_div(linked=False)],
    ids=["semantic markup", "bare divs", "one div, linked", "one div, unlinked"],
)
def test_the_article_stays_word_for_word_and_nothing_beside_it(body: str) -> None:
    page = dedup.clean(f"<html><head><title>{HEADLINE} - Harbour Gazette</title></head><body>{body}</body></html>")
    assert page.content.split("\n\n") == [HEADLINE, CREDIT, *BODY]


def as_text(before: list[str], lists: list[List], after: list[str]) -> str:
    lines = [*before]
    for heading, items in lists:
        lines += [heading, *(line for item in items for line in item)]
    return "\n\n".join(lines + after)


ARTICLE = [HEADLINE, CREDIT, *BODY]


def test_every_repeated_block_names_its_twin_and_its_run() -> None:
    page = dedup.clean(text=as_text(ARTICLE, [FIRST, SECOND], ["Related Articles"]))
    assert page.content.split("\n\n") == ARTICLE
    by_text: dict[str, list[dedup.Block]] = {}
    for block in page.blocks:
        by_text.setdefault(block.text, []).append(block)
    for title, summary in TEASERS[:5]:
        for text in (title, summary):
            first, second = by_text[text]
            assert (first.verdict.evidence.twin, second.verdict.evidence.twin) == (second.index, first.index)
            assert first.verdict.evidence.similarity == 1
            assert first.verdict.reason == second.verdict.reason == "widget"
            assert first.verdict.evidence.run != second.verdict.evidence.run
            assert None not in (first.verdict.evidence.run, second.verdict.evidence.run)
    alone = by_text[TEASERS[6][1]][0].verdict
    assert (alone.reason, alone.evidence.twin) == ("widget", None)


def test_a_list_before_the_article_leaves_its_headline_and_lead_alone() -> None:
    lead = "Three brick buildings will hold workshops, a museum and a theatre."
    article = [HEADLINE, lead, *BODY]
    text = as_text([], [FIRST, SECOND], article)
    assert dedup.clean(text=text).content.split("\n\n") == article


VERSE = ["Down by the water the boats come in", "And nobody asks where the evening has been"]
CHORUS = [
    "Row me over, row me home",
    "Over the bar and over the foam",
    "Row me over, row me slow",
    "Home is the only harbour I know",
]


@pytest.mark.parametrize(
    "lines",
    [
        [*VERSE, *CHORUS, "The lamps on the pier go out one by one", *CHORUS],
        ["Is the museum open on Mondays?", "No.", "Is there a lift?", "Yes.", "Is there a café?", "Yes.", *BODY[:1]],
        ["Motion 1", BODY[0], "The motion was carried.", "Motion 2", BODY[1], "The motion was carried."],
        [BODY[0], "“We have looked at this ruin for long enough,” said councillor Henrik Aaltonen.", *BODY[1:]],
        [
            "Model A",
            "Weight: 2 kg",
            "Battery: 9 hours",
            "Colour: grey",
            "Model B",
            "Weight: 2 kg",
            "Battery: 9 hours",
            "Colour: blue",
            *BODY,
        ],
        [*BODY, BODY[0]],
    ],
    ids=["refrain", "questions", "minutes", "pull quote", "specifications", "summary at the end"],
)
def test_text_that_recurs_for_a_reason_loses_no_line(lines: list[str]) -> None:
    assert dedup.clean(text="\n\n".join(lines)).content.split("\n\n") == lines


def test_an_article_that_the_page_holds_twice_is_given_once() -> None:
    text = "\n\n".join([*BODY, "Print version", *BODY])
    content = dedup.clean(text=text).content
    assert all(content.count(paragraph) == 1 for paragraph in BODY)


def test_the_page_of_the_mission(data: Path) -> None:
    source = (data / "mission" / "article.txt").read_text(encoding="utf-8")
    lines = [line for line in source.split("\n\n") if line.strip()]
    cut = lines.index("Hot this week")
    assert dedup.clean(text=source).content.split("\n\n") == [line.strip() for line in lines[:cut]]
