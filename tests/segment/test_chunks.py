"""Markup is looked at in chunks, but for the last bytes of a page: both ways find the same in it."""

from __future__ import annotations

import numpy as np
import pytest

from dedup.options import Limits
from dedup.segment.html import segment_html
from dedup.segment.segments import Segments

_PAGE = (
    "<title>A  title</title><DIV CLASS='siteHeader-12 maincontent' Data-TestID=navBar id=x ARIA-hidden=false>{}"
    "<a rel=nofollow href='/a?b&amp;c'>a link  to\n\tthere</a>, \u201cquoted\u201d &lt;b&gt; {}<x-element-with-a-long-name>"
    "end</x-element-with-a-long-name></DIV><p an-attribute-with-a-very-long-name-indeed-is-here>{}\0&nbsp;last</p>"
)


@pytest.mark.parametrize("filling", ["x", " ", "x ", "&amp;", "<br>", "\u00e9", "1A"])
def test_the_end_of_a_page_is_read_as_the_rest_of_it(filling: str) -> None:
    for count in range(40):
        markup = _PAGE.format(*[filling * count] * 3).encode()
        at_end, before_more = segment_html(markup, Limits()), segment_html(markup + b" " * 64, Limits())
        assert at_end.texts == before_more.texts
        assert at_end.title == before_more.title == "A title"
        for ours, others in zip(_arrays(at_end), _arrays(before_more), strict=True):
            np.testing.assert_array_equal(ours, others)


def _arrays(page: Segments) -> tuple[np.ndarray, ...]:
    table = page.table
    assert table is not None
    return page.chars, page.link_chars, page.lines, page.anchors, table.rows, table.tags, table.categories
