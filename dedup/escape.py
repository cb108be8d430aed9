"""Text as Markdown (CommonMark, with the tables of GitHub's) has to write it, so that it is read as that text."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

_SIGN: Final = re.compile(r"[\\`<&!\[\]*_]")  # most texts hold none
# What may mean something wherever it stands; each place is looked at more closely.
_CANDIDATE: Final = re.compile(r"[\\`<&!\[\]]|\*+|_+")
_BACKSLASH: Final = re.compile(r"\\(?=[!-/:-@\[-`{-~]|[ \t]*+(?:\n|\Z))")
_TAG: Final = re.compile(r"<(?=[A-Za-z/!?]|[0-9.#$%&'*+=^_`{|}~-]++@)")
_REFERENCE: Final = re.compile(r"&(?=#[0-9]{1,7};|#[xX][0-9a-fA-F]{1,6};|[A-Za-z][A-Za-z0-9]{0,31};)")
_MEANING: Final = {"\\": _BACKSLASH, "<": _TAG, "&": _REFERENCE, "`": re.compile("`")}
# What begins a block where a line does, up to what has to be escaped of it, `mark`: a heading, an item of a list, a
# quote, a fence, a break between sections, or a line under what it makes a heading or a table of.
_BLOCK: Final = re.compile(
    r"""[ \t]*+ (?: (?:[0-9]{1,9}(?=[.)](?:[ \t]|$)))? (?P<mark>
        \#(?=\#{0,5}(?:[ \t]|$)) | [-+*](?=[ \t]|$) | (?<=[0-9])[.)] | > | ~(?=~~) | =(?==*+[ \t]*+$)
        | [-:|](?=[-:|\ \t]*+$) | \*+(?=[*\ \t]*+$) | _+(?=[_\ \t]*+$)
    ))""",
    re.VERBOSE | re.MULTILINE,
)
_ENCODED: Final = {chr(code): f"%{code:02X}" for code in (*range(33), 127, *b"()<>\\`")}  # of an address
_SPACES: Final = frozenset(" \t\n\x0b\x0c\xa0\u1680\u202f\u205f\u3000").union(map(chr, range(0x2000, 0x200B)))


def escaped(text: str, markup: Sequence[int] = (), *, inline: bool = False) -> str:
    """The text with a backslash before what would be read as markup; most prose has none.

    Args:
        text: of a block.
        markup: bounds of what in it is markup already, the two of each link: start and end of its `[`, then of
            its `](address)`, one after the other.
        inline: whether it stands in a line of its block's, such as a heading, where no line of it can begin a block.
    """
    text = text.replace("\r", "\n")
    places = set() if inline else set(_block_starts(text))
    if _SIGN.search(text):
        places.update(_inline_marks(text, markup, inline=inline))
    if not places:
        return text
    bounds = [0, *sorted(places), len(text)]
    return "\\".join([text[start:end] for start, end in pairwise(bounds)])


def escaped_heading(text: str, markup: Sequence[int] = ()) -> str:
    """The same of a heading, on one line; number signs at its end would be left out."""
    line = one_line(escaped(text, markup, inline=True))
    body = line.rstrip("#")
    return f"{body}\\{line[len(body) :]}" if body != line and (not body or body[-1] in _SPACES) else line


def escaped_address(address: str) -> str:
    """An address as it stands in the parentheses of a link."""
    return _REFERENCE.sub(r"\&", "".join(_ENCODED.get(character, character) for character in address))


def one_line(text: str) -> str:
    """The text without its line breaks."""
    return " ".join(text.split())


def _block_starts(text: str) -> Iterator[int]:
    """What would begin a block where a line of the text does."""
    start = 0
    while True:
        if found := _BLOCK.match(text, start):
            yield from range(*found.span("mark"))
        start = text.find("\n", start) + 1
        if not start:
            return


def _inline_marks(text: str, markup: Sequence[int], *, inline: bool) -> Iterator[int]:
    """What would be read as markup within a line, wherever it stands."""
    runs: dict[str, list[tuple[int, int]]] = {"*": [], "_": []}
    closing = ("(", ":") if not inline and text.lstrip().startswith("[") else ("(",)  # `[x]: y` defines a link
    for found in _CANDIDATE.finditer(text):
        start, end = found.span()
        bounds_before = bisect_right(markup, start)
        if bounds_before % 2:
            continue  # it is markup
        match character := text[start]:
            case "*" | "_":
                runs[character].append((start, end))
            case "[" | "]":
                is_linked = bounds_before // 2 % 2 == 1
                if is_linked or (character == "]" and text.startswith(closing, end)):
                    yield start
            case "!":
                if bisect_right(markup, end) % 2:  # a link follows, which would become an image
                    yield start
            case _:
                if _MEANING[character].match(text, start):
                    yield start
    for marks in runs.values():
        yield from _emphasis(text, marks)


def _emphasis(text: str, runs: Sequence[tuple[int, int]]) -> Iterator[int]:
    """Of runs of asterisks or underscores those that emphasis begins and ends at; none where no pair of them can be."""
    places = [(*_sides(text, start, end), range(start, end)) for start, end in runs]
    first = next((number for number, (opens, _, _) in enumerate(places) if opens), len(places))
    if any(closes for _, closes, _ in places[first + 1 :]):
        for opens, closes, run in places:
            if opens or closes:
                yield from run


def _sides(text: str, start: int, end: int) -> tuple[bool, bool]:
    """Whether emphasis may begin and whether it may end at a run (CommonMark 6.2); in doubt about a sign, it may."""
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    if text[start] == "_" and before.isalnum() and after.isalnum():
        return False, False
    opens = after not in _SPACES and not (before.isalnum() and _is_mark(after))
    closes = before not in _SPACES and not (after.isalnum() and _is_mark(before))
    return opens, closes


def _is_mark(character: str) -> bool:
    return character.isascii() and not character.isalnum() and character.isprintable()
