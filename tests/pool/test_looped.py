"""A pool that an event loop looks after keeps the promises of one with a thread, and leaves the loop free."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

import pytest

from dedup.errors import PoolClosedError, TimeLimitExceededError
from dedup.pool import AsyncWorkerPool, PoolOptions


@pytest.fixture(autouse=True)
def _entries_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parent), *sys.path])


def _open(**options: float) -> AsyncWorkerPool:
    return AsyncWorkerPool("pool_jobs:open_actor", options=PoolOptions(**{"workers": 1, **options}))  # type: ignore[arg-type]


def test_a_job_of_any_size_comes_back() -> None:
    """A page larger than what the kernel takes at once must not be cut off."""

    async def work() -> list[bytes]:
        pool = _open(workers=2)
        jobs = [pool.submit(b"size ", bytes(size)) for size in (0, 10, 100_000, 5_000_000)]
        jobs += [pool.submit(f"zeros {size}".encode()) for size in (0, 100_000, 5_000_000)]
        found = [await pool.result(job) for job in jobs]
        await pool.close()
        return found

    found = asyncio.run(work())
    assert found[:4] == [b"5", b"15", b"100005", b"5000005"]
    assert found[4:] == [bytes(size) for size in (0, 100_000, 5_000_000)]


def test_a_page_whose_worker_is_killed_is_answered_by_the_next_one(tmp_path: Path) -> None:
    """An accepted page is never lost."""

    async def work() -> bytes:
        pool = _open()
        found = await pool.result(pool.submit(f"kill_once {tmp_path / 'marker'}".encode()))
        await pool.close()
        return found

    assert asyncio.run(work()) == b"survived"


def test_a_page_that_hangs_ends_in_time_and_delays_no_callback() -> None:
    """Other clients of the service must not wait while a worker is ended and another one started."""

    async def work() -> float:
        pool = _open(time_limit=0.3)
        await asyncio.wrap_future(pool.ready)
        hanging = asyncio.create_task(pool.result(pool.submit(b"hang ")))
        longest = 0.0
        while not hanging.done():
            began = time.thread_time()
            await asyncio.sleep(0.01)
            longest = max(longest, time.thread_time() - began)
        with pytest.raises(TimeLimitExceededError):
            await hanging
        assert await pool.result(pool.submit(b"echo next")) == b"next"
        await pool.close()
        return longest

    assert asyncio.run(work()) < 0.02


def test_what_is_left_after_the_grace_time_is_told_so() -> None:
    """A client that waits while the service stops gets an answer instead of none."""

    async def work() -> None:
        pool = _open()
        job = pool.submit(b"sleep 60")
        await pool.close(grace=0.2)
        with pytest.raises(PoolClosedError):
            await pool.result(job)
        with pytest.raises(PoolClosedError):
            pool.submit(b"echo late")

    asyncio.run(work())


def test_who_no_longer_waits_takes_no_worker(tmp_path: Path) -> None:
    """Clients that have gone must not keep workers from those that wait."""

    async def work() -> bool:
        pool = _open(ahead=0)
        await asyncio.wrap_future(pool.ready)
        busy = pool.submit(f"await {tmp_path / 'go'}".encode())
        waiting = pool.submit(b"sleep 60")
        task = asyncio.create_task(pool.result(waiting))
        await asyncio.sleep(0.05)
        task.cancel()
        (tmp_path / "go").touch()
        await pool.result(busy)
        assert await pool.result(pool.submit(b"echo next")) == b"next"
        await pool.close()
        return waiting.cancelled()

    assert asyncio.run(work())
