"""Bytes that are no UTF-8, wherever a client can put them: what cannot be read is refused, and is no fault of ours."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import msgpack
import pytest

from service.auth import make_key

PAGE = b"<p>The ferry leaves at nine."
PACKED: bytes = msgpack.packb({"html": "<p>The ferry leaves at nine.", "id": "ferry"})


def send(url: str, line: bytes, *headers: bytes, body: bytes = b"") -> tuple[int, bytes]:
    """A request byte for byte, and its answer's status and body."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), timeout=120) as connection:
        length = b"Content-Length: %d" % len(body)
        head = (line + b" HTTP/1.1", b"Host: x", b"Connection: close", length, *headers, b"", body)
        connection.sendall(b"\r\n".join(head))
        answer = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    return int(answer[9:12]), answer.partition(b"\r\n\r\n")[2]


@pytest.fixture(scope="module")
def url(start: Callable[..., Any]) -> str:
    return str(start(state="memory").url)


@pytest.mark.parametrize("byte", [b"\xff", b"\xe4", b"\xed\xa0\x80"])
def test_a_charset_that_no_text_can_name_is_passed_over(url: str, byte: bytes) -> None:
    """It cost a stack trace in the log and a 500, where an unknown charset costs nothing."""
    status, body = send(url, b"POST /v1/clean", b"Content-Type: text/html; charset=" + byte, body=PAGE)
    assert status == 200
    assert b"The ferry leaves at nine." in body


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (b"/v1/clean", PACKED),
        (b"/v1/clean/batch", msgpack.packb({"pages": []})),
        (b"/v1/clean/stream", PACKED),
        (b"/v1/fingerprints", msgpack.packb({"texts": ["a"]})),
        (b"/v1/documents", PACKED),
        (b"/v1/documents/search", PACKED),
    ],
    ids=["clean", "batch", "stream", "fingerprints", "documents", "search"],
)
@pytest.mark.parametrize(
    "header",
    [
        b"Content-Type: application/msgpack; x=\xff",
        b"X-Request-Id: \xff",
        b"Accept: */*; q=1; x=\xff",
        b"Accept-Encoding: \xff, gzip",
        b"Authorization: Bearer \xff",
        b"Origin: \xff",
    ],
)
def test_a_header_that_is_no_text_costs_no_answer(url: str, path: bytes, body: bytes, header: bytes) -> None:
    headers = [header] if header.startswith(b"Content-Type") else [b"Content-Type: application/msgpack", header]
    assert send(url, b"POST " + path, *headers, body=body)[0] == 200


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (b"Content-Type: \xff/\xff", 415),
        (b"Content-Type: \xff", 415),
        (b"Content-Encoding: \xff", 415),
        (b"Accept: \xff", 406),
        (b"Expect: \xff", 417),
    ],
)
def test_a_header_that_names_nothing_there_is_is_refused_by_its_own_error(
    url: str, header: bytes, status: int
) -> None:
    named = [] if header.startswith(b"Content-Type") else [b"Content-Type: text/html"]
    assert send(url, b"POST /v1/clean", *named, header, body=PAGE)[0] == status


@pytest.mark.parametrize(
    "line",
    [
        b"GET /v1/sites/%ff",
        b"GET /v1/sites/\xff",
        b"DELETE /v1/sites/%ed%a0%80",
        b"DELETE /v1/documents/%ff",
        b"DELETE /v1/documents/\xff",
        b"GET /%ff",
        b"GET /\xff",
        b"POST /v1/clean?url=%ff",
        b"POST /v1/clean?%ff=1",
        b"POST /v1/clean?\xff=\xff",
        b"POST /v1/clean/stream?ordered=\xff",
        b"POST /v1/clean/batch?\xff=\xff",
    ],
)
def test_an_address_that_is_no_text_is_refused_or_read_with_replacements(url: str, line: bytes) -> None:
    kind = b"application/x-ndjson" if b"stream" in line else b"application/json" if b"batch" in line else b"text/html"
    assert send(url, line, b"Content-Type: " + kind, body=PAGE)[0] < 500


def test_a_key_that_is_no_text_is_refused_as_unknown(start: Callable[..., Any]) -> None:
    _, table = make_key("a")
    service = start(keys="a:" + table.split('"')[3])
    assert send(service.url, b"GET /v1/sites", b"Authorization: Bearer \xff")[0] == 401
    assert send(service.url, b"GET /v1/sites", b"Authorization: \xff")[0] == 401
