"""Pages made to be slow cost no more than others, and the answer names the limit that was hit."""

from __future__ import annotations

import random
import resource

import pytest

from dedup.options import Limits
from dedup.segment import dom_kernels as dom
from dedup.segment.html import segment_html

LIMITS = Limits()
_TAGS = [
    *("a", "b", "i", "div", "p", "span", "ul", "li", "dl", "dt", "dd", "table", "tr", "td", "th", "tbody", "caption"),
    *("button", "h1", "form", "section", "select", "option", "svg", "math", "template", "object", "marquee", "ruby"),
    *("rt", "pre", "code", "blockquote", "label", "nobr", "x-y", "font", "noscript", "center", "iframe", "title"),
    *("textarea", "body", "html", "head", "br", "img", "input", "legend", "details"),
]


@pytest.mark.parametrize(
    ("markup", "limit", "text"),
    [
        ("<div>" * 200_000 + "deep", "max_depth", "deep"),
        ("<span><div></span>" * 100_000 + "deep", "max_depth", "deep"),
        ("<ul><li>" * 100_000 + "deep", "max_depth", "deep"),
        ("<p " + " ".join(f"a{i}=1" for i in range(100_000)) + ">text", "max_attributes", "text"),
        ("<select>" + "<option>x" * 200_000 + "</select>after", "max_options", "after"),
    ],
)
def test_each_limit_that_is_hit_is_named_and_the_text_stays(markup: str, limit: str, text: str) -> None:
    page = segment_html(markup.encode(), LIMITS)
    assert page.truncated == (limit,)
    assert page.texts == [text]


def test_too_many_blocks_are_left_out_and_named() -> None:
    page = segment_html(b"<p>x" * 50, Limits(max_blocks=20))
    assert len(page) == 20
    assert page.truncated == ("max_blocks",)


def test_too_many_elements_lose_their_tags_and_keep_their_text() -> None:
    page = segment_html(b"<p>x " * 50, Limits(max_elements=20))
    assert page.truncated == ("max_elements",)
    assert sum(text.count("x") for text in page.texts) == 50


@pytest.mark.parametrize("seed", range(40))
def test_no_soup_of_tags_nests_deeper_than_the_limit_allows(seed: int) -> None:
    """The parser's work grows with the square of the depth, so a pattern that escapes the bound stops a crawler."""
    rng = random.Random(seed)
    for _ in range(25):
        pattern = "".join(
            rng.choice(("<{}>", "<{}>", "</{}>", "x{:.0}")).format(rng.choice(_TAGS))
            for _ in range(rng.randint(2, 7))
        )
        page = segment_html((pattern * (20_000 // len(pattern))).encode(), LIMITS)
        assert page.table is not None
        depth = int(page.table.rows[:, dom.DEPTH].max())
        assert depth <= 4 * LIMITS.max_depth, pattern


@pytest.mark.parametrize("gap", ["\0", "<!-- -->", "<i></i>", "<script></script>", "<!x>", "</>", "<font>"])
def test_nothing_that_is_left_out_makes_a_tag_of_what_is_none(gap: str) -> None:
    """What the scan takes for text and the parser for tags would escape every bound, and lose the text."""
    page = segment_html(f"<p>1 <{gap}div>".encode() * 2_000, LIMITS)
    assert page.table is not None
    assert int(page.table.rows[:, dom.DEPTH].max()) < 10
    assert page.texts[0] == "1 <div>"


def test_random_bytes_never_crash_and_give_the_same_answer_twice() -> None:
    rng = random.Random(5)
    alphabet = b"<>/=\"' \n\0!-?abdipt&;#x\xc3\xa9\xff"
    for _ in range(300):
        markup = bytes(rng.choice(alphabet) for _ in range(rng.randint(0, 400)))
        markup = markup.decode(errors="replace").encode()
        assert segment_html(markup, LIMITS).texts == segment_html(markup, LIMITS).texts


def test_memory_for_hostile_pages_is_bounded() -> None:
    segment_html(b"<p>warm", LIMITS)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for markup in (b"<p>x " * 50_000, b"<a href=/x>link</a> " * 100_000, b"<table>" + b"<tr><td>a<td>b" * 20_000):
        segment_html(markup, LIMITS)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 * 1024
