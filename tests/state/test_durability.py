"""What was acknowledged is there after kill -9, a full disk, or not at all silently gone."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from benchmarks import damage
from benchmarks.durability import run
from dedup.errors import (
    StateDamagedError,
    StateError,
    StateFullError,
    StateInUseError,
    StateMissingError,
    StateNotDurableError,
    StateUnavailableError,
)
from dedup.memory import LearnedMemory
from dedup.state import PageRecord, Snapshot, StateOptions, open_store
from dedup.state.archive import backup
from dedup.state.opening import foresee
from dedup.state.verification import verify_state

MakePage = Callable[..., PageRecord]


@pytest.fixture(params=["lmdb", "redis"])
def kind(request: pytest.FixtureRequest) -> str:
    if request.param == "redis" and shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    return str(request.param)


def test_nothing_acknowledged_is_lost_when_the_process_is_killed(kind: str) -> None:
    records, problems = run(kind, rounds=4, seed=5)
    assert not problems
    assert records


@pytest.mark.parametrize("fault", ["early", "twice"])
def test_planted_loss_is_found(kind: str, fault: str) -> None:
    assert run(kind, rounds=100, seed=5, fault=fault)[1]  # it ends with the first that is found


def test_a_full_disk_is_a_clear_error_that_loses_nothing_and_heals(tmp_path: Path) -> None:
    """The limit on the size of a file is real: the kernel refuses the write, as on a full disk."""
    script = """
import os, resource, sys
from dedup.errors import StateFullError
from dedup.state import PageRecord, open_store
def pages(first):
    return [PageRecord("n", "s", number.to_bytes(16, "big"), "u", number, os.urandom(800)) for number in range(first, first + 50)]
store = open_store(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))
kept = 0
try:
    while True:
        store.append(pages(kept))
        kept += 50
except StateFullError:
    pass
assert kept and store.count() == kept == len(list(store.entries())), (kept, store.count())
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
store.append(pages(kept))
store.close()
print(kept + 50)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "s")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not list(verify_state(str(tmp_path / "s"), StateOptions()))
    with open_store(str(tmp_path / "s")) as store:
        assert store.count() == int(done.stdout)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MB; only root may mount one."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip(
            "a small file system cannot be mounted here (that takes root); the test with RLIMIT_FSIZE remains"
        )
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_file_system_without_room_refuses_writes_until_there_is_some(small_disk: Path, page: MakePage) -> None:
    def pages(first: int) -> list[PageRecord]:
        return [page(number, f"{number}.example", os.urandom(800)) for number in range(first, first + 50)]

    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(5 << 20))
    state, kept = str(small_disk / "s"), 0
    with LearnedMemory.open(state) as memory:
        with contextlib.suppress(StateFullError):
            for kept in range(0, 10_000, 50):
                memory.learn(pages(kept))
        with pytest.raises(StateFullError, match="no room"):
            memory.learn(pages(kept))
        assert 0 < kept == memory.store.count() == memory.size.pages
        memory.save_snapshot()
        assert "no room" in str(memory.unsaved)
        ballast.unlink()
        memory.learn(pages(kept))
        memory.save_snapshot()
        assert memory.unsaved is None
    assert not list(verify_state(state, StateOptions()))
    with LearnedMemory.open(state) as memory:
        assert memory.size.pages == kept + 50


def test_the_map_grows_before_it_is_full(tmp_path: Path) -> None:
    assert resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY
    with open_store(str(tmp_path / "s"), StateOptions(durability="process")) as store:
        for number in range(12):
            page = PageRecord("n", "s", number.to_bytes(16, "big"), "u", number, os.urandom(8 << 20))
            store.append([page])
        assert store.size() > 64 << 20
        assert store.count() == len(list(store.entries())) == 12


def test_a_cut_file_is_named_and_never_crashes_the_process(tmp_path: Path, page: MakePage) -> None:
    state = tmp_path / "s"
    with open_store(str(state)) as store:
        store.append([page(number) for number in range(3000)])
    file = state / "log.mdb"
    whole = file.read_bytes()
    for length in (10, 4096, 8192, len(whole) // 2, len(whole) - 4096):
        file.write_bytes(whole[:length])
        (damage,) = verify_state(str(state), StateOptions())
        assert "log.mdb" in str(damage) or "header" in str(damage)
        with pytest.raises(StateDamagedError):
            open_store(str(state), read_only=True)
    file.write_bytes(whole)
    assert not list(verify_state(str(state), StateOptions()))


@pytest.mark.parametrize("kind", ["bit", "head", "page", "cut"])
def test_damage_is_named_or_harmless_and_never_ends_the_process(kind: str, rng: random.Random) -> None:
    found = damage.run(kind, rounds=40, seed=rng.randrange(10**9))
    assert found["named"] + found["harmless"] == 40, found
    assert found["named"] > 10


def test_damage_that_nobody_names_would_be_seen() -> None:
    assert damage.run("control", rounds=2, seed=1)["wrong"] == 2


def test_a_file_that_was_deleted_takes_no_more_pages(tmp_path: Path, page: MakePage) -> None:
    """They were acknowledged, and gone with the process."""
    with open_store(str(tmp_path / "state")) as store:
        store.append([page(1)])
        shutil.rmtree(tmp_path / "state")
        with pytest.raises(
            StateDamagedError, match="it was moved or deleted while it was open; open the state again"
        ):
            store.append([page(2)])


def test_a_mistyped_directory_is_no_state_without_damage(tmp_path: Path) -> None:
    with pytest.raises(StateMissingError, match="typo: there is no state"):
        list(verify_state(str(tmp_path / "typo"), StateOptions()))
    assert not (tmp_path / "typo").exists()


def test_every_flipped_bit_and_every_cut_of_a_snapshot_is_named(tmp_path: Path) -> None:
    state = tmp_path / "s"
    with open_store(str(state)) as store:
        store.save_snapshot("site", Snapshot(9, [b"content", b"more"]))
    file = state / "site.snapshot"
    intact = file.read_bytes()
    cuts = [intact[:length] for length in range(len(intact))]
    flips = [intact[:at] + bytes([intact[at] ^ 1 << at % 8]) + intact[at + 1 :] for at in range(len(intact))]
    for content in [*cuts, *flips, intact + b"x"]:
        file.write_bytes(content)
        (damage,) = verify_state(str(state), StateOptions())
        assert "site.snapshot" in str(damage)
    file.write_bytes(intact)
    assert not list(verify_state(str(state), StateOptions()))


def test_a_second_owner_gets_a_clear_error_and_a_reader_may_look(tmp_path: Path, page: MakePage) -> None:
    with open_store(str(tmp_path / "s")) as store:
        store.append([page(1)])
        code = (
            "import sys; from dedup.state import open_store; print(open_store(sys.argv[1], read_only=True).count());"
            "open_store(sys.argv[1])"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "s")], capture_output=True, text=True, check=False
        )
        assert done.stdout == "1\n"
        assert StateInUseError.__name__ in done.stderr


def test_a_store_does_not_cross_a_fork(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "s")) as store:
        receiver, sender = multiprocessing.get_context("spawn").Pipe(duplex=False)
        child = os.fork()
        if not child:
            try:
                store.head()
            except StateError as error:
                sender.send(error.problem)
            os._exit(0)
        os.waitpid(child, 0)
        assert receiver.poll(5)
        assert "before a fork" in receiver.recv()


def test_a_redis_that_may_lose_what_it_acknowledges_is_refused(redis_server: object, page: MakePage) -> None:
    import redis  # noqa: PLC0415  (an extra)

    url = redis_server.url  # type: ignore[attr-defined]
    client = redis.Redis.from_url(url)
    for setting, value, durability in (
        ("appendonly", "no", "process"),
        ("appendfsync", "everysec", "fsync"),
        ("maxmemory-policy", "allkeys-lru", "process"),
    ):
        before = str(client.config_get(setting)[setting])
        client.config_set(setting, value)
        with pytest.raises(StateNotDurableError) as caught:
            open_store(url, StateOptions(durability=durability))  # type: ignore[arg-type]
        assert (caught.value.setting, caught.value.got) == (setting, value)
        client.config_set(setting, before)
    client.close()
    with open_store(url) as store:
        assert store.append([page(1)]) == range(1, 2)


def test_a_redis_that_promises_less_is_looked_at_and_backed_up(
    redis_server: object, page: MakePage, tmp_path: Path
) -> None:
    """As that of a service with `durability=process` is; its operator could not even make a backup."""
    url = redis_server.url  # type: ignore[attr-defined]
    with open_store(url) as store:
        store.append([page(1)])
        store._client.config_set("appendfsync", "everysec")  # type: ignore[attr-defined]
    with open_store(url, read_only=True) as store:
        assert backup(store, tmp_path / "backup") == 1
    assert list(verify_state(url, StateOptions())) == []
    with pytest.raises(StateNotDurableError):
        foresee(url, StateOptions())
    assert foresee(url, StateOptions(durability="process")) == 1


def test_services_that_share_a_redis_see_each_other_s_records(redis_server: object, page: MakePage) -> None:
    url = redis_server.url  # type: ignore[attr-defined]
    with open_store(url) as one, open_store(url) as other:
        one.append([page(1)])
        other.append([page(2)])
        one.append([page(3)])
        assert [entry.record for entry in other.entries(1)] == [page(2), page(3)]


def test_a_redis_that_came_back_without_its_data_acknowledges_nothing(redis_server: object, page: MakePage) -> None:
    """Records without their header were acknowledged, and no later start could read them."""
    import redis  # noqa: PLC0415  (an extra)

    url = redis_server.url  # type: ignore[attr-defined]
    with open_store(url) as store, redis.Redis.from_url(url) as client:
        store.append([page(1)])
        client.flushall()
        with pytest.raises(StateDamagedError, match="header: it is not the one that was opened"):
            store.append([page(2)])
        with open_store(url) as anew:
            anew.append([page(3)])
            with pytest.raises(StateDamagedError, match="open the state again"):
                store.append([page(4)])
            assert [record for _, record in anew.entries()] == [page(3)]


def test_a_redis_that_goes_away_is_unavailable_and_loses_nothing(redis_server: object, page: MakePage) -> None:
    server: object = redis_server
    with open_store(server.url, StateOptions(patience=1)) as store:  # type: ignore[attr-defined]
        store.append([page(1)])
        server.kill()  # type: ignore[attr-defined]
        with pytest.raises(StateUnavailableError):
            store.append([page(2)])
        server.start()  # type: ignore[attr-defined]
        store.append([page(2)])
        assert [entry.record for entry in store.entries()] == [page(1), page(2)]


def test_a_redis_that_became_a_replica_is_unavailable_until_it_is_none_and_none_is_opened(
    redis_server: object, page: MakePage
) -> None:
    """Pages were refused for good while another server took over, and a service on a replica began without a word."""
    import redis  # noqa: PLC0415  (an extra)

    url = redis_server.url  # type: ignore[attr-defined]
    with open_store(url) as store, redis.Redis.from_url(url) as client:
        store.append([page(1)])
        client.replicaof("127.0.0.1", 1)
        with pytest.raises(StateUnavailableError, match="read only replica"):
            store.append([page(2)])
        with pytest.raises(StateError, match="is a replica, which takes no writes; give the address of its primary"):
            open_store(url)
        client.replicaof("NO", "ONE")
        store.append([page(2)])
        assert store.count() == 2


def test_an_address_with_an_option_that_redis_does_not_know_is_refused_by_name() -> None:
    """A stack trace ended the service."""
    with pytest.raises(StateError, match=r"redis://127\.0\.0\.1:1/0: .*'colour'"):
        open_store("redis://127.0.0.1:1/0?colour=red")


def test_a_password_that_redis_does_not_take_is_no_matter_of_trying_later(redis_server: object) -> None:
    url = redis_server.url.replace("127", "some:body@127")  # type: ignore[attr-defined]
    with pytest.raises(StateError, match=r"127.0.0.1:\d+/0: takes no such user or password"):
        open_store(url)


def test_one_call_waits_for_a_redis_that_hangs_and_the_next_ones_do_not(redis_server: object, page: MakePage) -> None:
    """Each waiting in turn, a service would answer nobody in time, not even those who only ask."""
    process: subprocess.Popen[bytes] = redis_server.process  # type: ignore[attr-defined]
    with open_store(redis_server.url, StateOptions(patience=2)) as store:  # type: ignore[attr-defined]
        store.append([page(1)])
        process.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        for _ in range(20):
            with pytest.raises(StateUnavailableError):
                store.append([page(2)])
        waited = time.monotonic() - began
        process.send_signal(signal.SIGCONT)
        time.sleep(2.1)
        store.append([page(3)])
        assert page(3) in [entry.record for entry in store.entries()]
    assert 2 <= waited < 8


def test_a_full_redis_is_a_clear_error(redis_server: object, page: MakePage) -> None:
    import redis  # noqa: PLC0415  (an extra)

    url = redis_server.url  # type: ignore[attr-defined]
    with open_store(url) as store, redis.Redis.from_url(url) as client:
        store.append([page(1)])
        client.config_set("maxmemory", 1)
        with pytest.raises(StateFullError):
            store.append([page(2)])
        client.config_set("maxmemory", 0)
        store.append([page(2)])
        assert store.count() == 2
