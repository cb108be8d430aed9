"""What the service counts, for Prometheus. Labels are bounded: routes, statuses and reasons, never a URL or a site."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Final, Protocol

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from dedup.memory import MemorySize
from dedup.pool import PoolStatus
from service.envelope import PageFacts

MEDIA_TYPE: Final = "text/plain; version=0.0.4"
_SECONDS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)


class Levels(Protocol):
    """What is read at the moment that somebody asks."""

    def pool(self) -> PoolStatus:
        """The workers."""
        ...

    def pending_bytes(self) -> int:
        """Bytes of bodies that are held, and of answers that wait for their readers."""
        ...

    def memory(self) -> MemorySize:
        """How much is known."""
        ...


class Metrics:
    """Counts of one application."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        labels = ("route", "method", "status")
        requests = Counter("dedup_requests", "Requests answered", labels, registry=self._registry)
        seconds = Histogram(
            "dedup_request_seconds", "Time to answer", ("route",), buckets=_SECONDS, registry=self._registry
        )
        pages = Counter("dedup_pages", "Pages cleaned, by what they are", ("status",), registry=self._registry)
        blocks = Counter("dedup_blocks", "Blocks judged, by reason", ("reason",), registry=self._registry)
        self._worked = Counter("dedup_worker_seconds", "Time that workers took", registry=self._registry)
        # Looking a counter up by its labels costs more than counting, so each is looked up once.
        self._count = cache(requests.labels)
        self._time = cache(seconds.labels)
        self._page = cache(pages.labels)
        self._block = cache(blocks.labels)
        self._commits = Counter("dedup_commits", "Groups of pages committed", registry=self._registry)
        self._learned = Counter("dedup_pages_learned", "Pages committed", registry=self._registry)

    def watch(self, levels: Levels) -> None:
        """Show these levels, too."""
        self._registry.register(_LevelCollector(levels))

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count an answer."""
        self._count(route, method, status).inc()
        self._time(route).observe(seconds)

    def page(self, facts: PageFacts | None) -> None:
        """Count a page; None for one that could not be cleaned."""
        self._page(facts.status if facts else "failed").inc()
        if facts is not None:
            self._worked.inc(facts.seconds)
            self._block("content").inc(facts.kept)
            for reason, count in facts.removed.items():
                self._block(reason).inc(count)

    def commit(self, pages: int) -> None:
        """Count a commit of so many pages."""
        self._commits.inc()
        self._learned.inc(pages)

    def render(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self._registry)


class _LevelCollector(Collector):
    def __init__(self, levels: Levels) -> None:
        self._levels = levels

    def collect(self) -> Iterable[Metric]:
        pool = self._levels.pool()
        known = self._levels.memory()
        for name, text, value in (
            ("dedup_workers", "Worker processes", len(pool.workers)),
            ("dedup_workers_ready", "Those that take pages", sum(worker.ready for worker in pool.workers)),
            ("dedup_workers_resident_bytes", "Memory of them all", sum(worker.resident for worker in pool.workers)),
            ("dedup_jobs_unanswered", "Pages taken and not yet answered", pool.unanswered),
            (
                "dedup_pending_bytes",
                "Bytes of bodies that are held, and of answers that wait for their readers",
                self._levels.pending_bytes(),
            ),
            ("dedup_sites", "Sites that something is known of", known.sites),
            ("dedup_pages_known", "Pages that are known", known.pages),
            ("dedup_blocks_known", "Blocks of those pages, in RAM", known.blocks),
        ):
            yield GaugeMetricFamily(name, text, value=value)
        replaced = CounterMetricFamily("dedup_workers_replaced", "Workers replaced, by cause", labels=("cause",))
        for cause, count in pool.replaced.items():
            replaced.add_metric((cause,), count)
        yield replaced
        evicted = CounterMetricFamily("dedup_evicted", "Left out to keep memory within its bounds", labels=("kind",))
        evicted.add_metric(("block",), known.evicted_blocks)
        evicted.add_metric(("site",), known.evicted_sites)
        yield evicted
