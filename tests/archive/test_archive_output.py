"""The output in each of its formats is what other readers of that format take it for."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from pyarrow import parquet
from warcio.archiveiterator import ArchiveIterator

from dedup.archive.job import archive
from dedup.archive.options import ArchiveOptions, Output

Write = Callable[..., bytes]
MENU = (
    "<nav><ul>"
    + "".join(f"<li><a href=/{word}>{word}</a></li>" for word in ("Home", "Sport", "Weather"))
    + "</ul></nav>"
)
STORY = (
    "<h1>The pier of {0}</h1><p>The pier was closed for the winter of {0}, and nobody on the island minded it much.</p>"
    * 2
)
HEADERS = b"Content-Type: text/html; charset=utf-8\r\nX-Served-By: cache-7\r\n"


@pytest.fixture
def crawl(tmp_path: Path, response: Write) -> Path:
    path = tmp_path / "crawl.warc"
    pages = [f"<html><body>{MENU}{STORY.format(name)}</body></html>" for name in ("Brèmen", "Oslo", "Turku")]
    path.write_bytes(
        b"".join(response(number, page.encode(), HEADERS) for number, page in enumerate([*pages, pages[0]]))
    )
    return path


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize(("output", "ending"), [("wet", "warc.wet.gz"), ("warc", "warc.gz")])
def test_warc_is_read_by_other_readers_with_right_digests(
    crawl: Path, tmp_path: Path, output: Output, ending: str
) -> None:
    archive([str(crawl)], tmp_path / "lines", ArchiveOptions(workers=1))
    archive([str(crawl)], tmp_path / "out", ArchiveOptions(workers=1, output=output))
    expected = _rows(tmp_path / "lines/part-00000.jsonl")
    part = tmp_path / f"out/part-00000.{ending}"
    with part.open("rb") as file:
        fast = [
            (record.headers["WARC-Type"], record.verify_block_digest(), record.reader.read())
            for record in FastIterator(file)
        ]
    assert [kind for kind, _, _ in fast] == ["warcinfo"] + ["conversion"] * 3
    assert all(is_right for _, is_right, _ in fast)
    with part.open("rb") as file:
        records = [
            (record.rec_headers, record.content_stream().read())
            for record in ArchiveIterator(file, check_digests="raise")
        ]
    assert [content.decode() for _, content in records[1:]] == [row["content"] for row in expected]
    for (headers, content), row in zip(records[1:], expected, strict=True):
        digest = base64.b32encode(hashlib.sha1(content).digest()).decode()
        assert headers["WARC-Block-Digest"] == f"sha1:{digest}"
        assert headers["WARC-Refers-To"] == row["record_id"]
        assert headers["WARC-Target-URI"] == row["url"]
        assert headers["WARC-Date"] == row["date"]
        assert headers["Content-Type"] == "text/plain"


def test_warc_keeps_every_header_of_the_record_and_of_http(crawl: Path, tmp_path: Path) -> None:
    archive([str(crawl)], tmp_path / "out", ArchiveOptions(workers=1, output="warc"))
    with (tmp_path / "out/part-00000.warc.gz").open("rb") as file:
        headers = [record.rec_headers for record in ArchiveIterator(file)][1]
    assert headers["Original-WARC-Type"] == "response"
    assert headers["Original-WARC-Record-ID"] == "<urn:uuid:0>"
    assert headers["Original-HTTP-X-Served-By"] == "cache-7"
    assert headers["Original-HTTP-Status"] == "HTTP/1.1 200 OK"
    assert headers["Dedup-Outcome"] == "kept"
    assert headers["Dedup-Cluster-Size"] == "2"


@pytest.mark.parametrize("output", ["wet", "warc"])
def test_a_row_cannot_write_headers_of_its_own(tmp_path: Path, output: Output) -> None:
    """An address with line ends in it would else begin a header, or a record."""
    source = tmp_path / "rows.jsonl"
    row = {
        "id": "a\r\nWARC-Type: response",
        "url": "http://a.example/x\r\n\r\nWARC/1.0",
        "text": "A text.",
        "date": "soon",
    }
    source.write_text(json.dumps(row) + "\n")
    archive([str(source)], tmp_path / "out", ArchiveOptions(clean=None, output=output))
    with next((tmp_path / "out").glob("part-*")).open("rb") as file:
        kinds = [record.rec_type for record in ArchiveIterator(file, check_digests="raise")]
    assert kinds == ["warcinfo", "conversion"]


def test_the_ledger_names_every_removed_block_with_its_evidence(crawl: Path, tmp_path: Path) -> None:
    archive([str(crawl)], tmp_path / "out", ArchiveOptions(workers=1, ledger=True))
    documents = _rows(tmp_path / "out/part-00000.jsonl")
    blocks = _rows(tmp_path / "out/blocks.jsonl")
    for document in documents:
        counts = document["counts"]
        of_document = [block for block in blocks if block["id"] == document["id"]]
        assert len(of_document) == counts["blocks"] - counts["kept"] > 0
    assert {"Home", "Sport", "Weather"} <= {block["text"] for block in blocks}
    assert all(block["reason"] != "content" and isinstance(block["evidence"], dict) for block in blocks)


def test_annotated_output_keeps_everything_and_says_what_would_go(crawl: Path, tmp_path: Path) -> None:
    formats: tuple[Output, ...] = ("jsonl", "parquet")
    for output in formats:
        archive([str(crawl)], tmp_path / output, ArchiveOptions(workers=1, annotate=True, output=output))
    lines = _rows(tmp_path / "jsonl/part-00000.jsonl")
    columns = parquet.read_table(tmp_path / "parquet/part-00000.parquet").to_pylist()
    for rows in (lines, columns):
        assert [row["outcome"] for row in rows] == ["kept", "kept", "kept", "exact_duplicate"]
        verdicts = {block["text"]: block["verdict"]["keep"] for block in rows[0]["blocks"]}
        assert verdicts["Home"] is False
        assert verdicts["The pier of Brèmen"] is True


def test_what_annotated_output_marks_is_counted_as_kept(crawl: Path, tmp_path: Path) -> None:
    """A user who reads that it was dropped looks for it in vain among the drops, and finds it in the output."""
    summary = archive([str(crawl)], tmp_path / "out", ArchiveOptions(workers=1, annotate=True))
    assert summary.marked == {"exact_duplicate": 1}
    assert "exact_duplicate" not in summary.dropped
    assert summary.kept == len(_rows(tmp_path / "out/part-00000.jsonl")) == 4
    assert sum(summary.dropped.values()) == len(_rows(tmp_path / "out/drops.jsonl"))
    assert summary.read == summary.kept + sum(summary.dropped.values()) + summary.quarantined
    report = (tmp_path / "out/report.html").read_text()
    assert "<b>1</b> of them marked" in report
    assert "marked as a duplicate" in report
    assert "dropped as a duplicate" not in report


def _conversions(path: Path) -> list[list[tuple[str, str]]]:
    with path.open("rb") as file:
        records = [(record.rec_type, record.rec_headers.headers) for record in ArchiveIterator(file)]
    return [headers for kind, headers in records if kind == "conversion"]


def test_a_warc_that_was_cleaned_again_tells_of_the_last_job_and_of_the_source(crawl: Path, tmp_path: Path) -> None:
    """Readers take the first of two headers of one name, which was the first job's."""
    source = str(crawl)
    for job in ("one", "two", "three"):
        archive([source], tmp_path / job, ArchiveOptions(clean=None, workers=1, output="warc"))
        source = str(tmp_path / job / "part-00000.warc.gz")
    headers = _conversions(Path(source))[0]
    names = [name for name, _ in headers]
    values = dict(headers)
    assert [name for name in set(names) if names.count(name) > 1] == []
    assert values["Dedup-File"] == str(tmp_path / "two/part-00000.warc.gz")
    assert values["Original-Dedup-File"] == str(crawl)
    assert values["Original-WARC-Type"] == "response"


def test_headers_that_are_too_long_for_readers_are_cut_and_counted(tmp_path: Path, response: Write) -> None:
    """A WARC that was written here could not be read here."""
    long = "".join(f"X-{number}: {'v' * 600}\r\n" for number in range(1_200)).encode()
    page = response(1, b"<p>The ferry sails at noon.</p>", b"Content-Type: text/html\r\n" + long[:60_000] + b"\r\n")
    (tmp_path / "a.warc").write_bytes(page.replace(b"WARC-Date", long + b"WARC-Date", 1))
    ids = ["x" * 3_000_000 + end for end in "ab"]
    (tmp_path / "a.jsonl").write_text(
        "".join(json.dumps({"id": one, "text": f"The ferry of {one[-1]} sails at noon."}) + "\n" for one in ids)
    )
    sources = [str(tmp_path / "a.warc"), str(tmp_path / "a.jsonl")]
    archive(sources, tmp_path / "one", ArchiveOptions(clean=None, workers=1, output="warc"))
    parts = sorted((tmp_path / "one").glob("part-*"))
    [kept] = _conversions(parts[0])
    names = [name for name, _ in kept]
    left_out = int(dict(kept)["Dedup-Headers-Left-Out"])
    assert sum(name.startswith(("X-", "Original-HTTP-X-")) for name in names) + left_out == pytest.approx(
        1_299, abs=9
    )
    rows = [dict(headers) for headers in _conversions(parts[1])]
    assert len({row["Dedup-Id"] for row in rows}) == len({row["WARC-Target-URI"] for row in rows}) == 2
    summary = archive(map(str, parts), tmp_path / "two", ArchiveOptions(clean=None, workers=1, output="warc"))
    assert (summary.quarantined, summary.kept) == (0, 3)
