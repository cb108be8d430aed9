"""Evidence from tags, classes and ids: weights that were learned of one way of counting are worthless under another."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np

import dedup
from dedup.judge import columns
from dedup.judge.naming import NameWeights
from dedup.judge.naming_kernels import REACHES, terms_of_elements
from dedup.options import Limits
from dedup.segment import dom_kernels as dom
from dedup.segment.html import segment_html
from dedup.segment.segments import ElementTable, Segments

AT = columns.NAMES.index("names_own")
NAMES = (
    "entry-content",
    "post",
    "wp-block-list",
    "navMain",
    "col-md-4",
    "col-md-12",
    "é",
    "x",
    "story__body",
    "post post",
)


def segment(markup: str) -> tuple[Segments, ElementTable]:
    page = segment_html(markup.encode(), Limits())
    assert page.table is not None
    return page, page.table


def terms(markup: str) -> list[set[int]]:
    return terms_of(*segment(markup))


def terms_of(page: Segments, around: ElementTable) -> list[set[int]]:
    """Those of each element around a block."""
    same, starts, keys = terms_of_elements(around.rows, around.tags, around.source, page.elements)
    own = [set(keys[start:end].tolist()) for start, end in pairwise(starts)]
    return [own[element] if element >= 0 else set() for element in same.tolist()]


def of_class(name: str) -> set[int]:
    """Those of a paragraph's class, without its tag."""
    return terms(f"<body><p class='{name}'>text")[-1] - terms("<body><p>text")[-1]


def test_a_name_counts_whole_by_word_and_by_pair_of_words() -> None:
    """Templates write one word in many names: one that was learned in `entry-content` tells in `entry-body` too."""
    entry, content = of_class("entry"), of_class("content")
    both = of_class("entry-content")
    assert len(both) == 4  # the name, two words, a pair
    assert len(both & entry) == len(both & content) == 1
    assert len(both & of_class("content-entry")) == 2  # the words, not the pair
    assert len(both & of_class("entry content")) == 2
    for written in ("entryContent", "ENTRY_content", "entry--content"):
        assert len(both & of_class(written)) == 3  # all but the name
    assert of_class("post-12") == of_class("post-3456") != of_class("post-x")
    assert len(of_class("x é 7")) == 3  # short names have no words


def test_an_id_counts_as_a_class_does_and_a_tag_by_itself() -> None:
    assert terms("<body><div id=main>text")[-1] == terms("<body><div class=main>text")[-1]
    assert terms("<body><div>text")[-1] != terms("<body><section>text")[-1]
    assert of_class("div") & terms("<body><div>text")[-1] == set()


def page_of(rng: random.Random) -> str:
    """Elements in each other, some with names, with text between them."""
    parts = ["<title>x</title><body>"]
    open_: list[str] = []
    for _ in range(rng.randrange(60)):
        if open_ and rng.random() < 0.4:
            parts.append(f"</{open_.pop()}>")
        else:
            open_.append(rng.choice(("div", "section", "article", "ul", "blockquote")))
            named = "".join(
                f" {what}='{rng.choice(NAMES)} {rng.choice(NAMES)}'" for what in ("class", "id") if rng.random() < 0.4
            )
            parts.append(f"<{open_[-1]}{named}>")
        if rng.random() < 0.7:
            parts.append(f"<p>text {rng.random()}</p>" if rng.random() < 0.5 else f"text {rng.random()}")
    return "".join(parts)


def test_every_block_gets_the_weights_of_the_terms_around_it_once_each() -> None:
    """Sums that went wrong where elements close would tell a footer by the classes of the article before it."""
    rng, draw = random.Random(5), np.random.default_rng(5)
    for _ in range(60):
        page, around = segment(page_of(rng))
        if not len(page):
            continue
        found = terms_of(page, around)
        known = np.array(sorted(set().union(*found))[::2], np.uint32)
        weights = NameWeights(known, draw.normal(size=(len(known), REACHES)).astype(np.float16))
        table = np.ones((len(page), len(columns.NAMES)), np.float32)
        weights.fill(page.elements, around, table)
        sums = np.array([by_hand(weights, around, found, element) for element in page.elements.tolist()])
        whole = sums.sum(axis=1)
        np.testing.assert_allclose(table[:, AT : AT + 3], sums, atol=1e-4)
        np.testing.assert_allclose(table[:, AT + 3], whole, atol=1e-4)
        np.testing.assert_allclose(table[:, AT + 4], whole - whole.mean(), atol=1e-4)
        np.testing.assert_allclose(table[:, AT + 5], whole.max() - whole, atol=1e-4)
        near = [whole[max(block - 3, 0) : block + 4].mean() for block in range(len(page))]
        np.testing.assert_allclose(table[:, AT + 6], near, atol=1e-4)


def by_hand(weights: NameWeights, around: ElementTable, terms: list[set[int]], element: int) -> list[float]:
    reached: tuple[set[int], ...] = tuple(set() for _ in range(REACHES))
    steps = 0
    while element >= 0:
        reached[min((steps + 1) // 2, REACHES - 1)].update(terms[element])
        element = int(around.rows[element, dom.PARENT])
        steps += 1
    known = dict(zip(weights.keys.tolist(), weights.weights.astype(float).tolist(), strict=True))
    return [sum(known[key][reach] for key in some if key in known) for reach, some in enumerate(reached)]


def test_a_page_of_thousands_of_long_names_is_cleaned() -> None:
    """Names are somebody else's bytes: however many and long, no place for them runs out."""
    name = " ".join(f"{'aB' * 3}-{number}" for number in range(60))
    body = "".join(
        f"<div class='{name}' id='{'x ' * 300}'><p>Paragraph {number} of the page.</p>" for number in range(400)
    )
    assert "Paragraph 399 of the page." in [block.text for block in dedup.clean(f"<body>{body}").blocks]
