"""Compressed both ways: answers that are worth it, streams that can be read as they come, and bombs."""

from __future__ import annotations

import gzip
import json
import sys
import urllib.request
import zlib
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from service.compression import accepted_encoding
from service.decompression import StreamDecompressor, decompress
from service.errors import MalformedBodyError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TEXT = "The ferry will run twice an hour from May, the company says, and in the evening until the last train is in. "
PAGE = f"<h1>Ferry</h1>{''.join(f'<p>{number}. {TEXT}' for number in range(40))}"
LINES = b"".join(json.dumps({"html": PAGE, "id": str(number)}).encode() + b"\n" for number in range(30))

COMPRESS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstd.compress,
}
OPEN: Final[dict[str, Callable[[], Any]]] = {
    "gzip": lambda: zlib.decompressobj(zlib.MAX_WBITS | 16),
    "deflate": zlib.decompressobj,
    "zstd": zstd.ZstdDecompressor,
}


@pytest.mark.parametrize("encoding", COMPRESS)
def test_an_answer_comes_compressed_as_the_client_asks(service: Any, encoding: str) -> None:
    def ask(accepted: str) -> tuple[str | None, str, bytes]:
        headers = {"Content-Type": "text/html", "Accept-Encoding": accepted}
        request = urllib.request.Request(f"{service.url}/v1/clean?detail=blocks", PAGE.encode(), headers)
        with urllib.request.urlopen(request, timeout=240) as response:
            return response.headers["Content-Encoding"], response.headers["Vary"], response.read()

    plain = ask("identity")
    assert (plain[0], plain[1]) == (None, "Accept-Encoding")
    packed = ask(f"{encoding}, br;q=1.0")
    assert packed[0] == encoding
    assert len(packed[2]) < len(plain[2]) / 3
    assert OPEN[encoding]().decompress(packed[2]) == plain[2]


def test_a_client_gets_what_it_likes_best_and_can_read() -> None:
    accepted = {
        None: "identity",
        "": "identity",
        "br": "identity",
        "gzip, deflate, br, zstd": "zstd",
        "gzip;q=1.0, zstd;q=0.5": "gzip",
        "*": "zstd",
        "identity, gzip;q=0.5": "identity",
        "gzip;q=0": "identity",
        "GZIP": "gzip",
    }
    assert {header: accepted_encoding(header) for header in accepted} == accepted


@pytest.mark.parametrize("encoding", COMPRESS)
def test_a_stream_is_compressed_both_ways_and_each_answer_can_be_read_as_it_comes(
    service: Any, encoding: str
) -> None:
    link = HTTPConnection(urlsplit(service.url).netloc, timeout=240)
    link.putrequest("POST", "/v1/clean/stream", skip_accept_encoding=True)
    for name, value in (
        ("Content-Type", "application/x-ndjson"),
        ("Transfer-Encoding", "chunked"),
        ("Content-Encoding", encoding),
        ("Accept-Encoding", encoding),
    ):
        link.putheader(name, value)
    link.endheaders()
    first, second = (COMPRESS[encoding](half) for half in (LINES[:80_000], LINES[80_000:]))
    send(link, first + second[:5])
    answer = link.getresponse()
    assert answer.getheader("Content-Encoding") == encoding
    reader, found = OPEN[encoding](), b""
    while b"\n" not in found:
        found += reader.decompress(answer.read1(100_000))
    assert json.loads(found.partition(b"\n")[0])["id"] == "0"
    send(link, second[5:])
    send(link, b"")
    while piece := answer.read1(100_000):
        found += reader.decompress(piece)
    link.close()
    assert [json.loads(line)["id"] for line in found.splitlines()] == [str(number) for number in range(30)]
    assert reader.eof


@pytest.mark.parametrize("encoding", COMPRESS)
def test_a_bomb_in_a_stream_is_refused_and_one_that_is_cut_off_named(service: Any, encoding: str) -> None:
    first = LINES.partition(b"\n")[0] + b"\n"
    bomb = COMPRESS[encoding](first + b'{"html": "' + bytes(200_000_000))
    assert codes(service, bomb, encoding) == [None, "body_too_large"]
    assert codes(service, COMPRESS[encoding](first + first)[:-3], encoding)[-1] == "malformed_body"
    assert codes(service, COMPRESS[encoding](first) + b"rest", encoding) == [None, "malformed_body"]


def codes(service: Any, body: bytes, encoding: str) -> list[str | None]:
    headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": encoding}
    request = urllib.request.Request(f"{service.url}/v1/clean/stream", body, headers)
    with urllib.request.urlopen(request, timeout=240) as response:
        return [json.loads(line).get("code") for line in response.read().splitlines()]


def send(link: HTTPConnection, data: bytes) -> None:
    link.send(f"{len(data):x}\r\n".encode() + data + b"\r\n")


@pytest.mark.parametrize("options", [zlib.MAX_WBITS, -zlib.MAX_WBITS], ids=["with header", "raw"])
def test_a_deflated_stream_may_come_byte_by_byte(options: int) -> None:
    compressor = zlib.compressobj(wbits=options)
    undo = StreamDecompressor("deflate")
    plain = b""
    for byte in compressor.compress(b"the tide table") + compressor.flush():
        undo.feed(bytes([byte]))
        plain += undo.piece()
    undo.end()
    assert plain == b"the tide table"


def test_a_stream_of_one_byte_is_cut_off() -> None:
    undo = StreamDecompressor("deflate")
    undo.feed(b"x")
    assert undo.piece() == b""
    with pytest.raises(MalformedBodyError, match="cut off"):
        undo.end()


@pytest.mark.parametrize("padding", [b"\0", bytes(511)])
def test_a_body_that_is_padded_to_whole_blocks_is_read_as_by_gzip(padding: bytes) -> None:
    padded = gzip.compress(b"one ") + padding + gzip.compress(b"two") + padding
    assert decompress(padded, "gzip", 100) == b"one two"
    stream = StreamDecompressor("gzip")
    found = b""
    for byte in padded:
        stream.feed(bytes([byte]))
        while piece := stream.piece():
            found += piece
    stream.end()
    assert found == b"one two"
    with pytest.raises(MalformedBodyError):
        decompress(padding + padded, "gzip", 100)
