"""What rows of JSON lines and Parquet hold is found and read as what it is, whatever their writer made of them."""

from __future__ import annotations

import codecs
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from dedup.archive.formats import Damage, Record, read, sections_of
from dedup.archive.formats.record import Fields
from dedup.archive.job import archive
from dedup.archive.options import ArchiveOptions

Write = Callable[..., bytes]
ROW = b'{"text": "A text that stays."}\n'
SENTENCE = "The bridge over the river was closed for repairs until the end of the month, the council said."
PAGE = f"<div><h1>Bridge closed</h1><p>{SENTENCE}</p><p>{SENTENCE[::-1]}</p></div>"


def _split(path: Path) -> tuple[list[Record], list[Damage]]:
    found = list(read(path))
    return [one for one in found if isinstance(one, Record)], [one for one in found if isinstance(one, Damage)]


def _job(source: Path, options: ArchiveOptions) -> list[dict[str, Any]]:
    """The documents that a job over one file keeps."""
    out = source.with_name(f"{source.name} out")
    archive([str(source)], out, options)
    return [json.loads(line) for line in (out / "part-00000.jsonl").read_text().splitlines()]


@pytest.mark.parametrize(
    "first",
    [
        b"null\n",
        b"# rows of June\n",
        b"// rows of June\n\n",
        b"[1]\n",
        b'the rest of a line that was cut", "id": 7}\n',
        b"x" * 50_000 + b"\n",
        codecs.BOM_UTF8 + b"null\n",
        b"{broken\n",
    ],
)
@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_first_line_that_is_no_row_costs_itself_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: bytes, compress: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "rows"
    path.write_bytes(compress(first + ROW * 2 + b"junk\n" + ROW))
    found, damages = _split(path)
    assert [record.payload for record in found] == [b"A text that stays."] * 3
    assert [damage.offset for damage in damages] == [0, len(first + ROW * 2)]
    monkeypatch.setattr("dedup.archive.formats.sections._LEAST", 10)
    cut = sections_of(str(path), path.stat().st_size)
    assert [one for section in cut for one in read(path, section=section)] == list(read(path))


@pytest.mark.parametrize("lines", [1, 2])
def test_a_readme_that_shows_a_row_is_no_row_itself(tmp_path: Path, lines: int) -> None:
    path = tmp_path / "README"
    path.write_bytes(
        b"# Rows\n\nEach line is a page, with its text and its number, as it was found in June.\n\n" * 3 + ROW * lines
    )
    found, (damage,) = _split(path)
    assert not found
    assert damage.length == path.stat().st_size
    assert damage.why.endswith("fewer than half of its lines are objects")


def test_some_lines_of_a_tool_above_a_long_row_cost_themselves_alone(tmp_path: Path) -> None:
    path = tmp_path / "rows"
    path.write_bytes(
        b"fetched 1\nfetched 2\nfetched 3\n" + json.dumps({"text": "A text. " * 20_000}).encode() + b"\n"
    )
    found, damages = _split(path)
    assert (len(found), len(damages)) == (1, 3)


def test_a_byte_order_mark_costs_no_row(tmp_path: Path) -> None:
    """Files joined one behind the other have one amid their lines, too."""
    path = tmp_path / "rows"
    path.write_bytes(codecs.BOM_UTF8 + ROW * 2 + codecs.BOM_UTF8 + ROW)
    found, damages = _split(path)
    assert [record.payload for record in found] == [b"A text that stays."] * 3
    assert not damages


@pytest.mark.parametrize(
    "content",
    [
        b'<!doctype html>\n<html><script>\n{"text": "a"}\n</script><style>\np\n{\n</style></html>',
        b'\x89PNG\r\n\x1a\n\0\0\0\r\n{"text": "a"}\n',
        b"p\n{\n color: red }\n",
        b"int main()\n{\n return 0; }\n",
        b'[\n{"text": "a"},\n{"text": "b"}\n]\n',
        b'{\n  "name": "crawl",\n  "pages": [\n    { "text": "a" },\n    { "text": "b" }\n  ]\n}\n',
    ],
    ids=["html", "binary", "style sheet", "program", "array", "object"],
)
def test_what_only_holds_braces_is_refused_as_a_whole(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    found, damages = _split(path)
    assert not found
    assert [damage.why.partition(":")[0] for damage in damages] == ["no WARC, ARC, WET, JSON lines or Parquet"]


def test_a_warc_that_is_damaged_at_its_start_is_no_json_lines(tmp_path: Path, response: Write) -> None:
    path = tmp_path / "cut.warc"
    path.write_bytes(b'the end of a body\n{"text": "a"}\r\n\r\n' + response(1, b"<p>one</p>"))
    found, damages = _split(path)
    assert [record.record_id for record in found] == ["<urn:uuid:1>"]
    assert len(damages) == 1


@pytest.mark.parametrize("blank", ["", " \n\t", "\u00a0"])
def test_a_row_with_an_empty_html_gives_its_text(tmp_path: Path, blank: str) -> None:
    rows = [{"html": blank, "text": "A text that stays."}, {"html": blank, "text": None}]
    (tmp_path / "lines").write_text("".join(json.dumps(row) + "\n" for row in rows))
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "columns")
    for name in ("lines", "columns"):
        found, damages = _split(tmp_path / name)
        assert [record.payload for record in found] == [b"A text that stays.", blank.encode()], name
        assert not damages


@pytest.mark.parametrize("field", ["body", "text", "raw_content"])
def test_html_in_a_field_of_any_name_is_cleaned_as_html(tmp_path: Path, field: str) -> None:
    source = tmp_path / "rows.jsonl"
    source.write_text(json.dumps({field: f"\n {PAGE}"}) + "\n")
    fields = Fields(content=("body", *Fields().content))
    (kept,) = _job(source, ArchiveOptions(workers=1, fields=fields))
    assert SENTENCE in kept["content"]
    assert "<" not in kept["content"]


@pytest.mark.parametrize(
    "text",
    [
        f"In HTML, <html> opens a page and <p> a paragraph. {SENTENCE}",
        f"<alice> {SENTENCE}",
        f"<3 {SENTENCE}",
        f"<a, b> is a product. {SENTENCE}",
        f"<bob@example.org> wrote: {SENTENCE}",
    ],
)
def test_plain_text_that_holds_angle_brackets_keeps_them(tmp_path: Path, text: str) -> None:
    source = tmp_path / "rows.jsonl"
    source.write_text(json.dumps({"text": text}) + "\n")
    (kept,) = _job(source, ArchiveOptions(workers=1))
    assert kept["content"].strip() == text


def test_markdown_that_begins_with_a_tag_stays_markdown(tmp_path: Path) -> None:
    source = tmp_path / "rows.jsonl"
    source.write_text(json.dumps({"markdown": f"<p>\n\n# Bridge closed\n\n{SENTENCE}"}) + "\n")
    (kept,) = _job(source, ArchiveOptions(workers=1))
    assert "# Bridge" not in kept["content"]


def test_texts_that_are_not_cleaned_keep_their_markup(tmp_path: Path) -> None:
    source = tmp_path / "rows.jsonl"
    source.write_text(json.dumps({"text": PAGE}) + "\n")
    (kept,) = _job(source, ArchiveOptions(workers=1, clean=None))
    assert kept["content"] == PAGE


@pytest.mark.parametrize("options", [ArchiveOptions(workers=1), ArchiveOptions(workers=1, clean=None)])
def test_a_row_of_text_is_not_decoded_by_what_its_page_declares(tmp_path: Path, options: ArchiveOptions) -> None:
    """JSON was decoded already; the page still names the charset that it was fetched in."""
    page = f'<meta charset="windows-1252"><p>Große Brücke. {SENTENCE}</p>'
    source = tmp_path / "rows.jsonl"
    source.write_text(json.dumps({"html": page}) + "\n")
    (kept,) = _job(source, options)
    assert "Große Brücke." in kept["content"]


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary()])
@pytest.mark.parametrize("options", [ArchiveOptions(workers=1), ArchiveOptions(workers=1, clean=None)])
def test_columns_of_bytes_are_read_in_the_charset_of_each_page(
    tmp_path: Path, kind: pa.DataType, options: ArchiveOptions
) -> None:
    page = f'<meta charset="windows-1252"><p>Große Brücke. {SENTENCE}</p>'
    columns = {
        "html": pa.array([page.encode("cp1252"), b"", None], kind),
        "text": pa.array(
            [None, f"Große Brücke. {SENTENCE[::-1]}".encode(), f"Die Straße. {SENTENCE}".encode("utf-16")]
        ),
        "url": pa.array([f"http://example.org/{number}".encode() for number in range(3)], kind),
        "date": pa.array([b"2020-01-01"] * 3, kind),
    }
    parquet.write_table(pa.table(columns), tmp_path / "columns")
    kept = _job(tmp_path / "columns", options)
    assert ["Große Brücke." in one["content"] or "Die Straße." in one["content"] for one in kept] == [True] * 3
    assert [(one["url"], one["date"]) for one in kept] == [
        (f"http://example.org/{number}", "2020-01-01") for number in range(3)
    ]


def test_binary_data_in_a_column_of_bytes_is_quarantined_also_where_nothing_is_cleaned(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"text": [b"\x89PNG\r\n\x1a\n" + bytes(range(256)), ROW]}), tmp_path / "columns")
    for options in (ArchiveOptions(workers=1), ArchiveOptions(workers=1, clean=None)):
        assert len(_job(tmp_path / "columns", options)) == 1
        quarantined = (tmp_path / "columns out/quarantine.jsonl").read_text()
        assert "PNG image" in json.loads(quarantined)["why"]
        (tmp_path / "columns out").rename(tmp_path / f"seen {options.clean is None}")


def test_a_column_of_nanoseconds_ends_no_job(tmp_path: Path) -> None:
    """It is what pandas writes."""
    dates = pa.array([1577836800123456789, None], pa.timestamp("ns", "UTC"))
    parquet.write_table(pa.table({"text": ["a", "b"], "date": dates}), tmp_path / "columns")
    found, damages = _split(tmp_path / "columns")
    assert [record.date for record in found] == ["2020-01-01 00:00:00.123456+00:00", None]
    assert not damages


@pytest.mark.parametrize(
    ("times", "date"),
    [
        (pa.array([2**62, 0], pa.timestamp("us")), None),
        (pa.array([2**62, 0], pa.timestamp("us", "Mars/Base")), None),
        (pa.array([1577836800, 0], pa.timestamp("s", "Mars/Base")), "2020-01-01 00:00:00+00:00"),
        (pa.array([1, 0], pa.duration("ns")), None),
    ],
)
def test_a_time_that_python_cannot_hold_ends_no_job(tmp_path: Path, times: pa.Array, date: str | None) -> None:
    parquet.write_table(pa.table({"text": ["a", "b"], "date": times}), tmp_path / "columns")
    found, damages = _split(tmp_path / "columns")
    assert [record.payload for record in found] == [b"a", b"b"]
    assert found[0].date == date
    assert not damages


@pytest.mark.parametrize("packed", [False, True])
def test_a_text_of_parquet_that_is_no_utf8_costs_no_other_row(tmp_path: Path, *, packed: bool) -> None:
    """Arrow checks none when it reads, and other writers wrote what they had."""
    texts = pa.array([b"a", "Gr\xfc\xdfe".encode("latin-1"), b"c"])
    column = pa.Array.from_buffers(pa.string(), len(texts), texts.buffers())
    column = column.dictionary_encode() if packed else column
    parquet.write_table(pa.table({"text": column, "id": column}), tmp_path / "columns")
    kept = _job(tmp_path / "columns", ArchiveOptions(workers=1, clean=None))
    assert [one["content"] for one in kept] == ["a", "Grüße", "c"]


def test_a_damaged_group_of_rows_costs_itself_alone(tmp_path: Path) -> None:
    path = tmp_path / "columns"
    parquet.write_table(pa.table({"text": [f"text {number}" for number in range(40)]}), path, row_group_size=10)
    chunk = parquet.ParquetFile(path).metadata.row_group(1).column(0)
    start = chunk.dictionary_page_offset or chunk.data_page_offset
    content = bytearray(path.read_bytes())
    content[start : start + 20] = b"\xff" * 20
    path.write_bytes(content)
    found, damages = _split(path)
    assert [record.offset for record in found] == [*range(10), *range(20, 40)]
    assert [(damage.offset, damage.length) for damage in damages] == [(10, 10)]


def test_parquet_within_a_compressed_file_says_what_to_do(tmp_path: Path) -> None:
    parquet.write_table(pa.table({"text": ["a"]}), tmp_path / "columns")
    (tmp_path / "packed").write_bytes(gzip.compress((tmp_path / "columns").read_bytes()))
    (damage,) = read(tmp_path / "packed")
    assert isinstance(damage, Damage)
    assert "decompress it first" in damage.why


def test_half_of_a_surrogate_pair_costs_a_character_and_no_row(tmp_path: Path) -> None:
    """json.dumps writes it, and NaN."""
    row = {
        "id": "\ud83d1",
        "url": "http://example.org/\udc00",
        "text": f"\ud83d {SENTENCE} \U0001f600",
        "score": float("nan"),
    }
    source = tmp_path / "rows.jsonl"
    source.write_text(json.dumps(row) + "\n" + json.dumps({"text": SENTENCE[::-1], "other": "\ud83d"}) + "\n")
    kept = _job(source, ArchiveOptions(workers=1, clean=None))
    assert [one["content"] for one in kept] == [f"\ufffd {SENTENCE} \U0001f600", SENTENCE[::-1]]
    assert (kept[0]["id"], kept[0]["url"]) == ("\ufffd1", "http://example.org/\ufffd")


def _record(kind: bytes, content_type: bytes, body: bytes) -> bytes:
    return (
        b"WARC/1.0\r\nWARC-Type: %b\r\nWARC-Target-URI: http://example.org/a\r\nContent-Type: %b\r\n"
        b"Content-Length: %d\r\n\r\n%b\r\n\r\n" % (kind, content_type, len(body), body)
    )


def test_a_conversion_to_html_is_cleaned_as_html(tmp_path: Path) -> None:
    source = tmp_path / "a.warc"
    source.write_bytes(_record(b"conversion", b"text/html; charset=utf-8", PAGE.encode()))
    (kept,) = _job(source, ArchiveOptions(workers=1))
    assert SENTENCE in kept["content"]
    assert "<" not in kept["content"]


@pytest.mark.parametrize(
    ("record", "text"),
    [
        ((b"resource", b"text/html; charset=shift_jis", "<p>橋は閉鎖された</p>".encode("cp932")), "橋は閉鎖された"),
        ((b"resource", b"text/html", '<meta charset="gb2312"><p>桥</p>'.encode("gb18030")), "<p>桥</p>"),
        ((b"conversion", b"text/plain; charset=windows-1251", "Мост закрыт".encode("cp1251")), "Мост закрыт"),
        ((b"conversion", b"text/plain", '"<meta charset=gb2312>" è così'.encode()), "è così"),
    ],
)
def test_pages_that_are_not_cleaned_are_decoded_by_what_they_declare(
    tmp_path: Path, record: tuple[bytes, bytes, bytes], text: str
) -> None:
    source = tmp_path / "a.warc"
    source.write_bytes(_record(*record))
    (kept,) = _job(source, ArchiveOptions(workers=1, clean=None))
    assert text in kept["content"]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("NaN", None),
        ("-Infinity", None),
        ("null", None),
        ("true", "true"),
        ('[1, "a"]', '[1,"a"]'),
        ('{"$oid": "4f"}', '{"$oid":"4f"}'),
        ('["\\ud800"]', None),
        ("1.5", "1.5"),
        ("7", "7"),
    ],
)
def test_an_id_is_what_the_row_says_and_nothing_that_python_makes_of_it(
    tmp_path: Path, written: str, told: str | None
) -> None:
    """Rows without an id were all called `nan`, and `True` was found in no other copy of the data."""
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"text": "A text.", "id": {written}, "date": {written}, "url": {written}}}\n')
    [record], damages = _split(path)
    assert (record.record_id, record.date, record.url) == (told, told, told)
    assert not damages


def test_an_empty_cell_of_a_column_of_numbers_is_no_id(tmp_path: Path) -> None:
    table = pa.table({"text": ["A text.", "Another."], "id": [1.0, float("nan")], "date": [True, None]})
    parquet.write_table(table, tmp_path / "a")
    found, _ = _split(tmp_path / "a")
    assert [(record.record_id, record.date) for record in found] == [("1.0", "true"), (None, None)]
