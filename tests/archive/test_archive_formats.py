"""What is in an archive is read, and what cannot be read is named; nothing is lost in silence."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import re
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import brotli
import pyarrow as pa
import pytest
from fastwarc.warc import ArchiveIterator
from pyarrow import parquet

from dedup.archive.formats import Damage, Fields, Record, expand, read
from dedup.archive.formats.http import parse
from dedup.archive.formats.stream import ByteStream
from dedup.archive.job import archive
from dedup.archive.options import ArchiveOptions
from dedup.errors import ArchiveInputError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Write = Callable[..., bytes]
BODIES = [b"<p>one</p>", b"<p>two</p>", b"<p>three</p>"]
_ARC_START = re.compile(rb"^(?:https?|filedesc|dns)://\S.* [\d.]+ \d{14} \S+ \d+\s*$", re.MULTILINE)


def _split(path: Path, **options: object) -> tuple[list[Record], list[Damage]]:
    found = list(read(path, **options))  # type: ignore[arg-type]  # handed through
    return [one for one in found if isinstance(one, Record)], [one for one in found if isinstance(one, Damage)]


@pytest.mark.parametrize("compress", [bytes, gzip.compress, bz2.compress, zstd.compress])
@pytest.mark.parametrize("each", [True, False], ids=["record by record", "as a whole"])
def test_every_compression_gives_the_same_records(
    tmp_path: Path, response: Write, compress: Callable[[bytes], bytes], *, each: bool
) -> None:
    records = [response(number, body) for number, body in enumerate(BODIES)]
    path = tmp_path / "no-telling-name"
    path.write_bytes(b"".join(map(compress, records)) if each else compress(b"".join(records)))
    found, damages = _split(path)
    assert not damages
    assert [parse(record.payload, 1000).body for record in found] == BODIES
    assert [record.url for record in found] == [f"http://example.org/{number}" for number in range(3)]


def test_offset_and_length_cut_a_record_out_of_its_file(tmp_path: Path, response: Write) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"".join(gzip.compress(response(number, body)) for number, body in enumerate(BODIES)))
    for number, record in enumerate(_split(path)[0]):
        piece = path.read_bytes()[record.offset : record.offset + record.length]
        assert gzip.decompress(piece) == response(number, BODIES[number])


def test_a_wrong_length_costs_its_record_alone(tmp_path: Path, response: Write) -> None:
    for length in (-9, 9, 400):
        path = tmp_path / f"{length}.warc"
        path.write_bytes(response(0, BODIES[0]) + response(1, BODIES[1], length=length) + response(2, BODIES[2]))
        found, damages = _split(path)
        assert [record.record_id for record in found] == ["<urn:uuid:0>", "<urn:uuid:2>"]
        assert [damage.offset for damage in damages] == [len(response(0, BODIES[0]))]


def test_a_damaged_member_costs_itself_alone(tmp_path: Path, response: Write) -> None:
    members = [bytearray(gzip.compress(response(number, body))) for number, body in enumerate(BODIES)]
    members[1][len(members[1]) // 2] ^= 0xFF
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"".join(members))
    found, damages = _split(path)
    assert [record.record_id for record in found] == ["<urn:uuid:0>", "<urn:uuid:2>"]
    assert [damage.offset for damage in damages] == [len(members[0])]


def test_a_file_cut_anywhere_keeps_what_is_whole(tmp_path: Path, response: Write) -> None:
    members = [gzip.compress(response(number, body)) for number, body in enumerate(BODIES)]
    whole = b"".join(members)
    for end in range(1, len(whole), 7):
        path = tmp_path / f"{end}.warc.gz"
        path.write_bytes(whole[:end])
        found, damages = _split(path)
        cut_off = end not in (len(members[0]), len(members[0] + members[1]))
        assert len(found) >= sum(len(b"".join(members[: count + 1])) <= end for count in range(3))
        assert len(damages) == cut_off


def test_a_record_beyond_the_limit_is_passed_and_named(tmp_path: Path, response: Write) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(response(0, b"x" * 5000) + response(1, BODIES[1]))
    found, damages = _split(path, most=2000)
    assert [record.record_id for record in found] == ["<urn:uuid:1>"]
    assert "2000 are read at most" in damages[0].why


@pytest.mark.parametrize("junk", [b"", b"\0" * 100, b"\x1f\x8b\x08", b"WARC/1.0\r\n" * 9, b"PAR1", b"{", b"%PDF-1.7"])
def test_what_is_no_archive_is_one_damage_and_no_error(tmp_path: Path, junk: bytes) -> None:
    path = tmp_path / "junk"
    path.write_bytes(junk)
    found, damages = _split(path)
    assert not found
    assert damages


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    assert "cannot be read" in _split(tmp_path / "absent")[1][0].why


def test_rows_of_json_and_parquet_are_read_alike(tmp_path: Path) -> None:
    rows = [{"id": number, "link": f"u{number}", "body": f"text {number}"} for number in range(3)]
    fields = Fields(content=("body",), url="link")
    (tmp_path / "lines").write_text("\n".join([*map(json.dumps, rows), "{broken", '{"other": 1}']))
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "columns")
    lines, damages = _split(tmp_path / "lines", fields=fields)
    columns, none = _split(tmp_path / "columns", fields=fields)
    assert [(one.record_id, one.url, one.payload) for one in lines] == [
        (str(number), f"u{number}", b"text %d" % number) for number in range(3)
    ]
    assert [(one.record_id, one.url, one.payload) for one in columns] == [
        (one.record_id, one.url, one.payload) for one in lines
    ]
    assert [damage.why.split(" (")[0] for damage in damages] == [
        "no JSON",
        "no field of text among body",
    ]
    assert not none


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"text": 123}, "text is an integer, not text"),
        ({"text": None, "html": ["<p>"]}, "html is a list, not text; text is null, not text"),
        ({"content": {"html": "<p>"}, "id": 1}, "content is an object, not text"),
        ([1], "a list in place of an object"),
        ({"body": "<p>"}, "no field of text among html, text, markdown, content, raw_content"),
    ],
)
def test_a_row_whose_content_is_no_text_says_what_it_is(tmp_path: Path, row: object, why: str) -> None:
    """Who reads that the field is not there looks for a wrong name."""
    (tmp_path / "lines").write_text("{}\n" + json.dumps(row) + "\n")
    assert _split(tmp_path / "lines")[1][1].why == why


def test_a_line_beyond_the_limit_costs_itself_alone(tmp_path: Path) -> None:
    (tmp_path / "lines").write_text('{"text": "a"}\n{"text": "' + "x" * 5000 + '"}\n{"text": "b"}\n')
    found, damages = _split(tmp_path / "lines", most=1000)
    assert [record.payload for record in found] == [b"a", b"b"]
    assert len(damages) == 1


def test_a_long_line_is_not_copied_for_every_piece_of_it_that_is_read() -> None:
    class Counted(io.BytesIO):
        reads = 0

        def read(self, size: int | None = -1, /) -> bytes:
            Counted.reads += 1
            return super().read(size)

    line = b"x" * (32 << 20) + b"\n"
    assert ByteStream(Counted(line)).line(64 << 20) == line
    assert Counted.reads < 50


_PAGE = b"<p>" + b"word " * 400 + b"</p>"


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(_PAGE, mtime=0)),  # the hour would make the test's name differ between processes
        ("gzip", gzip.compress(_PAGE[:999], mtime=0) + gzip.compress(_PAGE[999:], mtime=0)),
        ("deflate", zlib.compress(_PAGE)),
        ("deflate", zlib.compress(_PAGE, wbits=-15)),
        ("br", brotli.compress(_PAGE)),
        ("zstd", zstd.compress(_PAGE)),
        ("zstd", zstd.compress(_PAGE[:999]) + zstd.compress(_PAGE[999:])),
        ("bzip2", bz2.compress(_PAGE[:999]) + bz2.compress(_PAGE[999:])),
        ("gzip", _PAGE),
        ("br", _PAGE),
        ("zstd", _PAGE),
    ],
)
@pytest.mark.parametrize("chunked", [True, False])
def test_a_body_is_decoded_whatever_of_its_headers_still_holds(coding: str, body: bytes, *, chunked: bool) -> None:
    headers = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: {coding}\r\n\r\n".encode()
    sent = b"".join(
        b"%x;a=b\r\n%b\r\n" % (len(body[at : at + 99]), body[at : at + 99]) for at in range(0, len(body), 99)
    )
    assert parse(headers + (sent + b"0\r\n\r\n" if chunked else body), 1 << 20).body == _PAGE


@pytest.mark.parametrize(
    ("coding", "compress"), [("gzip", gzip.compress), ("zstd", zstd.compress), ("bzip2", bz2.compress)]
)
def test_a_body_of_many_streams_is_whole_wherever_one_of_them_begins(
    coding: str, compress: Callable[[bytes], bytes]
) -> None:
    sent = b"".join(compress(b"%05d" % number) for number in range(9_000))
    headers = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\n\r\n".encode()
    assert parse(headers + sent, 1 << 20).body == b"".join(b"%05d" % number for number in range(9_000))


def test_a_short_text_is_no_gzip_without_its_header() -> None:
    """Some letters are the beginning of a raw stream, and a short one has no end to tell."""
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"
    assert [parse(head + body, 99).body for body in (b"zoo", b"Zoo do ferry")] == [b"zoo", b"Zoo do ferry"]


def test_a_body_never_grows_beyond_the_limit() -> None:
    bomb = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(50_000_000))
    assert len(parse(bomb, 1000).body) == 1000


@pytest.mark.timeout(20)
def test_bytes_behind_a_compressed_body_cost_no_more_than_others() -> None:
    """They were copied at every piece of the body: 64 MB of them took most of a minute."""
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"
    assert parse(head + gzip.compress(b"<p>a") + bytes(64 << 20), 64 << 20).body == b"<p>a"


def test_inputs_are_files_folders_and_patterns_each_once(tmp_path: Path) -> None:
    for name in ("b/2.warc", "a/1.warc", "a/.hidden"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    names = [str(tmp_path / "a/1.warc"), str(tmp_path / "b/2.warc")]
    assert expand([str(tmp_path)]) == expand([names[0], str(tmp_path / "*/*.warc")]) == names
    with pytest.raises(ArchiveInputError, match="no such file"):
        expand([str(tmp_path / "absent")])


def test_every_record_start_of_real_archives_is_accounted_for(data: Path) -> None:
    """Counted apart from the reader: lines that begin a record, in the file as the system's gzip would give it."""
    for path in sorted((data / "archives").glob("*/*")):
        found, damages = _split(path)
        starts = _starts(path)
        assert len(found) + len(damages) >= len(starts), path.name
        assert len(found) <= len(starts), path.name


def test_a_job_over_real_archives_accounts_for_every_record(data: Path, tmp_path: Path) -> None:
    """What is kept, dropped and quarantined are all records that begin in the files, each counted once, and named."""
    files = sorted((data / "archives").glob("*/*"))
    starts = sum(len(_starts(path)) for path in files)
    summary = archive(map(str, files), tmp_path / "out", ArchiveOptions(clean=None, workers=1))
    assert summary.inputs == len(files)
    assert summary.read == summary.kept + sum(summary.dropped.values()) + summary.quarantined
    assert summary.read - summary.quarantined <= starts <= summary.read
    for name, count in (("drops", sum(summary.dropped.values())), ("quarantine", summary.quarantined)):
        assert len((tmp_path / f"out/{name}.jsonl").read_bytes().splitlines()) == count
    kept = [row for part in (tmp_path / "out").glob("part-*") for row in part.read_bytes().splitlines()]
    assert len(kept) == summary.kept


def test_real_archives_read_as_another_reader_reads_them(data: Path) -> None:
    compared = 0
    for path in sorted((data / "archives").glob("*/*.warc*")):
        found, damages = _split(path)
        try:
            with path.open("rb") as file:
                iterator = ArchiveIterator(file, parse_http=False)
                theirs = [(record.record_id, record.reader.read()) for record in iterator]
        except OSError:  # it stops where a header is odd
            continue
        if damages or any(record_id is None for record_id, _ in theirs):  # it loses count after bare line feeds
            continue
        compared += 1
        assert [(record.record_id, record.payload) for record in found] == theirs, path.name
    assert compared > 30


def _starts(path: Path) -> list[re.Match[bytes]]:
    """Lines of a file that begin a record."""
    content = _decompressed(path.read_bytes())
    return [*re.finditer(rb"^WARC/\d", content, re.MULTILINE), *_ARC_START.finditer(content)]


def _decompressed(content: bytes) -> bytes:
    whole = b""
    while content.startswith(b"\x1f\x8b"):
        decoder = zlib.decompressobj(wbits=31)
        whole += decoder.decompress(content)
        content = decoder.unused_data
    return whole or content
