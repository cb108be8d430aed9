"""Where a new state may be made: not among files that are something else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dedup import Cleaner
from dedup.errors import StateError
from dedup.state import StateOptions, open_store
from dedup.state.filling import filled
from dedup.state.opening import foresee


def _fill(folder: str) -> None:
    with filled(folder):
        pass


@pytest.mark.parametrize(
    "make",
    [lambda folder: foresee(folder, StateOptions()), open_store, Cleaner.open, _fill],
    ids=["service and archive job, before the work", "store", "cleaner", "restore, import and migrate"],
)
def test_a_mistaken_folder_gets_no_database_among_its_files(tmp_path: Path, make: Callable[[str], object]) -> None:
    (tmp_path / "mine.txt").write_text("hi")
    with pytest.raises(StateError, match="holds files that are no state; choose a new directory"):
        make(str(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_new_disk_and_what_a_killed_start_left_take_a_state(tmp_path: Path) -> None:
    """A mounted volume is no empty folder, and a service has to start again after it was killed as it made its own."""
    (tmp_path / "lost+found").mkdir()
    for name in ("owner.lock", "log.mdb-lock", "site.snapshot"):
        (tmp_path / name).touch()
    assert foresee(str(tmp_path), StateOptions()) is None
    with open_store(str(tmp_path)) as store:
        assert store.count() == 0


@pytest.mark.parametrize("state", ["redis:/host", "rediss:user:secret@host", "unix:/run/redis.sock"])
def test_an_address_that_lacks_a_slash_is_no_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    """A crawl learned into a folder called `redis:`, and the Redis stayed empty."""
    monkeypatch.chdir(tmp_path)
    for look in (open_store, lambda state: foresee(state, StateOptions())):
        with pytest.raises(StateError, match=r"an address begins with \w+://") as told:
            look(state)
        assert "secret" not in str(told.value)
    assert list(tmp_path.iterdir()) == []
