"""Cleaned texts → which resembles which, and what of them stays."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from dedup.archive.cleaned import CleanedInput
from dedup.archive.files import replacing
from dedup.archive.options import ArchiveOptions
from dedup.archive.progress import Progress, Watcher
from dedup.archive.workspace import Workspace
from dedup.loading import uncollected

if TYPE_CHECKING:
    from dedup.archive.near.clusters import Clusters
    from dedup.archive.near.earlier import EarlierDocuments
    from dedup.archive.near.keep import Decisions
    from dedup.archive.near.texts import CleanedTexts

_SORTED_AT_ONCE = 1 / 16  # of the memory of the job
VERDICT: Final = np.dtype(
    [("cluster", np.int64), ("cluster_size", np.int64), ("duplicate_of", np.int64), ("jaccard", np.float64)]
)
_LATE: Final = tuple(f"dedup.archive.near.{name}" for name in ("texts", "clusters", "groups", "keep", "prints"))
_AT_A_TIME: Final = 1 << 20
KEPT: Final = -1
EARLIER: Final = -2
"""Less its number, a document that an earlier job kept."""


class Verdicts:
    """What is to become of documents: VERDICT of each, in a file.

    VERDICT holds the first document of the cluster and how many it has, the kept document that this one is a
    near-duplicate of (KEPT for one that stays), and their exact Jaccard. An earlier document `n` is EARLIER - n.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def __len__(self) -> int:
        return self._path.stat().st_size // VERDICT.itemsize

    def between(self, first: int, stop: int) -> NDArray[np.void]:
        """Those of the documents from `first` to `stop`, fewer at the end; VERDICT[n]."""
        return np.fromfile(self._path, VERDICT, stop - first, offset=first * VERDICT.itemsize)


def resemble(
    inputs: int,
    workspace: Workspace,
    options: ArchiveOptions,
    watch: Watcher,
    so_far: Progress,
    earlier: EarlierDocuments | None = None,
) -> Verdicts:
    """Find near-duplicates among all documents.

    A document is dropped if, and only if, it resembles one before it that is kept, and that shares a band or the whole
    text with it; so what is dropped does not depend on memory, workers or restarts.

    Args:
        inputs: how many files were cleaned.
        workspace: where their texts are.
        options: of the job.
        watch: told of every shard.
        so_far: what it is told with.
        earlier: documents that are kept already, and come before all others.

    Returns:
        Of each document, counted over all inputs in order.

    Raises:
        ArchiveOutputError: the result cannot be written.
    """
    # The search of a job that was cut off while it wrote is gone, and may be asked for an index only now.
    is_known = workspace.verdicts.exists() and (options.index_out is None or workspace.near.exists())
    if not is_known:
        texts = cleaned_texts(inputs, workspace, options)
        so_far.begin("resemble", len(texts))
        watch(so_far)
        if options.scope == "none":
            _keep_all(workspace.verdicts, len(texts))
        else:
            _find(texts, workspace, options, watch, so_far, earlier)
    return Verdicts(workspace.verdicts)


def cleaned_texts(inputs: int, workspace: Workspace, options: ArchiveOptions) -> CleanedTexts:
    """The documents of a job in the order in which they are kept."""
    from dedup.archive.near.texts import CleanedTexts  # noqa: PLC0415  (compiles kernels)

    return CleanedTexts([CleanedInput.of(workspace, number) for number in range(inputs)], options.canonical)


def load_kernels() -> None:
    """Load what the search needs, which takes half a second."""
    with uncollected():
        for name in _LATE:
            importlib.import_module(name)


def _find(
    texts: CleanedTexts,
    workspace: Workspace,
    options: ArchiveOptions,
    watch: Watcher,
    so_far: Progress,
    earlier: EarlierDocuments | None,
) -> None:
    # these compile kernels
    from dedup.archive.near.clusters import Clusters  # noqa: PLC0415
    from dedup.archive.near.groups import Groups  # noqa: PLC0415
    from dedup.archive.near.keep import Keeper  # noqa: PLC0415
    from dedup.archive.near.prints import Prints, Scheme, Signer  # noqa: PLC0415

    scheme, folder, documents = Scheme.of(options), workspace.near, len(texts)
    for stop in Signer(folder, scheme, options.workers).sign(texts):
        so_far.done = stop // 2
        watch(so_far)
    fresh = Prints.of(folder, documents)
    before = earlier.prints if earlier else Prints(folder, [], 0)
    groups = Groups(folder, before, fresh, scheme.runs, int(options.memory * _SORTED_AT_ONCE), options.workers)
    for _ in groups.find():
        watch(so_far)
    keeper, clusters = Keeper(folder, before, fresh, groups, scheme), Clusters()
    decided = 0
    for decisions in keeper.decide():
        clusters.add(decisions)
        decided += len(decisions.jaccard)
        so_far.done = (documents + decided) // 2
        watch(so_far)
    clusters.join()
    with replacing(workspace.verdicts) as (file,):
        _write(Path(file.name), texts, before.documents, keeper.decided(), clusters)


def _keep_all(path: Path, documents: int) -> None:
    """Write that each document stays, and resembles no other."""
    with replacing(path) as (file,):
        for start in range(0, documents, _AT_A_TIME):
            numbers = np.arange(start, min(start + _AT_A_TIME, documents))
            part = np.empty(len(numbers), VERDICT)
            part["cluster"], part["cluster_size"], part["duplicate_of"], part["jaccard"] = numbers, 1, KEPT, 1
            file.write(part.data)


def _write(path: Path, texts: CleanedTexts, earlier: int, decided: Iterator[Decisions], clusters: Clusters) -> None:
    """Put the decisions in the order of the documents."""
    if len(texts):
        _reserve(path, len(texts) * VERDICT.itemsize)
    rank = 0
    for decisions in decided:
        ranks = np.arange(rank, rank + len(decisions.jaccard))
        rank += len(ranks)
        kept = decisions.duplicate_of == KEPT
        cluster, size = clusters.of(np.where(kept, earlier + ranks, decisions.duplicate_of))
        part = np.empty(len(ranks), VERDICT)
        part["cluster"] = _document(cluster, earlier, texts)
        part["cluster_size"] = size
        part["duplicate_of"] = np.where(kept, KEPT, _document(decisions.duplicate_of, earlier, texts))
        part["jaccard"] = decisions.jaccard
        np.memmap(path, VERDICT, "r+")[texts.documents(ranks)] = part  # mapped anew, since what is mapped is memory


def _reserve(path: Path, size: int) -> None:
    """Take the room of a file that is mapped: were the disk full when it is written to, the process would be ended."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.posix_fallocate(descriptor, 0, size)
    finally:
        os.close(descriptor)


def _document(number: NDArray[np.int64], earlier: int, texts: CleanedTexts) -> NDArray[np.int64]:
    """Numbers of documents of this job, and of earlier ones as `EARLIER - number`."""
    named = EARLIER - number
    fresh = number >= earlier
    named[fresh] = texts.documents(number[fresh] - earlier)
    return named
