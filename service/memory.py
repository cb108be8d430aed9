"""What is learned of sites, seen from the event loop: one thread owns the tables and the state."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Self, TypeVar

import numpy as np

from dedup.errors import DedupError
from dedup.memory import LearnedMemory, Version
from dedup.state import PageRecord, StateOptions, Store
from dedup.state.forgetting import forget
from dedup.state.options import Durability
from service.api import SiteSummary
from service.envelope import Answer, Question
from service.errors import NoSuchSiteError

T = TypeVar("T")

IN_RAM = "memory"


class Memory:
    """Asked about pages and taught them; pages that come at once are committed together.

    Attributes:
        on_commit: told how many pages were committed together.
    """

    def __init__(self, memory: LearnedMemory, thread: ThreadPoolExecutor) -> None:
        self.on_commit: Callable[[int], None] = lambda _pages: None
        self._memory = memory
        self._thread = thread
        self._waiting: list[tuple[PageRecord, asyncio.Future[None]]] = []
        self._committing: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, state: str, durability: Durability) -> Self:
        """The memory of a state, read in full; raises as `dedup.state.open_store` does."""
        thread = ThreadPoolExecutor(1, thread_name_prefix="state")
        where = None if state == IN_RAM else state
        options = StateOptions(durability=durability)
        loop = asyncio.get_running_loop()
        memory = await loop.run_in_executor(thread, lambda: LearnedMemory.open(where, None, options))
        return cls(memory, thread)

    @property
    def store(self) -> Store:
        """The log; for what runs in the state's thread."""
        return self._memory.store

    async def run(self, work: Callable[[], T]) -> T:
        """Do something in the thread that owns the state."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    @property
    def size(self) -> tuple[int, int]:
        """Sites and pages that are known."""
        return self._memory.size

    async def ask(self, namespace: str, question: Question) -> Answer:
        """How often other pages of a namespace hold the blocks of a page."""

        def look() -> Answer:
            keys = np.frombuffer(question.keys, np.uint64)
            seen = self._memory.seen(namespace, question.site, question.page, keys, question.whole, question.url)
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

        return await asyncio.get_running_loop().run_in_executor(self._thread, look)

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
            int(time.time()),
            page.known,
            whole=page.whole,
            digest=page.digest,
            sketch=page.sketch,
        )
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((record, done))
        if self._committing is None or self._committing.done():
            self._committing = asyncio.create_task(self._commit())
        await asyncio.shield(done)  # a client that goes away does not undo what others wait for

    async def sites(self, namespace: str) -> list[SiteSummary]:
        """What was learned in a namespace, by site."""
        rows = await asyncio.get_running_loop().run_in_executor(self._thread, self._memory.sites)
        return [
            SiteSummary(site=site, pages=pages, blocks=blocks, shared_blocks=shared)
            for tenant, site, pages, blocks, shared in rows
            if tenant == namespace
        ]

    async def forget(self, namespace: str, site: str) -> None:
        """Forget a site of a namespace for good.

        Raises:
            NoSuchSiteError: nothing was learned of it.
        """

        def drop() -> int:
            dropped = forget(self._memory.store, "site", site, namespace=namespace, time=int(time.time()))
            self._memory.refresh()
            return dropped

        if all(known.site != site for known in await self.sites(namespace)):
            raise NoSuchSiteError(site)
        await asyncio.get_running_loop().run_in_executor(self._thread, drop)

    async def close(self) -> None:
        """Commit what waits and let go of the state."""
        if self._committing is not None:
            await asyncio.wait((self._committing,))
        await asyncio.get_running_loop().run_in_executor(self._thread, self._memory.close)
        self._thread.shutdown()

    async def _commit(self) -> None:
        """One commit after the other, each of all the pages that came during the one before."""
        while self._waiting:
            batch, self._waiting = self._waiting, []
            records = [record for record, _ in batch]
            try:
                await asyncio.get_running_loop().run_in_executor(self._thread, self._memory.learn, records)
            except DedupError as error:
                for _, done in batch:
                    if not done.done():
                        done.set_exception(error)
            else:
                self.on_commit(len(batch))
                for _, done in batch:
                    if not done.done():
                        done.set_result(None)
