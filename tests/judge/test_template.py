"""What other pages hold may lower a score, never raise it, and never by what only looks like a template."""

from __future__ import annotations

import numpy as np
import pytest

from dedup.judge.template import weigh_in
from dedup.judge.training.template import fit
from dedup.memory.seen import SeenBlocks


def seen(pages: list[int], since: int, sites: list[int] | None = None, exact: list[int] | None = None) -> SeenBlocks:
    counts, same = np.array(pages, np.int32), np.array(pages if exact is None else exact, np.int32)
    elsewhere = np.array(sites or [0] * len(pages), np.int32)
    first, first_same = (np.where(each > 0, since, 0).astype(np.int32) for each in (counts, same))
    return SeenBlocks(counts, first, same, first_same, since, elsewhere)


def weigh(
    scores: list[float],
    other: SeenBlocks,
    words: int = 30,
    promise: float = 1.0,
    title: int | None = None,
) -> list[float]:
    sizes, titles = np.full(len(scores), words, np.int32), np.arange(len(scores)) == title
    weighed = weigh_in(np.array(scores, np.float32), other, sizes, titles, promise=promise)
    return [round(float(score), 6) for score in weighed]


def test_a_page_of_an_unknown_site_keeps_the_judge_s_scores() -> None:
    assert weigh([0.9, 0.5, 0.1], seen([0, 0, 0], 7)) == [0.9, 0.5, 0.1]


def test_a_score_only_falls_and_the_more_pages_the_further() -> None:
    scores = [0.6] * 6
    weighed = weigh(scores, seen([0, 1, 2, 4, 8, 16], 16), words=6)
    assert weighed[0] == 0.6
    assert weighed == sorted(weighed, reverse=True)
    assert weighed[-1] < weighed[1] < 0.6


def test_a_headline_that_other_pages_tease_stays_and_a_site_s_name_on_every_page_goes() -> None:
    teased, named = seen([4, 0, 0], 20), seen([20, 0, 0], 20)
    assert weigh([0.8, 0.9, 0.9], teased, words=9, title=0)[0] == 0.8
    assert weigh([0.8, 0.9, 0.9], teased, words=9)[0] < 0.8
    assert weigh([0.8, 0.9, 0.9], named, words=9, title=0)[0] < 0.5


def test_a_disclaimer_on_every_page_goes_however_much_it_reads_like_prose() -> None:
    (score, *_) = weigh([0.97, 0.97, 0.97], seen([20, 0, 0], 20))
    assert score <= 0.05


def test_what_recurs_but_for_its_digits_needs_company() -> None:
    """The weather of another day is news; a price amid the shop's own menu is not."""
    alone = weigh([0.6] * 5, seen([9] * 5, 9, exact=[0] * 5))
    assert alone == [0.6] * 5
    amid = weigh([0.6] * 5, seen([9] * 5, 9, exact=[9, 9, 0, 9, 9]), words=6)
    assert amid[2] < 0.6


def test_a_short_line_between_sentences_of_the_page_s_own_is_no_template_for_recurring() -> None:
    """Recipes of a site all say `Ingredients`; the menu, too, recurs, but amid itself."""
    own = weigh([0.9] * 5, seen([0, 0, 9, 0, 0], 9), words=1)
    menu = weigh([0.9] * 5, seen([9] * 5, 9), words=1)
    assert menu[2] < own[2]
    assert own[2] > 0.5


def test_what_a_page_lists_may_be_what_other_pages_list_where_its_judge_is_unsure() -> None:
    listed = seen([1, 1, 1], 9)
    assert weigh([0.6] * 3, listed, words=10, promise=0.7) == [0.6] * 3
    assert weigh([0.6] * 3, listed, words=10)[0] < 0.6
    on_every_page = seen([9, 9, 9], 9)
    assert weigh([0.6] * 3, on_every_page, words=10, promise=0.7)[0] <= 0.05
    assert weigh([0.6] * 3, on_every_page, words=10, promise=0.5) == [0.6] * 3


def test_the_prose_of_a_page_that_has_copies_is_no_template() -> None:
    for copies in (3, 40):
        assert weigh([0.9, 0.9, 0.9], seen([copies] * 3, copies)) == [0.9, 0.9, 0.9]
    assert weigh([0.9, 0.9, 0.9], seen([3, 0, 0], 3))[0] < 0.9


def test_what_other_sites_repeat_weighs_on_the_first_page_of_a_new_one() -> None:
    assert weigh([0.6], seen([0], 0, [40]), words=6)[0] < 0.6
    assert weigh([0.97], seen([0], 0, [40]))[0] <= 0.05


def test_a_fit_without_sites_of_several_pages_is_refused() -> None:
    """Trained without any site of several pages, the stage must fail in words, not with weights of nothing."""
    with pytest.raises(ValueError, match="no site"):
        fit([], [])
