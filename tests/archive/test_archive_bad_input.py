"""Whatever an input holds, each record ends as kept, dropped or quarantined, and the records beside it are not lost."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dedup.archive.formats import Damage, Record, read
from dedup.archive.job import archive
from dedup.archive.options import ArchiveOptions
from dedup.errors import ArchiveRecordError

Write = Callable[..., bytes]
GIGABYTE = 1024**3


def _split(path: Path) -> tuple[list[Record], list[Damage]]:
    found = list(read(path))
    return [one for one in found if isinstance(one, Record)], [one for one in found if isinstance(one, Damage)]


def test_a_record_of_two_gigabytes_is_passed_and_named(tmp_path: Path, response: Write) -> None:
    path = tmp_path / "large.warc"
    head = response(0, b"<p>one</p>")
    with path.open("wb") as file:  # a hole in the file, which takes no disk
        file.write(head + b"WARC/1.0\r\nWARC-Type: resource\r\nContent-Length: %d\r\n\r\n" % (2 * GIGABYTE))
        file.seek(2 * GIGABYTE, 1)
        file.write(b"\r\n\r\n" + response(2, b"<p>two</p>"))
    found, damages = _split(path)
    assert [record.record_id for record in found] == ["<urn:uuid:0>", "<urn:uuid:2>"]
    assert [(damage.offset, str(2 * GIGABYTE) in damage.why) for damage in damages] == [(len(head), True)]


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Length: 99999999999999999999999999\r\n\r\n",
        b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n",
        b"Content-Length: -1\r\n\r\n",
        b"Content-Length: \xd9\xa3\r\n\r\n",
        b"Content-Length: 1e3\r\n\r\n",
        b"X: " + b"y" * 2_000_000 + b"\r\nContent-Length: 0\r\n\r\n",
        b"X: y\r\n" * 200_000 + b"\r\n",
        b"\r\r\nContent-Length: 0\r\n\r\n",
        b"\x00\xff\xfe\r\n\r\n",
        b" folded before any\r\n\r\n",
    ],
)
def test_an_absurd_header_costs_its_record_alone(tmp_path: Path, response: Write, header: bytes) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(response(0, b"<p>one</p>") + b"WARC/1.0\r\n" + header + response(2, b"<p>two</p>"))
    found, damages = _split(path)
    assert [record.record_id for record in found] == ["<urn:uuid:0>", "<urn:uuid:2>"]
    assert len(damages) == 1


def test_a_number_of_thousands_of_digits_costs_its_record_alone(tmp_path: Path, response: Write) -> None:
    """Python refuses to read such a number, and the error of one record ended the job."""
    arc = b"http://a.example/ 1.2.3.4 20200101000000 text/html %b\n<p>one</p>\n"
    path = tmp_path / "a.arc"
    path.write_bytes(b"filedesc://a.arc 0.0.0.0 20200101000000 text/plain 0\n\n" + arc % (b"1" * 5_000) + arc % b"10")
    found, damages = _split(path)
    assert [record.kind for record in found] == ["other", "response"]
    assert len(damages) == 1
    page = response(1, b"<p>The ferry sails at noon.</p>").replace(b"HTTP/1.1 200", b"HTTP/1.1 " + b"2" * 5_000)
    length = page.index(b"Content-Length: ") + len(b"Content-Length: ")
    old = int(page[length : page.index(b"\r\n", length)])
    (tmp_path / "a.warc").write_bytes(
        page.replace(b"Content-Length: %d" % old, b"Content-Length: %d" % (old + 4_997), 1)
    )
    summary = archive([str(tmp_path / "a.warc")], tmp_path / "out", ArchiveOptions(clean=None, workers=1))
    assert (summary.kept, summary.quarantined) == (1, 0)


def test_an_archive_padded_with_many_zeros_is_read_to_its_end(tmp_path: Path, response: Write) -> None:
    """As a file from a tape may be; after 64 MB of them Python gave up with a RecursionError."""
    path = tmp_path / "a.warc.gz"
    with path.open("wb") as file:
        file.write(gzip.compress(response(0, b"<p>one</p>")))
        file.truncate(100_000_000)
    found, damages = _split(path)
    assert [record.record_id for record in found] == ["<urn:uuid:0>"]
    assert not damages


def test_a_member_that_is_cut_off_costs_itself_in_every_format(tmp_path: Path, response: Write) -> None:
    arc = (
        b"filedesc://a.arc 0.0.0.0 20200101000000 text/plain 0\n\n"
        b"http://a.example/ 1.2.3.4 20200101000000 text/html 10\n<p>one</p>\n"
    )
    rows = [json.dumps({"text": f"text {number}"}).encode() + b"\n" for number in range(2)]
    for name, first, second in (
        ("warc", response(0, b"<p>one</p>"), response(1, b"<p>two</p>" * 99)),
        ("arc", arc, b"http://b.example/ 1.2.3.4 20200101000000 text/html 990\n" + b"<p>two</p>" * 99 + b"\n"),
        ("lines", rows[0], rows[1]),
    ):
        path = tmp_path / name
        path.write_bytes(gzip.compress(first) + gzip.compress(second)[:-12])
        found, damages = _split(path)
        assert found, name
        assert len(damages) == 1, name
        assert found[0].offset == 0, name


def test_a_text_that_is_too_long_once_decompressed_is_named_and_not_kept_in_part(
    tmp_path: Path, response: Write
) -> None:
    """The first bytes of a page would stand in a corpus for all of it, and nobody would know."""
    path = tmp_path / "a.warc"
    pages = [b"<p>" + b"The ferry sails at noon. " * times for times in (10, 300_000)]
    path.write_bytes(
        b"".join(
            response(number, gzip.compress(page), b"Content-Type: text/html\r\nContent-Encoding: gzip\r\n")
            for number, page in enumerate(pages)
        )
    )
    summary = archive([str(path)], tmp_path / "out", ArchiveOptions(clean=None, workers=1, record_bytes=1_000_000))
    assert (summary.kept, summary.quarantined) == (1, 1)
    [line] = (tmp_path / "out" / "quarantine.jsonl").read_text().splitlines()
    assert "1000000 are read at most" in json.loads(line)["why"]


def test_every_kind_of_bad_input_is_counted_and_nothing_beside_it_lost(tmp_path: Path, response: Write) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    page = "<html><body><h1>Ü</h1><p>{} pages about the long bridge over the river Weser.</p></body></html>"
    charset = b"Content-Type: text/html; charset=%b\r\n"
    good = [
        response(0, page.format("Forty").encode("cp1252"), charset % b"windows-1252"),
        response(1, page.format("Fifty").encode("cp1252"), charset % b"utf-8"),
        response(2, page.format("Sixty").encode("utf-16"), charset % b"no-such-encoding"),
    ]
    (folder / "encodings.warc").write_bytes(b"".join(good))
    (folder / "empty.warc.gz").touch()
    (folder / "empty-member.gz").write_bytes(gzip.compress(b""))
    (folder / "not-utf8.jsonl").write_bytes(b'{"text": "caf\xe9"}\n{"text": "A text that stays."}\n')
    (folder / "picture.warc").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9)
    (folder / "http.warc").write_bytes(b"".join(response(9, b"", b"\r\n\r\nHTTP/1.1 200 OK\r\n") for _ in range(2)))
    summary = archive([str(folder)], tmp_path / "out", ArchiveOptions(workers=1))
    assert summary.read == summary.kept + sum(summary.dropped.values()) + summary.quarantined
    quarantined = [json.loads(line) for line in (tmp_path / "out/quarantine.jsonl").read_text().splitlines()]
    assert {Path(one["file"]).name for one in quarantined} >= {"empty.warc.gz", "not-utf8.jsonl", "picture.warc"}
    assert all(one["why"] and isinstance(one["offset"], int) for one in quarantined)
    with pytest.raises(ArchiveRecordError, match="offset 0"):
        archive([str(folder)], tmp_path / "strict", ArchiveOptions(workers=1, strict=True))
