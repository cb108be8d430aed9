"""The columns of the table of features, in order."""

from __future__ import annotations

from typing import Final

import numpy as np

from dedup.segment.tags import ID
from dedup.segment.telltales import CATEGORIES

PROSE_WORDS: Final = 15  # a block with as many, and few links, counts as prose
PROSE_LINKS: Final = 0.35
FAR: Final = 64.0  # distance of what is not there
LEVELS: Final = 5  # enclosing containers that are looked at one by one
SPAN: Final = 3  # neighbours on either side
NEAR: Final = 2  # of them, those whose digits are counted

_LANDMARKS: Final = (
    "main", "article", "nav", "footer", "header", "aside", "section", "form", "ul", "ol", "table", "figure",
    "blockquote", "details", "button", "label", "a", "pre", "dl", "address",
)  # fmt: skip
_OWN_TAGS: Final = ("p", "div", "li", "td", "span", "h1", "h2", "h3", "h4", "dd", "dt", "th", "body", "section")
LANDMARKS: Final = len(_LANDMARKS)
OWN_TAGS: Final = len(_OWN_TAGS)
LANDMARK_OF, OWN_OF = np.full((2, 256), -1, np.int8)
"""int8[256] each, by number of a tag: which of the landmarks it is, or of the tags that a block's own element is asked
for; -1 for none."""
LANDMARK_OF[[ID[name] for name in _LANDMARKS]] = range(LANDMARKS)
OWN_OF[[ID[name] for name in _OWN_TAGS]] = range(OWN_TAGS)

_TEXT: Final = (
    "words", "letters", "digit_share", "upper_share", "mark_share", "sentences", "words_a_sentence", "commas_a_word",
    "ends", "starts", "lines", "quotes", "symbols", "longest_word", "word_length", "unspaced_share", "link_share",
    "links", "links_a_word", "kind", "level", "flags",
)  # fmt: skip
_PLACE: Final = (
    "depth", "index_share", "words_before_share", "words_after_share", "prose_before_share", "prose_after_share",
    "since_h1", "since_heading", "heading_words", "heading_level", "to_prose_before", "to_prose_after", "title_match",
    "index", "from_end",
)  # fmt: skip
_AROUND: Final = tuple(
    f"{what}{step:+d}"
    for step in (*range(-SPAN, 0), *range(1, SPAN + 1))
    for what in ("words", "link_share", "ends", "kind", "same_shape")
)
_CONTAINERS: Final = tuple(
    f"{what}^{level}"
    for level in range(LEVELS)
    for what in ("prose_share", "link_share", "blocks", "words_share", "mean_words", "images")
)
_SIBLINGS: Final = tuple(
    f"{what}^{level}"
    for level in range(LEVELS)
    for what in ("siblings_alike", "siblings_before", "share_of_siblings", "prose_before")
)
_LEAD: Final = ("h1_before", "headings_before")
_DIGITS: Final = tuple(f"digit_share{step:+d}" for step in (*range(-NEAR, 0), *range(1, NEAR + 1)))
_MAIN: Final = ("main_distance", "main_index_share", "main_prose_share", "main_after_prose", "prose_here")
_SHAPE: Final = ("shape_count", "shape_words", "shape_link_share", "shape_prose_share", "shape_run")
_REPEAT: Final = ("copies", "similarity", "run", "widget", "copy")
_PAGE: Final = (
    "page_blocks", "page_words", "page_prose", "page_link_share", "page_headings", "page_items", "page_rows",
    "page_h1", "page_images", "page_codes", "page_mean_prose", "page_hints", "page_posts", "page_comments",
    "page_products", "page_reviews", "page_questions", "page_main", "page_article", "page_articles", "page_unspaced",
    "page_short_share",
)  # fmt: skip

_NAMES: Final = (
    "names_own", "names_near", "names_far", "names", "names_above_mean", "names_below_best", "names_around",
)  # fmt: skip

NAMES: Final[tuple[str, ...]] = (
    *_TEXT, *_PLACE, *_AROUND, *_CONTAINERS, *_SIBLINGS, *_LEAD, *_DIGITS, *_MAIN, *_SHAPE, *_REPEAT, *_PAGE,
    *(f"to_{name}" for name in _LANDMARKS), *(f"is_{name}" for name in _OWN_TAGS),
    *(f"class_{name}" for name in CATEGORIES), *_NAMES,
)  # fmt: skip


def _each(name: str) -> tuple[str, ...]:
    """The columns of a name, level by level."""
    return tuple(f"{name}^{level}" for level in range(LEVELS))


# What a page's size is told up to: about what one page in ten exceeds. Of larger ones trees have seen few, most of them
# lists and threads, and would take an article for furniture, a little more so with each thing that it lists.
_SIZES: Final = {
    430.0: ("index", "from_end", "page_blocks"),
    400.0: _each("blocks"),
    50.0: (*_each("images"), "page_images", *_each("siblings_alike")[:1], *_each("siblings_before")[:1]),
    15.0: (*_each("siblings_alike")[1:], *_each("siblings_before")[1:], "headings_before", "copies"),
    2.0: ("h1_before", "page_h1"),
    1300.0: ("prose_here",),
    110.0: ("shape_count",),
    30.0: ("shape_run",),
    4000.0: ("page_words",),
    2700.0: ("page_prose",),
    60.0: ("page_posts",),
    20.0: ("page_comments", "page_products"),
    10.0: ("page_questions", "page_reviews", "page_articles"),
}
MOST: Final = np.full(len(NAMES), np.inf, np.float32)
"""float32[columns], the highest value of each."""
for _most, _names in _SIZES.items():
    MOST[[NAMES.index(name) for name in _names]] = _most
