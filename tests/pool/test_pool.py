"""What a pool does when all goes well, and what it promises to a caller that goes too far."""

from __future__ import annotations

import itertools
import pickle
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, wait
from pathlib import Path

import pytest

from dedup import errors
from dedup.errors import OptionError, PoolClosedError, PoolFullError
from dedup.pool import PoolOptions, WorkerPool

OpenPool = Callable[..., WorkerPool]


def test_results_come_back_for_the_jobs_that_were_sent(open_pool: OpenPool) -> None:
    pool = open_pool(setup=b"set up: ", workers=2)
    futures = [pool.submit(f"echo {i}".encode()) for i in range(500)]
    assert [future.result() for future in futures] == [f"set up: {i}".encode() for i in range(500)]


def test_the_parts_of_a_payload_arrive_as_one(open_pool: OpenPool) -> None:
    parts = [b"size ", *(bytes([65 + i % 26]) * 1000 for i in range(300)), b""]
    assert open_pool().submit(*parts).result() == b"300005"


def test_payloads_and_results_larger_than_any_socket_buffer_pass(open_pool: OpenPool) -> None:
    pool = open_pool(ahead=3)
    large = b"size " + bytes(40 * 1024**2)
    sizes = [pool.submit(large) for _ in range(4)]
    zeros = pool.submit(f"zeros {50 * 1024**2}".encode())
    assert {future.result() for future in sizes} == {str(len(large)).encode()}
    assert zeros.result() == bytes(50 * 1024**2)


def test_a_large_payload_waiting_for_a_busy_worker_holds_up_nobody_else(open_pool: OpenPool, tmp_path: Path) -> None:
    pool = open_pool(workers=2, ahead=1)
    pool.ready.result()
    for _ in range(2):
        pool.submit(f"await {tmp_path / 'go'}".encode())
    stuck = [pool.submit(b"size " + bytes(8 * 1024**2)) for _ in range(2)]
    late = pool.submit(b"echo x", deadline=0.2)
    with pytest.raises(errors.DeadlineExceededError):
        late.result(timeout=60)
    (tmp_path / "go").touch()
    assert [future.result() for future in stuck] == [b"8388613"] * 2


def test_threads_share_a_pool(open_pool: OpenPool) -> None:
    pool = open_pool(workers=2)
    results: dict[int, list[bytes]] = {}

    def work(thread: int) -> None:
        results[thread] = [pool.submit(f"echo {thread}/{i}".encode()).result() for i in range(100)]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {i: [f"{i}/{j}".encode() for j in range(100)] for i in range(4)}


def test_map_keeps_the_order_and_yields_an_error_in_its_place(open_pool: OpenPool) -> None:
    pool = open_pool(workers=2)
    jobs = [f"raise {i}" if i % 10 == 3 else f"sleep {0.01 * (i % 3)}" for i in range(40)]
    outcomes = [future.exception() or future.result() for future in pool.map(job.encode() for job in jobs)]
    assert [str(outcome) for outcome in outcomes[3::10]] == [f"ValueError: {i}" for i in (3, 13, 23, 33)]
    assert [outcome for i, outcome in enumerate(outcomes) if i % 10 != 3] == [
        job.split()[1].encode() for job in jobs if not job.startswith("raise")
    ]


def test_map_takes_no_more_than_its_bound_ahead_of_an_endless_stream(open_pool: OpenPool) -> None:
    pool = open_pool()
    taken = itertools.count()
    drawn = 0

    def endless() -> Iterator[bytes]:
        nonlocal drawn
        for drawn in taken:
            yield f"echo {drawn}".encode()

    results = pool.map(endless(), in_flight=5)
    for i in range(50):
        assert next(results).result() == str(i).encode()
        assert drawn <= i + 5
    results.close()  # type: ignore[attr-defined]  # a generator
    pool.close()


def test_map_yields_what_is_done_before_a_slow_source_goes_on(open_pool: OpenPool) -> None:
    pool = open_pool()
    first_result = threading.Event()

    def source() -> Iterator[bytes]:
        yield b"echo first"
        while pool.status().unanswered:
            pass
        yield b"echo second"
        assert first_result.wait(60), "the first result was held back until the bound was reached"
        yield b"echo third"

    for future in pool.map(source(), in_flight=100):
        future.result()
        first_result.set()


def test_more_jobs_than_the_capacity_are_refused_at_once(open_pool: OpenPool, tmp_path: Path) -> None:
    pool = open_pool(capacity=3)
    taken = [pool.submit(f"await {tmp_path / 'go'}".encode()) for _ in range(3)]
    with pytest.raises(PoolFullError, match="3 jobs"):
        pool.submit(b"echo x")
    (tmp_path / "go").touch()
    assert [future.result() for future in taken] == [b"there"] * 3
    assert pool.submit(b"echo x").result() == b"x"


def test_a_cancelled_job_is_not_done_and_makes_room(open_pool: OpenPool, tmp_path: Path) -> None:
    pool = open_pool(ahead=0, capacity=3)
    pool.ready.result()
    pool.submit(f"await {tmp_path / 'go'}".encode())
    waiting = [pool.submit(b"echo x"), pool.submit(b"echo y")]
    assert waiting[0].cancel()
    with pytest.raises(CancelledError):
        waiting[0].result()
    while pool.status().unanswered == 3:
        time.sleep(0.01)
    waiting.append(pool.submit(b"echo z"))
    (tmp_path / "go").touch()
    assert [job.result() for job in waiting[1:]] == [b"y", b"z"]


def test_who_waits_for_several_jobs_hears_of_those_that_were_cancelled(open_pool: OpenPool, tmp_path: Path) -> None:
    """`concurrent.futures.wait` and `as_completed` waited for ever."""
    pool = open_pool(ahead=0)
    running, waiting = pool.submit(f"await {tmp_path / 'go'}".encode()), pool.submit(b"echo x")
    pool.ready.result()
    assert waiting.cancel()
    (tmp_path / "go").touch()
    assert wait([waiting], timeout=30).done == {waiting}
    assert wait([waiting, running], timeout=30).done == {waiting, running}


def test_a_pool_may_be_closed_by_its_own_thread(open_pool: OpenPool) -> None:
    """A stream that was left ends as garbage in any thread; that it waited for itself kept its other workers alive."""
    pool, told = open_pool(), threading.Event()

    def close(_: object) -> None:
        pool.close(grace=0)
        told.set()

    pool.submit(b"sleep 0.2").add_done_callback(close)
    assert told.wait(20)
    pool.ended.result(60)
    assert pool.status().workers == ()


def test_a_pool_that_is_closed_as_the_program_ends_waits_for_no_thread(
    open_pool: OpenPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From Python 3.13 on, a program that ended before a stream of `Cleaner.process` was through hung at its exit."""
    pool = open_pool()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "is_finalizing", lambda: True)
        patch.setattr(pool._thread, "join", lambda *_: pytest.fail("threads do not go on by then"))
        pool.close(grace=0)
    pool.ended.result(60)


def test_close_finishes_what_there_is_and_takes_no_more(open_pool: OpenPool) -> None:
    pool = open_pool()
    futures = [pool.submit(b"sleep 0.05") for _ in range(5)]
    pool.close()
    assert [future.result() for future in futures] == [b"0.05"] * 5
    assert pool.status().workers == ()
    with pytest.raises(PoolClosedError):
        pool.submit(b"echo x")
    pool.close()


def test_close_with_a_grace_time_fails_what_is_left(open_pool: OpenPool) -> None:
    pool = open_pool(ahead=0)
    futures = [pool.submit(b"hang"), pool.submit(b"echo x")]
    pool.close(grace=0.2)
    for future in futures:
        with pytest.raises(PoolClosedError):
            future.result()


def test_an_error_around_a_pool_waits_for_no_job(open_pool: OpenPool) -> None:
    """An archive job that fails says so at once, not when the pages under way are cleaned."""
    under_way = []

    def fail(pool: WorkerPool) -> None:
        with pool:
            under_way.append(pool.submit(b"hang"))
            raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        fail(open_pool())
    with pytest.raises(PoolClosedError):
        under_way[0].result()


def test_a_worker_keeps_to_one_core_unless_told_otherwise(
    open_pool: OpenPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MKL_NUM_THREADS", "3")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    pool = open_pool()
    assert pool.submit(b"environment MKL_NUM_THREADS").result() == b"3"
    assert pool.submit(b"environment OMP_NUM_THREADS").result() == b"1"


@pytest.mark.parametrize(
    ("option", "value"), [("workers", 0), ("ahead", -1), ("time_limit", "1"), ("capacity", True), ("memory_limit", 0)]
)
def test_an_option_out_of_range_is_named(option: str, value: object) -> None:
    with pytest.raises(OptionError, match=option):
        PoolOptions(**{option: value})  # type: ignore[arg-type]  # the point of the test


@pytest.mark.parametrize(
    "error",
    [
        errors.WorkerStartError("a:b", "x"),
        errors.WorkerDiedError(-64, 2),
        errors.TimeLimitExceededError(1.5),
        errors.MemoryExceededError(5),
        errors.DeadlineExceededError(2.0, "running"),
        errors.JobFailedError("ValueError", "x", "trace"),
        errors.PoolFullError(3),
        errors.PoolClosedError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_of_the_pool_passes_to_another_process_whole(error: errors.PoolError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), vars(copy)) == (type(error), str(error), vars(error))


def test_a_job_goes_where_the_one_before_it_was_done_unless_that_worker_is_busy_or_gone(
    open_pool: OpenPool, tmp_path: Path
) -> None:
    """What a worker kept of a page would have to be computed again elsewhere."""
    pool = open_pool(workers=2, ahead=0)
    pool.ready.result()
    firsts = [pool.submit(b"pid ") for _ in range(20)]
    assert len({first.result() for first in firsts}) == 2
    assert [pool.submit(b"pid ", after=first).result() for first in firsts] == [first.result() for first in firsts]
    pool.submit(f"await {tmp_path / 'go'}".encode(), after=firsts[0])
    elsewhere = pool.submit(b"pid ", after=firsts[0])
    assert elsewhere.result() != firsts[0].result()
    (tmp_path / "go").touch()
    gone = pool.submit(b"exit 1", after=elsewhere)
    assert pool.submit(b"echo x", after=gone).result() == b"x"
