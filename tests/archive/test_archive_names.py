"""A file whose name is no text is read like any other, and told from one whose name looks the same."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from dedup.archive.identity import identify
from dedup.archive.job import archive
from dedup.archive.options import ArchiveOptions, Output
from dedup.errors import ArchiveOutputError

NAMES = (b"caf\xe9.jsonl", b"caf\xe8.jsonl", "café.jsonl".encode())
SHOWN = {"caf\\xe9.jsonl", "caf\\xe8.jsonl", "café.jsonl"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three files of one text and one bad line each."""
    (tmp_path / "in").mkdir()
    for number, name in enumerate(NAMES):
        path = os.path.join(os.fsencode(tmp_path / "in"), name)  # noqa: PTH118  (pathlib takes no bytes)
        text = f"The bridge number {number} over the river was closed for repairs."
        Path(os.fsdecode(path)).write_text(json.dumps({"text": text}) + "\n{broken\n", encoding="utf-8")
    return tmp_path / "in"


@pytest.mark.parametrize("output", ["jsonl", "parquet", "warc"])
@pytest.mark.parametrize("cleans", [True, False])
def test_a_name_that_is_no_utf8_stops_no_job(folder: Path, output: Output, *, cleans: bool) -> None:
    out = folder.with_name("out")
    options = ArchiveOptions(workers=1, output=output)
    if not cleans:
        options = ArchiveOptions(workers=1, output=output, clean=None)
    summary = archive([str(folder)], out, options)
    assert (summary.inputs, summary.kept, summary.quarantined) == (3, 3, 3)
    quarantined = [json.loads(line) for line in (out / "quarantine.jsonl").read_text("utf-8").splitlines()]
    assert {Path(one["file"]).name for one in quarantined} == SHOWN
    report = (out / "report.html").read_text("utf-8")
    assert all(name in report for name in SHOWN)
    if output == "jsonl":
        rows = [json.loads(part.read_text("utf-8")) for part in out.glob("part-*")]
        assert {Path(row["file"]).name for row in rows} == SHOWN
        assert len({row["id"] for row in rows}) == 3


def test_a_job_over_such_names_is_known_again(folder: Path) -> None:
    out, options = folder.with_name("out"), ArchiveOptions(workers=1, clean=None)
    assert archive([str(folder)], out, options) == archive([str(folder)], out, options)
    first, second = (str(folder / os.fsdecode(name)) for name in NAMES[:2])
    os.utime(first, ns=(1, 1))
    os.utime(second, ns=(1, 1))
    assert identify([first], {}) != identify([second], {})
    with pytest.raises(ArchiveOutputError, match="another job"):
        archive([first], out, options)


def test_names_that_are_shown_alike_are_still_two_jobs(tmp_path: Path) -> None:
    names = [str(tmp_path / os.fsdecode(b"a\xe9")), str(tmp_path / "a\\xe9")]
    for name in names:
        Path(name).write_text('{"text": "a"}\n')
        os.utime(name, ns=(1, 1))
    assert identify(names[:1], {}) != identify(names[1:], {})


def test_a_large_file_of_such_a_name_is_read_in_sections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dedup.archive.formats.sections._LEAST", 100)
    path = tmp_path / os.fsdecode(NAMES[0])
    path.write_text(
        "".join(json.dumps({"text": f"Bridge number {number} is closed."}) + "\n" for number in range(50))
    )
    summary = archive([str(path)], tmp_path / "out", ArchiveOptions(workers=2, clean=None))
    assert summary.kept == 50
    assert len(list((tmp_path / "out").glob("part-*"))) > 1


def test_an_output_folder_of_such_a_name_is_refused_in_words(folder: Path) -> None:
    with pytest.raises(ArchiveOutputError, match="no UTF-8"):
        archive([str(folder)], folder.with_name(os.fsdecode(b"out\xe9")), ArchiveOptions(workers=1))
