"""Two texts side by side: which paragraphs differ, and which words in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Final, NamedTuple

_MOST_LINES: Final = 150
_MOST_WORDS: Final = 300  # of a paragraph; comparing takes the square
_WORD: Final = re.compile(r"\s+|\S+")


class Piece(NamedTuple):
    """A part of a paragraph."""

    text: str
    differs: bool


class Pair(NamedTuple):
    """A paragraph of each text; nothing where only the other has one. `equal` paragraphs are counted, not shown."""

    left: tuple[Piece, ...]
    right: tuple[Piece, ...]
    equal: int = 0


def differences(left: str, right: str) -> list[Pair]:
    """The paragraphs in which two texts differ, and how many lie between; the beginning of long texts alone.

    Args:
        left: a text, a line a paragraph.
        right: the other.
    """
    lefts, rights = _lines(left), _lines(right)
    pairs: list[Pair] = []
    for kind, a, b, c, d in SequenceMatcher(None, lefts, rights, autojunk=False).get_opcodes():
        if kind == "equal":
            pairs.append(Pair((), (), b - a))
        else:
            pairs.extend(_paragraphs(lefts[a:b], rights[c:d]))
    return pairs


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()][:_MOST_LINES]


def _paragraphs(lefts: list[str], rights: list[str]) -> Iterator[Pair]:
    for left, right in zip_longest(lefts, rights):
        if left is None or right is None:
            yield Pair(_whole(left), _whole(right))
            continue
        words, others = (_WORD.findall(text)[:_MOST_WORDS] for text in (left, right))
        opcodes = SequenceMatcher(None, words, others, autojunk=False).get_opcodes()
        yield Pair(
            tuple(Piece("".join(words[a:b]), kind != "equal") for kind, a, b, _, _ in opcodes if b > a),
            tuple(Piece("".join(others[c:d]), kind != "equal") for kind, _, _, c, d in opcodes if d > c),
        )


def _whole(text: str | None) -> tuple[Piece, ...]:
    return () if text is None else (Piece("".join(_WORD.findall(text)[:_MOST_WORDS]), differs=True),)
