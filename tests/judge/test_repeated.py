"""Lists that stand on a page twice: teasers go, both times; what the judge takes for content stays where it is first."""

from __future__ import annotations

import numpy as np
import pytest

from dedup.judge.judge import examine, judge
from dedup.options import CleanOptions
from dedup.page import PageInput
from dedup.pipeline import analyse

ITEMS = [
    ("A second boat for the islands", "From May on, boats leave every forty minutes, and bicycles travel free."),
    ("The school garden wins a prize", "Pupils grew forty kinds of beans on a roof that nobody had used for years."),
    ("Night trains return to the coast", "Two sleeping cars a day will run all summer, with a stop at the harbour."),
]
PROSE = (
    "The old harbour bridge carries traffic again, and on Monday at six the first bus crossed it, with the mayor in the"
    " front row and some forty cyclists who had been waiting behind the barrier since the small hours of the morning."
)
LIST = "".join(f"<div class=item><h3>{title}</h3><p>{text}</p></div>" for title, text in ITEMS)
PAGE = (
    f"<h1>Bridge reopens</h1>{'<p>' + PROSE + '</p>'}<p>{PROSE.replace('Monday', 'Tuesday').replace('mayor', 'king')}</p>"
    f"<h2>Part one</h2>{LIST}<p>{PROSE.replace('bridge', 'tower').replace('bus', 'tram')}</p><h2>Part two</h2>{LIST}"
)


@pytest.mark.parametrize(("score", "times"), [(0.9, 1), (0.3, 0)])
def test_what_the_judge_is_sure_of_is_not_lost_for_being_listed_twice(score: float, times: int) -> None:
    """An article whose questions or specifications are listed twice would lose them altogether."""
    page = analyse(PageInput(html=PAGE), CleanOptions())
    assert page.repeats.widget.sum() >= 2 * len(ITEMS)
    examined = examine(page.blocks, page.shapes, page.repeats, np.full(len(page.blocks), score, np.float32))
    found = judge(examined, CleanOptions())
    kept = [text for text, stays in zip(page.blocks.texts, found.content & ~found.widget, strict=True) if stays]
    assert [kept.count(text) for _, text in ITEMS] == [times] * len(ITEMS)
