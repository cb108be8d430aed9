"""Clients that ask for much and read little: what waits for them is bounded, and does not wait for ever."""

from __future__ import annotations

import json
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

MEGABYTES = json.dumps({"texts": ["a"] * 2000, "num_perm": 1024}).encode()
"""A request of 10 kB whose answer has more than 20 MB."""


@contextmanager
def asking(
    url: str,
    path: str = "/v1/fingerprints",
    body: bytes = MEGABYTES,
    kind: str = "application/json",
    size: int | None = None,
) -> Iterator[socket.socket]:
    """A connection on which the answer has begun, and of which little is read ahead."""
    address = urlsplit(url)
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(120)
        connection.connect((address.hostname, address.port))
        length = len(body) if size is None else size
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
        connection.sendall(head.encode() + body)
        yield connection


def metric(url: str, name: str) -> float:
    with urllib.request.urlopen(f"{url}/metrics", timeout=60) as answer:
        lines = answer.read().decode().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))


def wait_until(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.2)


def rest_of(connection: socket.socket) -> int:
    """How many more bytes come until the connection ends, in whatever way."""
    size = 0
    try:
        while data := connection.recv(1 << 20):
            size += len(data)
    except ConnectionError:
        pass
    return size


def test_an_answer_that_is_never_read_is_counted_and_not_kept(start: Callable[..., Any]) -> None:
    """Six such clients held half a gigabyte for as long as they liked, and no metric told."""
    url = start(body_timeout=3).url
    with asking(url) as connection:
        assert connection.recv(12) == b"HTTP/1.1 200"
        assert metric(url, "dedup_pending_bytes") > 10_000_000
        wait_until(lambda: metric(url, "dedup_pending_bytes") == 0)
        assert rest_of(connection) < 20_000_000


def test_unread_answers_beyond_the_budget_are_refused_for_now(start: Callable[..., Any]) -> None:
    url = start(max_body_bytes=1_000_000, max_pending_bytes=30_000_000, body_timeout=100).url
    with asking(url) as first, asking(url) as second:
        told = sorted(connection.recv(12) for connection in (first, second))
        assert told == [b"HTTP/1.1 200", b"HTTP/1.1 503"]


def test_an_answer_larger_than_the_budget_goes_out_where_nothing_else_waits(start: Callable[..., Any]) -> None:
    """Refused, it would be refused each time."""
    url = start(max_body_bytes=1_000_000, max_pending_bytes=1_000_000).url
    headers = {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(f"{url}/v1/fingerprints", MEGABYTES, headers)) as answer:
        assert len(json.load(answer)["digests"]) == 2000


def test_a_slow_reader_that_goes_on_reading_gets_its_whole_answer(start: Callable[..., Any]) -> None:
    url = start(body_timeout=4).url
    with asking(url) as connection:
        head, _, body = connection.recv(4096).partition(b"\r\n\r\n")
        size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        ends = time.monotonic() + 12
        read = len(body)
        while time.monotonic() < ends:
            read += len(connection.recv(4096))
            time.sleep(0.1)
        while read < size and (data := connection.recv(1 << 20)):
            read += len(data)
        assert read == size


def test_the_reader_of_a_stream_may_pause_and_one_that_has_stopped_is_cut(start: Callable[..., Any]) -> None:
    """It may have other work between two pages; one that never comes back would hold its pages for ever."""
    url = start(body_timeout=1).url
    pages = json.dumps({"text": "The ferry leaves at nine. " * 4000, "detail": "full"}).encode() + b"\n"
    with asking(url, "/v1/clean/stream", b"", "application/x-ndjson", size=1 << 40) as connection:
        connection.settimeout(3)  # three times the patience with whoever waits for one page
        with pytest.raises(TimeoutError):
            send_on(connection, pages)
        assert connection.recv(12) == b"HTTP/1.1 200"
        connection.settimeout(120)
        with pytest.raises(ConnectionError):
            send_on(connection, pages)


def send_on(connection: socket.socket, data: bytes) -> None:
    while True:
        connection.sendall(data)


def test_a_small_request_cannot_ask_for_an_answer_of_any_size(service: Any) -> None:
    body = json.dumps({"texts": ["a"] * 4000, "num_perm": 1024}).encode()
    with asking(service.url, body=body) as connection:
        assert connection.recv(12) == b"HTTP/1.1 422"
        assert b"texts: 4000, and with num_perm 1024 at most 2048 a call" in connection.recv(4096)
