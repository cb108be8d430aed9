"""Text that a page says again elsewhere is given once: an answer that others quote, a copy for another screen."""

from __future__ import annotations

import dedup

QUESTION = "Does anybody know how one finds out where a water pipe leaks that lies below the floor of the bathroom?"
ANSWER = (
    "Close all taps and look at the meter for ten minutes: if it moves, the pipe leaks, and a plumber can find the place"
    " with a microphone, without opening the floor anywhere else."
)
THANKS = (
    "Thank you, that was it: the meter moved by two litres, and the plumber found the leak below the bath in an hour."
)
STORY = [
    "The old pumping station at the canal is to become a library, the council of the town has decided on Monday evening.",
    "It was built a hundred years ago and has stood empty for ten of them, since the new one was opened behind the lock.",
    "The work is to begin in autumn and to last for two years, and the machines are to stay where visitors can see them.",
]


def thread(*posts: str) -> str:
    body = "".join(
        f"<article class='post'><div class='author'>Ann</div><div>{post}</div></article>" for post in posts
    )
    return f"<html><head><title>A leak</title></head><body><main><h1>A leak below the floor</h1>{body}</main></body></html>"


def p(text: str) -> str:
    return f"<p>{text}</p>"


def test_an_answer_that_another_quotes_is_given_once() -> None:
    page = dedup.clean(thread(p(QUESTION), p(ANSWER), f"<blockquote>{p(ANSWER)}</blockquote>{p(THANKS)}"))
    for text in (QUESTION, ANSWER, THANKS):
        assert page.content.count(text) == 1
    quoted = [block for block in page.blocks if block.text == ANSWER][1]
    assert (quoted.verdict.reason, quoted.verdict.evidence.similarity) == ("page_repeat", 1.0)


def test_a_summary_that_opens_the_story_is_given_once_and_none_of_the_story_goes() -> None:
    body = "".join(map(p, STORY))
    page = dedup.clean(
        f"<body><h1>A library at the canal</h1><div class=summary>{p(STORY[0])}</div><div>{body}</div>"
    )
    assert [page.content.count(text) for text in STORY] == [1, 1, 1]


def test_what_stands_first_among_furniture_stays_where_it_is_content() -> None:
    """A teaser of the page itself above its menu must not cost the story its first paragraph."""
    menu = "".join(f"<li><a href='/{number}'>Section {number}</a></li>" for number in range(12))
    teaser = f"<nav class='menu'><div class='promo'><a href='/story'>{STORY[0]}</a></div><ul>{menu}</ul></nav>"
    page = dedup.clean(f"<body>{teaser}<article><h1>A library at the canal</h1>{''.join(map(p, STORY))}</article>")
    assert not page.blocks[0].verdict.keep
    assert [page.content.count(text) for text in STORY] == [1, 1, 1]


def test_two_paragraphs_of_one_element_are_the_authors() -> None:
    refrain = "And still the rain came down upon the roofs of the town, and nobody knew any longer when it had begun."
    texts = [STORY[0], refrain, STORY[1], refrain, STORY[2]]
    page = dedup.clean(f"<body><article><h1>Rain</h1>{''.join(map(p, texts))}</article>")
    assert page.content.count(refrain) == 2


def test_code_rows_and_short_sentences_recur_as_they_do() -> None:
    code = "<pre>for pump in station.pumps:\n    pump.open()\n    pump.wait_until_it_runs_dry()\n    pump.close()\n    report(pump)</pre>"
    section = (
        f"<section><h2>Pumps</h2>{p(STORY[1])}{code}</section><section><h2>Locks</h2>{p('It was opened.')}{code}"
    )
    page = dedup.clean(f"<body><main><h1>Manual</h1>{section}{p('It was opened.')}{p(STORY[2])}</section></main>")
    assert page.content.count("pump.wait_until_it_runs_dry()") == 2
    assert page.content.count("It was opened.") == 2


def test_texts_that_differ_in_a_mark_alone_both_stay() -> None:
    """`C` and `C++` are one word to a fingerprint."""
    texts = [
        f"The examples of this book are written in {language}, and the compiler of the system is all that one needs to run them."
        for language in ("C", "C++")
    ]
    sections = "".join(f"<section><h2>Examples {n}</h2>{p(text)}</section>" for n, text in enumerate(texts))
    assert all(text in dedup.clean(f"<body><main><h1>Book</h1>{sections}</main>").content for text in texts)


def test_two_questions_with_one_answer_both_keep_it() -> None:
    questions = "".join(
        f"<section><h3>{title}</h3>{p(ANSWER)}</section>" for title in ("Does it leak?", "Where from?")
    )
    assert dedup.clean(f"<body><main><h1>Water pipes</h1>{p(QUESTION)}{questions}</main>").content.count(ANSWER) == 2


def test_a_refrain_stays_also_where_a_teaser_or_a_text_much_like_it_stands_elsewhere() -> None:
    refrain = STORY[0]
    body = "".join(map(p, [STORY[1], refrain, STORY[2], refrain, THANKS]))
    menu = "".join(f"<li><a href='/{number}'>Section {number}</a></li>" for number in range(12))
    teaser = f"<nav class='menu'><div class='promo'><a href='/story'>{refrain}</a></div><ul>{menu}</ul></nav>"
    for before in (teaser, f"<div>{p(QUESTION)}{p(refrain + ' Indeed it has.')}</div>"):
        page = dedup.clean(f"<body>{before}<article><h1>A library at the canal</h1>{body}</article>")
        assert sum(block.text == refrain and block.verdict.keep for block in page.blocks) == 2
