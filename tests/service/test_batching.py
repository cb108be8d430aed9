"""Work of many requests done at once: what becomes of it where one of them no longer waits."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

from dedup.errors import StateUnavailableError
from service.batching import Batching


def test_who_gave_up_waiting_for_work_that_fails_leaves_no_stack_trace_in_the_log() -> None:
    complaints: list[dict[str, Any]] = []

    async def give_up() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, told: complaints.append(told))
        fails = asyncio.Event()

        async def work(_items: list[int]) -> list[int]:
            await fails.wait()
            raise StateUnavailableError("redis://127.0.0.1", "it does not answer")

        batching = Batching(work)
        waits = asyncio.create_task(batching.do(2))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await batching.do(1)
        fails.set()
        with pytest.raises(StateUnavailableError):
            await waits
        await batching.finish()

    asyncio.run(give_up())
    gc.collect()
    assert complaints == []


def test_who_gave_up_waiting_does_not_undo_what_others_wait_for() -> None:
    async def give_up() -> tuple[list[int], int]:
        done: list[int] = []
        goes_on = asyncio.Event()

        async def work(items: list[int]) -> list[int]:
            await goes_on.wait()
            done.extend(items)
            return [2 * item for item in items]

        batching = Batching(work)
        left, stays = (asyncio.create_task(batching.do(item)) for item in (1, 2))
        await asyncio.sleep(0)
        left.cancel()
        goes_on.set()
        return done, await stays

    assert asyncio.run(give_up()) == ([1, 2], 4)


def test_a_fault_in_the_work_is_told_to_who_waits_and_the_next_batch_is_done() -> None:
    async def try_twice() -> int:
        async def work(items: list[int]) -> list[int]:
            return [10 // item for item in items]

        batching = Batching(work)
        with pytest.raises(ZeroDivisionError):
            async with asyncio.timeout(10):
                await batching.do(0)
        return await batching.do(5)

    assert asyncio.run(try_twice()) == 2
