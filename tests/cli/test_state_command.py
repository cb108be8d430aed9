"""`dedup state` and `dedup serve --check`: what is there stays, and what is new is there whole or not at all."""

from __future__ import annotations

import fcntl
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import dedup
from dedup.memory import page_key
from dedup.state import DocumentRecord, PageRecord, Snapshot, open_store

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state of three pages."""
    folder = tmp_path / "state"
    with open_store(str(folder)) as store:
        for number in range(3):
            url = f"https://pier.example/{number}"
            store.append([PageRecord("default", "pier.example", page_key(url), url, number, b"12345678")])
    return folder


@pytest.fixture
def backup(run: Run, state: Path) -> Path:
    assert run("state", "backup", state.name, "backup").returncode == 0
    return state.parent / "backup"


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder; LMDB keeps its readers in the lock's."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.endswith("-lock"))
    return {str(path): path.read_bytes() for path in files}


def test_a_backup_is_restored_to_a_new_directory(run: Run, backup: Path) -> None:
    done = run("state", "restore", backup.name, "deep/copy")
    assert (done.returncode, done.stdout) == (0, "3 records taken, 0 kept out as forgotten\n")
    assert '"records": 3' in run("state", "info", "deep/copy").stdout
    assert [path.name for path in (backup.parent / "deep").iterdir()] == ["copy"]


@pytest.mark.parametrize("command", ["restore", "import"])
@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda whole: whole[:-30], "cut short"),
        (lambda whole: whole[:-200] + b"\0" + whole[-199:], "take another copy of the file"),
        (lambda _: b"no backup", "is no file that"),
    ],
)
def test_a_file_that_cannot_be_restored_leaves_nothing_behind(
    run: Run, backup: Path, command: str, damage: Callable[[bytes], bytes], problem: str
) -> None:
    backup.write_bytes(damage(backup.read_bytes()))
    before = sorted(path.name for path in backup.parent.iterdir())
    done = run("state", command, backup.name, "copy")
    assert (done.returncode, done.stdout) == (1, "")
    assert problem in done.stderr
    assert sorted(path.name for path in backup.parent.iterdir()) == before


def test_a_restore_that_is_killed_leaves_no_state_and_the_next_one_is_whole(
    run: Run, backup: Path, environment: dict[str, str]
) -> None:
    script = """
import os, signal, sys
from dedup.state.filling import filled
from dedup.state import PageRecord
with filled("copy") as store:
    store.append([PageRecord("default", "other.example", bytes(16), "https://other.example/", 1, b"12345678")])
    os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", script], check=False, cwd=backup.parent, env=environment)
    assert run("state", "info", "copy").returncode == 1
    assert run("state", "restore", backup.name, "copy").returncode == 0
    assert '"records": 3' in run("state", "info", "copy").stdout
    assert {path.name for path in backup.parent.iterdir()} == {"backup", "copy", "state"}


def test_a_state_whose_name_is_no_utf8_is_one_like_any_other(run: Run, backup: Path) -> None:
    for name in (b"caf\xe9", b"caf\xe8"):
        assert run("state", "restore", backup.name, name).stdout.startswith("3 records taken")
    assert '"records": 3' in run("state", "info", b"caf\xe9").stdout
    assert run("serve", "--check", "--state", b"caf\xe9").stdout.endswith("(3 records)\n")


@pytest.mark.parametrize("arguments", [[b"caf\xe9"], ["x", "--namespace", b"caf\xe9"]])
def test_what_is_forgotten_is_named_in_utf8(run: Run, state: Path, arguments: list[str | bytes]) -> None:
    done = run("state", "forget", state.name, "--kind", "site", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{'--namespace' if len(arguments) > 1 else 'NAME'} is no UTF-8: caf" in done.stderr


def test_a_folder_of_other_files_is_not_filled(run: Run, backup: Path) -> None:
    folder = backup.parent / "photos"
    folder.mkdir()
    (folder / "sea.jpg").touch()
    done = run("state", "restore", backup.name, folder.name)
    assert done.returncode == 1
    assert "photos: holds files that are no state; choose a new directory" in done.stderr
    assert contents(folder) == {str(folder / "sea.jpg"): b""}


def test_what_a_state_lost_comes_back_where_it_is(run: Run, state: Path, backup: Path) -> None:
    with open_store(str(state)) as store:
        store.rewrite({2: None})
    assert run("state", "restore", backup.name, state.name).stdout.startswith("1 records taken")
    assert '"records": 3' in run("state", "info", state.name).stdout


def test_checking_a_service_changes_nothing_and_says_what_it_would_find(run: Run, state: Path) -> None:
    before = contents(state.parent)
    found = run("serve", "--check", "--state", state.name)
    new = run("serve", "--check", "--state", "new/state")
    assert (found.returncode, new.returncode) == (0, 0)
    assert found.stdout.endswith("ok: no keys, state state (3 records)\n")
    assert new.stdout.endswith("ok: no keys, state new/state (would be made)\n")
    assert contents(state.parent) == before
    assert [path.name for path in state.parent.iterdir()] == ["state"]


def test_checking_a_service_names_a_state_that_it_could_not_open(run: Run, state: Path) -> None:
    with open_store(str(state)):
        used = run("serve", "--check", "--state", state.name)
    assert (used.returncode, "another process has it open" in used.stderr) == (1, True)
    (state.parent / "file").touch()
    below = run("serve", "--check", "--state", "file/state")
    assert (below.returncode, "file is no directory" in below.stderr) == (1, True)
    log = state / "log.mdb"
    log.write_bytes(log.read_bytes()[:5000])
    damaged = run("serve", "--check", "--state", state.name)
    assert (damaged.returncode, "log.mdb" in damaged.stderr) == (1, True)


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("no/such/backup", "cannot be written (No such file or directory)"),
        ("state", "is a folder or a device; name a file"),
        ("pipe", "is a folder or a device; name a file"),
    ],
)
def test_a_backup_takes_the_place_of_files_alone_and_says_why_it_cannot_be_written(
    run: Run, state: Path, target: str, problem: str
) -> None:
    os.mkfifo(state.parent / "pipe")
    done = run("state", "backup", state.name, target)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{target}: {problem}" in done.stderr
    assert stat.S_ISFIFO((state.parent / "pipe").stat().st_mode)


def test_a_backup_that_was_killed_is_not_in_the_way_of_the_next(run: Run, backup: Path) -> None:
    backup.rename(backup.with_name(".backup.unfinished"))
    assert run("state", "backup", "state", backup.name).returncode == 0
    assert not backup.with_name(".backup.unfinished").exists()


def test_a_file_is_no_state_and_is_named_as_one(run: Run, backup: Path) -> None:
    for command in (["sites", backup.name], ["state", "verify", backup.name], ["serve", "--state", backup.name]):
        done = run(*command)
        assert (done.returncode, done.stdout) == (1, "")
        assert "backup: is a file; a state is a directory" in done.stderr


@pytest.mark.parametrize("command", [["sites"], ["sites", "--json"], ["state", "info"], ["state", "verify"]])
def test_a_full_disk_behind_stdout_is_one_line(state: Path, environment: dict[str, str], command: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "dedup", *command, state.name],
            check=False,
            cwd=state.parent,
            env=environment,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert (done.returncode, done.stderr) == (1, "dedup: cannot write to stdout: No space left on device\n")


def test_one_site_of_two_tenants_is_told_apart(run: Run, state: Path) -> None:
    with dedup.Cleaner.open(str(state), namespace="press") as cleaner:
        cleaner.learn(html="<p>The ferry runs at noon.</p>", url="https://pier.example/press")
    lines = run("sites", state.name).stdout.splitlines()
    assert [line.partition("  ")[0] for line in lines if line.startswith("pier.example")] == [
        "pier.example",
        "pier.example of press",
    ]


@pytest.mark.parametrize("target", ["state", "./state", "../{folder}/state"])
def test_a_state_is_not_migrated_onto_itself(run: Run, state: Path, target: str) -> None:
    before = contents(state)
    done = run("state", "migrate", state.name, target.format(folder=state.parent.name))
    assert (done.returncode, done.stdout) == (2, "")
    assert "STATE and TARGET are both state: name a new one" in done.stderr
    assert contents(state) == before


def test_forgetting_what_is_not_there_says_so_and_keeps_it_out(run: Run, state: Path, backup: Path) -> None:
    done = run("state", "forget", state.name, "peer.example", "--kind", "site")
    assert (done.returncode, done.stdout) == (0, "0 records of peer.example forgotten\n")
    assert "state held nothing of the site peer.example" in done.stderr
    assert run("state", "forget", state.name, "pier.example", "--kind", "site").stderr == ""
    assert run("state", "restore", backup.name, state.name).stdout == "0 records taken, 3 kept out as forgotten\n"


def test_a_page_that_only_a_backup_holds_is_kept_out_too(run: Run, state: Path, backup: Path) -> None:
    """It may have been folded since, or be forgotten twice by a script."""
    with open_store(str(state)) as store:
        store.rewrite({2: None})
    done = run("state", "forget", state.name, "https://pier.example/1", "--kind", "url")
    assert (done.returncode, done.stdout) == (0, "0 records of https://pier.example/1 forgotten\n")
    assert "state held nothing of the url https://pier.example/1; a later restore" in done.stderr
    assert run("state", "restore", backup.name, state.name).stdout == "0 records taken, 1 kept out as forgotten\n"


@pytest.mark.parametrize("arguments", [["export", "state", "counts"], ["import", "backup", "other"]])
def test_a_bad_key_is_named_by_its_own_file(run: Run, backup: Path, arguments: list[str]) -> None:
    (backup.parent / "key").write_bytes(b"short")
    done = run("state", *arguments, "--key-file", "key")
    assert (done.returncode, done.stderr) == (1, "dedup: key: the key has 5 bytes; give 16 to 64\n")
    assert sorted(path.name for path in backup.parent.iterdir()) == ["backup", "key", "state"]


def test_compacting_keeps_as_many_pages_of_a_site_as_it_was_told(run: Run, state: Path) -> None:
    assert run("state", "compact", state.name, "--pages", "1").stdout.startswith("1 records folded, ")
    assert '"records": 2' in run("state", "info", state.name).stdout  # one page, and the counts of two


@pytest.mark.parametrize("url", ["https://Pier.example:443/1?utm_source=letter#top", "https://pier.example/1"])
def test_a_page_is_forgotten_by_any_url_that_it_was_learned_by(run: Run, state: Path, url: str) -> None:
    done = run("state", "forget", state.name, url, "--kind", "url")
    assert (done.returncode, done.stdout) == (0, f"1 records of {url} forgotten\n")


def test_a_document_is_forgotten_by_its_url_also_where_no_page_was_learned(run: Run, state: Path) -> None:
    url = "https://pier.example/document"
    document = DocumentRecord("default", "7", "pier.example", page_key(url), bytes(512), 1, 0, url)
    with open_store(str(state)) as store:
        store.append([document])
    done = run("state", "forget", state.name, url, "--kind", "url")
    assert (done.returncode, done.stdout) == (0, f"1 records of {url} forgotten\n")


def test_verifying_says_of_each_damage_what_helps(run: Run, state: Path) -> None:
    """A snapshot may go at any time; for a damaged log there is no way but a backup, which no damaged state takes in."""
    with open_store(str(state)) as store:
        store.save_snapshot("sites", Snapshot(3, [b"tables"]))
    snapshot = state / "sites.snapshot"
    snapshot.write_bytes(snapshot.read_bytes()[:-20])
    done = run("state", "verify", state.name)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("it is cut short; delete that file; the log holds all of it\n")
    snapshot.unlink()
    assert run("state", "verify", state.name).stdout == "no damage found\n"
    log = state / "log.mdb"
    log.write_bytes(log.read_bytes()[:9000])
    assert run("state", "verify", state.name).stderr.endswith("; restore a backup to a new state\n")


def test_a_site_by_another_name_is_looked_up_where_names_are_listed(run: Run, state: Path) -> None:
    """`Pier.example` is kept out from then on, and `pier.example` is not: who reads on learns that."""
    done = run("state", "forget", state.name, "Pier.example", "--kind", "site")
    assert done.stderr.startswith(
        "dedup: state held nothing of the site Pier.example (`dedup sites state` lists what"
    )


@pytest.mark.parametrize("arguments", [[""], ["pier.example", "--namespace", ""]])
def test_an_unset_variable_is_no_name_to_forget(run: Run, state: Path, arguments: list[str]) -> None:
    done = run("state", "forget", state.name, "--kind", "site", *arguments)
    assert (done.returncode, "is empty; is a variable of the shell unset?" in done.stderr) == (2, True)
    assert '"records": 3' in run("state", "info", state.name).stdout


@pytest.mark.parametrize("command", ["backup", "export"])
def test_a_backup_through_a_link_leaves_the_link(run: Run, state: Path, command: str) -> None:
    """`/dev/stdout` is such a link: of a process of root, with a file as its output, it was itself replaced."""
    link = state.parent / "latest"
    link.symlink_to("monday")
    assert run("state", command, state.name, "latest").returncode == 0
    assert link.is_symlink()
    assert run("state", "import", "monday", "copy").stdout.startswith("3 records taken")


def test_two_backups_to_one_file_do_not_mix(run: Run, state: Path) -> None:
    """Of two that began at once, each wrote over the other's, and one complained of a file that was not there."""
    with (state.parent / ".backup.unfinished").open("ab") as other:
        other.write(b"of the other")
        other.flush()
        fcntl.flock(other, fcntl.LOCK_EX)
        done = run("state", "backup", state.name, "backup")
        assert (done.returncode, done.stdout) == (1, "")
        assert "backup: another process is writing it; wait for that one" in done.stderr
    assert run("state", "backup", state.name, "backup").returncode == 0, "what a killed one left is written over"
    assert run("state", "restore", "backup", "copy").stdout.startswith("3 records taken")
    assert not (state.parent / ".backup.unfinished").exists()


def test_a_pipe_is_no_backup_and_says_why(run: Run, backup: Path) -> None:
    done = run("state", "restore", "/dev/stdin", "copy", stdin=backup.read_bytes())
    assert (done.returncode, "is a pipe, and a backup is read more than once; name a file" in done.stderr) == (
        1,
        True,
    )


@pytest.mark.parametrize("command", ["backup", "export"])
def test_a_dash_makes_no_file_of_that_name(run: Run, state: Path, command: str) -> None:
    """Who pipes it to another machine would keep there a line about records for a backup."""
    done = run("state", command, state.name, "-")
    assert (done.returncode, done.stdout) == (2, "")
    assert "name a file" in done.stderr
    assert not (state.parent / "-").exists()


@pytest.mark.parametrize(("key", "held"), [("/dev/null", "0"), ("/dev/zero", "more than 64")])
def test_a_device_is_no_key(run: Run, state: Path, key: str, held: str) -> None:
    """One that never ends was read until no memory was left."""
    done = run("state", "export", state.name, "counts", "--key-file", key)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{key}: the key has {held} bytes; give 16 to 64" in done.stderr


def test_a_state_without_leave_to_write_tells_what_even_a_reader_needs(
    state: Path, environment: dict[str, str]
) -> None:
    as_anybody = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
    paths = [*state.iterdir(), state]
    for path in paths:
        path.chmod(0o555)
    done = subprocess.run(
        [*as_anybody, sys.executable, "-m", "dedup", "state", "info", str(state)],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        timeout=240,
    )
    for path in paths:
        path.chmod(0o755)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Permission denied; even who only reads it needs leave to write to its files" in done.stderr
