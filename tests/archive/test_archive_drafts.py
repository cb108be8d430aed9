"""A page that is cleaned in two trips, as archives are, comes out as one that is cleaned at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.archive.drafts import pack, unpack
from dedup.archive.report.tally import removed_texts
from dedup.options import CleanOptions, Limits
from dedup.page import Mode, PageInput, PageRow
from dedup.pipeline import analyse, finish
from dedup.segment.text import segment_text

TEXTS = [
    "The kettle holds one and a half litres and boils them in four minutes, with a lid that stays cool in the hand.",
    "Its base is made of cork from Portugal, and every part of it can be taken out and replaced without any tool.",
    "It comes with a cord of two metres, a filter that can be washed, and a guarantee of five years on all parts.",
]
BODY = "<h1>Kettles</h1>" + "".join(f"<p>{text}</p>" for text in TEXTS)
LATE = '<main><template id="B:0"></template></main><footer>© Kettles</footer><div hidden id="S:0">'
PAGES = {
    "described": f"<head><meta name=description content='{TEXTS[0]}'><body><div id=app></div>",
    "described shell": f"<meta name=description content='{TEXTS[0]}'><body><div id=app></div><script src=/a.js></script>",
    "said again": f"<body><article>{BODY}<div><blockquote><p>{TEXTS[1]}</p></blockquote></div></article>",
    "streamed": f"<body>{LATE}{BODY}</div>",
    "for subscribers": f'<script type="application/ld+json">{{"isAccessibleForFree": false}}</script><body>{BODY}',
    "login": "<body><form><label>Name<input></label><label>Password<input type=password></label></form>",
    "empty": "<body></body>",
    "far inside a menu": f"<body>{BODY}<nav>{'<div>' * 240}<a href=/a>Pots</a><p>{TEXTS[1]}</p>",
}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    "options", [CleanOptions(), CleanOptions(content_format="markdown")], ids=["text", "markdown"]
)
def test_two_trips_say_what_one_says(name: str, options: CleanOptions) -> None:
    page = PageInput(html=PAGES[name], url="https://kettles.example/a")
    at_once, later = finish(analyse(page, options)), finish(unpack(pack(analyse(page, options)), options))
    for field in ("content", "status", "status_evidence", "counts", "blocks", "metadata", "content_digest"):
        assert getattr(later, field) == getattr(at_once, field), field


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("mode", ["article", "unique", "annotate"])
def test_an_answer_without_parts_says_of_the_page_what_one_with_them_says(name: str, mode: Mode) -> None:
    """Archives and the service ask for no blocks by default; the rest must not depend on it."""
    page = PageInput(html=PAGES[name], url="https://kettles.example/a")
    for content_format in ("text", "markdown"):
        options = CleanOptions(mode=mode, content_format=content_format)
        whole, row = finish(analyse(page, options)), finish(analyse(page, options), with_parts=False)
        assert row.blocks == ()
        assert {name: getattr(row, name) for name in PageRow.__struct_fields__} == {
            name: getattr(whole, name) for name in PageRow.__struct_fields__
        }
        kept = [block for block in whole.blocks if block.verdict.keep]
        assert (row.counts.blocks, row.counts.kept) == (len(whole.blocks), len(kept))


@given(
    st.lists(st.text("ab é", max_size=6) | st.sampled_from(["x" * 130, "y" * 130, "z" * 119]), max_size=12), st.data()
)
def test_a_sites_examples_are_the_longest_texts_that_its_pages_lost(texts: list[str], data: st.DataObject) -> None:
    page = segment_text("\n\n".join(text.strip() or "-" for text in texts), Limits())
    removed = np.array([data.draw(st.booleans()) for _ in range(len(page))], np.bool_)
    lost = {text[:120] for text, gone in zip(page.texts, removed, strict=True) if gone}
    assert removed_texts(page, removed) == tuple(sorted(sorted(lost), key=len, reverse=True)[:4])
