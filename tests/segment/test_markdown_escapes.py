"""Markdown that comes out is read as the text that went in."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

import dedup
from dedup.page import Kind
from dedup.render import as_markdown
from dedup.segment.build import Anchor, RawBlock, build
from dedup.segment.segments import Listed, Target

PARSER = MarkdownIt("commonmark").enable("table")
OPTIONS = dedup.CleanOptions(content_format="markdown", mode="annotate", links=True)
PIECES = [
    *"ab1é字 \n\t#-+*_`~=|<>&;![]():/\\.'—\xa0", "# ", "- ", "1. ", "2019. ", "---", "===", "~~~", "```", "**", "__",
    "</b>", "<b>", "<a@b.c>", "<http://x>", "&copy;", "&#35;", "&#x23;", "](u)", "[x]: u", "\n> ", "|-|-|\n", "a | b\n",
    "\n    ", "\\\n", "snake_case", " #", "![",
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=14).map("".join).filter(str.strip) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1
).filter(str.strip)


def written(*raw: RawBlock) -> str:
    page = build(list(raw), "markdown")
    return as_markdown(page, range(len(raw)), [one.kind for one in raw], None, links=True)


def read(markdown: str) -> list[Token]:
    return PARSER.parse(markdown)


def words(text: str) -> list[str]:
    return text.split()


def told(tokens: Sequence[Token]) -> list[list[str]]:
    """The words of each inline text, which has to hold nothing but text, breaks and links."""
    texts = []
    for token in tokens:
        parts = []
        for child in token.children or ():
            assert child.type in ("text", "softbreak", "hardbreak", "link_open", "link_close"), child.type
            parts.append("\n" if child.type.endswith("break") else child.content)
        if token.type == "inline":
            texts.append(words("".join(parts)))
    return texts


def types(tokens: Sequence[Token]) -> list[str]:
    return [token.type.removesuffix("_open") for token in tokens if token.nesting >= 0 and token.type != "inline"]


def raw(text: str, kind: Kind = "paragraph", level: int = 0, listed: Listed | None = None) -> RawBlock:
    return RawBlock(text, kind, 1, level, listed=listed)


@pytest.mark.parametrize(
    "text",
    [
        "# not heading", "- x", "2019. Das war ein Jahr.", "---", "_under_", "**b**", "&copy;", "<b>", "[x]: http://y",
        "a ` b", "> q", "+ x", "~~~", "=== ", "![a](b)", "C:\\", "a\\*b",
    ],
)  # fmt: skip
def test_text_that_looks_like_markup_stays_text(text: str) -> None:
    markup = f"<p>{text.replace('&', '&amp;').replace('<', '&lt;')}</p>"
    tokens = read(dedup.clean(markup, options=OPTIONS).content)
    assert types(tokens) == ["paragraph"]
    assert told(tokens) == [words(text)]


@pytest.mark.parametrize(
    "text",
    [
        "In 2019. a snake_case_name (see #4) costs +5 - 3 = 2.", "A & B; C:\\temp, x < y > z!", "#tag, -5 °C, 1.5 m",
        "Price* and no footnote.", "[sic] it said [1]", "5 * 3 * 2", "~ about ~", "Was? Ja! (gut)", "3) is one = two",
    ],
)  # fmt: skip
def test_ordinary_prose_is_written_as_it_is(text: str) -> None:
    assert written(raw(f"So: {text}")) == f"So: {text}"


@given(TEXTS)
@example("*a\n***")
@example("**\n*a")
@example("\\ \na")
def test_any_text_is_read_as_one_paragraph_of_it(text: str) -> None:
    tokens = read(written(raw(text)))
    assert types(tokens) == ["paragraph"]
    assert told(tokens) == [words(text)]


@given(TEXTS, st.integers(1, 6))
def test_any_text_is_read_as_one_heading_of_it(text: str, level: int) -> None:
    tokens = read(written(raw(text, "heading", level)))
    assert types(tokens) == ["heading"]
    assert tokens[0].tag == f"h{level}"
    assert told(tokens) == [words(text)]


@given(TEXTS, TEXTS, st.sampled_from(["-", "7."]))
def test_any_texts_are_read_as_items_of_one_list(first: str, second: str, mark: str) -> None:
    items = [raw(text, "list_item", listed=Listed(0, mark, number)) for number, text in enumerate((first, second))]
    tokens = read(written(*items))
    assert types(tokens)[1:] == ["list_item", "paragraph"] * 2
    assert told(tokens) == [words(first), words(second)]


@given(TEXTS)
def test_any_text_is_read_as_one_quote_of_it(text: str) -> None:
    tokens = read(written(raw(text, "quote")))
    assert types(tokens) == ["blockquote", "paragraph"]
    assert told(tokens) == [words(text)]


@given(
    st.lists(TEXTS.map(lambda text: text.replace("\t", " ")), min_size=2, max_size=3).filter(
        lambda t: all(map(str.strip, t))
    )
)
def test_any_texts_are_read_as_cells_of_a_row(cells: list[str]) -> None:
    tokens = read(written(raw("\t".join(cells), "table_row")))
    assert types(tokens)[0] == "table"
    assert told(tokens) == [words(cell) for cell in cells]


@given(TEXTS, TEXTS, TEXTS)
@example("!", "a]", "(b)")
@example("[", "a [1]", "](b)")
def test_a_link_among_any_text_is_read_as_a_link_to_its_text(before: str, linked: str, after: str) -> None:
    before, linked = before.strip() + " ", linked.strip().replace("\n", " ")
    start, end = len(before.encode()), len((before + linked).encode())
    block = RawBlock(
        before + linked + after, "paragraph", 1, anchors=(Anchor(start, end, Target("/a_(b)?c&lt;=*d")),)
    )
    tokens = read(written(block))
    assert types(tokens) == ["paragraph"]
    assert told(tokens) == [words(before + linked + after)]
    inside = tokens[1].children or []
    opened = [number for number, child in enumerate(inside) if child.type == "link_open"]
    closed = [number for number, child in enumerate(inside) if child.type == "link_close"]
    assert len(opened) == len(closed) == 1
    assert "".join("".join(child.content.split()) for child in inside[opened[0] : closed[0]]) == "".join(
        linked.split()
    )


def test_a_list_and_a_quote_of_plain_text_are_marked_once() -> None:
    text = "• Milk and eggs\n\n2) Bread\n\n> he said\n\n— Never, she said"
    assert dedup.clean(text=text, options=OPTIONS).content == (
        "- Milk and eggs\n2) Bread\n\n> he said\n\n- — Never, she said"
    )


@given(st.lists(st.sampled_from(["`", "~", "\n", "a", "```", "~~~~", "    "]), min_size=1).map("".join))
def test_any_code_stays_in_its_fence(code: str) -> None:
    tokens = read(written(raw(code, "code")))
    assert types(tokens) == ["fence"]
    assert tokens[0].content.rstrip("\n") == code.rstrip("\n")


@pytest.mark.parametrize(
    "sign", ["*", "_", "`", "<", "&", "[", "]", "\\", "*_", "<a@", "- ", "\n-", "\n#", "&#", "a_ ", "#"]
)
def test_text_of_signs_alone_costs_time_in_proportion(sign: str) -> None:
    start = time.process_time()
    written(raw(sign * (400_000 // len(sign))))
    assert time.process_time() - start < 5
