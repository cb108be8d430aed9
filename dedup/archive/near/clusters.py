"""Clusters: kept documents, those dropped for them, and the kept ones that a dropped one links."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dedup.archive.near.keep import KEPT, Decisions
from dedup.corpus.cluster_kernels import join_clusters
from dedup.memory.lookup import places


class Clusters:
    """Gathers the clusters of two documents and more; a document that is alone takes no memory."""

    def __init__(self) -> None:
        self._links = [np.empty((0, 2), np.int64)]
        self._twins = [np.empty(0, np.int64)]

    def add(self, decisions: Decisions) -> None:
        """Take a range of documents."""
        self._links.append(decisions.links)
        self._twins.append(decisions.duplicate_of[decisions.duplicate_of != KEPT])

    def join(self) -> None:
        """Join what links join; nothing can be added afterwards."""
        links = np.concatenate(self._links)
        twins, drops = np.unique(np.concatenate(self._twins), return_counts=True)
        self._kept, pairs = np.unique(np.concatenate([twins, links.ravel()]), return_inverse=True)
        first, second = np.ascontiguousarray(pairs[len(twins) :].reshape(-1, 2).T.astype(np.int64))
        self._root = np.empty(len(self._kept), np.int64)
        join_clusters(first, second, self._root)
        members = np.ones(len(self._kept), np.int64)
        members[np.searchsorted(self._kept, twins)] += drops
        self._members = np.bincount(self._root, members, len(self._kept)).astype(np.int64)

    def of(self, documents: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The first document of the cluster of each kept one, and how many the cluster has."""
        first, size = documents.copy(), np.ones(len(documents), np.int64)
        at, known = places(self._kept, documents)
        root = self._root[at[known]]
        first[known], size[known] = self._kept[root], self._members[root]
        return first, size
