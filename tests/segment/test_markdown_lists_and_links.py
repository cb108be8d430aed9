"""Markdown that goes in and comes out keeps its lists, links and images."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dedup
from dedup.options import Limits
from dedup.segment.markdown import segment_markdown
from dedup.segment.markdown_parser import parse
from dedup.segment.segments import Picture

URL = "https://quayside.example/guide/"
OPTIONS = dedup.CleanOptions(
    content_format="markdown", links=True, mode="annotate", list_links=True, list_images=True
)
LIMITS = Limits()


def written(markdown: str) -> str:
    return dedup.clean(markdown=markdown, url=URL, options=OPTIONS).content


def test_links_are_written_again() -> None:
    assert written(
        '# The [guide](/)\n\nSee the [time *table*](t.html?a=1&b=2 "When"), <https://x.example/y>, [`that`][1] and '
        "[this](javascript:alert(1)).\n\n| Pier |\n|---|\n| Old [North](n_(1).html) |\n\n[1]: http://ref.example/\n"
    ) == (
        "# The [guide](https://quayside.example/)\n\n"
        "See the [time table](https://quayside.example/guide/t.html?a=1&b=2), [https://x.example/y](https://x.example/y), "
        "[that](http://ref.example/) and this.\n\n"
        "| Pier |\n| --- |\n| Old [North](https://quayside.example/guide/n_%281%29.html) |"
    )


def test_links_written_as_html_are_written_again() -> None:
    assert written('See <a href="t.html?a=1&amp;b=2">the <b>table</b></a>, <a name="x">here</a>.') == (
        "See [the table](https://quayside.example/guide/t.html?a=1&b=2), here."
    )
    assert written('<p>Back <a href="/">home</a></p>\n\nText <a href=x>without an end') == (
        "Back [home](https://quayside.example/)\n\nText [without an end](https://quayside.example/guide/x)"
    )


def test_links_of_any_scheme_are_written_but_for_those_that_lead_nowhere() -> None:
    assert written("[a](ftp://x.example/a) [b](sms:+1) [c](VBScript:c) [d](data:,d) [e](wiki:Talk)") == (
        "[a](ftp://x.example/a) [b](sms:+1) c d [e](wiki:Talk)"
    )


def test_a_break_written_as_html_parts_words() -> None:
    page = dedup.clean(
        markdown="Open daily<br>from ten<br/>to six.\n\n| Pier |\n|---|\n| Old<br>North |", options=OPTIONS
    )
    assert [block.text for block in page.blocks] == ["Open daily\nfrom ten\nto six.", "Pier", "Old\nNorth"]
    assert page.content == "Open daily  \nfrom ten  \nto six.\n\n| Pier |\n| --- |\n| Old North |"


def test_links_stand_where_text_is_not_ascii() -> None:
    assert written("Die *Fähre* zur 渡し船 [Brücke](ü.html) &amp; [zurück](/)") == (
        "Die Fähre zur 渡し船 [Brücke](https://quayside.example/guide/%C3%BC.html) & "
        "[zurück](https://quayside.example/)"
    )


def test_without_links_the_text_alone_is_written() -> None:
    options = dedup.CleanOptions(content_format="markdown", mode="annotate")
    assert dedup.clean(markdown="See [the table](t.html).", options=options).content == "See the table."


def test_numbers_and_nesting_of_lists_come_out() -> None:
    text = (
        "3. Come early\n   - Boats leave at six\n      1. sharp\n   - or later\n4. Bring a ticket\n\n"
        "   which the office sells\n5. Sail"
    )
    assert written(text) == text


def test_what_is_nested_under_a_wide_number_stays_nested() -> None:
    assert written("100. Hundred\n     - under it\n") == "100. Hundred\n     - under it"


def test_lists_in_html_within_markdown_come_out() -> None:
    assert written("<ol><li>one<ul><li>two</li></ul></li><li>three</li></ol>\n") == "1. one\n   - two\n2. three"


@st.composite
def lists(draw: st.DrawFn, depth: int = 0) -> list[tuple[int, str]]:
    """Depth and mark of each item."""
    start = draw(st.none() | st.integers(0, 200))
    found: list[tuple[int, str]] = []
    for number in range(draw(st.integers(1, 3))):
        found.append((depth, "-" if start is None else f"{start + number}."))
        if depth < 3 and draw(st.booleans()):
            found += draw(lists(depth + 1))
    return found


@given(lists())
def test_any_nested_list_is_the_same_list_afterwards(items: list[tuple[int, str]]) -> None:
    lines, columns = [], [0]
    for number, (depth, mark) in enumerate(items):
        del columns[depth + 1 :]
        lines.append(f"{' ' * columns[depth]}{mark} item {number}\n\n")
        columns.append(columns[depth] + len(mark) + 1)
    again = segment_markdown(written("".join(lines)), LIMITS)
    assert [(one.depth, one.mark) for one in again.listed if one] == items
    assert again.texts == [f"item {number}" for number in range(len(items))]


def test_an_image_alone_is_listed_and_makes_no_block() -> None:
    page = segment_markdown("# T\n\n![A *ferry*](ferry.jpg)\n\n[![](badge.svg)](/ci)\n\nText ![](i.png)\n", LIMITS)
    assert page.texts == ["T", "Text"]
    assert page.pictures == (
        Picture("ferry.jpg", "A ferry", 1), Picture("badge.svg", None, 1), Picture("i.png", None, 1),
    )  # fmt: skip


FRONT = '---\ntitle: "Harbour: a guide"\ntags:\n- boats\n\n# made by hand\nlead: >\n  Two\n  lines\n---\n'


def test_front_matter_is_no_content_and_gives_the_title() -> None:
    page = dedup.clean(markdown=FRONT + "Boats leave *at* six.", options=OPTIONS)
    assert page.content == "Boats leave at six."
    assert page.title == "Harbour: a guide"
    assert page.blocks[0].line == 11
    assert written(FRONT.replace("\n", "\r\n") + "Text") == "Text"
    assert segment_markdown("---\ntitle:\ndate: 2019\n...\n# Head", LIMITS).title == "Head"


@pytest.mark.parametrize(
    "text",
    [
        "---\n\nNote: boats\n\n---", "---\nBoats leave at six\n---", "---\nNote: boats leave\nat six\n---", "---",
        "---\n---\nText", "---\nnote: it never ends\n", "a: b\n---\n",
    ],
)  # fmt: skip
def test_a_break_at_the_top_hides_no_text(text: str) -> None:
    assert " ".join(segment_markdown(text, LIMITS).texts).split() == text.replace("---", "").split()


@pytest.mark.parametrize(
    ("before", "deepest"),
    [
        (lambda level: "  " * level + "- ", 100),
        (lambda level: "   " * level + "1. ", 100),
        (lambda level: "> " * level + "> ", 20),
    ],
    ids=["lists", "numbered lists", "quotes"],
)
def test_what_nests_deeper_than_is_read_keeps_its_text_and_so_does_all_behind_it(
    before: Callable[[int], str], deepest: int
) -> None:
    def page(levels: int) -> str:
        return "".join(f"{before(level)}word{level}\n" for level in range(levels)) + "\nThe end\n"

    words = [f"word{level}" for level in range(deepest + 30)]
    whole = segment_markdown(page(deepest), LIMITS)
    assert (list(whole.texts), whole.truncated) == ([*words[:deepest], "The end"], ())
    cut = segment_markdown(page(deepest + 30), LIMITS)
    assert (list(cut.texts), cut.truncated) == ([*words, "The end"], ("max_depth",))


@pytest.mark.parametrize(
    ("unit", "text"),
    [("word\n\n", "word"), ("- word\n", "word"), ("> word\n\n", "word"), ("# word\n", "word"), ("|a|b|\n", "a\tb")],
    ids=["paragraphs", "items", "quotes", "headings", "rows"],
)
def test_blocks_beyond_the_limit_are_not_even_read(unit: str, text: str) -> None:
    """Sixteen megabytes of them, which a page may have, came to ten gigabytes of tokens."""
    head = "|x|y|\n|-|-|\n" if unit[0] == "|" else ""
    cut = segment_markdown(head + unit * 30, Limits(max_blocks=20))
    assert (cut.texts[-1], len(cut), cut.truncated) == (text, 20, ("max_blocks",))
    whole = segment_markdown(head + unit * (19 if head else 20), Limits(max_blocks=20))
    assert (len(whole), whole.truncated) == (20, ())
    assert len(parse(head + unit * 10_000, LIMITS.max_depth, 20).tokens) < 400


def test_items_without_text_are_bounded_too() -> None:
    assert len(parse("- " * 40 + "a\n" + ("- " * 40 + "b\n") * 1_000, LIMITS.max_depth, 100).tokens) < 1_000


def test_a_limit_that_html_in_markdown_hits_is_named() -> None:
    page = segment_markdown("Before\n\n" + "<div>" * 600 + "deep\n\nafter", LIMITS)
    assert (page.texts, page.truncated) == (["Before", "deep", "after"], ("max_depth",))


def test_code_and_tables_in_the_deepest_list_are_read_as_such() -> None:
    deep = "".join(f"{'  ' * level}- word\n" for level in range(100))
    inside = "".join(
        f"{'  ' * 100}{line}\n" for line in ("```", "- code", "```", "", "| a | b |", "|---|---|", "| c | d |")
    )
    found = segment_markdown(deep + "\n" + inside, LIMITS)
    assert list(found.texts)[100:] == ["- code", "a\tb", "c\td"]
    assert found.truncated == ()


@pytest.mark.parametrize(
    "hostile",
    [
        "---\n" + "a: b\n" * 100_000,
        "---\n" + "a" * 300_000,
        "<img " + "a" * 300_000 + ">\n",
        "x <img " + "a " * 300_000 + "src=x>",
        "<p>" + '<img src="x>' * 30_000,
        "<a name=x>" * 20_000 + "text " * 20_000,
        "[a](b) " * 20_000,
        "| " + "[a](b) | " * 3_000 + "\n|" + "-|" * 3_000,
        "> " * 100_000 + "text",
        "- " * 100_000 + "text",
        "- * " * 50_000 + "text",
        "".join("  " * level + "- text\n" for level in range(1_000)),
        ">" * 300 + " text\n" + "x\n" * 10_000,
    ],
    ids=[
        "front matter",
        "long key",
        "long name",
        "many names",
        "open quotes",
        "open links",
        "many links",
        "many cells",
        "deep quotes",
        "deep lists",
        "deep lists of two kinds",
        "lists as stairs",
        "lines beside deep quotes",
    ],
)
def test_hostile_documents_cost_time_in_proportion(hostile: str) -> None:
    segment_markdown("warm", LIMITS)
    start = time.process_time()
    segment_markdown(hostile, LIMITS)
    assert time.process_time() - start < 10


def test_a_long_address_that_is_referred_to_often_does_not_flood_memory() -> None:
    """Two hundred kilobytes of a document would come out as gigabytes of links."""
    address = "https://quayside.example/" + "a" * 4_000
    few = dedup.clean(markdown=f"[x]: {address}\n\n" + "[x] " * 20, options=OPTIONS).content
    assert few.count(address) == 20
    many = segment_markdown(f"[x]: {address}\n\n" + "[x] ![x] " * 1_000, LIMITS)
    assert many.texts == [" ".join(["x"] * 1_000)]
    assert sum(len(one.address) for one in many.targets) < 300_000
    assert sum(len(one.address) for one in many.pictures) < 300_000


def test_links_that_are_written_out_keep_their_addresses_however_many() -> None:
    text = "[a](/橋橋橋橋橋橋橋橋橋橋橋橋橋橋橋橋橋橋橋橋橋橋橋橋橋橋橋橋橋橋橋橋橋橋橋橋橋橋橋橋橋橋橋橋) " * 2_000
    assert len(segment_markdown(text, LIMITS).targets) == 2_000
