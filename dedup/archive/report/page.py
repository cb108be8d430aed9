"""All that the report shows → HTML."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Final, NamedTuple

from jinja2 import Environment, StrictUndefined

from dedup.archive.cleaned import CleanedInput
from dedup.archive.report.clusters import Cluster, Text, largest_clusters, text_of
from dedup.archive.report.cost import Cost
from dedup.archive.report.differences import Pair, differences
from dedup.archive.report.tally import SIMILARITY_BINS, Outcome, Site, Tally
from dedup.archive.stages.ids import RepeatedIds
from dedup.archive.stages.resemble import Verdicts

_MOST_CLUSTERS: Final = 10
_MOST_SITES: Final = 50
_MOST_ALARMS: Final = 20
_MOST_TEXTS: Final = 6  # of the template of a site
_MOST_BYTES: Final = 16_384  # of a document that is compared
_MOST_PAIRS: Final = 40
_CLUSTER_SHARE: Final = 0.01
_LOSS_SHARE: Final = 0.9
_LEAST_DOCUMENTS: Final = 10  # of what can raise an alarm: of a few documents, any part is large
_UNITS: Final = ("B", "kB", "MB", "GB", "TB")


class Bar(NamedTuple):
    """A bar of a histogram: what it counts, and how often in each series."""

    label: str
    values: tuple[int, ...]


class _Shown(NamedTuple):
    cluster: Cluster
    dropped: Text | None
    kept: Text | None
    pairs: list[Pair]


def render(
    whole: Outcome,
    inputs: Sequence[Outcome],
    tally: Tally,
    verdicts: Verdicts,
    cleaned: list[CleanedInput],
    repeated: RepeatedIds,
    cost: Cost,
    *,
    annotated: bool,
) -> bytes:
    """The report of a job as UTF-8.

    Args:
        whole: what became of all records.
        inputs: of the records of each input.
        tally: of all inputs.
        verdicts: of all documents.
        cleaned: the inputs, in order.
        repeated: ids that several documents have.
        cost: of the run that ends the job.
        annotated: whether duplicates are in the output and marked, not dropped.
    """
    clusters = largest_clusters(verdicts, _MOST_CLUSTERS)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["size"] = _size
    template = environment.from_string(files(__package__).joinpath("report.html").read_text("utf-8"))
    sites = sorted(tally.sites.items(), key=lambda item: (-_share(item[1]), -item[1].blocks, item[0]))
    html = template.render(
        whole=whole,
        inputs=inputs,
        alarms=_alarms(clusters, whole.read, inputs, tally, repeated, annotated=annotated),
        annotated=annotated,
        gone="marked" if annotated else "dropped",
        sites=[(name, site, _share(site), _texts(site)) for name, site in sites[:_MOST_SITES] if site.blocks],
        site_count=len(sites),
        sizes=_size_bars(tally),
        similarity=_similarity_bars(tally),
        clusters=[_shown(cluster, cleaned) for cluster in clusters],
        most_pairs=_MOST_PAIRS,
        cost=cost,
    )
    return html.encode("utf-8", "replace")


def _alarms(
    clusters: list[Cluster],
    read: int,
    inputs: Sequence[Outcome],
    tally: Tally,
    repeated: RepeatedIds,
    *,
    annotated: bool,
) -> list[str]:
    """What should be looked at before the output is used."""
    lost = "would lose" if annotated else "lost"
    alarms = [
        f"A cluster holds {cluster.here:,} documents, {cluster.here / read:.1%} of the input."
        for cluster in clusters
        if cluster.here >= _LEAST_DOCUMENTS and cluster.here > _CLUSTER_SHARE * read
    ]
    if repeated.documents:
        alarms.insert(0, repeated.told())
    sources = [(one.name, one.unmarked, one.read - one.dropped.get("no_page", 0)) for one in inputs]
    sources += [(name, site.kept, site.pages) for name, site in sorted(tally.sites.items())]
    alarms += [
        f"{name} {lost} {of - kept:,} of {of:,} pages, {1 - kept / of:.1%}."
        for name, kept, of in sources
        if of >= _LEAST_DOCUMENTS and kept < (1 - _LOSS_SHARE) * of
    ]
    return alarms[:_MOST_ALARMS] + (
        [f"And {len(alarms) - _MOST_ALARMS:,} more."] if len(alarms) > _MOST_ALARMS else []
    )


def _share(site: Site) -> float:
    return site.removed / site.blocks if site.blocks else 0.0


def _texts(site: Site) -> list[tuple[str, int]]:
    """Removed texts of several pages; of a site of one page, of that one."""
    common = sorted(site.examples.items(), key=lambda item: (-item[1], item[0]))
    return common[:_MOST_TEXTS]


def _size_bars(tally: Tally) -> list[Bar]:
    values = list(zip(tally.sizes_kept, tally.sizes_dropped, strict=True))
    used = [number for number, counts in enumerate(values) if any(counts)]
    return [Bar(f"< {_size(1 << at)}", values[at]) for at in range(used[0], used[-1] + 1)] if used else []


def _similarity_bars(tally: Tally) -> list[Bar]:
    used = [number for number, count in enumerate(tally.similarity) if count]
    return [
        Bar(f"{at / SIMILARITY_BINS:.2f}", (tally.similarity[at],))
        for at in (range(used[0], len(tally.similarity)) if used else ())
    ]


def _shown(cluster: Cluster, cleaned: list[CleanedInput]) -> _Shown:
    if cluster.dropped is None:
        return _Shown(cluster, None, None, [])
    dropped = text_of(cluster.dropped, cleaned, _MOST_BYTES)
    if cluster.kept < 0:
        return _Shown(cluster, dropped, None, [])
    kept = text_of(cluster.kept, cleaned, _MOST_BYTES)
    return _Shown(cluster, dropped, kept, differences(kept.content, dropped.content)[:_MOST_PAIRS])


def _size(size: float) -> str:
    for unit in _UNITS[:-1]:
        if size < 1000:
            return f"{size:,.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} {_UNITS[-1]}"
