"""What one bad job does to itself, to its neighbours and to the pool."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dedup.errors import (
    DeadlineExceededError,
    JobFailedError,
    MemoryExceededError,
    TimeLimitExceededError,
    WorkerDiedError,
    WorkerStartError,
)
from dedup.pool import WorkerPool

OpenPool = Callable[..., WorkerPool]


def eventually(holds: Callable[[], bool]) -> None:
    """Wait for something that must come; the test's own timeout is the limit."""
    while not holds():
        time.sleep(0.01)


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] == "Z"
    except FileNotFoundError:
        return True


def test_a_job_that_raises_is_told_why_and_costs_no_worker(open_pool: OpenPool) -> None:
    pool = open_pool()
    pid = pool.submit(b"pid").result()
    with pytest.raises(JobFailedError, match="ValueError: \N{SNOWMAN}") as caught:
        pool.submit("raise \N{SNOWMAN}".encode()).result()
    assert "pool_jobs.py" in caught.value.traceback
    assert pool.submit(b"pid").result() == pid


def test_a_job_that_returns_no_bytes_is_an_error_not_a_dead_worker(open_pool: OpenPool) -> None:
    with pytest.raises(JobFailedError, match="must return bytes, got str"):
        open_pool().submit(b"return text").result()


def test_a_worker_that_is_killed_from_outside_costs_the_job_nothing(open_pool: OpenPool, tmp_path: Path) -> None:
    pool = open_pool()
    assert pool.submit(f"kill_once {tmp_path / 'marker'}".encode()).result() == b"survived"
    assert pool.status().replaced["died"] == 1


def test_a_job_that_crashes_its_workers_gets_the_signal_and_its_neighbours_their_results(open_pool: OpenPool) -> None:
    pool = open_pool(ahead=4)
    before = pool.submit(b"echo before")
    crash = pool.submit(f"kill {signal.SIGSEGV}".encode())
    behind = [pool.submit(f"echo {i}".encode()) for i in range(20)]
    with pytest.raises(WorkerDiedError, match="SIGSEGV") as caught:
        crash.result()
    assert caught.value.attempts == 2
    assert before.result() == b"before"
    assert [future.result() for future in behind] == [str(i).encode() for i in range(20)]


def test_an_exit_in_a_job_is_told_with_its_status(open_pool: OpenPool) -> None:
    with pytest.raises(WorkerDiedError, match="exit status 7"):
        open_pool(attempts=1).submit(b"exit 7").result()


def test_a_job_that_hangs_is_ended_and_its_neighbours_are_done(open_pool: OpenPool) -> None:
    pool = open_pool(ahead=4, time_limit=0.5)
    hang = pool.submit(b"hang")
    behind = [pool.submit(f"echo {i}".encode()) for i in range(4)]
    with pytest.raises(TimeLimitExceededError) as caught:
        hang.result()
    assert caught.value.limit == 0.5
    assert [future.result() for future in behind] == [b"0", b"1", b"2", b"3"]
    assert pool.status().replaced["time_limit"] == 1


@pytest.mark.parametrize("job", ["swell", f"grab {2**36}"], ids=["page by page", "all at once"])
def test_a_job_that_swells_is_ended_and_its_neighbours_are_done(open_pool: OpenPool, job: str) -> None:
    pool = open_pool(ahead=4, memory_limit=256 * 1024**2)
    hog = pool.submit(job.encode())
    behind = [pool.submit(f"echo {i}".encode()) for i in range(4)]
    with pytest.raises(MemoryExceededError) as caught:
        hog.result()
    assert caught.value.limit == 256 * 1024**2
    assert [future.result() for future in behind] == [b"0", b"1", b"2", b"3"]
    assert pool.status().replaced["memory"] == 1


def test_a_worker_that_stays_large_is_replaced_before_an_innocent_job_pays_for_it(open_pool: OpenPool) -> None:
    pool = open_pool(memory_limit=256 * 1024**2)
    for _ in range(12):
        assert pool.submit(f"keep {40 * 1024**2}".encode()).result() == b"kept"
        eventually(lambda: any(worker.ready and worker.resident < 150 * 1024**2 for worker in pool.status().workers))
    assert pool.status().replaced["memory"] == 0
    assert pool.status().replaced["recycled"] >= 1


def test_a_worn_worker_serves_until_its_successor_does(open_pool: OpenPool) -> None:
    pool = open_pool(recycle_after=10)
    pids = set[bytes]()
    while len(pids) < 3:
        pids.add(pool.submit(b"pid").result())
    assert pool.status().replaced["recycled"] >= 1
    assert pool.status().replaced["died"] == 0


def test_a_deadline_counts_the_wait_and_costs_no_worker(open_pool: OpenPool) -> None:
    pool = open_pool(ahead=0)
    pid = pool.submit(b"pid").result()
    running = pool.submit(b"sleep 1", deadline=0.2)
    waiting = pool.submit(b"echo x", deadline=0.2)
    with pytest.raises(DeadlineExceededError) as ran:
        running.result()
    with pytest.raises(DeadlineExceededError) as waited:
        waiting.result()
    assert (ran.value.stage, waited.value.stage) == ("running", "waiting")
    assert pool.submit(b"pid").result() == pid
    assert pool.status().unanswered == 0


def test_what_cannot_be_loaded_is_told_to_every_job(open_pool: OpenPool) -> None:
    pool = open_pool("open_nothing")
    with pytest.raises(WorkerStartError, match="RuntimeError: the model file is missing"):
        pool.ready.result()
    with pytest.raises(WorkerStartError, match="pool_jobs:open_nothing"):
        pool.submit(b"x")


@pytest.mark.parametrize(
    ("entry", "options", "problem"),
    [
        ("open_missing", {}, "AttributeError"),
        ("open_and_die", {}, "exit status 3"),
        ("open_slowly", {"start_timeout": 0.3}, "not ready within 0.3 s"),
        ("open_actor", {"memory_limit": 2 * 1024**2}, "a worker at rest occupies"),
    ],
)
def test_a_pool_without_any_worker_fails_its_jobs_and_does_not_hang(
    open_pool: OpenPool, entry: str, options: dict[str, float], problem: str
) -> None:
    pool = open_pool(entry, **options)
    early = pool.submit(b"echo x")
    with pytest.raises(WorkerStartError, match=problem):
        early.result()


def test_the_others_serve_while_workers_are_killed_all_the_time(open_pool: OpenPool) -> None:
    pool = open_pool(workers=2, attempts=10)
    pool.ready.result()
    futures = [pool.submit(f"echo {i}".encode()) for i in range(2000)]
    killed = 0
    while not futures[-1].done() and killed < 6:
        if ready := [worker.pid for worker in pool.status().workers if worker.ready]:
            os.kill(ready[killed % len(ready)], signal.SIGKILL)
            killed += 1
        time.sleep(0.05)
    assert [future.result() for future in futures] == [str(i).encode() for i in range(2000)]


def test_workers_that_are_killed_while_they_start_do_not_end_a_pool_that_was_ready(open_pool: OpenPool) -> None:
    """Three kills in a row, as by a system short of memory, ended the service for good."""
    pool = open_pool(workers=1, attempts=10)
    pool.ready.result()
    killed = set[int]()
    job = pool.submit(b"sleep 1")
    while len(killed) < 5:
        for worker in pool.status().workers:
            if worker.pid not in killed:
                os.kill(worker.pid, signal.SIGKILL)
                killed.add(worker.pid)
        time.sleep(0.002)
    assert pool.submit(b"echo x").result(60) == b"x"
    assert not pool.ended.done()
    job.cancel()


@pytest.mark.parametrize("job", ["hang", "sleep 1000"])
def test_workers_end_with_their_parent_even_in_mid_job(tmp_path: Path, job: str) -> None:
    """A service that is killed must not leave parsers behind that eat a core each."""
    program = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from dedup.pool import PoolOptions, WorkerPool
pool = WorkerPool("pool_jobs:open_actor", options=PoolOptions(workers=1))
print(pool.submit(b"pid").result().decode(), flush=True)
pool.submit({job.encode()!r})
sys.stdin.read()
"""
    parent = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=tmp_path
    )
    with parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        assert not is_gone(worker)
        parent.kill()
    eventually(lambda: is_gone(worker))


def test_a_worker_outlives_the_signals_that_stop_a_whole_service(open_pool: OpenPool) -> None:
    pool = open_pool(attempts=1)
    pid = int(pool.submit(b"pid").result())
    job = pool.submit(b"sleep 0.5")
    os.kill(pid, signal.SIGTERM)
    assert job.result() == b"0.5"
