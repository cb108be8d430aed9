"""What other pages hold may lower a score, never raise it, and never by what only looks like a template."""

from __future__ import annotations

import numpy as np
import pytest

from dedup.judge.template import weigh_in
from dedup.judge.training.template import fit
from dedup.memory import Seen


def seen(pages: list[int], since: int, sites: list[int] | None = None) -> Seen:
    counts = np.array(pages, np.int32)
    elsewhere = np.array(sites or [0] * len(pages), np.int32)
    return Seen(counts, np.where(counts > 0, since, 0).astype(np.int32), since, elsewhere, 1)


def weigh(scores: list[float], other: Seen, words: int = 30, digits: bool = False) -> list[float]:  # noqa: FBT001, FBT002
    count = len(scores)
    weighed = weigh_in(
        np.array(scores, np.float32), other, np.full(count, words, np.int32), np.full(count, digits, np.bool_)
    )
    return [round(float(score), 6) for score in weighed]


def test_a_page_of_an_unknown_site_keeps_the_judge_s_scores() -> None:
    assert weigh([0.9, 0.5, 0.1], seen([0, 0, 0], 7)) == [0.9, 0.5, 0.1]


def test_a_score_only_falls_and_the_more_pages_the_further() -> None:
    scores = [0.6] * 6
    weighed = weigh(scores, seen([0, 1, 2, 4, 8, 16], 16), words=6)
    assert weighed[0] == 0.6
    assert weighed == sorted(weighed, reverse=True)
    assert weighed[-1] < weighed[1] < 0.6


def test_a_disclaimer_on_every_page_goes_however_much_it_reads_like_prose() -> None:
    (score, *_) = weigh([0.97, 0.97, 0.97], seen([20, 0, 0], 20))
    assert score <= 0.05


def test_a_price_that_recurs_but_for_its_digits_needs_company() -> None:
    alone = weigh([0.6, 0.6, 0.6], seen([0, 9, 0], 9), digits=True)
    assert alone[1] == 0.6
    amid = weigh([0.6, 0.6, 0.6], seen([9, 9, 9], 9), words=6, digits=True)
    assert amid[1] < 0.6


def test_the_prose_of_a_page_that_has_copies_is_no_template() -> None:
    for copies in (3, 40):
        assert weigh([0.9, 0.9, 0.9], seen([copies] * 3, copies)) == [0.9, 0.9, 0.9]
    assert weigh([0.9, 0.9, 0.9], seen([3, 0, 0], 3))[0] < 0.9


def test_what_other_sites_repeat_weighs_on_the_first_page_of_a_new_one() -> None:
    assert weigh([0.6], seen([0], 0, [40]), words=6)[0] < 0.6


def test_a_fit_without_sites_of_several_pages_is_refused() -> None:
    """Trained without any site of several pages, the stage must fail in words, not with weights of nothing."""
    with pytest.raises(ValueError, match="no site"):
        fit([], [])
