"""The shipped judge."""

from __future__ import annotations

import random
import subprocess
import sys
from dataclasses import replace
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from dedup.judge import columns, context_kernels, model
from dedup.judge.features import Features
from dedup.judge.guard_kernels import body_bounds, keep_between, keep_code, keep_headings, keep_items, keep_sentences
from dedup.judge.guards import DOUBTS, DOUBTS_IF_VAGUE, find_headline
from dedup.judge.phrases import HEADINGS, first_list_heading, role_of
from dedup.judge.threshold import page_threshold
from dedup.judge.threshold_kernels import SURE
from dedup.judge.training.copies import copies
from dedup.judge.training.dataset import LabelledPage
from dedup.judge.training.labels import label
from dedup.judge.training.layout import lay_out
from dedup.judge.training.metric import word_prf
from dedup.judge.training.thinned import thin
from dedup.options import Limits
from dedup.segment.build import RawBlock, build
from dedup.segment.dom_kernels import ELEMENT_COLUMNS
from dedup.segment.html import segment_html
from dedup.segment.segments import KINDS


def test_the_weights_are_small_and_fit_the_features() -> None:
    """A model trained on other columns would judge at random."""
    with resources.files("dedup.judge").joinpath(model.FILE).open("rb") as source:
        assert len(source.read()) < 1_000_000
    judge = model.load("html")
    first, second = len(columns.NAMES), len(columns.NAMES) + len(context_kernels.NAMES)
    assert judge.first.columns.max() < first
    assert first <= judge.second.columns.max() < second
    assert (np.diff(judge.chances) >= 0).all()


def test_trees_give_what_walking_them_by_hand_gives() -> None:
    """Leaves struck out by one bit too many would turn verdicts around without any error."""
    random = np.random.default_rng(3)

    def grow(leaves: int) -> dict[str, Any]:
        if leaves == 1:
            return {"leaf_value": float(random.normal())}
        left = int(random.integers(1, leaves))
        return {
            "split_feature": int(random.integers(9)),
            "threshold": float(random.normal()),
            "left_child": grow(left),
            "right_child": grow(leaves - left),
        }

    def walk(node: dict[str, Any], row: npt.NDArray[np.float32]) -> float:
        while "leaf_value" not in node:
            side = "left_child" if row[node["split_feature"]] <= np.float32(node["threshold"]) else "right_child"
            node = node[side]
        return float(node["leaf_value"])

    structures = [grow(int(leaves)) for leaves in (1, 2, 31, 32, *random.integers(1, 33, 40))]
    table = random.normal(size=(1300, 9)).astype(np.float32)
    expected = [1 / (1 + np.exp(-sum(walk(tree, row) for tree in structures))) for row in table]
    left, right = np.ascontiguousarray(table[:, :4]), np.ascontiguousarray(table[:, 4:])
    rows = np.arange(1, 1300, 2)
    trees = lay_out(structures)
    assert trees.predict(left, right) == pytest.approx(np.array(expected), rel=1e-4)
    assert trees.predict(left, right, rows=rows) == pytest.approx(np.array(expected)[rows], rel=1e-4)


def test_a_column_with_more_thresholds_than_a_byte_counts_is_refused() -> None:
    """A rank that wrapped around would send rows to the wrong side without any error."""
    stumps = [
        {"split_feature": 0, "threshold": cut, "left_child": {"leaf_value": 0.0}, "right_child": {"leaf_value": 1.0}}
        for cut in range(128)
    ]
    assert len(lay_out(stumps[:127]).leaves) == 127
    with pytest.raises(ValueError, match="128 thresholds"):
        lay_out(stumps)


def test_no_training_library_is_loaded_to_clean_a_page() -> None:
    code = "import sys, dedup; dedup.clean('<p>x</p>'); print(any(m in sys.modules for m in ('lightgbm', 'sklearn')))"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
    )


def test_an_unsure_page_keeps_more_and_a_sure_one_keeps_what_is_likely() -> None:
    words = np.full(4, 50, np.float32)
    assert page_threshold(np.array([0.95, 0.9, 0.1, 0.05], np.float32), words)[0] == SURE
    low, promise = page_threshold(np.array([0.45, 0.4, 0.35, 0.05], np.float32), words)
    assert low < 0.4
    assert promise < 0.6
    assert page_threshold(np.zeros(0, np.float32), np.zeros(0, np.float32)) == (SURE, 0.0)


def _headline(markup: str) -> str | None:
    """What is taken for the headline of a body that begins with the block `Body`."""
    page = segment_html(markup.encode(), Limits())
    found = find_headline(page, page.texts.index("Body"))
    return page.texts[found] if found >= 0 else None


def test_the_headline_is_the_one_above_the_body() -> None:
    assert _headline("<h1>The Pier</h1><p>News<h1>Ferry runs</h1><p>Body<p>More<h1>Imprint</h1>") == "Ferry runs"
    titled = "<title>Ferry runs again</title><h1>The Pier</h1><h2>Ferry runs again</h2><h1>News</h1><p>Body"
    assert _headline(titled) == "Ferry runs again"
    assert _headline("<p>The Pier<p>Body") is None


@pytest.mark.parametrize(
    "title", ["Tides — The Pier Manual", "The Pier Manual | Tides", "Pier: Tides - The Pier Manual"]
)
def test_a_heading_that_is_the_titles_short_part_goes_before_the_sites_name(title: str) -> None:
    """Manuals put their own name into every title, longer than that of the chapter; it would be the page's title."""
    markup = f"<title>{title}</title><h3>The Pier Manual</h3><p>Menu<h1>Tides<a href=#t>¶</a></h1><p>Body"
    assert _headline(markup) == "Tides¶"


def test_a_heading_that_is_a_mere_word_of_the_title_is_no_headline() -> None:
    markup = "<title>How tides are told - The Pier</title><h2>How tides are told</h2><h1>Tides</h1><p>Body"
    assert _headline(markup) == "How tides are told"


def test_an_h1_over_every_section_is_no_headline() -> None:
    """What stands above a headline goes: taken for one, the last section's would cost the sections before it."""
    assert _headline("".join(f"<h1>Section {name}</h1><p>Text {name}" for name in "ABC") + "<p>Body") is None


def test_prose_right_beside_the_body_stays_sooner_than_prose_a_few_blocks_off() -> None:
    scores = np.array([0.2, 0.05, 0.2, 0.9, 0.9, 0.2, 0.2, 0.05, 0.2], np.float32)
    content, prose = scores > 0.5, np.ones(9, np.bool_)
    keep_sentences(content, scores, prose, 3, 4, *DOUBTS)
    assert content.tolist() == [False, False, True, True, True, True, True, False, False]


def test_what_stands_between_blocks_that_stay_is_torn_out_only_where_the_judge_doubts_it() -> None:
    """A heading would stay without the table under it."""
    scores = np.array([0.47, 0.9, 0.46, 0.47, 0.9, 0.47, 0.4, 0.9, 0.47], np.float32)
    content = scores > 0.5
    keep_between(content, scores)
    assert content.nonzero()[0].tolist() == [1, 2, 3, 4, 7]


def test_prose_far_from_the_body_stays_where_the_judge_hardly_doubts_it() -> None:
    """A page in parts, with an advert between, keeps its last part."""
    scores = np.full(40, 0.05, np.float32)
    scores[[0, 20, 30]] = 0.9, 0.39, 0.41
    content = scores > 0.5
    keep_sentences(content, scores, np.ones(40, np.bool_), 0, 0, *DOUBTS)
    assert content.nonzero()[0].tolist() == [0, 30]


def test_prose_inside_the_body_stays_sooner_where_the_judge_understands_the_page() -> None:
    """Where all scores are middling, a low one tells more; yet what is as good as its neighbours stays among them."""
    kept = []
    for doubts in (DOUBTS, DOUBTS_IF_VAGUE):
        scores = np.array([0.6, 0.25, 0.35, 0.6], np.float32)
        content = scores > 0.5
        keep_sentences(content, scores, np.ones(4, np.bool_), 0, 3, *doubts)
        kept.append(content.tolist())
    assert kept == [[True, True, True, True], [True, False, True, True]]


def test_items_stay_beside_those_that_stay_below_the_first_paragraph_alone() -> None:
    scores = np.array([0.6, 0.45, 0.9, 0.45, 0.6, 0.45, 0.1, 0.45, 0.45], np.float32)
    content = scores > 0.5
    next_items = np.array([0, 1, 0, 0, 1, 1, 1, 1, 0], np.bool_)
    keep_items(content, scores, next_items, 2)
    assert content.tolist() == [True, False, True, True, True, True, False, False, False]


@pytest.mark.parametrize("text", ["Related Articles", "MOST READ:", "相关文章", "Meistgelesen", "En çok okunanlar"])
def test_headings_of_other_pages_lists_are_known_in_many_languages(text: str) -> None:
    page = segment_html(f"<p>Home<p>{text}".encode(), Limits())
    assert first_list_heading(page, np.arange(2)) == 1


def test_all_headings_of_lists_are_found_whatever_marks_stand_around_them() -> None:
    """A filter looks at the bytes first, and may let none of them go."""
    for before, after in (("", ""), ("» ", ":"), ("***", " ›"), ("\u2014", "..."), ("", "-" * 99 + "»")):
        texts = [
            f"{before}{heading.upper() if heading.isascii() else heading}{after}" for heading in sorted(HEADINGS)
        ]
        page = build([RawBlock(text, "paragraph", 1, 0) for text in texts], "text")
        for number in range(len(texts)):
            assert first_list_heading(page, np.array([number])) == 0, texts[number]


@pytest.mark.parametrize("text", ["Read more", "See also", "Voir aussi"])
def test_what_ends_an_item_or_heads_a_section_of_documentation_is_no_heading_of_a_list(text: str) -> None:
    """All cards of a page went below the first that ended in "Read more"."""
    page = segment_html(f"<p>Home<p>{text}".encode(), Limits())
    assert first_list_heading(page, np.arange(2)) is None


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("This site uses cookies.", "consent"),
        ("Facebook Twitter", "share"),
        ("© 2025 The Pier", "footer"),
        ("Мы используем файлы cookie", "consent"),
        ("The cook is in the kitchen", None),
        ("A share of the harvest", None),
    ],
)
def test_furniture_says_what_it_is(text: str, role: str | None) -> None:
    assert role_of(text) == role


def test_labels_follow_the_gold_and_copies_count_once() -> None:
    body = "The council will decide on the contracts in June after the holidays."
    shares = label(["Menu", body, "Short line", body, "***"], f"{body}\nShort line")
    assert shares[:4].tolist() == [0, 1, 1, 0]
    assert np.isnan(shares[4])


def test_a_paragraph_that_the_gold_holds_twice_in_a_row_is_content_twice() -> None:
    """Placeholder text would teach the judge that second paragraphs are furniture."""
    body = "The council will decide on the contracts in June after the holidays."
    assert label([body, body, body], f"{body}\n{body}").tolist() == [1, 1, 0]


def test_copies_for_training_lack_names_and_leave_the_pages_alone() -> None:
    """A page changed along with its copy would be trained on twice without its landmarks, and once not at all."""
    names = columns.NAMES
    table = np.full((1, len(names)), 2, np.float32)
    page = LabelledPage(
        name="set", given={}, fold=0, texts=["text"], evidence=Features(table, *np.zeros((3, 1), np.bool_)),
        elements=np.zeros(1, np.int32), rows=np.zeros((2, ELEMENT_COLUMNS), np.int32),
        labels=np.ones(1, np.float32), weights=np.ones(1, np.float32), sizes=np.ones(1, np.float32),
        widget=np.zeros(1, np.bool_), copy=np.zeros(1, np.bool_), around=None,
    )  # fmt: skip
    many = [replace(page, given={"id": str(number)}) for number in range(200)]
    found = list(copies(many))
    assert 30 < len(found) < 70
    copy = found[0].evidence.table[0]
    assert copy[names.index("to_article")] == copy[names.index("class_comments")] == columns.FAR
    assert copy[names.index("page_posts")] == 0
    assert copy[names.index("link_share")] == 2
    assert (table == 2).all()


def test_a_thinned_page_for_training_keeps_its_headline_and_what_is_left_is_of_the_page() -> None:
    """Without a headline, or with sentences cut in half, trees would learn of pages that nobody writes."""
    body = [f"Sentence {number} of the story says <b>something</b> of its own to the reader." for number in range(40)]
    menu = "".join(f"<li><a href=/{number}>Section {number}</a></li>" for number in range(40))
    paragraphs = "".join(f"<p>{text}</p>" for text in body)
    markup = f"<body><ul>{menu}</ul><article><h1>The story</h1>{paragraphs}</article></body>"
    plain = [text.replace("<b>", "").replace("</b>", "") for text in body]
    sizes = set()
    for seed in range(30):
        thinned = thin(markup, "\n".join(["The story", *plain]), random.Random(seed))
        assert thinned is not None
        assert "<h1>The story</h1>" in thinned
        sizes.add(sum(f"<p>{text}</p>" in thinned for text in body))
        assert thinned.count("<p>") == sum(f"<p>{text}</p>" in thinned for text in body)
    assert len(sizes) > 5
    assert thin("x" * 2_000_000, "x", random.Random(1)) is None


def test_words_are_counted_in_any_script() -> None:
    assert word_prf("你好世界", "你好") == pytest.approx((0.5, 1.0, 2 / 3))
    assert word_prf("", "x") == (0, 0, 0)


def test_a_heading_over_what_stays_is_kept_and_one_over_what_goes_is_not() -> None:
    """A section without its heading reads as if it went on with the one before."""
    content = np.array([True, False, True, False, False, True])
    scores = np.array([0.9, 0.45, 0.9, 0.45, 0.1, 0.9], np.float32)
    kinds = np.array(
        [KINDS.index(kind) for kind in ("paragraph", "heading", "list_item", "heading", "list_item", "paragraph")],
        np.uint8,
    )
    keep_headings(content, scores, kinds, 0, 5)
    assert content.tolist() == [True, True, True, False, False, True]


def test_code_is_kept_beside_what_stays_and_not_beside_code_that_was_kept_for_it() -> None:
    """A listing on its own, below a footer, would come along with one code block after another."""
    content = np.array([True, False, False, False, True])
    scores = np.array([0.9, 0.35, 0.35, 0.2, 0.9], np.float32)
    kinds = np.array([KINDS.index(kind) for kind in ("paragraph", "code", "code", "code", "paragraph")], np.uint8)
    keep_code(content, scores, kinds)
    assert content.tolist() == [True, True, False, False, True]


def test_the_body_is_bounded_by_its_long_blocks_and_by_any_where_none_is_long() -> None:
    """Short lines above and below an article (its author, its tags) would count as the article's own."""
    content = np.array([True, True, False, True, True])
    assert body_bounds(content, np.array([3, 40, 90, 50, 2], np.int32), 25) == (1, 3, 4)
    assert body_bounds(content, np.array([3, 9, 90, 5, 2], np.int32), 25) == (0, 4, 4)
    assert body_bounds(np.zeros(5, np.bool_), np.full(5, 40, np.int32), 25) == (-1, -1, -1)
