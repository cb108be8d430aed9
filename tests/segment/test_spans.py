"""Who stores ranges of the input in place of text gets the text back from them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dedup
from dedup.errors import InputError
from dedup.page import BlockSpans, CleanPage
from dedup.segment.charset import decode

OPTIONS = dedup.CleanOptions(list_spans=True)
WORDS = [
    "ferry",
    "Fähre",
    "渡し船",
    "паром",
    "&amp;",
    "&nbsp;",
    "&#8217;",
    "&eacute;t&eacute;",
    "a&shy;b",
    "½",
    "x<y",
    "1 < 2",
    "\u3000",
    "\U0001f6f6",
    "&#x1F6F6;",
    "e\u0301",
    "a\x00b",
    "&#0;",
    "&notin;&bogus;",
    "&lt;p&gt;",
    "&#xd83d;",
    "&#10;",
    "&#x20",
    "&#1601;",
    "&#97;",
    "&#8;",
    "\u200b\u200d",
]
ENCODINGS = ["utf-8", "utf-16", "cp1252", "cp1251", "koi8-r", "shift_jis", "gbk", "gb18030", "big5", "iso-8859-2"]
SINGLE_BYTE = {"cp1252", "cp1251", "koi8-r", "iso-8859-2"}

texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)
inline = st.one_of(
    texts,
    texts.map(lambda text: f"<b>{text}</b>"),
    texts.map(lambda text: f"<a href='/x?a=1&b=2'>{text}</a>"),
    texts.map(lambda text: f"<span class=c>{text}<!-- not this --></span>"),
    texts.map(lambda text: f"<i><b>{text}<i>{text}</b>{text}</i>"),
    texts.map(lambda text: f"<ruby>{text}<rp>(</rp><rt>{text}</rt><rp>)</rp></ruby>"),
    texts.map(lambda text: f"<![CDATA[{text}]]>{text}"),
    texts.map(
        lambda text: f"10<sup>6</sup>{text}2<sub> <b>-1</b></sub>2<sup>-<b>3</b></sup>4<sup>+<span>5</span></sup>"
    ),
    st.sampled_from(
        ["<br>", "<br/>\n", "<wbr>", "<img alt=x>", " ", "\n\t ", "<script>var a='<p>';</script>", "<em></em>"]
    ),
)
runs = st.lists(inline, min_size=1, max_size=6).map("".join)
boxes = st.one_of(
    runs.map(lambda run: f"<p>{run}</p>"),
    runs.map(lambda run: f"<p>{run}"),
    runs.map(lambda run: f"<div>{run}<p>{run}</p>{run}</div>"),
    runs.map(lambda run: f"<ul><li>{run}<li>{run}</ul>"),
    runs.map(lambda run: f"<table><tr><td>{run}</td><td>{run}</td></tr>{run}</table>"),
    runs.map(lambda run: f"<h2>{run}</h2>"),
    runs.map(lambda run: f"<pre>\n  {run}\r\n    {run}\n</pre>"),
    runs.map(lambda run: f"<b><p>{run}</b>{run}</p>"),
    runs.map(lambda run: f"<svg><text>{run}</text></svg>{run}"),
    runs.map(lambda run: f"<noscript>{run}</noscript>"),
    runs.map(lambda run: f"ferry<span hidden>{run}</span> port"),
)
pages = st.lists(boxes, min_size=1, max_size=8).map("".join)


def spans_of(page: CleanPage) -> tuple[BlockSpans, ...]:
    assert page.spans is not None
    return page.spans


@settings(max_examples=300, deadline=None)
@given(pages)
def test_the_ranges_of_a_block_give_its_text(body: str) -> None:
    page = dedup.clean(body, options=OPTIONS)
    found = dedup.rebuild(body, spans_of(page))
    assert found == [block.text for block in page.blocks]


@settings(max_examples=100, deadline=None)
@given(pages, st.sampled_from(ENCODINGS))
def test_they_do_in_every_encoding_and_bytes_are_right_where_they_are_told(body: str, encoding: str) -> None:
    markup = f"<html><head><title>A</title></head><body>{body}</body></html>"
    data = markup.encode(encoding, errors="xmlcharrefreplace")
    content_type = f"text/html; charset={encoding}"
    page = dedup.clean(data, content_type=content_type, options=OPTIONS)
    found = dedup.rebuild(data, spans_of(page), content_type=content_type)
    assert found == [block.text for block in page.blocks]
    characters = decode(data, field="html", content_type=content_type).utf8.decode()
    for one in spans_of(page):
        for span in one.ranges or ():
            if encoding == "utf-8" or encoding in SINGLE_BYTE:
                assert data[span.byte_start : span.byte_end].decode(encoding) == characters[span.start : span.end]
            else:
                assert span.byte_start is None


@settings(max_examples=150, deadline=None)
@given(pages, st.sampled_from(["utf-8", "utf-16", "shift_jis", "gbk", "cp1251"]), st.data())
def test_they_do_where_bytes_are_broken(body: str, encoding: str, draw: st.DataObject) -> None:
    """Half a character, as a cut or a wrong join leaves it, must not shift what comes after."""
    data = bytearray(f"<html><body>{body}</body></html>".encode(encoding, errors="xmlcharrefreplace"))
    for at in draw.draw(st.lists(st.integers(len("<html><body>") * 2, len(data) - 1), max_size=4)):
        data[at] = draw.draw(st.sampled_from([0x00, 0x80, 0xC3, 0xFF, 0xED]))
    page = dedup.clean(bytes(data), content_type=f"text/html; charset={encoding}", options=OPTIONS)
    found = dedup.rebuild(bytes(data), spans_of(page), content_type=f"text/html; charset={encoding}")
    assert found == [block.text for block in page.blocks]


def test_a_control_character_in_a_text_costs_no_other_text_its_ranges() -> None:
    """Segmentation marks runs of text with such, and counted the marks behind it as text."""
    hidden = "".join(f"<span class=c>{'ferry ' * 10}</span>" for _ in range(2))  # short enough to go, without marks
    markup = f"<p>&#2;</p>ferry<span hidden>{hidden}</span> port<p>four"
    page = dedup.clean(markup, options=OPTIONS)
    assert dedup.rebuild(markup, spans_of(page))[1:] == ["ferry port", "four"]


def test_a_byte_order_mark_is_counted() -> None:
    data = "\ufeff<p>Fähre</p>".encode()
    (one,) = spans_of(dedup.clean(data, options=OPTIONS))
    assert one.ranges is not None
    (span,) = one.ranges
    assert data[span.byte_start : span.byte_end].decode() == "Fähre"
    (in_text,) = spans_of(dedup.clean(data.decode(), options=OPTIONS))
    assert in_text.ranges is not None
    assert data.decode()[in_text.ranges[0].start : in_text.ranges[0].end] == "Fähre"


def test_inline_markup_splits_a_block_into_several_ranges() -> None:
    markup = "<p>One <b>two</b>three\n four</p>"
    (one,) = spans_of(dedup.clean(markup, options=OPTIONS))
    assert one.ranges is not None
    assert [(markup[span.start : span.end], span.before) for span in one.ranges] == [
        ("One", ""),
        ("two", " "),
        ("three\n four", ""),
    ]


TEXT = "Ferry runs late\r\n\r\nThe ferry\x00 between the islands\r\nruns every hour.\n\n\tname\tvalue\n- one\n- two  three\n"


def test_plain_text_comes_back_from_its_ranges() -> None:
    page = dedup.clean(text=TEXT, options=OPTIONS)
    assert dedup.rebuild(TEXT, spans_of(page), form="text") == [block.text for block in page.blocks]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="ab .\n\r\t\u3000\x0bü渡\x00", max_size=120))
def test_any_plain_text_does(text: str) -> None:
    page = dedup.clean(text=text, options=OPTIONS)
    assert dedup.rebuild(text, spans_of(page), form="text") == [block.text for block in page.blocks]


def test_markdown_comes_back_from_its_ranges_as_far_as_they_are_told() -> None:
    text = "# Ferry\n\nRuns *every* hour, [see](https://x.example) it.\n\n- one\n- **two**\n\n| a | b |\n|---|---|\n| c | d |\n\n```\ncode  here\n  too\n```\n"
    page = dedup.clean(markdown=text, options=OPTIONS)
    found = dedup.rebuild(text, spans_of(page), form="markdown")
    assert [text for text in found if text is not None] == [block.text for block in page.blocks]


def test_text_that_stands_in_json_has_no_range() -> None:
    body = "The text of this product stands in its structured data alone, and a script puts it on the page, later on."
    node = json.dumps({"@type": "Product", "description": body})
    page = dedup.clean(f'<script type="application/ld+json">{node}</script><p>Shop</p>', options=OPTIONS)
    assert [one.ranges is None for one in spans_of(page)] == [block.text == body for block in page.blocks]


def test_ranges_of_another_input_are_refused() -> None:
    page = dedup.clean("<p>The ferry is late.</p>", options=OPTIONS)
    with pytest.raises(InputError, match="another input"):
        dedup.rebuild("<p>The fairy is late.</p>", spans_of(page))


def test_real_pages_come_back(data: Path) -> None:
    told = total = 0
    with gzip.open(data / "pages" / "scrapinghub.jsonl.gz", "rt", encoding="utf-8") as file:
        for line, _ in zip(file, range(60), strict=False):
            markup = json.loads(line)["html"]
            page = dedup.clean(markup, options=OPTIONS)
            texts = dedup.rebuild(markup, spans_of(page))
            kept = [text for text, span in zip(texts, spans_of(page), strict=True) if span.kept]
            if None not in kept:
                assert "\n\n".join(filter(None, kept)) == page.content
            for text, block in zip(texts, page.blocks, strict=True):
                assert text is None or text == block.text
                told += text is not None
                total += 1
    assert told > 0.999 * total


def test_spans_that_were_stored_as_json_give_the_texts_back() -> None:
    markup = "<h1>A pier</h1><p>It was <b>closed</b> for the winter.</p>"
    spans = dedup.clean(markup, options=dedup.CleanOptions(list_spans=True)).spans
    stored = msgspec.json.decode(msgspec.json.encode(spans))
    assert dedup.rebuild(markup, stored) == ["A pier", "It was closed for the winter."]


@pytest.mark.parametrize(("spans", "form"), [(5, "html"), (["x"], "html"), ([{"block": 0}], "html"), ([], "pdf")])
def test_what_are_no_spans_is_named(spans: Any, form: Any) -> None:
    with pytest.raises(InputError, match="expected"):
        dedup.rebuild("<p>text", spans, form=form)
