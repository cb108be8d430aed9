"""Small pages made of large ones: most of the furniture is taken out, and often most of the text.

Pages of real sites are long and full of furniture, and trees that saw nothing else take short lists and tables on a
small page for furniture too. Held out, trees that saw some pages both ways are better on small pages; of the sets of
whole pages, some gain and some lose (docs/model-card.md).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from dedup.judge.training.labels import GRAM, LONG, words

# How much of the furniture and of the content goes; a page takes one of each.
_FURNITURE: Final = (0.6, 0.85, 0.97)
_CONTENT: Final = (0.0, 0.5, 0.85)
_MOST_CHARS: Final = 1_500_000  # of a page that is thinned at all
_DEPTH: Final = 40  # elements further in stay with the one that they are in
_FURNITURE_WORDS: Final = 400  # of an element that goes, or stays, as one; larger ones are looked into
_CONTENT_WORDS: Final = 150
_SILENT: Final = frozenset(("script", "style", "noscript", "template", "svg"))
_STAYS: Final = frozenset(("h1", "a", "b", "em", "i", "span", "strong"))  # a headline, and pieces of a sentence


def thin(markup: str, gold: str, rng: random.Random) -> str | None:
    """A page without some of its elements; None of one that has no body, or is too large.

    Args:
        markup: the page.
        gold: its content.
        rng: what draws the elements that go.
    """
    if len(markup) > _MOST_CHARS:
        return None
    page = LexborHTMLParser(markup)
    if page.body is None:
        return None
    for element in list(_drawn(page.body, _Gold(gold), rng)):
        element.decompose()
    return page.html


class _Gold:
    """A gold text, to ask what it holds."""

    def __init__(self, text: str) -> None:
        found = words(text)
        self._grams = {tuple(found[start : start + GRAM]) for start in range(len(found) - GRAM + 1)}
        self._run = f" {' '.join(found)} "

    def share(self, found: list[str]) -> float:
        """The share of a text that it holds."""
        if len(found) < LONG:
            return float(f" {' '.join(found)} " in self._run)
        grams = [tuple(found[start : start + GRAM]) for start in range(len(found) - GRAM + 1)]
        return sum(gram in self._grams for gram in grams) / len(grams)


def _drawn(body: LexborNode, gold: _Gold, rng: random.Random) -> Iterator[LexborNode]:
    """The elements that go: of those that are furniture, and of those that are content, from the outside in."""
    furniture, content = rng.choice(_FURNITURE), rng.choice(_CONTENT)
    inside = [(body, 0)]
    while inside:
        element, depth = inside.pop()
        for child in element.iter(include_text=False):
            if child.tag in _SILENT or not (found := words(child.text(deep=True, separator=" "))):
                continue
            share = gold.share(found)
            if share < 0.1 and len(found) < _FURNITURE_WORDS:
                if rng.random() < furniture:
                    yield child
            elif share > 0.9 and len(found) < _CONTENT_WORDS:
                if child.tag not in _STAYS and rng.random() < content:
                    yield child
            elif depth < _DEPTH:
                inside.append((child, depth + 1))
