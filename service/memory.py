"""What is learned of sites, seen from the event loop: one thread owns the state, and learns.

A look into tables takes less than to have another thread take it; so the loop does it, where nothing has to be waited
for and the page is none of thousands of blocks.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Self, TypeVar

import numpy as np

from dedup.errors import StateError
from dedup.memory import MemoryOptions, MemorySize
from dedup.memory.seen import Seen, Version
from dedup.state import PageRecord, StateOptions, Store
from dedup.state.forgetting import forget, holds
from dedup.state.options import Durability
from service.api import SiteSummary
from service.batching import Batching
from service.envelope import Answer, Question
from service.errors import NoSuchSiteError

if TYPE_CHECKING:
    from dedup.memory import LearnedMemory

T = TypeVar("T")

IN_RAM = "memory"
_SECONDS_BETWEEN_WORDS = 5.0
_AT_ONCE = 1000  # blocks
_log = logging.getLogger(__name__)


class Heard:
    """Says every few seconds how far the reading of a memory is."""

    def __init__(self) -> None:
        self._said = time.monotonic()

    def __call__(self, what: str, done: int, total: int) -> None:
        """Take in that `done` of `total` parts of the snapshot or the log were read."""
        if time.monotonic() - self._said > _SECONDS_BETWEEN_WORDS:
            self._said = time.monotonic()
            _log.info("reading the memory's %s: %d of %d", what, done, total)


class Memory:
    """Asked about pages and taught them; pages that come at once are committed together.

    Attributes:
        on_commit: told how many pages were committed together.
        on_forget: called in the state's thread once a site is forgotten.
    """

    def __init__(self, memory: LearnedMemory, thread: ThreadPoolExecutor) -> None:
        self.on_commit: Callable[[int], None] = lambda _pages: None
        self.on_forget: Callable[[], None] = lambda: None
        self._memory = memory
        self._thread = thread
        self._said: dict[str, float] = {}  # when the log was last told of a failure, by its code
        self._asking = Batching(self._look_up)
        self._learning = Batching(self._commit)

    @classmethod
    async def open(cls, state: str, durability: Durability, blocks: int) -> Self:
        """The memory of a state, of so many blocks at most; raises as `dedup.state.open_store` does."""
        thread = ThreadPoolExecutor(1, thread_name_prefix="state")
        where = None if state == IN_RAM else state
        options, bounds = StateOptions(durability=durability), MemoryOptions(max_blocks=blocks)
        loop = asyncio.get_running_loop()

        def read() -> LearnedMemory:
            from dedup.memory import LearnedMemory  # noqa: PLC0415  (compiles kernels; without a state none is needed)

            return LearnedMemory.open(where, bounds, options, Heard())

        memory = await loop.run_in_executor(thread, read)
        _log.info(
            "the memory holds %d pages of %d sites; read in %.1f s",
            memory.size.pages,
            memory.size.sites,
            memory.loaded.seconds,
        )
        if memory.loaded.ignored:
            _log.info("its snapshot was ignored: %s", memory.loaded.ignored)
        return cls(memory, thread)

    @property
    def store(self) -> Store:
        """The log; for what runs in the state's thread."""
        return self._memory.store

    async def run(self, work: Callable[[], T]) -> T:
        """Do something in the thread that owns the state. The log says how that fails, every few seconds."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except StateError as error:
            now = time.monotonic()
            if now - self._said.get(error.code, -_SECONDS_BETWEEN_WORDS) >= _SECONDS_BETWEEN_WORDS:
                self._said[error.code] = now
                _log.error("the state fails: %s", error)
            raise

    @property
    def size(self) -> MemorySize:
        """How much is known."""
        return self._memory.size

    async def ask(self, namespace: str, question: Question) -> Answer:
        """How often other pages of a namespace hold the blocks of a page."""
        keys = np.frombuffer(question.keys, np.uint64)
        if len(keys) <= _AT_ONCE:
            seen = self._memory.seen_at_once(
                namespace, question.site, question.page, keys, question.whole, question.url
            )
            if seen is not None:
                return _answer(seen)
        return await self._asking.do((namespace, question))

    async def learn(self, namespace: str, page: Question) -> None:
        """Learn a page in a namespace; when this returns, it is committed.

        Raises:
            StateError: it is not, and nothing of it is learned.
        """
        record = PageRecord(
            namespace,
            page.site,
            page.page,
            page.url,
            int(time.time()) if page.time is None else page.time,
            page.known,
            whole=page.whole,
            digest=page.digest,
            sketch=page.sketch,
        )
        await self._learning.do(record)

    async def sites(self, namespace: str) -> list[SiteSummary]:
        """What was learned in a namespace, by site."""
        return await self.run(lambda: [_summary(row) for row in self._memory.sites(namespace)])

    async def site(self, namespace: str, site: str) -> SiteSummary:
        """What was learned of a site.

        Raises:
            NoSuchSiteError: nothing.
        """
        row = await self.run(lambda: self._memory.site(namespace, site))
        if row is None:
            raise NoSuchSiteError(site)
        return _summary(row)

    async def forget(self, namespace: str, site: str) -> None:
        """Forget a site of a namespace for good, documents of the crawl index included.

        Raises:
            NoSuchSiteError: nothing was learned of it, and no document is of it.
        """

        def drop() -> None:
            store = self._memory.store
            if not self._memory.knows(namespace, site) and not holds(store, "site", site, namespace=namespace):
                raise NoSuchSiteError(site)
            forget(store, "site", site, namespace=namespace, time=int(time.time()))
            self._memory.refresh()
            self.on_forget()

        await self.run(drop)

    async def close(self) -> None:
        """Commit what waits and let go of the state."""
        await self._learning.finish()
        await self.run(self._memory.close)
        self._thread.shutdown()

    async def _look_up(self, questions: list[tuple[str, Question]]) -> list[Answer]:
        def look_up() -> list[Answer]:
            return [
                _answer(
                    self._memory.seen(
                        namespace,
                        asked.site,
                        asked.page,
                        np.frombuffer(asked.keys, np.uint64),
                        asked.whole,
                        asked.url,
                    )
                )
                for namespace, asked in questions
            ]

        return await self.run(look_up)

    async def _commit(self, records: list[PageRecord]) -> list[None]:
        await self.run(lambda: self._memory.learn(records))
        self.on_commit(len(records))
        return [None] * len(records)


def _summary(row: tuple[str, str, int, int, int]) -> SiteSummary:
    _, site, pages, blocks, shared = row
    return SiteSummary(site=site, pages=pages, blocks=blocks, shared_blocks=shared)


def _answer(seen: Seen) -> Answer:
    pages, since, sites = (counts.tobytes() for counts in (seen.pages, seen.since, seen.sites))
    before = seen.before or Version(b"", b"")
    return Answer(
        pages=pages,
        since=since,
        of=seen.of,
        sites=sites,
        position=seen.position,
        copies=seen.copies,
        addresses=seen.addresses,
        digest=before.digest,
        sketch=before.sketch,
    )
