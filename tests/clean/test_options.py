"""What the options of cleaning change."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

import dedup

BODY = "".join(
    f"<p>The ferry of {year} carried more passengers than the one before it, the harbour master said, and nobody in "
    "the town was surprised, because the bridge had been closed since the winter.</p>"
    for year in range(2001, 2009)
)
COMMENT = "We waited two hours in the rain that day, and the ferry was full when it came."
PAGE = f"""<html><head><title>Ferries fill up</title></head><body>
<nav><a href="/a">Home</a> <a href="/b">Harbour</a> <a href="/c">Contact</a></nav>
<article><h1>Ferries fill up</h1>{BODY}</article>
<section id="comments" class="comments"><h3>2 comments</h3>
<div class="comment"><a href="/u/1">sailor</a><p>{COMMENT}</p><a href="/r">Reply</a></div>
<div class="comment"><a href="/u/2">walker</a><p>The bridge opens again in May, says the sign at the pier.</p></div>
</section><footer>© The Pier Post</footer></body></html>"""


def test_comments_are_content_only_when_asked_for() -> None:
    assert COMMENT not in dedup.clean(PAGE).content
    content = dedup.clean(PAGE, options=dedup.CleanOptions(comments=True)).content
    assert COMMENT in content
    assert "Reply" not in content
    assert "Pier Post" not in content


def test_leaning_to_precision_keeps_no_more_and_to_recall_no_less(data: Path) -> None:
    """A user who leans one way and gets the other would trust wrong data."""
    for source in sorted((data / "pages").glob("scrapinghub*"))[:1]:
        with gzip.open(source, "rt", encoding="utf-8") as lines:
            for line, _ in zip(lines, range(40), strict=False):
                sizes = [
                    len(dedup.clean(json.loads(line)["html"], options=dedup.CleanOptions(lean=lean)).content)
                    for lean in ("precision", "balanced", "recall")
                ]
                assert sizes == sorted(sizes)


@pytest.mark.parametrize("field", [{"lean": "both"}, {"comments": "yes"}, {"links": 1}])
def test_an_option_out_of_range_is_named(field: dict[str, object]) -> None:
    with pytest.raises(dedup.DedupError, match=next(iter(field))):
        dedup.CleanOptions(**field)  # type: ignore[arg-type]  # that is the point


def test_links_that_text_cannot_keep_are_refused_with_what_to_give() -> None:
    with pytest.raises(dedup.DedupError, match="content_format='markdown'"):
        dedup.CleanOptions(links=True)


def test_markdown_keeps_levels_lists_tables_and_code() -> None:
    page = f"""<h1>Harbour guide</h1>{BODY}<h3>Piers</h3><p>There are two piers, and each of them has its own rules.</p>
<ol><li>Come early, before the first boat has left the pier.<ul><li>Boats leave at six in the morning.</li></ul></li>
<li>Bring a ticket, which the office sells until noon.</li></ol>
<table><tr><th>Pier</th><th>Boats a day</th></tr><tr><td>North</td><td>12</td></tr></table>
<pre>ferry --from north
  --to south</pre>"""
    markdown = dedup.clean(page, options=dedup.CleanOptions(content_format="markdown", mode="annotate")).content
    assert markdown.startswith("# Harbour guide\n\nThe ferry of 2001")
    assert "\n\n### Piers\n\n" in markdown
    assert (
        "\n\n1. Come early, before the first boat has left the pier.\n   - Boats leave at six in the morning.\n"
        "2. Bring a ticket, which the office sells until noon.\n\n"
    ) in markdown
    assert "\n\n| Pier | Boats a day |\n| --- | --- |\n| North | 12 |\n\n" in markdown
    assert markdown.endswith("```\nferry --from north\n  --to south\n```")


def test_markdown_keeps_the_paragraphs_of_an_item_together_and_lists_under_wide_numbers() -> None:
    items = "".join(f"<li>Item {number}</li>" for number in range(1, 10))
    page = f"<h1>Guide</h1>{BODY}<ol>{items}<li><p>Item 10</p><p>goes on</p><ul><li>and nests</li></ul></li><li>Item 11</li></ol>"
    markdown = dedup.clean(page, options=dedup.CleanOptions(content_format="markdown", mode="annotate")).content
    assert markdown.endswith("9. Item 9\n10. Item 10\n\n    goes on\n    - and nests\n11. Item 11")


def test_markdown_keeps_links_on_request_and_runs_no_script() -> None:
    page = f"""<h1>Harbour guide</h1>{BODY}<p>See the <a href="/timetable?day=1&amp;from=north">timetable (north)</a>,
<a href="https://example.org/a_(b)">the <b>other</b> page</a> and <a href="javascript:alert(1)">this</a>.</p>
<p><a href="more.html">More é text</a></p><a href="/x"><p>One</p><p>Two</p></a>"""
    options = dedup.CleanOptions(content_format="markdown", links=True, mode="annotate")
    markdown = dedup.clean(page, url="https://quayside.example/guide/", options=options).content
    assert markdown.endswith(
        "See the [timetable (north)](https://quayside.example/timetable?day=1&from=north), "
        "[the other page](https://example.org/a_%28b%29) and this.\n\n"
        "[More é text](https://quayside.example/guide/more.html)\n\n"
        "[One](https://quayside.example/x)\n\n[Two](https://quayside.example/x)"
    )
    plain = dedup.clean(page, options=dedup.CleanOptions(content_format="markdown", mode="annotate")).content
    assert "](" not in plain
