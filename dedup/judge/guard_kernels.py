"""What a block's neighbours add to its score: nobody tears a sentence, an item or a heading from what stays around it.

Each guard changes `content`, bool[n], in place, and looks at the scores of the blocks, float32[n].
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.jit import kernel
from dedup.segment.dom_kernels import CODE, HEADING

CODE_SCORE: Final = np.float32(0.3)  # code beside content
HEADING_SCORE: Final = np.float32(0.4)  # a heading over content
ITEM_SCORE: Final = np.float32(0.4)  # an item beside one that stays
BETWEEN_SCORE: Final = np.float32(0.45)  # what stands between blocks that stay, such as a table under its heading
NEAR_BLOCKS: Final = 12
TELLING_WORDS: Final = 40  # a longer text that speaks of cookies is not a cookie notice
CERTAIN: Final = np.float32(0.99)  # nothing that stands above the headline is content below this score

Mask = npt.NDArray[np.bool_]
Scores = npt.NDArray[np.float32]


@kernel("UniTuple(int64, 3)(boolean[::1], int32[:], int64)", allocates=False)
def body_bounds(content: Mask, words: npt.NDArray[np.int32], least_words: int) -> tuple[int, int, int]:
    """The first and the last block that are long and content, where none is of all content, and the last of that.

    Without any content, all three are -1.
    """
    first = last = first_long = last_long = -1
    for block in range(len(content)):
        if content[block]:
            first, last = block if first < 0 else first, block
            if words[block] >= least_words:
                first_long, last_long = block if first_long < 0 else first_long, block
    return (first, last, last) if first_long < 0 else (first_long, last_long, last)


@kernel(
    "void(boolean[::1], float32[::1], boolean[:], int64, int64, float32, float32, float32, float32)", allocates=False
)
def keep_sentences(
    content: Mask,
    scores: Scores,
    prose: Mask,
    first: int,
    last: int,
    inside: float,
    edge: float,
    near: float,
    far: float,
) -> None:
    """Keep prose in and around the body unless the judge is sure: a lost paragraph costs more than one too many.

    Args:
        content: see above; so are `scores`.
        scores: see `content`.
        prose: bool[n], long blocks with few links that are part of no repeated list.
        first: block of the body; so is `last`.
        last: see `first`.
        inside: from which score on it stays, as `edge`, `near` and `far`; see `guards.Doubts`.
        edge: see `inside`.
        near: see `inside`.
        far: see `inside`.
    """
    for block in range(len(scores)):
        least = inside if first <= block <= last else near
        if not first - NEAR_BLOCKS <= block <= last + NEAR_BLOCKS:
            least = far
        content[block] |= prose[block] and scores[block] >= least
    block = first - 1
    while block >= 0 and (content[block] or (prose[block] and scores[block] >= edge)):
        content[block] = True
        block -= 1
    block = last + 1
    while block < len(scores) and (content[block] or (prose[block] and scores[block] >= edge)):
        content[block] = True
        block += 1


@kernel("void(boolean[::1], float32[::1], boolean[:], int64)", allocates=False)
def keep_items(content: Mask, scores: Scores, next_items: Mask, first: int) -> None:
    """Keep items of a list, or rows of a table, next to those that stay: nobody tears a list apart.

    Args:
        content: see above; so are `scores`.
        scores: see `content`.
        next_items: bool[n], those of the same list as the block before them.
        first: where the body begins; lists above it (share buttons, as a rule) are left as they are.
    """
    begin, stays = 0, False
    for block in range(len(scores) + 1):
        stayed = stays
        stays = block < len(scores) and (content[block] or scores[block] >= ITEM_SCORE)
        if block > first and stays and stayed and next_items[block]:
            continue
        if block - begin > 1 and content[begin:block].any():
            content[begin:block] = True
        begin = block


@kernel("void(boolean[::1], float32[::1])", allocates=False)
def keep_between(content: Mask, scores: Scores) -> None:
    """Keep what stands between two blocks that stay, if the judge hardly doubts any of it."""
    before = -1  # the last block that stays, as long as nothing doubtful came after it
    for block in range(len(scores)):
        if content[block]:
            if before >= 0:
                content[before:block] = True
            before = block
        elif scores[block] < BETWEEN_SCORE:
            before = -1


@kernel("void(boolean[::1], float32[::1], uint8[:])", allocates=False)
def keep_code(content: Mask, scores: Scores, kinds: npt.NDArray[np.uint8]) -> None:
    """Keep code next to content: the text around it makes no sense without it."""
    before = False
    for block in range(len(scores)):
        stayed = content[block]
        after = block + 1 < len(scores) and content[block + 1]
        content[block] |= kinds[block] == CODE and scores[block] >= CODE_SCORE and (before or after)
        before = stayed


@kernel("void(boolean[::1], float32[::1], uint8[:], int64, int64)", allocates=False)
def keep_headings(content: Mask, scores: Scores, kinds: npt.NDArray[np.uint8], first: int, last: int) -> None:
    """Keep a heading in the body, from `first` to `last`, right above what stays: its section needs it."""
    for block in range(first, min(last, len(scores) - 2) + 1):
        content[block] |= content[block + 1] and kinds[block] == HEADING and scores[block] >= HEADING_SCORE


@kernel("void(boolean[::1], float32[::1], int32[:], int64)", allocates=False)
def drop_above(content: Mask, scores: Scores, words: npt.NDArray[np.int32], headline: int) -> None:
    """Drop what is short and stands above the headline."""
    for block in range(headline):
        content[block] &= scores[block] >= CERTAIN or words[block] >= TELLING_WORDS
