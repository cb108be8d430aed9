"""Equal and near-equal blocks of one page, without comparing all pairs."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from dedup.jit import kernel

NOBODY: Final = -1

MAX_GAP: Final = 6
GAP_WORDS: Final = 40
LABEL_WORDS: Final = 3
LABEL_COPIES: Final = 3  # a link that short is a label from here on; in two copies it is part of a menu

_MIX = np.uint64(0x9E3779B97F4A7C15)


@kernel(inline=True)
def _slot_of(key: np.uint64, bits: np.uint64) -> np.uint64:
    return (key * _MIX) >> (np.uint64(64) - bits)


@kernel()
def _root(group: npt.NDArray[np.int32], block: int) -> int:
    while group[block] != block:
        group[block] = group[group[block]]
        block = group[block]
    return block


@kernel()
def _join(group: npt.NDArray[np.int32], first: int, second: int) -> None:
    first, second = _root(group, first), _root(group, second)
    if first != second:
        group[max(first, second)] = min(first, second)


@kernel()
def jaccard(hashes: npt.NDArray[np.uint32], offsets: npt.NDArray[np.int64], first: int, second: int) -> float:
    """Jaccard of two blocks' shingle hashes, sorted and unique within a block."""
    i, end_i = offsets[first], offsets[first + 1]
    j, end_j = offsets[second], offsets[second + 1]
    total = (end_i - i) + (end_j - j)
    common = 0
    while i < end_i and j < end_j:
        a, b = hashes[i], hashes[j]
        if a == b:
            common += 1
        i += a <= b
        j += b <= a
    return common / (total - common) if total > common else 0.0


@kernel(
    "void(uint64[::1], int32[::1], uint32[::1], int64[::1], uint32[:, ::1], int64, int64, float64, int64, int32[::1],"
    " int32[::1], float32[::1], int64[::1])"
)
def find_twins(
    digests: npt.NDArray[np.uint64],
    tokens: npt.NDArray[np.int32],
    hashes: npt.NDArray[np.uint32],
    offsets: npt.NDArray[np.int64],
    signatures: npt.NDArray[np.uint32],
    bands: int,
    rows: int,
    threshold: float,
    least_tokens: int,
    group: npt.NDArray[np.int32],
    twin: npt.NDArray[np.int32],
    similarity: npt.NDArray[np.float32],
    copies: npt.NDArray[np.int64],
) -> None:
    """Group equal and near-equal blocks.

    A table of digests finds equal text; of each text, the first copy alone goes through the bands. A bucket keeps
    its first block only, so that no bucket costs more than its members; every candidate is verified by its exact
    Jaccard.

    Args:
        digests: uint64[n].
        tokens: int32[n]; blocks without tokens have no twin.
        hashes: uint32[h], shingle hashes, sorted and unique within each block.
        offsets: int64[n + 1], where each block's hashes begin.
        signatures: uint32[n, p].
        bands: of the layout.
        rows: of a band.
        threshold: least Jaccard.
        least_tokens: blocks with fewer are compared by digest only.
        group: int32[n], set to the first block that each is equal or near-equal to.
        twin: int32[n], set to the nearest earlier twin, for a first copy its next one, or `NOBODY`.
        similarity: float32[n], set to the Jaccard with the twin.
        copies: int64[n], set to the blocks of each group, by its first; 0 elsewhere.
    """
    n = len(digests)
    bits = np.uint64(4)
    while (np.uint64(1) << bits) < np.uint64(2 * n + 2):
        bits += np.uint64(1)
    size = np.int64(1) << np.int64(bits)
    mask = np.uint64(size - 1)
    heads = np.full(size, NOBODY, np.int32)
    for block in range(n):
        group[block] = block
        twin[block] = NOBODY
        similarity[block] = 0.0
        copies[block] = 0
    latest = np.full(n, NOBODY, np.int32)  # the latest copy of a text, by its first
    for block in range(n):
        if tokens[block] == 0:
            continue
        slot = _slot_of(digests[block], bits)
        while heads[slot] != NOBODY and digests[heads[slot]] != digests[block]:
            slot = (slot + np.uint64(1)) & mask
        first = heads[slot]
        if first == NOBODY:
            heads[slot] = block
            latest[block] = block
            continue
        group[block] = first
        twin[block] = latest[first]
        similarity[block] = 1.0
        if twin[first] == NOBODY:
            twin[first] = block
            similarity[first] = 1.0
        latest[first] = block
    longer = np.empty(n, np.int32)  # first copies that are long enough to differ in little
    count = 0
    for block in range(n):
        if latest[block] != NOBODY and tokens[block] >= least_tokens:
            longer[count] = block
            count += 1
    for band in range(bands if threshold < 1.0 else 0):
        heads[:] = NOBODY
        for block in longer[:count]:
            key = np.uint64(band + 1)
            for row in range(band * rows, band * rows + rows):
                key = (key ^ np.uint64(signatures[block, row])) * _MIX
                key ^= key >> np.uint64(29)
            slot = _slot_of(key, bits)
            head = heads[slot]  # a foreign key in the slot costs a candidate, never a wrong answer
            if head == NOBODY:
                heads[slot] = block
                continue
            if _root(group, head) == _root(group, block):
                continue
            common = jaccard(hashes, offsets, head, block)
            if common < threshold:
                continue
            _join(group, head, block)
            if common > similarity[block]:
                twin[block], similarity[block] = head, common
            if common > similarity[head]:
                twin[head], similarity[head] = block, common
    for block in range(n):
        group[block] = _root(group, block)
        copies[group[block]] += 1


@kernel()
def _share(
    earlier: int,
    later: int,
    shared: npt.NDArray[np.int32],
    sharing: npt.NDArray[np.int32],
    family: npt.NDArray[np.int32],
) -> None:
    """Count a group that two runs share, and join their families at the second."""
    if sharing[earlier] != later:
        sharing[earlier] = later
        shared[earlier] = 0
    shared[earlier] += 1
    if shared[earlier] > 1:
        _join(family, earlier, later)


@kernel("void(int32[::1], int32[::1], int32[::1], int64[::1], int32[::1], int32[::1])")
def find_runs(
    group: npt.NDArray[np.int32],
    words: npt.NDArray[np.int32],
    link_chars: npt.NDArray[np.int32],
    copies: npt.NDArray[np.int64],
    run: npt.NDArray[np.int32],
    family: npt.NDArray[np.int32],
) -> None:
    """Number the runs of repeated neighbours, and tell which are copies of one another.

    A run is a stretch of blocks whose repeated ones are all of different groups: where a group comes a second time,
    the next run begins. Up to `MAX_GAP` unrepeated blocks of at most `GAP_WORDS` words may stand between two
    repeated ones (a teaser that the other copy lacks). Labels ("3 hours ago", "Read more") neither begin nor end a
    run: they come again anywhere.

    Runs that share two groups are of one family; a group ties a run to the one that had it last and to the first.

    Args:
        group: int32[n], from `find_twins`.
        words: int32[n].
        link_chars: int32[n], characters of each that stand in links.
        copies: int64[n], blocks of each group, by its first.
        run: int32[n], set to the run of each repeated block, from 0; `NOBODY` elsewhere.
        family: int32[n], set to the first run of the family of each run.
    """
    n = len(group)
    first_run = np.full(n, NOBODY, np.int32)
    last_run = np.full(n, NOBODY, np.int32)
    shared = np.zeros(n, np.int32)  # groups that each run shares with the one that `sharing` says
    sharing = np.full(n, NOBODY, np.int32)
    number = NOBODY
    gap = 0
    open_run = False
    for block in range(n):
        run[block] = NOBODY
        mine = group[block]
        if words[block] <= LABEL_WORDS and (link_chars[block] == 0 or copies[mine] >= LABEL_COPIES):
            continue
        if copies[mine] < 2:
            gap += 1
            if gap > MAX_GAP or words[block] > GAP_WORDS:
                open_run = False
            continue
        if not open_run or last_run[mine] == number:
            number += 1
            family[number] = number
            open_run = True
        run[block] = number
        gap = 0
        latest = last_run[mine]
        last_run[mine] = number
        if latest == NOBODY:
            first_run[mine] = number
            continue
        _share(latest, number, shared, sharing, family)
        if first_run[mine] != latest:
            _share(first_run[mine], number, shared, sharing, family)
    for other in range(number + 1):
        family[other] = _root(family, other)
