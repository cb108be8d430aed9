"""A start from a snapshot and the log's tail knows what a start from the whole log knows, or ignores the snapshot."""

from __future__ import annotations

import random
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dedup.errors import StateFullError
from dedup.memory import LearnedMemory, MemoryOptions
from dedup.memory.snapshot import take
from dedup.state import PageRecord, StateOptions, open_store
from dedup.state.archive import backup, restore
from dedup.state.forgetting import forget
from dedup.state.retention import Retention, fold, fold_all

_FAST = StateOptions(durability="process")
_SMALL = MemoryOptions(pages_per_site=8, slack=4)


def page(number: int, keys: list[int], site: str = "a.example", time: int = 0) -> PageRecord:
    url = f"https://{site}/{number}"
    return PageRecord("default", site, number.to_bytes(16, "big"), url, time, np.array(keys, "<u8").tobytes(), number)


def image(memory: LearnedMemory) -> list[bytes]:
    return list(take(memory.store, memory._memory, memory._retention, memory._options).parts())


def replayed(state: Path, options: MemoryOptions) -> list[bytes]:
    """What a process without the snapshot makes of the log."""
    copy = state.with_name("copy")
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    shutil.copy(state / "log.mdb", copy)
    memory = LearnedMemory.open(str(copy), options, _FAST)
    found = image(memory)
    memory._store.close()
    return found


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def filled(state: Path, count: int = 12, options: MemoryOptions | None = None) -> LearnedMemory:
    memory = LearnedMemory.open(str(state), options, _FAST)
    memory.learn([page(number, [1, 2, 1000 + number]) for number in range(count)])
    return memory


def reopened(state: Path, options: MemoryOptions | None = None) -> LearnedMemory:
    return LearnedMemory.open(str(state), options, _FAST)


@pytest.mark.parametrize("max_blocks", [10**9, 150])
def test_snapshot_and_tail_give_the_same_bytes_as_the_whole_log(
    state: Path, rng: random.Random, max_blocks: int
) -> None:
    """Pages learned again, sites folded and forgotten, starts at any moment; with bounds, what was evicted too."""
    is_bounded = max_blocks < 10**6
    options = MemoryOptions(pages_per_site=10**6 if is_bounded else 8, slack=4, max_blocks=max_blocks)
    memory = reopened(state, options)
    used, has_evicted = 0, False
    for _ in range(150):
        site = f"{rng.randrange(6)}.example"
        batch = [
            page(rng.randrange(30), [rng.randrange(40) for _ in range(rng.randrange(8))], site)
            for _ in range(rng.randrange(1, 5))
        ]
        memory.learn(batch)
        has_evicted |= memory.size.evicted_blocks > 0
        if rng.random() < 0.05 and not is_bounded:
            forget(memory.store, "url", rng.randrange(30).to_bytes(16, "big"), time=1)
            memory.refresh()
        if rng.random() < 0.1:
            memory.save_snapshot()
        if rng.random() < 0.1:
            memory.close()
            memory = reopened(state, options)
            used += memory.loaded.snapshot > 0
            assert memory.loaded.ignored is None
    found = image(memory)
    memory.close()
    assert used > 3
    assert found == replayed(state, options)
    assert has_evicted is is_bounded


def test_a_start_reads_the_tail_alone(state: Path) -> None:
    memory = filled(state)
    memory.save_snapshot()
    memory.learn([page(99, [1])])
    memory.close()
    again = reopened(state)
    assert (again.loaded.snapshot, again.loaded.read, again.loaded.ignored) == (12, 1, None)
    assert image(again) == replayed(state, MemoryOptions())
    again.close()


def test_a_long_run_saves_snapshots_by_itself_and_when_it_ends(state: Path) -> None:
    memory = reopened(state)
    for start in range(0, 12_000, 1000):
        memory.learn([page(number, [number % 7], f"{number % 100}.example") for number in range(start, start + 1000)])
    memory.close()
    assert memory.unsaved is None
    again = reopened(state)
    assert again.loaded.snapshot >= 11_000
    again.close()


def test_progress_is_told_of_snapshot_and_log(state: Path) -> None:
    memory = filled(state)
    memory.save_snapshot()
    memory.learn([page(number, [1], f"{number}.example") for number in range(5000)])
    memory.close()
    told: list[tuple[str, int, int]] = []
    LearnedMemory.open(str(state), None, _FAST, lambda *each: told.append(each)).close()
    assert told == [("snapshot", 1, 1), ("log", 5000, 5012)]


def _flip(state: Path) -> None:
    file = state / "sites.snapshot"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 4
    file.write_bytes(content)


def _forget(state: Path) -> None:
    kept = (state / "sites.snapshot").read_bytes()
    with open_store(str(state), _FAST) as store:
        forget(store, "url", (3).to_bytes(16, "big"), time=1)
    (state / "sites.snapshot").write_bytes(kept)  # as another service on the same Redis would


def _from_another_state(state: Path) -> None:
    other = filled(state.with_name("other"))
    other.save_snapshot()
    other.close()
    shutil.copy(state.with_name("other") / "sites.snapshot", state)


def _older_log(state: Path) -> None:
    """Somebody puts an old copy of the log back, and it goes on from there."""
    kept = (state / "sites.snapshot").read_bytes()
    with open_store(str(state), _FAST) as store:
        for position in (11, 12):
            store.rewrite({position: page(50 + position, [9])})
    (state / "sites.snapshot").write_bytes(kept)


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (_flip, "its checksum does not match"),
        (_forget, "something was forgotten since"),
        (_from_another_state, "it belongs to another state"),
        (_older_log, "does not hold the records that it was made from"),
    ],
)
def test_a_snapshot_that_does_not_fit_is_ignored_for_a_named_reason(
    state: Path, harm: Callable[[Path], None], reason: str
) -> None:
    memory = filled(state)
    memory.save_snapshot()
    memory.close()
    harm(state)
    again = reopened(state)
    assert again.loaded.snapshot == 0
    assert again.loaded.ignored is not None
    assert reason in again.loaded.ignored
    assert image(again) == replayed(state, MemoryOptions())
    again.close()


def test_a_snapshot_of_other_bounds_is_ignored(state: Path) -> None:
    memory = filled(state)
    memory.save_snapshot()
    memory.close()
    again = reopened(state, _SMALL)
    assert "bounds" in str(again.loaded.ignored)
    again.close()


def test_sites_that_were_compacted_since_are_read_anew(state: Path) -> None:
    memory = filled(state, 40)
    memory.learn([page(number, [5, number], "b.example") for number in range(3)])
    memory.save_snapshot()
    memory.close()
    with open_store(str(state), _FAST) as store:
        assert fold_all(store, Retention(8, 4)) == 31
    again = reopened(state)
    assert (again.loaded.snapshot, again.loaded.ignored) == (43, None)
    assert image(again) == replayed(state, MemoryOptions())
    assert again.sites()[0][2] == 8
    again.close()


def test_what_comes_before_a_site_s_counts_is_not_folded_anew(state: Path) -> None:
    """As after an import: the tables took the counts of void pages for those of the site until the next start."""
    bounds = MemoryOptions(pages_per_site=8, slack=4)
    memory = filled(state, 12, bounds)
    memory.store.append([fold([page(number, [7, 8], time=number) for number in range(3)], None)])
    memory.learn([page(99, [3])])
    found = image(memory)
    memory.close()
    assert found == replayed(state, bounds)
    again = reopened(state, bounds)
    assert again.sites()[0][2:] == (1, 1, 0)
    again.close()


def test_no_snapshot_names_a_site_that_was_forgotten(state: Path) -> None:
    memory = filled(state)
    forget(memory.store, "site", "a.example", time=1)
    memory.refresh()
    memory.save_snapshot()
    memory.close()
    assert b"a.example" not in (state / "sites.snapshot").read_bytes()


def test_a_restored_backup_starts_without_the_old_snapshot(state: Path, tmp_path: Path) -> None:
    memory = filled(state)
    backup(memory.store, tmp_path / "backup")
    memory.save_snapshot()
    memory.close()
    with open_store(str(state), _FAST) as store:
        restore(tmp_path / "backup", store)
    again = reopened(state)
    assert (again.loaded.snapshot, again.loaded.ignored) == (0, None)
    again.close()


def test_forgetting_while_a_snapshot_is_written_leaves_none_behind(state: Path) -> None:
    memory = filled(state)
    memory._start_saving()
    forget(memory.store, "site", "a.example", time=1)
    memory.refresh()
    assert not list(state.glob("*.snapshot*"))
    assert memory.size.sites == 0
    memory.close()


def test_a_state_is_let_go_of_where_the_wait_for_a_snapshot_is_interrupted(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a notebook it was in use until the kernel was started again."""
    memory = filled(state)

    def interrupt() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(memory, "_finish_saving", interrupt)
    with pytest.raises(KeyboardInterrupt):
        memory.close()
    reopened(state).close()


def test_a_snapshot_that_finds_no_room_costs_nothing_but_a_longer_start(state: Path) -> None:
    script = """
import resource, sys
from dedup.errors import StateFullError
from dedup.memory import LearnedMemory
from dedup.state import PageRecord
memory = LearnedMemory.open(sys.argv[1])
memory.learn([PageRecord("n", "s", number.to_bytes(16, "big"), "", 1, bytes(8 * 600)) for number in range(5)])
resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
memory.save_snapshot()
print(memory.unsaved)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
memory.learn([PageRecord("n", "s", b"k" * 16, "", 1, bytes(8))])
memory.close()
"""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    done = subprocess.run([sys.executable, "-c", script, str(state)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "no room" in done.stdout
    assert not list(state.glob("*.snapshot*"))
    again = reopened(state)
    assert again.size.pages == 6
    again.close()


def test_a_redis_keeps_snapshots_too(tmp_path: Path) -> None:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    from benchmarks.durability import Server  # noqa: PLC0415

    server = Server(tmp_path)
    try:
        memory = LearnedMemory.open(server.url)
        memory.learn([page(number, [1, 2, number]) for number in range(12)])
        memory.save_snapshot()
        assert memory.unsaved is None
        before = image(memory)
        memory.close()
        again = LearnedMemory.open(server.url)
        assert (again.loaded.snapshot, again.loaded.read, again.loaded.ignored) == (12, 0, None)
        assert image(again) == before
        forget(again.store, "site", "a.example", time=1)
        again.close()
        assert LearnedMemory.open(server.url).loaded.snapshot == 0
    finally:
        server.kill()


def test_pages_that_are_committed_are_learned_though_folding_finds_no_room(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sender would be told that nothing was learned, and the site would never be folded."""
    memory = filled(state, 10, _SMALL)
    rewrite = memory.store.rewrite

    def full(changes: dict[int, object], append: object = ()) -> range:
        if changes:
            raise StateFullError(memory.store.location, "No space left on device")
        return rewrite(changes, append)  # type: ignore[arg-type]

    monkeypatch.setattr(memory.store, "rewrite", full)
    memory.learn([page(number, [1, 2]) for number in range(20, 30)])
    assert (memory.size.pages, memory.store.count()) == (20, 20)
    monkeypatch.undo()
    memory.learn([page(99, [1, 2])])
    assert memory.size.pages == 8
    found = image(memory)
    memory.close()
    assert found == replayed(state, _SMALL)


_WRITER = """
import os, sys
import numpy as np
from dedup.errors import StateFullError
from dedup.memory import LearnedMemory, MemoryOptions
from dedup.state import PageRecord
memory = LearnedMemory.open(sys.argv[1], MemoryOptions(pages_per_site=20, slack=5))
number = memory.position
while True:
    batch = []
    for _ in range(20):
        number += 1
        keys = np.array([number % 50, 1, 2, 1000 + number], "<u8").tobytes()
        site = f"{number % 4}.example"
        batch.append(PageRecord("default", site, number.to_bytes(16, "big"), f"https://{site}/{number}", number, keys, number))
    memory.learn(batch)
    os.write(1, f"{memory.position}\\n".encode())
    memory.save_snapshot()
"""


def test_kills_while_pages_are_learned_folded_and_saved_leave_what_the_log_says(
    state: Path, rng: random.Random
) -> None:
    options, acknowledged, used = MemoryOptions(pages_per_site=20, slack=5), 0, 0
    for _ in range(4):
        with subprocess.Popen([sys.executable, "-c", _WRITER, str(state)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            first = writer.stdout.readline()
            time.sleep(rng.uniform(0, 0.4))
            writer.kill()
            lines = (first + writer.stdout.read()).split(b"\n")[:-1]
        acknowledged = int(lines[-1])
        memory = reopened(state, options)
        assert memory.position >= acknowledged
        assert memory.loaded.ignored is None
        used += memory.loaded.snapshot > 0
        assert image(memory) == replayed(state, options)
        memory.store.close()
    assert used
