"""An index over many nights: every job adds what it kept or says that it did not, and none builds on damage."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from dedup.archive.job import archive
from dedup.archive.near.earlier import read_header
from dedup.archive.near.prints import Scheme
from dedup.archive.options import ArchiveOptions
from dedup.errors import ArchiveIndexError, ArchiveOutputError

Options = Callable[..., ArchiveOptions]


@pytest.fixture
def options(tmp_path: Path) -> Options:
    """Of a job that adds to the index, and runs against it where that is asked for."""

    def of(*, against: bool = False, index_out: bool = True) -> ArchiveOptions:
        index = str(tmp_path / "index")
        return ArchiveOptions(
            clean=None, workers=1, against=index if against else None, index_out=index if index_out else None
        )

    return of


def texts(night: int) -> bytes:
    """Three texts of a night, each like no other."""
    rows = ({"id": f"{night}-{n}", "text": " ".join(f"w{night}x{n}x{at}" for at in range(60))} for n in range(3))
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def source(folder: Path, night: int) -> str:
    path = folder / f"{night}.jsonl"
    path.write_bytes(texts(night))
    return str(path)


def documents(folder: Path) -> int:
    return read_header(folder / "index", Scheme.of(ArchiveOptions())).documents


def test_every_night_of_standard_input_is_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: Options
) -> None:
    """From the second night on, command and options are the same; the third was taken for the second once."""
    for night in range(4):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(texts(night))))
        archive(["-"], tmp_path / str(night), options(against=night > 0))
        assert documents(tmp_path) == 3 * (night + 1)


def test_a_job_that_was_done_without_an_index_does_not_claim_to_have_added_to_one(
    tmp_path: Path, options: Options
) -> None:
    night = source(tmp_path, 1)
    archive([night], tmp_path / "out", options(index_out=False))
    with pytest.raises(ArchiveOutputError, match=r"added nothing to the index .*; choose another folder"):
        archive([night], tmp_path / "out", options())
    assert not (tmp_path / "index").exists()
    archive([night], tmp_path / "other", options())
    assert archive([night], tmp_path / "out", options()).kept == documents(tmp_path) == 3  # the same job did


def test_an_index_that_cannot_be_made_is_refused_before_anything_is_read(tmp_path: Path, options: Options) -> None:
    """All of the night was worked on first, and the folder was this job's."""
    (tmp_path / "index").mkdir()
    (tmp_path / "index/file").touch()
    within = msgspec.structs.replace(options(), index_out=str(tmp_path / "index/file/index"))
    with pytest.raises(ArchiveOutputError, match=r"file/index: cannot be written \(Not a directory\)"):
        archive([source(tmp_path, 1)], tmp_path / "out", within)
    assert not (tmp_path / "out").exists()


def test_a_slash_behind_a_folder_makes_no_other_job(tmp_path: Path, options: Options) -> None:
    """A shell that completes names adds it: the job that was to go on was refused as another one's."""
    archive([source(tmp_path, 0)], tmp_path / "0", options())
    night, job = source(tmp_path, 1), options(against=True)
    with_slash = msgspec.structs.replace(job, against=f"{job.against}/")
    assert archive([night], tmp_path / "1", job) == archive([night], tmp_path / "1", with_slash)


def test_a_night_that_is_run_again_keeps_what_it_kept(tmp_path: Path, options: Options) -> None:
    """Its output was lost, and the index holds what it kept: all of that was dropped as if it were a copy of itself."""
    nights = [source(tmp_path, night) for night in range(3)]
    for night, name in enumerate(nights):
        archive([nights[0], name], tmp_path / str(night), options(against=night > 0))
    again = archive([nights[0], nights[1]], tmp_path / "again", options(against=True))
    assert again.kept == 3
    for name in ("part-00000.jsonl", "part-00001.jsonl", "drops.jsonl", "summary.json"):
        assert (tmp_path / "again" / name).read_bytes() == (tmp_path / "1" / name).read_bytes()
    assert documents(tmp_path) == 9  # nothing was added twice
    archive(nights, tmp_path / "others", options(against=True))
    assert json.loads((tmp_path / "others/summary.json").read_bytes())["kept"] == 0  # another job sees all of it


@pytest.mark.parametrize("name", ["hashes", "ends", "ids", "id_ends", "00000.bands"])
def test_a_damaged_index_is_not_extended(tmp_path: Path, options: Options, name: str) -> None:
    archive([source(tmp_path, 1)], tmp_path / "1", options())
    damaged = tmp_path / "index" / name
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[:-8])
    with pytest.raises(ArchiveIndexError, match=f"{name}: .*; restore a copy of the index"):
        archive([source(tmp_path, 2)], tmp_path / "2", options())
    assert damaged.read_bytes() == whole[:-8]
    damaged.write_bytes(whole)
    archive([str(tmp_path / "2.jsonl")], tmp_path / "2", options())
    assert documents(tmp_path) == 6


def test_a_header_whose_numbers_were_changed_is_damage(tmp_path: Path, options: Options) -> None:
    """Too few documents in it, and everything that later nights added would go by the name of another one."""
    archive([source(tmp_path, 1)], tmp_path / "1", options())
    header = tmp_path / "index/header.json"
    header.write_bytes(header.read_bytes().replace(b'"shards":[3]', b'"shards":[2]'))
    with pytest.raises(ArchiveIndexError, match=r"header\.json: is damaged"):
        archive([source(tmp_path, 2)], tmp_path / "2", options(against=True))


@pytest.mark.parametrize(
    ("header", "problem"),
    [(b"{}", "is damaged"), (b'{"format": 9}', "format is 9 there and 2 here; use the version of dedup")],
)
def test_a_header_of_another_kind_is_told_from_one_of_another_version(
    tmp_path: Path, options: Options, header: bytes, problem: str
) -> None:
    (tmp_path / "index").mkdir()
    (tmp_path / "index/header.json").write_bytes(header)
    with pytest.raises(ArchiveIndexError, match=problem):
        archive([source(tmp_path, 1)], tmp_path / "1", options())


def test_half_a_number_behind_the_end_is_of_a_killed_job(tmp_path: Path, options: Options) -> None:
    archive([source(tmp_path, 1)], tmp_path / "1", options())
    for name in ("hashes", "ends", "ids", "id_ends"):
        with (tmp_path / "index" / name).open("ab") as file:
            file.write(b"abc")
    repeated = str(shutil.copy(tmp_path / "1.jsonl", tmp_path / "again.jsonl"))
    assert archive([repeated], tmp_path / "2", options(against=True)).dropped == {"exact_duplicate": 3}
    assert archive([source(tmp_path, 3)], tmp_path / "3", options(against=True)).kept == 3


def test_a_job_that_goes_on_reads_the_index_through_again(
    tmp_path: Path, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files that are gone by then were read as empty ones, and documents of no words resemble nothing."""
    archive([source(tmp_path, 1)], tmp_path / "1", options())
    repeated = str(shutil.copy(tmp_path / "1.jsonl", tmp_path / "again.jsonl"))

    def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("dedup.archive.job.resemble", cut_off)
        with pytest.raises(KeyboardInterrupt):
            archive([repeated], tmp_path / "2", options(against=True, index_out=False))
    (tmp_path / "index/hashes").rename(tmp_path / "hashes")
    with pytest.raises(ArchiveIndexError, match="hashes: cannot be read"):
        archive([repeated], tmp_path / "2", options(against=True, index_out=False))
    (tmp_path / "hashes").rename(tmp_path / "index/hashes")
    assert archive([repeated], tmp_path / "2", options(against=True, index_out=False)).kept == 0
