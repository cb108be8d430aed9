"""Pages that React streams, put in the order in which a browser shows them.

What a server has not ready when it sends a page follows at its end, as `<div hidden id="S:0">`, and a line of script
moves it to the place that `<template id="B:0">` keeps for it (`P:0` inside what came late itself), instead of what was
shown there meanwhile: a spinner. On a page of Next.js that can be the whole article, behind the footer and hidden. The
script says which part belongs where; parts and places of one number belong together where there is none. See
`writeStartSegment` and `writeCompletedBoundaryInstruction` of React's ReactFizzConfigDOM.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Container
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

_HINT: Final = b'id="S:'
_LATE: Final = re.compile(
    rb'(?:<(?P<own>div|table) hidden(?:="")?|<table hidden(?:="")?><(?P<inner>tbody|tr))'
    rb' id="S:(?P<number>[0-9a-f]{1,8})">'
)
_PLACE: Final = re.compile(rb'<template id="([BP]:[0-9a-f]{1,8})"></template>')
_CALL: Final = re.compile(
    rb'\$R[CR]\("(?P<boundary>B:[0-9a-f]{1,8})","S:(?P<part>[0-9a-f]{1,8})"'
    rb'|\$RS\("S:(?P<inner>[0-9a-f]{1,8})","(?P<place>P:[0-9a-f]{1,8})"'
)
_BOUNDARY: Final = re.compile(rb"<!--(/?)\$[?!~]?-->")
_WRAPPED: Final = b"</table>"
_PASSED_OVER: Final = {b"script": b"</script", b"!--": b"-->"}
_MOST_OPEN: Final = 8  # parts without an end, each of which is looked for up to the end of the page


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

    def holds(self, places: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
        """bool[n], which positions in what was given lie in a piece."""
        order = np.argsort(self.origins)
        origins, sizes = self.origins[order], np.diff(self.starts, append=len(self.markup))[order]
        piece = np.searchsorted(origins, places, side="right") - 1
        held: npt.NDArray[np.bool_] = (piece >= 0) & (places < (origins + sizes)[piece])
        return held


class _Late(NamedTuple):
    """Bounds of what came late, with and without the element that holds it."""

    around: tuple[int, int]
    inside: tuple[int, int]


class _Stretch(NamedTuple):
    """Bytes that go, and the number of what takes their place, if anything does."""

    start: int
    stop: int
    number: bytes = b""


def in_order(markup: bytes, begins: Container[int]) -> Order | None:
    """The page as a browser shows it; None where nothing of it came late.

    Args:
        markup: of the page, as it was sent.
        begins: where its start tags do; what only looks like one, in a script or a comment, moves nothing.
    """
    if _HINT not in markup:
        return None
    late = _late(markup, begins)
    places = _places(markup, begins, late)
    pieces, reached = _pieces(markup, late, places)
    if len(reached) < len(places):  # the others stay where they are: their place is in themselves, or goes with it
        pieces, reached = _pieces(markup, late, {number: places[number] for number in reached})
    if not reached:
        return None
    origins = np.array([start for start, _ in pieces], np.int64)
    ends = np.cumsum([stop - start for start, stop in pieces], dtype=np.int64)
    return Order(b"".join(markup[start:stop] for start, stop in pieces), np.concatenate([[0], ends[:-1]]), origins)


def _late(markup: bytes, begins: Container[int]) -> dict[bytes, _Late]:
    """What came late, by its number; of those of one number, the first."""
    found: dict[bytes, _Late] = {}
    at = left_open = 0
    while left_open < _MOST_OPEN and (match := _LATE.search(markup, at)):
        at = match.end()
        if match.start() not in begins:
            continue
        end = _end_of(match["own"] or match["inner"], markup, at)
        if end is None:
            left_open += 1
            continue
        start, stop = end
        if match["inner"]:
            stop += len(_WRAPPED) * markup.startswith(_WRAPPED, stop)
        found.setdefault(match["number"], _Late((match.start(), stop), (match.end(), start)))
        at = stop
    return found


def _end_of(name: bytes, markup: bytes, at: int) -> tuple[int, int] | None:
    """Bounds of the end tag of an element whose content begins at a position; None where there is none."""
    edges = re.compile(rb"<(?:(/?%b|script)(?=[\s>])|(!--))" % name, re.IGNORECASE)
    depth = 1
    while edge := edges.search(markup, at):
        at = edge.end()
        if (passed_over := _PASSED_OVER.get((edge[1] or edge[2]).lower())) is not None:
            at = markup.find(passed_over, at)
            if at < 0:
                return None
            continue
        depth += -1 if edge[1].startswith(b"/") else 1
        if not depth:
            return edge.start(), markup.find(b">", at) + 1 or len(markup)
    return None


def _places(markup: bytes, begins: Container[int], late: dict[bytes, _Late]) -> dict[bytes, _Stretch]:
    """By the number of what comes there: each place, with what is shown there meanwhile."""
    parts: dict[bytes, bytes] = {}
    for call in _CALL.finditer(markup):
        parts.setdefault(call["boundary"] or call["place"], call["part"] or call["inner"])
    named = set(parts.values())
    fallbacks, starts = _fallbacks(markup), sorted(one.around[0] for one in late.values())
    places: dict[bytes, _Stretch] = {}
    for match in _PLACE.finditer(markup):
        start, stop = match.span()
        number = parts.get(match[1], match[1][2:])
        if number not in late or number in places or start not in begins:
            continue
        if match[1] not in parts and number in named:
            continue
        if match[1].startswith(b"B"):
            end = fallbacks.get(start, stop)
            following = bisect_left(starts, start)
            if following == len(starts) or end <= starts[following]:  # else some tags have no end
                stop = end
        places[number] = _Stretch(start, stop, number)
    return places


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
    markup: bytes, late: dict[bytes, _Late], places: dict[bytes, _Stretch]
) -> tuple[list[tuple[int, int]], list[bytes]]:
    """Bounds of the pieces of a page in order, each once, and the numbers of what has come to its place."""
    stretches = sorted([*(_Stretch(*late[number].around) for number in places), *places.values()])
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
        if stretch.number:
            reached.append(stretch.number)
            under_way.append(late[stretch.number].inside)
    return [(start, stop) for start, stop in pieces if start < stop], reached
