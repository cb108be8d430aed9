"""One suite over all stores: what is appended is there, in order, once, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dedup.errors import StateDamagedError, StateError, StateMismatchError
from dedup.memory import SiteMemory
from dedup.state import (
    CountsRecord,
    Entry,
    PageRecord,
    Parameters,
    SeedRecord,
    Snapshot,
    StateOptions,
    Store,
    Tombstone,
    open_store,
)
from dedup.state.address import without_password
from dedup.state.archive import backup, export, import_records, migrate, restore
from dedup.state.forgetting import forget
from dedup.state.retention import Retention, fold, fold_all
from dedup.state.verification import verify

MakePage = Callable[..., PageRecord]


def test_records_come_back_in_order_and_from_any_position(store: Store, page: MakePage) -> None:
    pages = [page(number) for number in range(2500)]
    assert store.append(pages[:2000]) == range(1, 2001)
    assert store.append(pages[2000:]) == range(2001, 2501)
    assert list(store.entries()) == [Entry(at, record) for at, record in enumerate(pages, 1)]
    assert [entry.position for entry in store.entries(2498)] == [2499, 2500]
    assert store.count() == 2500
    assert not list(verify(store))


def test_what_was_acknowledged_is_there_after_reopening(location: str | None, page: MakePage) -> None:
    if location is None:
        with open_store(None) as memory:  # memory-only promises nothing beyond its own life
            assert memory.head() == 0
        return
    with open_store(location) as store:
        store.append([page(1), page(2)])
        secret = store.header.secret
    with open_store(location) as store:
        assert [entry.record for entry in store.entries()] == [page(1), page(2)]
        assert store.header.secret == secret
        assert store.append([page(3)]) == range(3, 4)


def test_positions_are_never_given_out_twice(store: Store, page: MakePage) -> None:
    store.append([page(1), page(2)])
    store.rewrite({2: None})
    assert store.append([page(3)]) == range(3, 4)
    assert [entry.position for entry in store.entries()] == [1, 3]
    assert store.count() == 2


def test_a_rewrite_replaces_drops_and_appends_at_once(store: Store, page: MakePage) -> None:
    store.append([page(number) for number in range(4)])
    assert store.rewrite({1: None, 2: page(9), 77: None, 78: page(1)}, [page(5)]) == range(5, 6)
    assert list(store.entries()) == [Entry(2, page(9)), Entry(3, page(2)), Entry(4, page(3)), Entry(5, page(5))]
    assert store.fetch([1, 2, 5]) == [Entry(2, page(9)), Entry(5, page(5))]
    assert not list(verify(store))


def test_snapshots_are_replaced_whole_and_dropped(store: Store) -> None:
    assert store.load_snapshot("site") is None
    store.save_snapshot("site", Snapshot(3, [b"old"]))
    parts = [b"new" * 1000, b"x" * (5 << 20), b"end"]
    store.save_snapshot("site", Snapshot(7, iter(parts)))
    snapshot = store.load_snapshot("site")
    assert snapshot is not None
    assert (snapshot.position, list(snapshot.parts)) == (7, parts)
    store.drop_snapshots()
    assert store.load_snapshot("site") is None


def test_other_parameters_are_refused_with_both_values(location: str | None) -> None:
    if location is None:
        return  # memory has nothing from before
    open_store(location).close()
    with pytest.raises(StateMismatchError) as caught:
        open_store(location, StateOptions(Parameters(num_perm=256)))
    assert (caught.value.field, caught.value.expected, caught.value.got) == ("num_perm", 256, 128)


def test_old_pages_fold_into_counts_that_hold_no_page_s_own_keys(store: Store, page: MakePage) -> None:
    shared = (7).to_bytes(8, "little")
    store.append([page(number, blocks=shared + (1000 + number).to_bytes(8, "little")) for number in range(20)])
    assert fold_all(store, Retention(pages_per_site=5, slack=2)) == 14
    first, *rest = store.entries()
    assert isinstance(first.record, CountsRecord)
    assert first.position == 15
    assert [entry.position for entry in rest] == [16, 17, 18, 19, 20]
    assert first.record.key_array().tolist() == [7]
    assert 14 < first.record.count_array()[0] < 15
    assert first.record.first_times().tolist() == [1_700_000_000]
    assert first.record.last_times().tolist() == [1_700_000_014]
    assert not list(verify(store))


def test_folding_in_two_steps_decays_as_in_one(page: MakePage) -> None:
    shared = np.arange(1, 4, dtype="<u8").tobytes()
    pages = [page(number, blocks=shared) for number in range(50)]
    once, twice = fold(pages, None), fold(pages[30:], fold(pages[:30], None))
    assert np.allclose(once.count_array(), twice.count_array())
    assert once.pages == twice.pages == 50
    assert np.isclose(once.weight, twice.weight)


@pytest.mark.parametrize("kind", ["site", "url"])
def test_what_is_forgotten_stays_forgotten_after_restore_and_import(
    kind: str, store: Store, page: MakePage, tmp_path: Path
) -> None:
    store.append([page(1), page(2, "other.org"), page(3)])
    backup(store, tmp_path / "backup")
    dropped = (
        forget(store, "site", "example.org", time=5) if kind == "site" else forget(store, "url", page(1).key, time=5)
    )
    assert dropped == (2 if kind == "site" else 1)
    expected = [2] if kind == "site" else [2, 3]
    _, kept_out = restore(tmp_path / "backup", store)
    assert kept_out == dropped
    assert [entry.position for entry in store.entries() if isinstance(entry.record, PageRecord)] == expected
    assert import_records(tmp_path / "backup", store)[1] == dropped
    learned_again = store.append([page(1)])
    assert [entry.record for entry in store.fetch(learned_again)] == [page(1)]


def test_a_backup_of_before_a_change_does_not_undo_it(store: Store, page: MakePage, tmp_path: Path) -> None:
    """Pages that were folded since stay so, and those that took over the blocks of a forgotten one stay as they are."""
    store.append([page(number) for number in range(4)])
    backup(store, tmp_path / "backup")
    store.rewrite({1: None, 2: fold([page(0), page(1)], None), 3: page(9), 4: None})
    before = list(store.entries())
    assert restore(tmp_path / "backup", store) == (1, 0)
    assert list(store.entries()) == [*before, Entry(4, page(3))]


def test_after_compaction_no_byte_of_what_was_forgotten_is_in_the_files(
    location: str | None, store: Store, page: MakePage, tmp_path: Path
) -> None:
    if location is None:
        assert store.location == "memory"  # which has no files
        return
    marks = [b"unmistakable", (0xDEADBEEFCAFEF00D).to_bytes(8, "little") * 2]
    secret = PageRecord(
        "default", "gone.example", b"k" * 16, f"https://gone.example/{marks[0].decode()}", 1, marks[1]
    )
    store.append([page(number) for number in range(300)])
    store.append([secret])
    store.append([page(number) for number in range(300, 600)])
    store.save_snapshot("site", Snapshot(601, [marks[1]]))
    assert any(_in_files(mark, tmp_path) for mark in marks)
    forget(store, "url", secret.key, time=9)
    store.compact()
    assert not [mark for mark in [*marks, b"gone.example"] if _in_files(mark, tmp_path)]
    assert store.count() == 601
    assert len(list(store.entries())) == 601


def test_a_backup_fills_a_new_store_and_another_kind(store: Store, page: MakePage, tmp_path: Path) -> None:
    store.append([page(number) for number in range(50)])
    store.rewrite({50: None})
    assert backup(store, tmp_path / "backup") == 49
    with open_store(str(tmp_path / "restored")) as restored:
        assert restore(tmp_path / "backup", restored) == (49, 0)
        assert list(restored.entries()) == list(store.entries())
        assert restored.append([page(99)]) == range(51, 52)
        assert restored.header.secret == store.header.secret
    with open_store(str(tmp_path / "moved")) as moved:
        assert migrate(store, moved) == 49
        assert list(moved.entries()) == list(store.entries())
        with pytest.raises(StateError, match="holds records already"):
            migrate(store, moved)


def test_an_import_adds_to_what_is_known_of_a_site_and_twice_is_as_once(
    store: Store, page: MakePage, tmp_path: Path
) -> None:
    """The other's counts stood for all that had been learned here before them."""
    shared = [np.array(keys, "<u8").tobytes() for keys in ([1, 2], [2, 3])]
    with open_store(None) as other:
        other.append([page(number, blocks=shared[1]) for number in range(20)])
        fold_all(other, Retention(pages_per_site=5, slack=0))
        assert export(other, tmp_path / "export") == 6
    store.append([page(number, blocks=shared[0]) for number in range(100, 110)])
    fold_all(store, Retention(pages_per_site=4, slack=0))
    known = []
    for _ in range(2):
        assert import_records(tmp_path / "export", store) == (6, 0)
        memory = SiteMemory()
        for entry in store.entries():
            memory.apply(entry)
        seen = memory.seen("default", "example.org", b"", np.array([1, 2, 3], np.uint64))
        known.append((memory.sites(), seen.of, seen.pages.tolist()))
    assert known[0] == known[1] == ([("default", "example.org", 9, 3, 3)], 24, [10, 24, 20])


def test_exported_counts_name_no_page_no_site_and_no_digest(store: Store, page: MakePage, tmp_path: Path) -> None:
    shared = (0xABCDEF0123456789).to_bytes(8, "little")
    for site in ("example.org", "other.org"):
        store.append([page(number, site, shared) for number in range(5)])
    assert export(store, tmp_path / "counts", counts_only=True, key=b"k" * 16) == 1
    content = (tmp_path / "counts").read_bytes()
    assert b"example.org" not in content
    assert shared not in content
    with open_store(None) as other:
        with pytest.raises(StateError, match="give the file that holds the key"):
            import_records(tmp_path / "counts", other)
        with pytest.raises(StateError, match="under another key"):
            import_records(tmp_path / "counts", other, b"x" * 16)
        assert other.head() == 0
        assert import_records(tmp_path / "counts", other, b"k" * 16) == (1, 0)
        (entry,) = other.entries()
        assert isinstance(entry.record, SeedRecord)
        assert entry.record.site_array().tolist() == [2]
    with pytest.raises(StateError, match="give 16 to 64"):
        export(store, tmp_path / "counts2", counts_only=True, key=b"short")


def test_every_flipped_bit_and_every_cut_of_a_backup_is_found(store: Store, page: MakePage, tmp_path: Path) -> None:
    store.append([page(1), Tombstone(b"t" * 16, 3, "site")])
    backup(store, tmp_path / "backup")
    intact = (tmp_path / "backup").read_bytes()
    damaged = tmp_path / "damaged"
    cuts = [intact[:length] for length in range(len(intact))]
    flips = [intact[:at] + bytes([intact[at] ^ 1 << at % 8]) + intact[at + 1 :] for at in range(len(intact))]
    with open_store(None) as empty:
        for content in cuts + flips:
            damaged.write_bytes(content)
            try:
                import_records(damaged, empty)
            except StateError:
                assert empty.count() == 0
                continue
            raise AssertionError(f"taken: {content!r}")


def test_a_record_in_another_s_place_is_found(page: MakePage) -> None:
    with open_store(None) as store:
        store.append([page(1), page(2)])
        log = store._log  # type: ignore[attr-defined]
        log[1], log[2] = log[2], log[1]
        assert [error.place for error in verify(store) if isinstance(error, StateDamagedError)] == [
            "position 1",
            "position 2",
        ]


def _in_files(mark: bytes, folder: Path) -> bool:
    return any(mark in path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("redis://user:secret@host:6379/1", "redis://host:6379/1"),
        ("redis://user:s@cret@host", "redis://host"),
        ("unix:///run/redis.sock?db=1&password=secret", "unix:///run/redis.sock?db=1"),
        ("redis://host?password=s@cret", "redis://host"),
        ("a/folder@home?db=1", "a/folder@home?db=1"),
    ],
)
def test_an_address_is_shown_without_its_password(address: str, shown: str) -> None:
    assert without_password(address) == shown


@pytest.mark.parametrize(
    "address",
    [
        *(
            "redis://:secret@host:port/0",
            "mysql://:secret@host/0",
            "redis://:secret/0@host/0",
            "redis://:1/secret@host",
        ),
        "redis://:[secret@host",
    ],
)
def test_an_address_that_is_refused_does_not_tell_its_password(address: str) -> None:
    pytest.importorskip("redis")
    with pytest.raises(StateError) as caught:
        open_store(address)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("database", ["one", "-1", "0/1"])
def test_a_database_that_is_no_number_is_not_taken_for_the_first_one(database: str) -> None:
    pytest.importorskip("redis")
    with pytest.raises(StateError, match="not read as an address"):
        open_store(f"redis://127.0.0.1:1/{database}")


@pytest.mark.parametrize("host", ["a..b", "caf\udce9"])
def test_the_address_of_a_redis_that_names_no_host_is_told_as_such(host: str) -> None:
    pytest.importorskip("redis")
    with pytest.raises(StateError, match="names no host"):
        open_store(f"redis://{host}/0")
