"""The lines around a page's beginning that name its author or its day are all looked at."""

from __future__ import annotations

import random
from itertools import product

import numpy as np
import pytest

import dedup
from dedup.describe import dates, lead
from dedup.describe.lead_kernels import LITTLE_ELSE, MAY_DATE, MAY_NAME, MUCH_ELSE, pick_lines
from dedup.describe.names import BY_WORDS, DONE_WORDS, names_of_byline

_LETTERS = 24

_BYLINES = [
    *(f"{word} Ann Lee" for word in BY_WORDS),
    *(f"{done} {word} Ann Lee" for done, word in product(DONE_WORDS, ("by", "von", "автор"))),
    *("作者：王小明", "記者／陳大文", "文/李四", "【作者 王小明】", "글 김철수", "기자 김철수", "撰文 王小明"),
    *("ein Gastbeitrag von Jan Müller", "» By: Ann Lee", "“By Ann Lee”", "© Von Jan Müller", "By\u00a0Ann Lee"),
    *("BY ANN LEE | 3 March 2021", "АВТОР: Анна Ли", "Por José Núñez", "\u2014 by Ann Lee"),
]
_DATELINES = [
    *(
        "3 March 2021",
        "March 3rd, 2021",
        "2021-03-03",
        "3.3.2021",
        "03/13/2021",
        "3 de marzo de 2021",
        "2021年3月3日",
    ),
    *("3 марта 2021 г.", "3. März 2021", "Wed, 03 Mar 2021 10:00:00 GMT", "2021. 3. 3.", "1999-12-31T23:59"),
    *("Published: 3rd of September of 2021 | Updated: 4th of September of 2021", "21:17 18.11.2019Get short URL"),
]


def _flags(lines: list[str]) -> dict[int, int]:
    """What the kernel says of each line; none of those it passes over."""
    data = [line.encode() for line in lines]
    offsets = np.cumsum([0, *map(len, data)]).astype(np.int64)
    words = np.array([len(line.split()) for line in lines], np.int32)
    found = np.empty((len(lines), 2), np.int32)
    size = len(lines)
    text = np.frombuffer(bytearray(b"".join(data)), np.uint8)
    count = pick_lines(text, offsets, words, 0, size, size, size, -1, 25, _LETTERS, lead._OPENERS, found)
    return dict(found[:count].tolist())


@pytest.mark.parametrize("line", _BYLINES)
def test_no_line_that_names_an_author_is_passed_over(line: str) -> None:
    """Else an author who stands in the text alone would be missing, without a trace."""
    assert names_of_byline(line)
    assert _flags([line]).get(0, 0) & MAY_NAME


@pytest.mark.parametrize("line", _DATELINES)
def test_no_line_that_says_a_day_is_passed_over(line: str) -> None:
    """Likewise, a day that only the text says."""
    bits = _flags([line]).get(0, 0)
    assert dates.iso(line)
    assert bits & MAY_DATE
    assert not bits & MUCH_ELSE


def test_what_lines_are_told_to_hold_is_what_a_closer_look_finds() -> None:
    """Lines put together at random, word by word: a shortcut that told otherwise would change metadata silently."""
    rng = random.Random(8)
    pieces = [
        *BY_WORDS,
        *DONE_WORDS,
        *_BYLINES,
        *_DATELINES,
        "Ann Lee",
        "Müller",
        "—",
        "|",
        "2021",
        "20210303",
        "ein",
    ]
    pieces += [
        "é",
        "王",
        "々",
        "：",
        "\u200b",
        "5",
        "_",
        "The quick brown fox",
        "jumps over the lazy dog",
        "It’s",
        "«",
    ]
    lines = ["".join(rng.choice(pieces) + rng.choice(("", " ", " ", ": ")) for _ in range(4)) for _ in range(3000)]
    lines = [line for line in lines if len(line.split()) <= 25]
    flags = _flags(lines)
    for index, line in enumerate(lines):
        bits = flags.get(index, 0)
        assert bits & MAY_NAME or not names_of_byline(line), line
        day = dates.iso(line)
        little = day is not None and dates.holds_little_else(line, _LETTERS)
        assert bits & MAY_DATE or not little, line
        if bits & MUCH_ELSE:
            assert not little, line
        if bits & LITTLE_ELSE and day is not None:
            assert little, line


def test_lines_are_picked_from_both_stretches_and_the_headline_is_not() -> None:
    """Some pages name the author below the text; their headline is nobody's byline."""
    lines = ["By Ann Lee"] * 8
    data = b"".join(line.encode() for line in lines)
    offsets = np.arange(0, len(data) + 1, len(data) // 8, dtype=np.int64)
    found = np.empty((8, 2), np.int32)
    text = np.frombuffer(bytearray(data), np.uint8)
    words = np.full(8, 3, np.int32)
    count = pick_lines(text, offsets, words, 1, 4, 6, 99, 2, 25, _LETTERS, lead._OPENERS, found)
    assert [block for block, _ in found[:count].tolist()] == [1, 3, 6, 7]


@pytest.mark.parametrize("line", ["作者：金金 来源： 千龙网", "作者: 金金　时间：2024-03-09 访问统计：7，星期二"])
def test_the_next_label_of_a_chinese_byline_is_no_part_of_the_name(line: str) -> None:
    assert names_of_byline(line) == ("金金",)


def test_a_date_above_the_headline_of_a_text_is_not_taken_for_it() -> None:
    """The row that a pipeline stores would have a day for its title."""
    body = "\n\n".join(
        f"The {word} repair took longer than planned, says the company, since the new steel had the wrong length, and "
        "the crane had to wait in port until the ice was gone, which was not before the end of March."
        for word in ("first", "second", "third", "fourth")
    )
    lines = (
        "Thursday, June 26, 2025",
        "The harbour bridge reopens after nine months of repairs",
        "Quayside News Agency",
    )
    page = dedup.clean(text="\n\n".join((*lines, body)))
    title, published = page.metadata.title, page.metadata.published
    assert (title and title.value, published and published.value) == (lines[1], "2025-06-26")
    assert [block.kind for block in page.blocks[:2]] == ["dateline", "title"]


_PARAGRAPH = (
    "The ferry between the islands runs every hour until the ice comes, the harbour office said on Monday. " * 2
)


def _metadata(*lead: str, above: str = "") -> dedup.page.Metadata:
    paragraphs = "".join(f"<p>{_PARAGRAPH} Boat {number} sails first.</p>" for number in range(4))
    return dedup.clean(f"<body><div>{above}{''.join(lead)}{paragraphs}</div></body>").metadata


def test_the_name_below_a_line_that_is_just_by_is_the_authors() -> None:
    """Templates put the word and the link in boxes of their own; the author would be missing."""
    said = _metadata("<h1>Ferry runs until the ice comes</h1><div>By</div><div><a href=/x>Ann Lee</a></div>")
    assert said.authors is not None
    assert said.authors.value == ("Ann Lee",)


def test_a_line_below_the_headline_goes_before_those_of_the_teasers_above() -> None:
    """A row of other articles stands above many a headline; the page would get their author and day."""
    teasers = "".join(
        f"<h3><a href=/{day}>Pier {day} is mended in spring</a></h3><p>By Bo Ek March {day}, 2021</p>"
        for day in (3, 4)
    )
    said = _metadata("<h1>Ferry runs until the ice comes</h1><p>By Ann Lee</p><p>April 7, 2022</p>", above=teasers)
    assert said.authors is not None
    assert said.published is not None
    assert (said.authors.value, said.published.value) == (("Ann Lee",), "2022-04-07")


def test_a_day_some_labels_above_the_headline_is_found() -> None:
    """Notes on how an article was checked stand between the two in some templates."""
    labels = "".join(f"<p>{label}</p>" for label in ("Notes", "Reviewed by two", "checked", "proofread", "trusted"))
    said = _metadata("<h1>Ferry runs until the ice comes</h1>", above=f"<p>April 7, 2022</p>{labels}")
    assert said.published is not None
    assert said.published.value == "2022-04-07"


def test_the_day_below_one_of_many_headings_is_found() -> None:
    """Where a site's name and its boxes are h1, too, none is the headline for certain; the day is there all the same."""
    boxes = "".join(f"<h1>{name}</h1><p>Harbour news, {name}</p>" for name in ("The Pier", "Weather", "Tides"))
    labels = "".join(f"<li>{label}</li>" for label in ("Share", "0 comments", "Print", "Save", "Listen", "Follow"))
    said = _metadata(
        f"<h1>Ferry runs until the ice comes</h1><span>Apr 7, 2022, 5:34 PM</span><ul>{labels}</ul>", above=boxes
    )
    assert said.published is not None
    assert said.published.value == "2022-04-07"


def test_without_a_headline_the_first_day_is_the_pages() -> None:
    """On a page of notes the next one's day stands right below the first one."""
    said = _metadata(f"<p>April 7, 2022</p><p>{_PARAGRAPH}</p><p>April 3, 2022</p>")
    assert said.published is not None
    assert said.published.value == "2022-04-07"
