"""What the blocks of a plain text and of a Markdown document are."""

from __future__ import annotations

import textwrap

import pytest

from dedup.options import Limits
from dedup.segment.markdown import segment_markdown
from dedup.segment.segments import KINDS
from dedup.segment.text import segment_text

LIMITS = Limits()


def test_blank_lines_separate_paragraphs() -> None:
    page = segment_text("Title here\r\n\r\nA first paragraph.\n\n\n  A second one.\n", LIMITS)
    assert page.texts == ["Title here", "A first paragraph.", "A second one."]
    assert page.lines.tolist() == [1, 3, 6]


def test_a_line_that_shows_nothing_is_blank() -> None:
    """Else it would be a paragraph of its own, and nobody would see what of."""
    page = segment_text("A first paragraph.\n\u200b\nA second one.\n\u2060\u200d \u00ad\nA\u200cthird.", LIMITS)
    assert page.texts == ["A first paragraph.", "A second one.", "A\u200cthird."]


def test_one_line_a_block_is_not_joined() -> None:
    lines = [
        "Home",
        "News",
        "A paragraph that is long enough to be prose, as extractors write it on a line of its own, " * 2,
    ]
    assert segment_text("\n".join(lines), LIMITS).texts == [line.strip() for line in lines]


def test_lines_wrapped_by_hand_are_joined_and_verses_are_not() -> None:
    wrapped = (
        "This is a text whose lines were wrapped by hand at a\n"
        "width of some fifty columns, so that each one ends\n"
        "where the next word would not have fitted.\n\n"
        "The second paragraph is wrapped at the same width as\n"
        "the first one."
    )
    verse = "Down by the water\nthe boats come in\nand nobody knows where the evening has been\nor why"
    assert len(segment_text(wrapped, LIMITS).texts) == 2
    assert segment_text(verse, LIMITS).texts == verse.split("\n")


def test_text_knows_list_items_rows_quotes_and_headings() -> None:
    page = segment_text("Shopping\n\n- milk\n\na\tb\n\n> he said\n\nAnd then we all went home.", LIMITS)
    assert [KINDS[kind] for kind in page.kinds] == ["heading", "list_item", "table_row", "quote", "paragraph"]


def test_markdown_keeps_structure_links_and_lines() -> None:
    page = segment_markdown(
        "# T\n\npara *x* [link](y)\nmore\n\n- a\n- b\n\n> q\n\n|a|b|\n|-|-|\n|1|2|\n\n```\ncode\n```\n\n<div><p>raw</div>\n",
        LIMITS,
    )
    assert page.texts == ["T", "para x link more", "a", "b", "q", "a\tb", "1\t2", "code", "raw"]
    assert [KINDS[kind] for kind in page.kinds] == [
        "heading", "paragraph", "list_item", "list_item", "quote", "table_row", "table_row", "code", "paragraph",
    ]  # fmt: skip
    assert page.lines.tolist() == [1, 3, 6, 7, 9, 11, 13, 15, 19]
    assert page.links[1] == 1
    assert page.title == "T"


def test_nested_markdown_costs_no_more_than_its_limit() -> None:
    assert segment_markdown("> " * 5000 + "x", LIMITS).form == "markdown"
    assert segment_markdown("- " * 5000 + "x", LIMITS).form == "markdown"
    assert segment_markdown("[" * 5000 + "x", LIMITS).texts


def test_too_many_lines_are_left_out_and_named() -> None:
    page = segment_text("x\n" * 50, Limits(max_blocks=10))
    assert len(page) == 10
    assert page.truncated == ("max_blocks",)


def test_blank_lines_count_for_nothing() -> None:
    page = segment_text(" \n" * 50 + "x", Limits(max_blocks=1))
    assert (page.texts, page.truncated) == (["x"], ())


def test_wrapped_text_that_is_indented_or_ragged_keeps_its_sentences_whole() -> None:
    """A licence, a mail or a manual page: cut in half, its lines would be headings."""
    licence = """
      1. Definitions.

         "Licence" means the terms that stand below and that hold for
         every copy, and "keeper" means the port authority, or whoever
         acts in its name, including but not
         limited to the masters of its piers and the crews
         of its ferries.

      2. Grant. Subject to these terms every reader may copy what the
         keeper has written, and hand it on to whom he pleases, as long
         as the name of the port stays on it.
    """
    texts = segment_text(licence, Limits()).texts
    assert [text[:12] for text in texts] == ["1. Definitio", '"Licence" me', "2. Grant. Su"]
    assert texts[1].endswith("of its ferries.")
    assert texts[2].endswith("stays on it.")


def test_a_new_paragraph_may_be_told_by_its_indentation_alone() -> None:
    lines = [
        "  The harbour was closed for the whole winter, and nobody minded",
        "the ferry that did not come at all.",
        "  The bridge was closed as well, which everybody in the town did",
        "mind, the children most of all.",
    ]
    assert len(segment_text("\n".join(lines), Limits()).texts) == 2


def test_a_quote_in_a_mail_that_is_wrapped_by_hand_has_its_marks_once() -> None:
    """They would stand in the middle of its sentences."""
    mail = (
        "On Monday Bob the ferryman of the islands wrote to all of us who live\n"
        "there and who take his boat on every single day of the week now:\n\n"
        "> I think that the ferry should go each hour, since the people of\n"
        ">  the islands have no other way to reach the town, which is a shame\n"
        "> for us.\n"
        ">\n"
        "> And it is one for all who come after us, as long as the new bridge\n"
        "> is not built.\n"
        "> > When will they begin to build it, and who is the one that will\n"
        "> > pay for it?\n"
        "I do not agree. The ferry goes twice a day and that has been enough\n"
        "for all the years that I have lived here.\n"
    )
    page = segment_text(mail, LIMITS)
    assert [text[:9] + text[-9:] for text in page.texts] == [
        "On Mondayweek now:", "> I thinke for us.", ">>", "> And it ot built.", "> > When y for it?", "I do not ved here.",
    ]  # fmt: skip
    assert [text.count(">") for text in page.texts] == [0, 1, 1, 1, 2, 0]
    assert [mail[start:end] for start, end in page.ranges[3]] == [
        "> And it is one for all who come after us, as long as the new bridge", "is not built.",
    ]  # fmt: skip


def test_lines_wrapped_by_hand_are_joined_without_spaces_where_a_script_has_none() -> None:
    chinese = "港口的老桥在经过九个月的维修之后重新开放，第一辆公共汽车在星期一早上六点通过了这座桥，市长坐在前排，大约四十名骑自行车的人在栏杆后面等候。"
    wrapped = "\n".join(chinese[at : at + 32] for at in range(0, len(chinese), 32))
    page = segment_text(wrapped, LIMITS)
    assert page.texts == [chinese]
    assert "".join(wrapped[start:end] for start, end in page.ranges[0]) == chinese
    korean = "항구의 오래된 다리가 아홉 달의 수리 끝에 다시 열렸다고\n시장이 월요일 아침에 말했다 그리고 첫 버스가 지나갔다고\n했다."
    assert segment_text(korean, LIMITS).texts == [korean.replace("\n", " ")]


@pytest.mark.parametrize(
    "apart",
    [
        "Timetable: https://pier.example/timetables/2026/summer/ferry-line-two-to-the-mainland.pdf",
        "https://pier.example/timetables/2026/summer/ferry-line-two-to-the-mainland-and-back-again.pdf",
        "-" * 79,
        "A line that nobody wrapped stands here, and is longer than all of the others by a good deal.",
    ],
)
def test_a_line_that_stands_out_does_not_tear_a_wrapped_text_into_headings(apart: str) -> None:
    """The widest line of all told the width: beside one address, no other line was full."""
    paragraph = "The ferry between the islands leaves the old harbour every hour until the ice comes and stays, " * 3
    wrapped = "\n\n".join([textwrap.fill(paragraph, 66)] * 3)
    for text in (f"{wrapped}\n\n{apart}", f"{apart}\n\n{wrapped}"):
        found = segment_text(text, LIMITS).texts
        assert sorted(found) == sorted([paragraph.strip()] * 3 + [apart])
