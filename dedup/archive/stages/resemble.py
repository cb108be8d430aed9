"""Cleaned texts → which resembles which, and what of them stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from dedup.archive.files import replacing
from dedup.archive.options import ArchiveOptions
from dedup.archive.progress import Progress, Watcher
from dedup.archive.workspace import Workspace

if TYPE_CHECKING:
    from dedup.archive.near.clusters import Clusters
    from dedup.archive.near.keep import Decisions
    from dedup.archive.near.texts import CleanedTexts

_MEMORY = 1 << 30
VERDICT: Final = np.dtype(
    [("cluster", np.int64), ("cluster_size", np.int64), ("duplicate_of", np.int64), ("jaccard", np.float64)]
)
KEPT: Final = -1
EARLIER: Final = -2
"""Less its number, a document that an earlier job kept."""


def resemble(
    inputs: int, workspace: Workspace, options: ArchiveOptions, watch: Watcher, so_far: Progress
) -> NDArray[np.void]:
    """Find near-duplicates among all documents.

    A document is dropped if, and only if, it resembles one before it that is kept, and that shares a band or the whole
    text with it; so what is dropped does not depend on memory, workers or restarts.

    Args:
        inputs: how many files were cleaned.
        workspace: where their texts are.
        options: of the job.
        watch: told of every shard.
        so_far: what it is told with.

    Returns:
        VERDICT[documents], mapped, documents counted over all inputs in order: the first document of the cluster and
        how many it has, the kept document that this one is a near-duplicate of (KEPT for one that stays), and their
        exact Jaccard.

    Raises:
        ArchiveOutputError: the result cannot be written.
    """
    if not workspace.verdicts.exists():
        _find(inputs, workspace, options, watch, so_far)
    return np.load(workspace.verdicts, mmap_mode="r")  # type: ignore[no-any-return]  # numpy's own file


def _find(inputs: int, workspace: Workspace, options: ArchiveOptions, watch: Watcher, so_far: Progress) -> None:
    # these compile kernels
    from dedup.archive.near.clusters import Clusters  # noqa: PLC0415
    from dedup.archive.near.groups import Groups  # noqa: PLC0415
    from dedup.archive.near.keep import Keeper  # noqa: PLC0415
    from dedup.archive.near.prints import SHARD, Prints, Scheme, Signer  # noqa: PLC0415
    from dedup.archive.near.texts import CleanedTexts, Input  # noqa: PLC0415

    texts = CleanedTexts(
        [Input(workspace.texts(number), workspace.index(number)) for number in range(inputs)], options.canonical
    )
    documents = len(texts)
    so_far.begin("resemble", documents)
    scheme, folder = Scheme.of(options.threshold, options.shingle), workspace.work / "near"
    signer = Signer(folder, scheme, options.workers)
    shards = []
    for number, first in enumerate(range(0, documents, SHARD)):
        stop = min(first + SHARD, documents)
        shards.append(signer.shard(number))
        if not shards[-1].path.exists():
            signer.sign(number, texts.read(first, stop), stop - first)
        so_far.done = stop // 2
        watch(so_far)
    earlier, fresh = Prints(folder / "none", [], 0), Prints(folder, shards, documents)
    groups = Groups(folder, earlier, fresh, scheme.runs, _MEMORY // 8)
    for _ in groups.find():
        watch(so_far)
    keeper, clusters = Keeper(folder, earlier, fresh, groups, scheme), Clusters()
    decided = documents  # the work done on all of them so far
    for decisions in keeper.decide():
        clusters.add(decisions)
        decided += len(decisions.jaccard)
        so_far.done = decided // 2
        watch(so_far)
    clusters.join()
    with replacing(workspace.verdicts) as (file,):
        _write(Path(file.name), texts, earlier.documents, keeper.decided(), clusters)


def _write(path: Path, texts: CleanedTexts, earlier: int, decided: Iterator[Decisions], clusters: Clusters) -> None:
    """Put the decisions in the order of the documents."""
    np.lib.format.open_memmap(path, "w+", VERDICT, (len(texts),))
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
        np.load(path, mmap_mode="r+")[texts.documents(ranks)] = part  # mapped anew, since what is mapped is memory


def _document(number: NDArray[np.int64], earlier: int, texts: CleanedTexts) -> NDArray[np.int64]:
    """Numbers of documents of this job, and of earlier ones as `EARLIER - number`."""
    named = EARLIER - number
    fresh = number >= earlier
    named[fresh] = texts.documents(number[fresh] - earlier)
    return named
