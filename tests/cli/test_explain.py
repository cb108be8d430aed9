"""`--explain`: a person sees at a glance what stays, what goes and why."""

from __future__ import annotations

import re

import msgspec
import pytest

from dedup.cli.explain import drawing, listing, summary, why
from dedup.page import Block, CleanPage, Counts, Evidence, Kind, Metadata, Said, SaidNames, Verdict, Versions

KEPT = Verdict(keep=True, reason="content", confidence=0.9, evidence=Evidence(score=0.9))
WIDGET = Verdict(
    keep=False,
    reason="widget",
    confidence=0.97,
    evidence=Evidence(twin=12, similarity=0.999, run=2, role="related"),
)
MENU = Verdict(keep=False, reason="boilerplate", confidence=0.8, evidence=Evidence(score=0.05, role="navigation"))


def page(*blocks: tuple[Kind, str, Verdict], truncated: tuple[str, ...] = ()) -> CleanPage:
    removed: dict[str, int] = {}
    for _, _, verdict in blocks:
        if not verdict.keep:
            removed[verdict.reason] = removed.get(verdict.reason, 0) + 1
    return CleanPage(
        content="",
        content_digest="",
        status="ok",
        metadata=Metadata(),
        counts=Counts(len(blocks), len(blocks) - sum(removed.values()), removed),
        versions=Versions("0", "none", "0", "0", None),
        truncated=truncated,
        blocks=tuple(Block(index, *block[:2], 1, block[2]) for index, block in enumerate(blocks)),
    )


def test_without_colour_removed_blocks_carry_a_mark_and_their_reason() -> None:
    shown = listing(
        page(
            ("title", "A headline", KEPT),
            ("code", "one\n  two", MENU),
            ("list_item", "A teaser", WIDGET),
        )
    )
    assert shown.splitlines() == [
        "0   A headline",
        "1 - one",
        "  -   two  [boilerplate (navigation), score 0.05]",
        "2 - A teaser  [widget (related), twin of 12, run 2, similarity 0.99]",
        "[1 of 3 blocks kept; removed: 1 boilerplate, 1 widget]",
    ]


def test_evidence_of_other_pages_is_said() -> None:
    seen = Evidence(pages_seen=7, pages_of_site=40, sites_seen=3)
    assert why(Verdict(keep=False, reason="site_template", confidence=1, evidence=seen)) == (
        "site_template, on 7 of 40 pages of the site, on 3 other sites"
    )


def test_the_score_is_said_only_where_the_judge_decided() -> None:
    scored = Evidence(score=0.04)
    assert why(Verdict(keep=False, reason="boilerplate", confidence=1, evidence=scored)) == "boilerplate, score 0.04"
    assert why(Verdict(keep=False, reason="widget", confidence=1, evidence=scored)) == "widget"


def test_limits_that_cut_the_page_are_in_the_summary() -> None:
    assert summary(page(("paragraph", "text", KEPT), truncated=("max_depth",))) == (
        "1 of 1 blocks kept; cut at max_depth"
    )


def test_what_the_page_says_of_itself_stands_below_it() -> None:
    metadata = Metadata(title=Said("A head\x1bline", "headline"), authors=SaidNames(("Ann Lee", "Bo Ek"), "byline"))
    walled = msgspec.structs.replace(page(), metadata=metadata, status="wall", status_evidence=("http_status=403",))
    assert listing(walled).splitlines() == [
        "[title: A head␛line (headline)]",
        "[authors: Ann Lee, Bo Ek (byline)]",
        "[status: wall (http_status=403)]",
        "[0 of 0 blocks kept]",
    ]
    assert "authors: Ann Lee, Bo Ek (byline)" in drawing(walled)


def test_a_verdict_that_removes_nothing_is_told_but_not_struck_out() -> None:
    annotated = Verdict(keep=True, reason="page_repeat", confidence=0.97, evidence=Evidence(twin=0))
    shown = page(("paragraph", "Again", annotated))
    assert listing(shown).splitlines()[0] == "0   Again  [page_repeat, twin of 0]"
    assert "\x1b[2;9;31m" not in drawing(shown)


def test_the_drawing_strikes_out_what_goes_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")  # the command has decided already
    shown = drawing(page(("paragraph", "Stays as it is", KEPT), ("list_item", "A teaser", WIDGET)))
    first, second, *_ = shown.splitlines()
    assert "Stays as it is" in first
    assert "\x1b[2;9;31m" not in first
    assert re.search(r"\x1b\[2;9;31mA teaser\x1b\[0m +\x1b\[31mwidget \(related\), twin of 12", second)


@pytest.mark.parametrize("view", [listing, drawing])
def test_control_characters_of_a_page_do_not_reach_the_reader(view: type) -> None:
    hostile = page(("paragraph", "before\x1b]0;owned\x07after\x9b2Jend\x7f", KEPT), ("paragraph", "x\ry", MENU))
    shown = re.sub(r"\x1b\[[0-9;]*m", "", view(hostile))
    assert "before␛]0;owned␇after�2Jend␡" in shown
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", shown)


def test_a_page_without_blocks_has_a_summary_all_the_same() -> None:
    assert listing(page()) == "[0 of 0 blocks kept]\n"
    assert "0 of 0 blocks kept" in drawing(page())


@pytest.mark.parametrize("columns", ["0", "1", "5"])
def test_no_word_is_lost_on_a_terminal_that_is_narrow_or_gives_no_width(
    columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    shown = re.sub(r"\x1b\[[\d;]*m|\s", "", drawing(page(("paragraph", "Twelve boats", MENU))))
    assert "boats" in shown
    assert "score" in shown
