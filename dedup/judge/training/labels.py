"""Which blocks of a page its gold text holds."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Final

import numpy as np
import numpy.typing as npt

GRAM: Final = 4  # words in a row that are looked for in the gold text
LONG: Final = GRAM + 2  # a block with fewer words is found as a line or by its neighbours
_NEAR: Final = 6  # blocks; further neighbours say nothing of a short block

_UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f"
)
HAS_UNSPACED: Final = re.compile(f"[{_UNSPACED}]")
_WORD: Final = re.compile(f"[{_UNSPACED}]|[^\\W{_UNSPACED}]+")
_LINE: Final = re.compile(r"[\n\t|]")


def words(text: str) -> list[str]:
    """Words in lower case; in scripts without spaces each character is one."""
    return _WORD.findall(text.lower())


def label(texts: list[str], gold: str) -> npt.NDArray[np.float32]:
    """The share of each block that the gold text holds.

    Args:
        texts: of the blocks, in the page's order.
        gold: the page's content.

    Returns:
        float32[n]; not a number where a block has no words.
    """
    gold_words = words(gold)
    grams = {tuple(gold_words[i : i + GRAM]) for i in range(len(gold_words) - GRAM + 1)}
    lines = {" ".join(words(line)) for line in _LINE.split(gold)}
    run = f" {' '.join(gold_words)} "
    blocks = [words(text) for text in texts]
    shares = np.full(len(texts), np.nan, np.float32)
    for index, block in enumerate(blocks):
        if len(block) >= LONG:
            found = [tuple(block[i : i + GRAM]) in grams for i in range(len(block) - GRAM + 1)]
            shares[index] = sum(found) / len(found)
    solid = np.flatnonzero(~np.isnan(shares))
    for index, block in enumerate(blocks):
        if block and len(block) < LONG:
            shares[index] = _short(" ".join(block), index, lines, run, shares, solid)
    _leave_copies(blocks, gold_words, shares)
    return shares


def _short(
    text: str, index: int, lines: set[str], run: str, shares: npt.NDArray[np.float32], solid: npt.NDArray[np.intp]
) -> float:
    """A short text occurs in any gold by chance: it counts where its neighbours do, or as a line of its own."""
    if f" {text} " not in run:
        return 0.0
    at = int(np.searchsorted(solid, index))
    near = [shares[solid[i]] for i in (at - 1, at) if 0 <= i < len(solid) and abs(solid[i] - index) <= _NEAR]
    support = float(np.mean(near)) if near else 0.3
    if text in lines and " " in text:
        return float(support >= 0.2 or text.count(" ") > 2)
    return float(support > 0.5)


def _leave_copies(blocks: list[list[str]], gold_words: list[str], shares: npt.NDArray[np.float32]) -> None:
    """Where the page holds a text more often than the gold does, the copies with the best company count."""
    run = _fenced(gold_words)
    places: dict[str, list[int]] = defaultdict(list)
    for index, block in enumerate(blocks):
        if len(block) >= LONG and shares[index] > 0.5:
            places[" ".join(block)].append(index)
    for text, indices in places.items():
        spare = len(indices) - max(run.count(_fenced(text.split(" "))), 1)
        if spare > 0:
            company = {index: _company(shares, index) for index in indices}
            for index in sorted(indices, key=lambda index: (company[index], -index))[:spare]:
                shares[index] = 0.0


def _fenced(texts: list[str]) -> str:
    """Words with a fence on both sides of each, so that a text right after its copy counts too."""
    return "".join(f" {word} " for word in texts)


def _company(shares: npt.NDArray[np.float32], index: int) -> int:
    return int((shares[max(index - 4, 0) : index + 5] > 0.5).sum())


def label_snippets(texts: list[str], keep: list[str], remove: list[str]) -> npt.NDArray[np.float32]:
    """Labels where only snippets are known: not a number for blocks that hold none."""
    plain = [" ".join(text.lower().split()) for text in texts]
    shares = np.full(len(texts), np.nan, np.float32)
    for value, snippets in ((0.0, remove), (1.0, keep)):
        wanted = [" ".join(snippet.lower().split()) for snippet in snippets]
        for index, text in enumerate(plain):
            if any(snippet in text for snippet in wanted):
                shares[index] = value
    return shares
