"""Streams: answered while they are sent, in order, and never ended by a bad record."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import http.client
import json
import signal
import socket
import struct
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import msgpack
import pytest

from service.errors import BodyTooLargeError, MalformedBodyError, OverloadedError
from service.limits import ByteBudget
from service.records import Lines, Objects

TEXT = "The ferry will run twice an hour from May, the company says, and in the evening until the last train is in."


def page(number: int) -> dict[str, str]:
    return {"id": str(number), "html": f"<title>Ferry</title><h1>Ferry {number}</h1><p>{TEXT}</p><p>{TEXT[::-1]}</p>"}


class Stream:
    """A connection on which a body is sent in pieces and the answer is read in between."""

    def __init__(self, url: str, kind: str = "application/x-ndjson", query: str = "") -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=240)
        self._connection.putrequest("POST", "/v1/clean/stream" + query)
        self._connection.putheader("Content-Type", kind)
        self._connection.putheader("Transfer-Encoding", "chunked")
        self._connection.endheaders()
        self._socket = self._connection.sock

    def send(self, data: bytes) -> None:
        self._socket.sendall(b"%x\r\n%s\r\n" % (len(data), data))

    def answer(self) -> http.client.HTTPResponse:
        return self._connection.getresponse()

    def end(self) -> None:
        self._socket.sendall(b"0\r\n\r\n")

    def close(self) -> None:
        self._connection.close()


def lines(*records: object) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def test_pages_are_answered_while_the_next_ones_are_still_to_come(service: Any) -> None:
    stream = Stream(service.url)
    stream.send(lines(page(1)))
    answer = stream.answer()
    assert json.loads(answer.readline())["id"] == "1"
    stream.send(lines(page(2))[:40])
    stream.send(lines(page(2))[40:] + lines(page(3)))
    assert [json.loads(answer.readline())["id"] for _ in range(2)] == ["2", "3"]
    stream.end()
    assert answer.readline() == b""
    stream.close()


def test_a_bad_record_is_answered_in_its_place_and_the_others_stay_in_order(service: Any) -> None:
    stream = Stream(service.url)
    bad = [b"{not json}\n", lines({"id": "x"}), lines({"html": "a", "colour": 1}), b"[]\n"]
    large = b'{"html": "' + b"x" * 2_100_000 + b'"}\n'
    stream.send(
        lines(page(0)) + bad[0] + lines(page(1)) + bad[1] + bad[2] + b"\n" + bad[3] + lines(*map(page, range(2, 30)))
    )
    for start in range(0, len(large), 50_000):
        stream.send(large[start : start + 50_000])
    stream.send(lines(page(30)).rstrip())  # the last line has no end
    stream.end()
    found = [json.loads(line) for line in stream.answer().read().splitlines()]
    stream.close()
    assert [record.get("id") for record in found if "code" not in record] == [str(number) for number in range(31)]
    codes = [(place, record["code"]) for place, record in enumerate(found) if "code" in record]
    assert codes == [
        (1, "malformed_body"),
        (3, "ambiguous_input"),
        (4, "unknown_field"),
        (5, "invalid_field"),
        (34, "body_too_large"),
    ]


def test_a_line_that_is_cut_off_is_no_json_whatever_stands_before_the_cut(service: Any) -> None:
    """A field that is cut, or one that is not known before it, is not what the sender has to mend."""
    cut = [
        b'{"html": "<p>abc',
        b'{"colour": 1, "html": "<p>abc',
        b'{"html": 7, "url": "http://a.ex',
        b'{"html": "x", "colour',
    ]
    stream = Stream(service.url)
    stream.send(b"\n".join([*cut, lines(page(1)), *cut]))
    stream.end()
    found = [json.loads(line) for line in stream.answer().read().splitlines()]
    stream.close()
    assert found[len(cut)]["id"] == "1"
    problems = found[: len(cut)] + found[len(cut) + 1 :]
    assert [(problem["code"], problem["position"]) for problem in problems] == [
        ("malformed_body", len(line)) for line in (*cut, *cut)
    ]
    assert all("cut off at byte" in problem["detail"] for problem in problems)


def test_messagepack_streams_come_back_as_messagepack_in_any_order_asked_for(service: Any) -> None:
    stream = Stream(service.url, "application/msgpack", "?ordered=false")
    stream.send(b"".join(msgpack.packb(page(number)) for number in range(20)) + msgpack.packb({"html": 3}))
    stream.end()
    answer = stream.answer()
    assert answer.getheader("Content-Type") == "application/msgpack"
    found = list(msgpack.Unpacker(answer))
    stream.close()
    assert {record["id"] for record in found if "code" not in record} == {str(number) for number in range(20)}
    assert [record["code"] for record in found if "code" in record] == ["invalid_field"]


def test_broken_framing_ends_the_stream_with_a_problem_and_loses_nothing_before_it(service: Any) -> None:
    stream = Stream(service.url, "application/msgpack")
    stream.send(msgpack.packb(page(1)) + b"\xc1" + msgpack.packb(page(2)))
    found = list(msgpack.Unpacker(stream.answer()))
    stream.close()
    assert found[0]["id"] == "1"
    assert found[1]["code"] == "malformed_body"
    assert len(found) == 2


@pytest.mark.parametrize(("kind", "strange"), [("application/msgpack", b"\0"), ("application/x-ndjson", b"0\n")])
def test_a_stream_of_what_is_no_page_ends(service: Any, kind: str, strange: bytes) -> None:
    """A hundred kilobytes, compressed, stand for a hundred million zeros, each of which had its answer."""
    body = gzip.compress(strange * 50_000_000)
    headers = {"Content-Type": kind, "Content-Encoding": "gzip"}
    request = urllib.request.Request(f"{service.url}/v1/clean/stream", body, headers)
    with urllib.request.urlopen(request, timeout=240) as answer:
        read = answer.read()
    assert read.count(b"no objects") == 1
    assert read.count(b"urn:dedup:problem:") == 1001


def test_what_ends_a_stream_is_said_last_also_where_pages_come_in_any_order(service: Any) -> None:
    """Whoever reads it knows that every page before it has its answer."""
    stream = Stream(service.url, "application/msgpack", "?ordered=false")
    stream.send(b"".join(msgpack.packb(page(number)) for number in range(8)) + b"\xc1")
    found = list(msgpack.Unpacker(stream.answer()))
    stream.close()
    assert {record["id"] for record in found[:-1]} == {str(number) for number in range(8)}
    assert found[-1]["code"] == "malformed_body"
    assert found[-1]["request_id"].endswith("-8")


def test_a_last_line_that_is_too_large_is_called_that_also_without_its_line_feed(service: Any) -> None:
    stream = Stream(service.url)
    stream.send(lines(page(1)) + b'{"html": "' + b"x" * 2_100_000)
    stream.end()
    found = [json.loads(line) for line in stream.answer().read().splitlines()]
    stream.close()
    assert [record.get("code") for record in found] == [None, "body_too_large"]


def pending(url: str) -> float:
    counts = urllib.request.urlopen(f"{url}/metrics", timeout=30).read().decode()
    return float(counts.partition("\ndedup_pending_bytes ")[2].split()[0])


def until_pending(url: str, least: int, most: int) -> None:
    for _ in range(600):
        if least <= pending(url) <= most:
            return
        time.sleep(0.05)
    raise AssertionError(f"{pending(url)} bytes are held")


def until_still(url: str, least: int) -> None:
    """Wait until at least so many bytes are held, and half a second brings no more: whoever sends is kept waiting."""
    held = [0.0]
    for _ in range(600):
        held.append(pending(url))
        if held[-1] >= least and len(set(held[-10:])) == 1:
            return
        time.sleep(0.05)
    raise AssertionError(f"{held[-10:]} bytes are held")


HALF = b'{"text": "' + b"The ferry will run. " * 30_000
"""Most of a page of a bit more than 600 kB."""


def test_senders_of_unfinished_pages_cannot_fill_the_memory(start: Callable[..., Any]) -> None:
    running = start(max_body_bytes=1_000_000, max_pending_bytes=1_000_000)
    one, other = Stream(running.url), Stream(running.url)
    one.send(HALF)
    until_pending(running.url, len(HALF), len(HALF))
    other.send(HALF)  # there is no room for all of it, so it is not read to its end
    until_still(running.url, len(HALF) + 50_000)
    for stream in (one, other):  # too much beside the other's, in however large pieces that was read
        stream.send(HALF[-380_000:] + b'"}\n')
        stream.end()
    found = [[json.loads(line).get("code") for line in each.answer().read().splitlines()] for each in (one, other)]
    assert sorted(map(str, found)) == ["['overloaded']", "[None]"]  # the two do not wait for each other
    one.close()
    other.close()
    until_pending(running.url, 0, 0)


def test_the_pages_of_a_batch_count_until_they_are_answered(start: Callable[..., Any]) -> None:
    running = start(max_body_bytes=1_000_000, max_pending_bytes=1_000_000)
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    body = gzip.compress(b'{"pages": [' + HALF + b'"}]}')
    request = urllib.request.Request(f"{running.url}/v1/clean/batch", body, headers)
    stream = Stream(running.url)
    stream.send(HALF)
    until_pending(running.url, len(HALF), len(HALF))
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=60)
    with refused.value as answer:
        assert json.loads(answer.read())["code"] == "overloaded"
    stream.close()
    until_pending(running.url, 0, 0)
    with urllib.request.urlopen(request, timeout=60) as response:
        assert [result.get("code") for result in json.loads(response.read())["results"]] == [None]


def test_a_sender_waits_for_pages_under_way_and_is_refused_where_waiting_is_in_vain() -> None:
    async def wait() -> None:
        budget = ByteBudget(100, patience=60)
        budget.take(80)
        waits = asyncio.create_task(budget.wait(40, 0))
        await asyncio.sleep(0.05)
        assert not waits.done()
        budget.give_back(80)
        await waits
        await budget.wait(100, 40)  # alone, it gets what shows whether its record is too large
        assert budget.used == 140
        full = ByteBudget(100, patience=0.2)
        full.take(100)
        with pytest.raises(OverloadedError):
            await full.wait(1, 0)  # nobody gives anything back

    asyncio.run(wait())


def test_a_silent_client_is_cut_off_with_a_word(start: Callable[..., Any]) -> None:
    running = start(body_timeout=0.5)
    stream = Stream(running.url)
    stream.send(lines(page(1)))
    found = [json.loads(line) for line in stream.answer().read().splitlines()]
    stream.close()
    assert found[0]["id"] == "1"
    assert found[1]["code"] == "body_timeout"


def test_a_stopping_service_answers_what_it_has_read_and_says_that_it_stops(start: Callable[..., Any]) -> None:
    running = start()
    stream = Stream(running.url)
    stream.send(lines(*map(page, range(10))))
    answer = stream.answer()
    first = json.loads(answer.readline())
    running.process.send_signal(signal.SIGTERM)
    found = [first, *(json.loads(line) for line in answer.read().splitlines())]
    stream.close()
    assert [record.get("id") for record in found[:-1]] == [str(number) for number in range(10)]
    assert found[-1]["code"] == "shutting_down"
    assert running.process.wait(60) == 0


def test_a_client_that_does_not_read_is_not_read_from(service: Any) -> None:
    """Answers would pile up in the service's memory otherwise."""
    stream = Stream(service.url)
    stream._socket.settimeout(3)
    block = lines(*({**page(number), "detail": "blocks"} for number in range(200)))
    sent = 0
    with contextlib.suppress(TimeoutError):
        while sent < 100_000_000:
            stream.send(block)
            sent += len(block)
    stream.close()
    assert sent < 60_000_000
    time.sleep(0.2)
    again = Stream(service.url)  # and others are served
    again.send(lines(page(1)))
    again.end()
    assert json.loads(again.answer().read())["id"] == "1"
    again.close()


def test_a_client_that_leaves_midway_is_neither_a_fault_in_the_log_nor_one_in_the_counts(
    start: Callable[..., Any], capfd: pytest.CaptureFixture[str]
) -> None:
    running = start()
    for _ in range(5):
        stream = Stream(running.url)
        stream.send(lines(*({**page(number), "detail": "blocks"} for number in range(300))))
        assert json.loads(stream.answer().readline())["id"] == "0"
        stream._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset
        stream._socket.close()
        stream.close()
    time.sleep(1)
    counts = urllib.request.urlopen(f"{running.url}/metrics", timeout=30).read().decode()
    assert 'status="500"' not in counts
    log = capfd.readouterr().err
    assert "ERROR" not in log
    assert "Traceback" not in log


def test_a_client_of_http_1_0_is_answered_without_chunks_until_the_connection_ends(service: Any) -> None:
    body = lines(page(1), page(2))
    place = urlsplit(service.url)
    with socket.create_connection((place.hostname, place.port), timeout=60) as link:
        head = (
            f"POST /v1/clean/stream HTTP/1.0\r\nContent-Type: application/x-ndjson\r\nContent-Length: {len(body)}\r\n"
        )
        link.sendall(head.encode() + b"Connection: keep-alive\r\n\r\n" + body)
        answer = b"".join(iter(lambda: link.recv(65536), b""))
    told, _, found = answer.partition(b"\r\n\r\n")
    assert told.split()[1] == b"200"
    assert b"transfer-encoding" not in told.lower()
    assert [json.loads(line)["id"] for line in found.splitlines()] == ["1", "2"]


@pytest.mark.parametrize(
    ("kind", "query", "code"),
    [
        ("text/html", "", 415),
        ("application/x-ndjson", "?ordered=maybe", 422),
        ("application/x-ndjson", "?order=1", 422),
        ("application/x-ndjson", "?ordered=false&ordered=true", 422),
    ],
)
def test_what_the_head_condemns_is_refused_at_once(service: Any, kind: str, query: str, code: int) -> None:
    stream = Stream(service.url, kind, query)
    assert stream.answer().status == code
    stream.close()


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_records_do_not_depend_on_how_the_bytes_arrive(size: int) -> None:
    records = [json.dumps(page(number)).encode() for number in range(5)]
    for splitter, wanted, end in (
        (Lines(10_000), records, b"\n"),
        (Lines(10_000), records, b"\n\n \r\n\t\n"),
        (Objects(10_000), [msgpack.packb(json.loads(record)) for record in records], b""),
    ):
        data = b"".join(one + end for one in wanted)
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        found = [record for piece in pieces for record in splitter.feed(piece)]
        assert [b"".join(parts) for parts in found if isinstance(parts, list)] == wanted
        assert splitter.rest() is None


def test_a_record_beyond_the_limit_is_an_error_in_its_place() -> None:
    found = list(Lines(10).feed(b"short\n" + b"x" * 30 + b"\nagain\n"))
    assert [type(record) for record in found] == [list, BodyTooLargeError, list]
    with pytest.raises(MalformedBodyError):
        list(Objects(10).feed(msgpack.packb("x" * 100)[:50]))
