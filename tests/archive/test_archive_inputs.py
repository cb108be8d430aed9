"""What the arguments of a job name: no file of a folder is missed, and none counts twice."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dedup.archive.formats import expand
from dedup.errors import ArchiveInputError


def _file(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('{"text": "words"}\n')
    return str(path)


def test_shards_behind_linked_folders_are_read(tmp_path: Path) -> None:
    """Folders of other disks are linked into one: what they hold was left out in silence."""
    here, there = _file(tmp_path / "crawl/b.jsonl"), tmp_path / "disk"
    _file(there / "deep/c.jsonl")
    _file(there / ".hidden/d.jsonl")
    (tmp_path / "crawl/a").symlink_to(there)
    assert expand([str(tmp_path / "crawl")]) == [str(tmp_path / "crawl/a/deep/c.jsonl"), here]


def test_links_that_lead_in_circles_end_and_give_no_file_twice(tmp_path: Path) -> None:
    names = [_file(tmp_path / "crawl" / name) for name in ("a/x.jsonl", "b/y.jsonl")]
    (tmp_path / "crawl/a/up").symlink_to(tmp_path / "crawl")
    (tmp_path / "crawl/a/again").symlink_to(tmp_path / "crawl/b")
    (tmp_path / "crawl/b/self").symlink_to(tmp_path / "crawl/b")
    assert expand([str(tmp_path / "crawl")]) == names


def test_a_folder_that_cannot_be_listed_is_named_and_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _file(tmp_path / "crawl/a.jsonl")
    _file(tmp_path / "crawl/locked/b.jsonl")
    listed: Callable[[str], Iterator[os.DirEntry[str]]] = os.scandir

    def refuse(folder: str) -> Iterator[os.DirEntry[str]]:
        if str(folder).endswith("locked"):
            raise PermissionError(13, "Permission denied", folder)
        return listed(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(ArchiveInputError, match="locked: cannot be listed"):
        expand([str(tmp_path / "crawl")])


def test_a_file_under_several_spellings_counts_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its documents would all be near-duplicates of themselves."""
    folder = tmp_path / "crawl"
    whole = _file(folder / "a.jsonl")
    (tmp_path / "link").symlink_to(folder)
    monkeypatch.chdir(folder)
    spellings = ["a.jsonl", "./a.jsonl", "../crawl/a.jsonl", whole, str(tmp_path / "link/a.jsonl"), "."]
    assert expand(spellings) == ["a.jsonl"]
    assert expand(spellings[::-1]) == ["a.jsonl"]  # as a folder gives it
    assert expand(spellings[1:]) == ["./a.jsonl"]


def test_two_files_that_read_alike_once_dots_are_struck_out_are_both_read(tmp_path: Path) -> None:
    """`link/..` is where the link leads to, not where it stands."""
    here, there = _file(tmp_path / "here/a.jsonl"), _file(tmp_path / "there/a.jsonl")
    (tmp_path / "there/deep").mkdir()
    (tmp_path / "here/link").symlink_to(tmp_path / "there/deep")
    indirect = str(tmp_path / "here/link/../a.jsonl")
    assert expand([here, indirect]) == [here, indirect]
    assert expand([indirect, there]) == [indirect]


def test_an_output_folder_that_a_link_leads_to_is_no_input(tmp_path: Path) -> None:
    name = _file(tmp_path / "crawl/a.jsonl")
    _file(tmp_path / "clean/part-00000.jsonl")
    (tmp_path / "crawl/latest").symlink_to(tmp_path / "clean")
    assert expand([str(tmp_path / "crawl")], tmp_path / "clean") == [name]
