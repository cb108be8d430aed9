"""What a server sent is read as a browser would have read it, and no header of it is lost on the way to a WARC."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import brotli
import pytest

from dedup.archive.formats import Record, read
from dedup.archive.formats.http import fields, parse
from dedup.archive.formats.warc import MOST_HEADER
from dedup.archive.pages import page_of
from dedup.page import PageInput

Write = Callable[..., bytes]
PAGE = b"<html><p>The ferry sails at noon.</p></html>"


def _message(headers: bytes, body: bytes = PAGE) -> bytes:
    return b"HTTP/1.1 200 OK\r\n" + headers + b"\r\n" + body


def _chunked(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (b"Content-Encoding: gzip\r\nContent-Encoding: br\r\n", brotli.compress(gzip.compress(PAGE))),
        (b"Content-Encoding: gzip, br\r\n", brotli.compress(gzip.compress(PAGE))),
        (b"Transfer-Encoding: gzip, chunked\r\n", _chunked(gzip.compress(PAGE))),
        (b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", _chunked(gzip.compress(PAGE))),
        (
            b"Content-Encoding: br\r\nTransfer-Encoding: gzip, chunked\r\n",
            _chunked(gzip.compress(brotli.compress(PAGE))),
        ),
        (b"Content-Encoding:\r\n gzip\r\n", gzip.compress(PAGE)),
    ],
)
def test_every_coding_is_undone_in_whichever_lines_it_stands(headers: bytes, body: bytes) -> None:
    assert parse(_message(headers, body), 1 << 20).body == PAGE


def test_the_response_behind_an_interim_one_counts() -> None:
    """A page that came behind 100 Continue was dropped as an error."""
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
    message = interim + _message(b"Content-Type: text/html\r\n")
    assert parse(message, 99) == (200, "text/html", PAGE)
    assert fields(message) == (("Status", "HTTP/1.1 200 OK"), ("Content-Type", "text/html"))
    assert parse(b"HTTP/1.1 100 Continue\r\n\r\n", 99).status == 100


@pytest.mark.timeout(20)
def test_many_interim_responses_cost_no_more_than_their_bytes() -> None:
    assert parse(b"HTTP/1.1 100 Continue\r\n\r\n" * 200_000 + _message(b""), 99).body == PAGE


@pytest.mark.timeout(20)
def test_a_body_that_was_compressed_over_and_over_is_decoded_a_few_times_alone() -> None:
    bomb = gzip.compress(gzip.compress(gzip.compress(gzip.compress(gzip.compress(PAGE)))))
    decoded = parse(_message(b"Content-Encoding: " + b"gzip, " * 9_000 + b"gzip\r\n", bomb), 1 << 20).body
    assert gzip.decompress(decoded) == PAGE


@pytest.mark.parametrize(
    ("headers", "declared"),
    [
        (b"Content-Type: text/html, text/html\r\n", "text/html"),
        (b'Content-Type: "text/html"\r\n', "text/html"),
        (b"Content-Type: application/json\r\nContent-Type: text/html\r\n", "text/html"),
        (b"Content-Type: text/html; charset=cp1252\r\nContent-Type: text/html\r\n", "text/html; charset=cp1252"),
        (b"Content-Type: text/html;\r\n\tcharset=cp1252\r\n", "text/html; charset=cp1252"),
        (b"Content-Type: text/html, unknown\r\n", "text/html"),
        (b"Content-Type: unknown\r\n", "unknown"),
        (b"X: y\r\n", None),
    ],
)
def test_a_content_type_given_oddly_still_makes_a_page(headers: bytes, declared: str | None) -> None:
    message = _message(headers)
    assert parse(message, 99).content_type == declared
    record = Record(file="a", offset=0, length=1, kind="response", payload=message)
    assert isinstance(page_of(record, 1 << 20), PageInput)


def test_a_record_type_in_capitals_and_a_quoted_content_type_are_pages(tmp_path: Path, response: Write) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(response(0, PAGE).replace(b"WARC-Type: response", b"WARC-Type: Response"))
    assert [one.kind for one in read(path) if isinstance(one, Record)] == ["response"]
    resource = Record(
        file="a", offset=0, length=1, kind="resource", content_type='"text/html", text/html', payload=PAGE
    )
    assert isinstance(page_of(resource, 1 << 20), PageInput)


def test_headers_keep_their_bytes_and_their_continuations() -> None:
    odd = "Ü \x0b\x0c\x1c\x85\u2028 ü"
    message = _message(
        f"X-Odd: {odd}\r\nX-Folded: one\r\n two\r\n\tthree\r\n: no name\r\n".encode() + b"X-Old: caf\xe9\r\n"
    )
    assert fields(message) == (
        ("Status", "HTTP/1.1 200 OK"),
        ("X-Odd", odd),
        ("X-Folded", "one two three"),
        ("X-Old", "café"),
    )


@pytest.mark.timeout(20)
def test_a_header_of_many_short_continuations_costs_no_more_than_its_bytes(tmp_path: Path, response: Write) -> None:
    folded = b"X: y\r\n" + b" z\r\n" * (MOST_HEADER // 4 - 100)
    path = tmp_path / "a.warc"
    path.write_bytes(response(0, PAGE).replace(b"WARC-Date", folded + b"WARC-Date"))
    [record] = read(path)
    assert isinstance(record, Record)
    assert parse(record.payload, 99).body == PAGE
