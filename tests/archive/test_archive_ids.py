"""Rows of one id are all kept, and the user is told before a join by id goes wrong."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from dedup.archive.cleaned import CleanedInput, CleanedWriter
from dedup.archive.job import archive
from dedup.archive.options import ArchiveOptions
from dedup.archive.rows import Row
from dedup.archive.stages.ids import RepeatedIds, repeated_ids

OPTIONS = ArchiveOptions(clean=None, workers=1)


def _lines(path: Path, ids: Sequence[str | int | None]) -> str:
    rows = [{"id": one, "text": f"Text {number} of {path.name}, and {one}."} for number, one in enumerate(ids)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def test_rows_of_one_id_are_kept_and_told(tmp_path: Path) -> None:
    inputs = [_lines(tmp_path / "a.jsonl", ["1", "2", "2", 1]), _lines(tmp_path / "b.jsonl", ["3", "2", "4"])]
    summary = archive(inputs, tmp_path / "out", OPTIONS)
    assert (summary.kept, summary.repeated_ids) == (7, 3)
    assert summary.repeated_id in {"1", "2"}
    kept = [
        json.loads(line) for part in sorted(tmp_path.glob("out/part-*")) for line in part.read_text().splitlines()
    ]
    assert len({(row["file"], row["offset"]) for row in kept}) == 7
    assert "3 documents have the id of an earlier one, such as " in (tmp_path / "out/report.html").read_text()


def test_rows_without_an_id_repeat_none(tmp_path: Path) -> None:
    inputs = [_lines(tmp_path / name, [None, None, "x"][: 3 - at]) for at, name in enumerate(("a.jsonl", "b.jsonl"))]
    summary = archive(inputs, tmp_path / "out", OPTIONS)
    assert (summary.repeated_ids, summary.repeated_id) == (0, None)
    assert "no two documents have one id" in (tmp_path / "out/report.html").read_text()


def test_ids_that_do_not_fit_into_memory_are_counted_in_parts(tmp_path: Path) -> None:
    inputs: list[CleanedInput] = []
    for number in range(3):
        files = [tmp_path / f"{number}.{name}" for name in ("rows", "texts", "index")]
        with files[0].open("wb") as rows, files[1].open("wb") as texts, files[2].open("wb") as index:
            writer = CleanedWriter(rows, texts, index)
            for at in range(100 * number):  # the first one is empty
                writer.add(Row(status="document", id=f"id {at // 2 + 30}", file="f", offset=at, length=1), b"x")
        inputs.append(CleanedInput(*files))
    whole = repeated_ids(inputs, 256 * 1024**2)
    in_parts = repeated_ids(inputs, 2048)
    assert whole.documents == in_parts.documents == 200
    assert whole.example is not None
    assert in_parts.example is not None
    assert repeated_ids(inputs[:1], 2048) == RepeatedIds(0, None)
