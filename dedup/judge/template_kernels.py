"""What other pages hold, weighed block by block: a page with a memory asks for it each time."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.jit import kernel
from dedup.memory.share_kernels import share_bound

_EDGE: Final = 0.003  # a score is never surer than this
_MOST: Final = 16  # pages; the fit knows no more
_NEAR: Final = 2  # blocks on either side that are a block's company
_LONG: Final = 8  # words; a shorter block recurs by chance
_SENTENCE: Final = 15  # words; a longer one needs no company
_STEADY_PAGES: Final = 3
_STEADY_SHARE: Final = 0.4
_STEADY_COMPANY: Final = 0.5
_STEADY_SITES: Final = 5
_STEADY_SCORE: Final = 0.05
_COPIED_SHARE: Final = 0.6
_PROSE: Final = 20  # words
_CONTENT: Final = 0.5

Floats = npt.NDArray[np.float64]
Scores = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]


@kernel(inline=True)
def _company(exact: Ints, block: int) -> float:
    """Share of the blocks around one that stand on other pages; beyond the page's ends, all count as such."""
    held = 0
    for step in range(-_NEAR, _NEAR + 1):
        other = block + step
        if step:
            held += int(other < 0 or other >= len(exact) or exact[other] > 0)
    return held / (2 * _NEAR)


@kernel(inline=True)
def _is_prose(score: float, words: int) -> bool:
    return words >= _PROSE and score >= _CONTENT


@kernel(
    "void(float32[::1], int32[:], int32[:], int32[:], int32[:], int32[:], int32[::1], float64[::1], float64[::1])",
    allocates=False,
)
def count_seen(
    scores: Scores,
    words: Ints,
    pages: Ints,
    since: Ints,
    exact: Ints,
    exact_since: Ints,
    counted: Ints,
    share: Floats,
    company: Floats,
) -> None:
    """Count what other pages hold of each of n blocks, see `template.count`.

    Args:
        scores: float32[n], the judge's.
        words: int32[n].
        pages: int32[n], as in `SeenBlocks`; so are `since`, `exact` and `exact_since`.
        since: see `pages`.
        exact: see `pages`.
        exact_since: see `pages`.
        counted: int32[n], filled with the pages that count; `share` and `company` as in `template.Counted`.
        share: see `counted`.
        company: see `counted`.
    """
    prose = copied = 0
    for block in range(len(scores)):
        company[block] = _company(exact, block)
        is_amid = exact[block] == 0 and pages[block] > 1 and company[block] == 1 and words[block] < _SENTENCE
        counted[block] = pages[block] if is_amid else exact[block]
        share[block] = share_bound(counted[block], since[block] if is_amid else exact_since[block])
        if _is_prose(scores[block], words[block]):
            prose += words[block]
            copied += words[block] if pages[block] > 0 else 0
    if copied > _COPIED_SHARE * prose:
        for block in range(len(scores)):
            if pages[block] > 0 and _is_prose(scores[block], words[block]):
                counted[block], share[block] = 0, 0.0


@kernel(inline=True)
def _evidence(score: float, words: int, pages: int, share: float, company: float, sites: int, into: Floats) -> None:
    """The evidence on a block, in the order of `template.NAMES`."""
    odds = min(max(float(score), _EDGE), 1 - _EDGE)
    odds = math.log(odds / (1 - odds))
    is_seen, is_seen_twice, size = float(int(pages > 0)), float(int(pages > 1)), math.log1p(words) / 3
    into[0] = 1.0
    into[1] = odds
    into[2] = is_seen
    into[3] = is_seen_twice
    into[4] = math.log1p(min(pages, _MOST))
    into[5] = share
    into[6] = is_seen * size
    into[7] = share * size
    into[8] = is_seen * max(odds, 0.0)
    into[9] = is_seen * company
    into[10] = is_seen_twice * company
    into[11] = float(int(sites > 0))
    into[12] = math.log1p(min(sites, _MOST))


@kernel(
    "void(float32[::1], int32[:], int32[::1], float64[::1], float64[::1], int32[:], float64[:, ::1])",
    allocates=False,
)
def fill_evidence(
    scores: Scores, words: Ints, counted: Ints, share: Floats, company: Floats, sites: Ints, table: Floats
) -> None:
    """Fill float64[n, 13] with what the stage looks at, by what `count_seen` found."""
    for block in range(len(scores)):
        _evidence(
            scores[block], words[block], counted[block], share[block], company[block], sites[block], table[block]
        )


@kernel(
    "void(float32[::1], int32[:], boolean[:], int32[::1], float64[::1], float64[::1], int32[:], float64[::1],"
    " boolean, float32[::1])"
)
def weigh_blocks(
    scores: Scores,
    words: Ints,
    titles: npt.NDArray[np.bool_],
    counted: Ints,
    share: Floats,
    company: Floats,
    sites: Ints,
    weights: Floats,
    steady_alone: bool,  # noqa: FBT001  (a kernel's arguments go by position)
    weighed: Scores,
) -> None:
    """Lower the scores of blocks that other pages hold, see `template.weigh_in`.

    Args:
        scores: float32[n], the judge's.
        words: int32[n].
        titles: bool[n], what says the page's own title.
        counted: by `count_seen`, as are `share` and `company`.
        share: see `counted`.
        company: see `counted`.
        sites: int32[n], other sites that repeat each.
        weights: float64[13], of the evidence.
        steady_alone: only what recurs steadily counts.
        weighed: float32[n], filled with the scores, lowered where they are.
    """
    evidence = np.empty(len(weights), np.float64)
    for block in range(len(scores)):
        weighed[block] = scores[block]
        pages, is_title = counted[block], titles[block] and share[block] < _STEADY_SHARE
        if is_title or (pages <= 0 and sites[block] <= 0):
            continue
        chance = float(scores[block])
        if not steady_alone:
            _evidence(scores[block], words[block], pages, share[block], company[block], sites[block], evidence)
            odds = 0.0
            for column in range(len(weights)):
                odds += weights[column] * evidence[column]
            chance = 1 / (1 + math.exp(-odds))
        is_told = words[block] >= _SENTENCE or (words[block] >= _LONG and company[block] >= _STEADY_COMPANY)
        is_steady = (pages >= _STEADY_PAGES and share[block] >= _STEADY_SHARE) or sites[block] >= _STEADY_SITES
        if is_told and is_steady:
            chance = min(chance, _STEADY_SCORE)
        weighed[block] = min(weighed[block], np.float32(chance))
