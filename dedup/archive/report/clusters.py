"""The largest clusters, and of each the two documents that differ most of those that were compared."""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec
import numpy as np

from dedup.archive.cleaned import CleanedInput
from dedup.archive.rows import Row
from dedup.archive.stages.resemble import KEPT, Verdicts

_AT_A_TIME: Final = 1 << 16
_decode = msgspec.json.Decoder(Row).decode


class Cluster(NamedTuple):
    """A cluster, by the numbers of its documents.

    Attributes:
        first: its first document; negative where that is in the index of earlier jobs.
        size: documents.
        here: those of this job; the others are in the index of earlier ones.
        dropped: the one that resembles the kept document least; None where none of this job was dropped.
        kept: that one was dropped for; negative as `first`.
        jaccard: of the two.
    """

    first: int
    size: int
    here: int = 0
    dropped: int | None = None
    kept: int = KEPT
    jaccard: float = 1.0


class Text(NamedTuple):
    """A document as the report shows it; `content` is cut."""

    id: str
    url: str | None
    title: str | None
    content: str


def largest_clusters(verdicts: Verdicts, most: int) -> list[Cluster]:
    """The largest clusters of at least two documents, largest first, then in the order of the input.

    Args:
        verdicts: of all documents.
        most: clusters.
    """
    sizes: dict[int, int] = {}
    for start in range(0, len(verdicts), _AT_A_TIME):
        part = verdicts.between(start, start + _AT_A_TIME)
        part = part[part["cluster_size"] > 1]
        clusters, at = np.unique(part["cluster"], return_index=True)
        sizes.update(zip(clusters.tolist(), part["cluster_size"][at].tolist(), strict=True))
        sizes = dict(sorted(sizes.items(), key=lambda item: (-item[1], item[0]))[:most])
    found = {first: Cluster(first, size) for first, size in sizes.items()}
    for start in range(0, len(verdicts) if found else 0, _AT_A_TIME):
        part = verdicts.between(start, start + _AT_A_TIME)
        of_found = np.isin(part["cluster"], list(found))
        for first, count in zip(*np.unique(part["cluster"][of_found], return_counts=True), strict=True):
            found[int(first)] = found[int(first)]._replace(here=found[int(first)].here + int(count))
        dropped = np.flatnonzero((part["duplicate_of"] != KEPT) & of_found)
        for number in dropped.tolist():
            cluster, jaccard = found[int(part["cluster"][number])], float(part["jaccard"][number])
            if cluster.dropped is None or jaccard < cluster.jaccard:
                twin = int(part["duplicate_of"][number])
                found[cluster.first] = cluster._replace(dropped=start + number, kept=twin, jaccard=jaccard)
    return list(found.values())


def text_of(document: int, cleaned: list[CleanedInput], most: int) -> Text:
    """A document of this job.

    Args:
        document: its number over all inputs.
        cleaned: the inputs, in order.
        most: bytes of its text that are read.
    """
    for one in cleaned:
        if document < one.documents:
            break
        document -= one.documents
    start, size, _, row_at, *_ = one.fields()[document].tolist()
    with one.rows.open("rb") as rows, one.texts.open("rb") as texts:
        rows.seek(row_at)
        row = _decode(rows.readline())
        texts.seek(start)
        content = texts.read(min(size, most)).decode("utf-8", "ignore")
    return Text(row.id, row.url, row.page.title if row.page else None, content)
