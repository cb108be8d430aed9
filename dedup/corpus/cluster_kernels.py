"""Pairs to clusters, and to what is kept of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dedup.fingerprint.words import uintp
from dedup.jit import kernel

if TYPE_CHECKING:
    from dedup.fingerprint.words import Array


@kernel(inline=True)
def _root(parent: Array, at: int) -> int:
    """The first member of a cluster; halves the path (R. Tarjan and J. van Leeuwen, 1984)."""
    while parent[at] != at:
        parent[at] = parent[parent[at]]
        at = parent[at]
    return at


@kernel("void(int64[::1], int64[::1], int64[::1])", allocates=False)
def join_clusters(first: Array, second: Array, cluster: Array) -> None:
    """Union-find over pairs; the root of a cluster is always its first document.

    Args:
        first: int64[m].
        second: int64[m].
        cluster: int64[n], written: first document of each one's cluster.
    """
    for document in range(uintp(cluster.size)):
        cluster[document] = document
    for pair in range(uintp(first.size)):
        left, right = _root(cluster, first[pair]), _root(cluster, second[pair])
        if left != right:
            cluster[max(left, right)] = min(left, right)
    for document in range(uintp(cluster.size)):
        cluster[document] = cluster[cluster[document]]  # parents come before, so theirs are final


@kernel("void(int64[::1], int64[::1], int64[::1], int64[::1])", allocates=False)
def drop_duplicates(first: Array, second: Array, same_text: Array, duplicate_of: Array) -> None:
    """Keep the first, drop what was verified against a kept one.

    Args:
        first: int64[m], the earlier document of each pair.
        second: int64[m], the later one; pairs are in the order of this, then of the first.
        same_text: int64[n], the first document with the same text; its own number where it is the first.
        duplicate_of: int64[n], written: the earliest kept twin, -1 for what is kept.
    """
    pair = uintp(0)
    for document in range(uintp(duplicate_of.size)):
        kept_twin = -1
        while pair < uintp(first.size) and second[pair] == document:
            if kept_twin == -1 and duplicate_of[first[pair]] == -1:
                kept_twin = first[pair]
            pair += uintp(1)
        if kept_twin == -1 and same_text[document] != document:
            kept_twin = duplicate_of[same_text[document]]  # the copy has the twins of the original
        duplicate_of[document] = kept_twin
