"""Elements without content, and text in CDATA, in pages that are XML."""

from __future__ import annotations

import time

import pytest

import dedup
from dedup.segment.charset import decode

OPTIONS = dedup.CleanOptions(mode="annotate", list_spans=True)
HEAD = '<html><head><title/><script src=\'a.js\'/><style type="a>b" /></head><body><p>One<iframe src="x"/> two</p>'
PAGE = HEAD + "<!-- <script src='b.js'/> no text --><textarea/><p>Three</p></body></html>"


@pytest.mark.parametrize("wrapped", [str, str.encode])
def test_a_self_closed_script_takes_nothing_of_a_page_that_is_xml(wrapped: type[str]) -> None:
    page = wrapped("<?xml version='1.0' encoding='utf-8'?>" + PAGE)
    cleaned = dedup.clean(page, options=OPTIONS)
    assert cleaned.content == "One two\n\nThree"
    assert dedup.rebuild(page, cleaned.spans) == ["One two", "Three"]
    assert (
        dedup.clean(wrapped(PAGE), content_type="application/xhtml+xml", options=OPTIONS).content == cleaned.content
    )


def test_text_in_cdata_is_text_of_a_page_that_is_xml() -> None:
    script = "<script>//<![CDATA[\nif (a < b) write('<p>no</p>');\n//]]></script>"
    page = f"<?xml version='1.0'?>{script}<p>So <![CDATA[a > b & c]]> holds<![CDATA[]]>.</p><p><![CDATA[<b>]]>Two</p>"
    cleaned = dedup.clean(page, options=OPTIONS)
    assert cleaned.content.startswith("So a > b & c holds.\n\n")
    assert dedup.rebuild(page, cleaned.spans)[0] == "So a > b & c holds."


def test_html_is_read_as_html() -> None:
    assert dedup.clean("<title>T</title><p>One<script src='a.js'/><p>Two", options=OPTIONS).content == "One"


@pytest.mark.parametrize(
    "piece",
    [
        "<!--",
        "<script ",
        "<script>",
        "<![CDATA[",
        "<![CDATA[a]",
        '<script "',
        "<style '\"",
        "<title/",
        '<title a="" ',
    ],
)
def test_hostile_xml_costs_time_in_proportion(piece: str) -> None:
    start = time.process_time()
    decode("<?xml ?>" + piece * 100_000, field="html")
    assert time.process_time() - start < 5
