"""Work of many requests done at once: what comes while one batch is under way makes the next one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batching(Generic[Item, Result]):
    """Hands items over in batches, one batch after the other.

    Args:
        work: does a batch; its results in the order of the items. What it raises is raised for each of them.
    """

    def __init__(self, work: Callable[[list[Item]], Awaitable[list[Result]]]) -> None:
        self._work = work
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._working: asyncio.Task[None] | None = None

    async def do(self, item: Item) -> Result:
        """Have an item done with others; raises what the work raises. Who no longer waits does not undo it."""
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._go_on())
        return await done

    async def finish(self) -> None:
        """Wait until nothing waits."""
        if self._working is not None:
            await asyncio.wait((self._working,))

    async def _go_on(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                results = await self._work([item for item, _ in batch])
            except Exception as error:  # noqa: BLE001  (a fault of ours, too, is for those who wait to tell)
                for _, done in batch:
                    if not done.done():
                        done.set_exception(error)
                continue
            for (_, done), result in zip(batch, results, strict=True):
                if not done.done():
                    done.set_result(result)
