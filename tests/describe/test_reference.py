"""One schema: what docs/result.md, the service and an archive's columns say of a result is what `dedup.page` says."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
from pyarrow import parquet

import dedup
from dedup.archive.columns import schema
from dedup.archive.job import archive
from dedup.archive.options import ArchiveOptions
from dedup.archive.rows import Document
from dedup.page import CleanPage, PageRow
from dedup.reference import render

ROOT = Path(__file__).resolve().parents[2]


def test_the_documented_fields_are_those_of_the_types() -> None:
    assert (ROOT / "docs" / "result.md").read_text("utf-8") == render(), (
        "run python -m dedup.reference > docs/result.md"
    )


def test_an_archives_columns_begin_with_those_of_every_result() -> None:
    names = PageRow.__struct_fields__
    assert Document.__struct_fields__[: len(names)] == names
    assert schema(Document).names == list(Document.__struct_fields__)
    assert set(names) < set(CleanPage.__struct_fields__)


def test_a_page_of_an_archive_has_the_row_that_the_library_gives(tmp_path: Path) -> None:
    markup = (ROOT / "examples" / "harbour-bridge.html").read_text("utf-8")
    source = tmp_path / "in.jsonl"
    source.write_text(json.dumps({"id": "a", "url": "https://quayside.example/bridge", "html": markup}) + "\n")
    rows = {}
    for output in ("jsonl", "parquet"):
        archive([str(source)], tmp_path / output, ArchiveOptions(workers=1, output=output))
        (part,) = (tmp_path / output).glob(f"*.{output}*") if output == "parquet" else _parts(tmp_path / output)
        rows[output] = (
            parquet.read_table(part).to_pylist()[0] if output == "parquet" else json.loads(part.read_text())
        )
    expected = json.loads(msgspec.json.encode(dedup.clean(markup, url="https://quayside.example/bridge")))
    expected["change"] = {"kind": "new", "jaccard": None}  # no state tells of an earlier version
    expected["versions"]["memory_position"] = 1  # an archive is cleaned with what all of its pages told
    for name in set(PageRow.__struct_fields__) - {"id"}:
        assert rows["jsonl"][name] == expected[name], name
    told = rows["parquet"]["metadata"]
    assert told["authors"] == {"value": ["Maren Olsvik"], "source": "byline"}
    assert dict(rows["parquet"]["counts"]["removed_by_reason"]) == expected["counts"]["removed_by_reason"]


def _parts(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*.jsonl") if path.stem not in ("quarantine", "drops")]
