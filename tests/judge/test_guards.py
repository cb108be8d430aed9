"""What guards add to the scores: they look at a page's order, and must not lose what the judge is sure of."""

from __future__ import annotations

import numpy as np

import dedup
from dedup.judge import columns
from dedup.judge.guards import drop_agreed
from dedup.options import Limits
from dedup.segment.html import segment_html

RELATED = """<div class="related"><h4>Related articles</h4><ul>
<li><a href="/a">Ferry company denies that its boats are late on purpose</a></li>
<li><a href="/b">Why the harbour of Aske is the coldest in the country</a></li></ul></div>"""
SHORT = [
    "The harbour master said on Tuesday that nobody had been told about the second closure this month.",
    "Two of the three boats will stay in the dock until an engineer has looked at their rudders.",
    "Passengers who hold a ticket for the whole season get back what they paid for these four weeks.",
    "The town has asked the ministry for a bus that would drive around the bay twice a day.",
    "A spokesman of the ministry answered that it had heard of the problem and would look into it.",
    "Until then the baker of the island brings what people order over the phone in his own boat.",
]


def test_an_article_that_goes_on_below_related_articles_in_short_paragraphs_keeps_them() -> None:
    """Half of a news article was lost where no long paragraph came after its first list of teasers."""
    page = f"""<html><head><title>The ferry to Aske stops for a month</title></head><body>
<nav><a href="/">Home</a> <a href="/news">News</a> <a href="/sport">Sport</a></nav>
<article><h1>The ferry to Aske stops for a month</h1>
<p>The ferry between the mainland and the island of Aske will not run for four weeks, the company that owns it has
announced, since two of its three boats were found to have damaged rudders after a storm that nobody had forecast
and that tore the landing stage of the harbour in two. Those who live there have to ask the baker.</p>
{RELATED}{"".join(f"<p>{line}</p>" for line in SHORT)}</article>
<footer><p>All rights reserved</p></footer></body></html>"""
    content = dedup.clean(page).content
    assert [line for line in SHORT if line not in content] == []
    assert "denies that its boats" not in content


def test_a_page_whose_items_stand_below_a_heading_like_latest_news_is_not_emptied() -> None:
    """Of a listing, its introduction alone was left."""
    items = "".join(
        f"""<div class="card"><h3><a href="/{number}">{line.split(" the ")[0]} {number}</a></h3><p>{line}</p></div>"""
        for number, line in enumerate(SHORT * 6)
    )
    page = f"""<html><head><title>News of the harbour</title></head><body>
<main><h1>News of the harbour</h1><p>All that the harbour of Aske has to tell: which boats run and which do not,
what the ministry answers, who bakes and who delivers, and what it all costs those who live on the island.</p>
<h2>Latest news</h2>{items}</main>
</body></html>"""
    content = dedup.clean(page).content
    assert [line for line in SHORT if line not in content] == []


def test_short_last_paragraphs_that_mention_social_networks_are_no_share_buttons() -> None:
    """An article on a campaign lost its end."""
    ends = [
        "The town had paid for pictures of the boat on Facebook, Instagram and Twitter since the beginning of May.",
        "On Facebook alone more than four thousand people asked where the island is and how they could get there.",
    ]
    page = f"""<html><head><title>The ferry to Aske becomes famous</title></head><body>
<nav><a href="/">Home</a> <a href="/news">News</a> <a href="/sport">Sport</a></nav>
<article><h1>The ferry to Aske becomes famous</h1>
<p>The ferry between the mainland and the island of Aske has never had as many passengers as in this summer, and the
company that owns it says that it does not know where they come from, since nobody had expected them, and since there
are no more than eleven beds for guests on the whole island, all of them above the bakery at the harbour.</p>
{"".join(f"<p>{line}</p>" for line in (*SHORT[:2], *ends))}</article>
<div class="share">Share Facebook Twitter WhatsApp</div><footer><p>All rights reserved</p></footer></body></html>"""
    content = dedup.clean(page).content
    assert [line for line in ends if line not in content] == []
    assert "WhatsApp" not in content


def test_share_buttons_that_text_and_class_call_so_go_where_the_judge_is_in_doubt_alone() -> None:
    """Buttons between headline and article were kept; a sentence on sharing, or in a list of some other class, stays."""
    page = segment_html(b"<body><p>Share on Facebook<p>Share on Facebook<p>Share on Facebook<p>The ferry", Limits())
    scores = np.array([0.55, 0.55, 0.65, 0.55], np.float32)
    table = np.full((4, len(columns.NAMES)), columns.FAR, np.float32)
    table[[0, 2, 3], columns.NAMES.index("class_share")] = 2
    content = np.ones(4, np.bool_)
    drop_agreed(content, scores, page, np.full(4, 3, np.int32), table)
    assert content.tolist() == [False, True, True, True]
