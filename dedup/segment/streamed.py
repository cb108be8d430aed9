"""Pages that React streams, put in the order in which a browser shows them.

What a server has not ready when it sends a page follows at its end, as `<div hidden id="S:0">`, and a line of script
moves it to the place that `<template id="B:0">` (or `P:0`, inside what came late itself) keeps for it, instead of what
was shown there meanwhile: a spinner. On a page of Next.js that can be the whole article, behind the footer and hidden.
See `writeStartSegment` and `writeCompletedBoundaryInstruction` of React's ReactFizzConfigDOM.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

_HINT: Final = b'id="S:'
_LATE: Final = re.compile(rb'<div hidden(?:="")? id="S:([0-9a-f]{1,8})">')
_PLACE: Final = re.compile(rb'<template id="[BP]:([0-9a-f]{1,8})"></template>')
_EDGE: Final = re.compile(rb"<(div|/div|script)(?=[\s>])", re.IGNORECASE)
_BOUNDARY: Final = re.compile(rb"<!--(/?)\$[?!~&]?-->")
_END_OF_SCRIPT: Final = b"</script"


class Order(NamedTuple):
    """A page in pieces.

    Attributes:
        markup: the pieces, one after the other.
        starts: int64[p], where each begins in `markup`.
        origins: int64[p], where each begins in what was given.
    """

    markup: bytes
    starts: npt.NDArray[np.int64]
    origins: npt.NDArray[np.int64]

    def original(self, places: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """Positions in what was given for positions in `markup`."""
        piece = np.maximum(np.searchsorted(self.starts, places, side="right") - 1, 0)
        moved: npt.NDArray[np.int32] = (places + (self.origins - self.starts)[piece]).astype(np.int32)
        return moved


class _Late(NamedTuple):
    """Bounds of what came late, with and without the element that holds it."""

    around: tuple[int, int]
    inside: tuple[int, int]


class _Stretch(NamedTuple):
    """Bytes that go, and the number of what takes their place, if anything does."""

    start: int
    stop: int
    number: bytes | None = None


def in_order(markup: bytes) -> Order | None:
    """The page as a browser shows it; None where nothing of it came late.

    Args:
        markup: of the page, as it was sent.
    """
    if _HINT not in markup:
        return None
    late = _late(markup)
    places = {match[1]: match.span() for match in reversed(list(_PLACE.finditer(markup))) if match[1] in late}
    pieces, reached = _pieces(markup, late, places)
    if len(reached) < len(places):  # the others stay where they are: their place is in themselves, or goes with it
        pieces, reached = _pieces(markup, late, {number: places[number] for number in reached})
    if not reached:
        return None
    origins = np.array([start for start, _ in pieces], np.int64)
    ends = np.cumsum([stop - start for start, stop in pieces], dtype=np.int64)
    return Order(b"".join(markup[start:stop] for start, stop in pieces), np.concatenate([[0], ends[:-1]]), origins)


def _late(markup: bytes) -> dict[bytes, _Late]:
    """What came late, by its number; of those of one number, the first."""
    found: dict[bytes, _Late] = {}
    at = 0
    while match := _LATE.search(markup, at):
        end = _end_of_div(markup, match.end())
        if end is None:
            break
        found.setdefault(match[1], _Late((match.start(), end[1]), (match.end(), end[0])))
        at = end[1]
    return found


def _end_of_div(markup: bytes, at: int) -> tuple[int, int] | None:
    """Bounds of the end tag of a `<div>` whose content begins at a position; None where there is none."""
    depth = 1
    while edge := _EDGE.search(markup, at):
        at = edge.end()
        name = edge[1].lower()
        if name == b"script":
            at = markup.find(_END_OF_SCRIPT, at)
            if at < 0:
                return None
        else:
            depth += 1 if name == b"div" else -1
            if not depth:
                return edge.start(), markup.find(b">", at) + 1 or len(markup)
    return None


def _fallbacks(markup: bytes) -> dict[int, int]:
    """Where what is shown meanwhile ends, by where it begins: between the comments that React parts with."""
    found: dict[int, int] = {}
    open_at: list[int] = []
    for match in _BOUNDARY.finditer(markup):
        if not match[1]:
            open_at.append(match.end())
        elif open_at:
            found[open_at.pop()] = match.start()
    return found


def _pieces(
    markup: bytes, late: dict[bytes, _Late], places: dict[bytes, tuple[int, int]]
) -> tuple[list[tuple[int, int]], list[bytes]]:
    """Bounds of the pieces of a page in order, each once, and the numbers of what has come to its place."""
    fallbacks = _fallbacks(markup)
    stretches = sorted(
        [_Stretch(*late[number].around) for number in places]
        + [_Stretch(start, fallbacks.get(start, stop), number) for number, (start, stop) in places.items()]
    )
    starts = [stretch.start for stretch in stretches]
    pieces: list[tuple[int, int]] = []
    reached: list[bytes] = []
    under_way = [(0, len(markup))]
    while under_way:
        at, stop = under_way.pop()
        index = bisect_left(starts, at)
        if index == len(starts) or starts[index] >= stop:
            pieces.append((at, stop))
            continue
        stretch = stretches[index]
        pieces.append((at, stretch.start))
        under_way.append((min(stretch.stop, stop), stop))
        if stretch.number is not None:
            reached.append(stretch.number)
            under_way.append(late[stretch.number].inside)
    return [(start, stop) for start, stop in pieces if start < stop], reached
