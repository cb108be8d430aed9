"""Cleaned texts → which resembles which, and what of them stays."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from typing import overload

import numpy as np
from numpy.typing import NDArray

from dedup.archive.files import replacing
from dedup.archive.options import ArchiveOptions, Canonical
from dedup.archive.workspace import Workspace

VERDICT = np.dtype([("cluster", np.int64), ("duplicate_of", np.int64), ("jaccard", np.float64)])


def resemble(inputs: int, workspace: Workspace, options: ArchiveOptions) -> NDArray[np.void]:
    """Find near-duplicates among all documents.

    Args:
        inputs: how many files were cleaned.
        workspace: where their texts are.
        options: of the job.

    Returns:
        VERDICT[documents], documents counted over all inputs in order: the cluster's first document, the kept document
        that this one is a near-duplicate of (-1 for one that stays), and their exact Jaccard.

    Raises:
        ArchiveOutputError: the result cannot be written.
    """
    if workspace.verdicts.exists():
        return np.load(workspace.verdicts)  # type: ignore[no-any-return]  # numpy's own file
    from dedup.corpus import near_duplicates  # noqa: PLC0415  (compiles kernels)

    index = [np.load(workspace.index(number)) for number in range(inputs)]
    documents = np.concatenate([np.empty((0, 4), np.int64), *index])
    file_of = np.repeat(np.arange(inputs), [len(one) for one in index])
    order = _order(documents, options.canonical)
    with ExitStack() as stack:
        files = [stack.enter_context(workspace.texts(number).open("rb")).fileno() for number in range(inputs)]
        texts = _Texts(files, file_of[order], documents[order, 0], documents[order, 1])
        found = near_duplicates(texts, options.threshold, options.shingle, threads=options.workers)
    verdicts = np.empty(len(documents), VERDICT)
    verdicts["cluster"][order] = order[found.cluster]
    dropped = found.duplicate_of >= 0
    twin = np.full(len(documents), -1)
    twin[dropped] = order[found.duplicate_of[dropped]]
    verdicts["duplicate_of"][order] = twin
    jaccard = np.ones(len(documents))
    # of pairs with the twin; a copy of a dropped document has the similarity of the one it copies
    of_drop = found.duplicate_of[found.pairs.second] == found.pairs.first
    jaccard[found.pairs.second[of_drop]] = found.pairs.jaccard[of_drop]
    copies = ~np.isin(np.flatnonzero(dropped), found.pairs.second[of_drop])
    for copy in np.flatnonzero(dropped)[copies].tolist():
        original = found.pairs.first[np.searchsorted(found.pairs.second, copy)]
        jaccard[copy] = jaccard[original]
    verdicts["jaccard"][order] = jaccard
    with replacing(workspace.verdicts) as (file,):
        np.save(file, verdicts)
    return verdicts


def _order(documents: NDArray[np.int64], canonical: Canonical) -> NDArray[np.int64]:
    """Documents in the order in which they are kept; stable, so equals stay in the order of the input."""
    if canonical == "earliest":
        return np.argsort(documents[:, 2], kind="stable")
    if canonical == "longest":
        return np.argsort(-documents[:, 1], kind="stable")
    return np.arange(len(documents))


class _Texts(Sequence[bytes]):
    """Texts on disk, read when they are asked for: memory does not grow with them."""

    def __init__(
        self, files: list[int], file_of: NDArray[np.int64], start: NDArray[np.int64], size: NDArray[np.int64]
    ) -> None:
        self._files = files
        self._file_of = file_of
        self._start = start
        self._size = size

    def __len__(self) -> int:
        return len(self._start)

    @overload
    def __getitem__(self, at: int) -> bytes: ...
    @overload
    def __getitem__(self, at: slice) -> list[bytes]: ...
    def __getitem__(self, at: int | slice) -> bytes | list[bytes]:
        if isinstance(at, slice):
            return [self[number] for number in range(*at.indices(len(self)))]
        return os.pread(self._files[self._file_of[at]], int(self._size[at]), int(self._start[at]))
