"""Pages that are turned away at the door: as they would be further in, and no other request is mistaken for one."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any, Self
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientSession, web

from service.context import LIFECYCLE, METRICS, PLACES, SETTINGS
from service.lifecycle import Lifecycle
from service.limits import Places
from service.listening import Listening
from service.metrics import Metrics
from service.settings import Settings
from service.turnstile import turnstiles
from tests.service.test_faults import Several, ask, get, stopped, until, workers_of

BODY = json.dumps({"html": "<p>The ferry leaves at nine."}).encode()
LENGTH = b"Content-Length: %d" % len(BODY)


def head(*fields: bytes, line: bytes = b"POST /v1/clean HTTP/1.1") -> bytes:
    return b"\r\n".join((line, b"Host: x", b"Content-Type: application/json", *fields, b"", b""))


class Connection:
    """To a service, byte for byte."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self.socket = socket.create_connection((address.hostname, address.port), timeout=60)
        self._file = self.socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self) -> tuple[int, dict[str, str], Any]:
        """The next answer: status, headers and body."""
        status = int(self._file.readline().split()[1])
        headers = {name.lower(): value for name, value in http.client.parse_headers(self._file).items()}
        body = self._file.read(int(headers["content-length"]))
        return status, headers, json.loads(body) if "json" in headers["content-type"] else body

    def is_closed(self) -> bool:
        return self._file.read(1) == b""


@pytest.fixture(scope="module")
def full(start: Callable[..., Any]) -> Iterator[Any]:
    """A service without a free place."""
    service = start(queue=1, page_time_limit=600, deadline=600, keepalive_timeout=1, max_body_bytes=10_000)
    with stopped(workers_of(service)):
        pages = Several(service.url, 2)
        until(lambda: b"dedup_jobs_unanswered 2.0" in get(service.url, "/metrics")[1])
        yield service
    assert [one.status for one in pages.all()] == [200, 200]


def test_the_answer_is_that_of_the_route(full: Any) -> None:
    """Two ways to refuse that differed would be two things for a client to know."""
    with Connection(full.url) as connection:
        connection.send(head(LENGTH, b"X-Request-Id: one") + BODY)
        at_the_door = connection.answer()
        connection.send(head(b"Transfer-Encoding: chunked", b"X-Request-Id: one") + b"0\r\n\r\n")
        further_in = connection.answer()
    for answer in (at_the_door, further_in):
        answer[1].pop("date")
    assert at_the_door == further_in
    assert at_the_door[0] == 503
    assert at_the_door[2]["code"] == "overloaded"
    assert at_the_door[2]["request_id"] == at_the_door[1]["x-request-id"] == "one"


def test_requests_in_one_piece_are_answered_each_in_its_turn(full: Any) -> None:
    with Connection(full.url) as connection:
        connection.send(b"".join(head(LENGTH, b"X-Request-Id: %d" % number) + BODY for number in range(9)))
        assert [connection.answer()[1]["x-request-id"] for _ in range(9)] == list("012345678")


def test_requests_in_many_pieces_are_answered_once_each(full: Any) -> None:
    whole = b"".join(head(LENGTH, b"X-Request-Id: %d" % number) + BODY for number in range(3))
    for size in (1, 7, len(head(LENGTH)), len(whole) - 1):
        with Connection(full.url) as connection:
            for at in range(0, len(whole), size):
                connection.send(whole[at : at + size])
                time.sleep(0.0005)
            assert [connection.answer()[1]["x-request-id"] for _ in range(3)] == list("012")
            connection.send(head(line=b"GET /livez HTTP/1.1"))
            assert connection.answer()[0] == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (head(LENGTH, LENGTH) + BODY, 400),
        (head(LENGTH, b"Content-Length: 1") + BODY, 400),
        (head(LENGTH, b"Content-Length : 1") + BODY, 400),
        (head(LENGTH, b"Transfer-Encoding: chunked") + BODY, 400),
        (head(b"Content-Length: +1") + b"x", 400),
        (head(LENGTH, b"Expect: nothing") + BODY, 503),
        (head(LENGTH, line=b"PUT /v1/clean HTTP/1.1") + BODY, 405),
        (head(LENGTH, line=b"POST /v1/cleaner HTTP/1.1") + BODY, 404),
        (head(LENGTH, line=b"GET /livez HTTP/1.1") + BODY, 200),
    ],
)
def test_what_is_no_page_of_the_usual_form_goes_through(full: Any, sent: bytes, status: int) -> None:
    """A request whose end is told in another way than a proxy before the service reads it could smuggle one in."""
    with Connection(full.url) as connection:
        connection.send(sent)
        assert connection.answer()[0] == status


def test_a_connection_that_is_to_be_closed_is(full: Any) -> None:
    with Connection(full.url) as connection:
        connection.send(head(LENGTH, b"Connection: close") + BODY)
        assert connection.answer()[0] == 503
        assert connection.is_closed()


def test_the_rest_of_a_body_that_is_too_large_is_not_read(full: Any) -> None:
    with Connection(full.url) as connection:
        connection.send(head(b"Content-Length: 1000000000"))
        assert connection.answer()[0] == 503
        assert connection.is_closed()


def test_a_body_that_is_asked_for_first_is_refused_before_it_is_sent(full: Any) -> None:
    with Connection(full.url) as connection:
        connection.send(head(LENGTH, b"Expect: 100-continue"))
        assert connection.answer()[0] == 503


def test_a_connection_that_is_refused_again_and_again_is_in_use(full: Any) -> None:
    """It would be closed as idle, perhaps while the client sends its next page."""
    with Connection(full.url) as connection:
        for _ in range(30):
            connection.send(head(LENGTH) + BODY)
            assert connection.answer()[0] == 503
            time.sleep(0.1)
        assert connection.is_closed()  # a second later


def test_a_refused_body_that_does_not_come_holds_no_connection(full: Any) -> None:
    with Connection(full.url) as connection:
        connection.send(head(LENGTH) + BODY[:1])
        assert connection.answer()[0] == 503
        assert connection.is_closed()


def test_refusals_are_counted(full: Any) -> None:
    def counted() -> float:
        lines = get(full.url, "/metrics")[1].decode().splitlines()
        return sum(float(line.split()[-1]) for line in lines if "requests_total" in line and '"503"' in line)

    before = counted()
    assert ask(full.url).status == 503
    assert counted() == before + 1


def test_a_page_behind_one_that_is_worked_on_waits_for_its_turn(start: Callable[..., Any]) -> None:
    """Answers of one connection come in the order of its requests, refusals as well."""
    service = start(queue=1, page_time_limit=600, deadline=600)
    with Connection(service.url) as connection:
        with stopped(workers_of(service)):
            other = Several(service.url, 1)
            connection.send(head(LENGTH, b"X-Request-Id: first") + BODY)
            until(lambda: b"dedup_jobs_unanswered 2.0" in get(service.url, "/metrics")[1])
            connection.send(head(LENGTH, b"X-Request-Id: second") + BODY)
            assert ask(service.url).status == 503
        assert [connection.answer()[1]["x-request-id"] for _ in range(2)] == ["first", "second"]
    assert other.all()[0].status == 200


@pytest.mark.parametrize("bad", [b"ZZ\r\n", b"5\r\nabcdefgh\r\n", b"f" * 20 + b"\r\n"])
@pytest.mark.parametrize("path", [b"/v1/clean", b"/v1/clean/stream"])
def test_a_body_whose_framing_breaks_on_the_way_is_told_so_at_once(
    start: Callable[..., Any], path: bytes, bad: bytes
) -> None:
    """It was waited for until the body's time was over, and called slow."""
    record = b'{"id": "one", "html": "<p>The ferry leaves at nine."}\n'
    kind = b"application/x-ndjson" if path.endswith(b"stream") else b"application/json"
    with Connection(start().url) as connection:
        sent = (b"POST " + path + b" HTTP/1.1", b"Host: x", b"Content-Type: " + kind, b"Transfer-Encoding: chunked")
        connection.send(b"\r\n".join((*sent, b"", b"%x" % len(record), record, b"")))
        time.sleep(0.3)
        began = time.monotonic()
        connection.send(bad)
        answered = b"".join(iter(lambda: connection.socket.recv(1 << 16), b""))
        assert time.monotonic() - began < 10  # a body may take 20
    assert b"malformed_body" in answered
    assert answered.count(b"HTTP/1.") == 1
    assert (b'"id":"one"' in answered) == path.endswith(b"stream")


@asynccontextmanager
async def served(places: int, **settings: Any) -> AsyncIterator[tuple[str, list[str]]]:
    """An application with so many places, and what its handler was asked."""
    asked = []

    async def handle(request: web.Request) -> web.Response:
        asked.append(await request.text())
        return web.Response()

    app = web.Application()
    app[SETTINGS] = Settings(**settings)
    app[LIFECYCLE], app[METRICS], app[PLACES] = Lifecycle(), Metrics(), Places(places, 0)
    app.router.add_post("/v1/clean", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    assert runner.server is not None
    listening = await Listening.at("127.0.0.1", 0, runner.server, turnstiles(runner), 0)
    try:
        yield listening.url, asked
    finally:
        listening.close()
        await runner.cleanup()


@pytest.mark.parametrize(("places", "statuses"), [(0, [503, 503]), (1, [200, 200])])
async def test_where_no_place_is_free_aiohttp_sees_none_of_it(places: int, statuses: list[int]) -> None:
    """If aiohttp no longer told that it waits for a request, all would go through, and overload cost goodput again."""
    async with served(places) as (url, asked), ClientSession() as session:
        found = [(await session.post(f"{url}/v1/clean?lean=1", data="ferry")).status for _ in statuses]
    assert found == statuses
    assert len(asked) == 2 * places


async def test_pages_of_other_origins_are_told_so_further_in() -> None:
    async with served(0, cors="*") as (url, asked), ClientSession() as session:
        assert (await session.post(f"{url}/v1/clean", data="ferry")).status == 200
    assert asked == ["ferry"]
