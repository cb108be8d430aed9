"""A client whose calls pass a proxy, which has words of its own."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from typing import Any

import msgspec
import pytest

import dedup
from dedup import PageInput
from dedup.page import CleanPage
from service.client import AsyncClient, Client, ClientOptions
from service.errors import ClientError, RefusedError, UnreachableError

Serving = Callable[[type[BaseHTTPRequestHandler]], AbstractContextManager[str]]

PAGE = PageInput(html="<p>The ferry leaves at nine.")
RESULT = msgspec.msgpack.encode(dedup.clean(PAGE.html))
BAD_GATEWAY = b"<html>\r\n<h1>502 Bad Gateway</h1>\r\n</html>"


class Proxy(BaseHTTPRequestHandler):
    """Answers what its class says, and in the end as the service does."""

    protocol_version = "HTTP/1.1"
    answers: list[tuple[int, dict[str, str], bytes]]

    def do_POST(self) -> None:
        size = self.read_body()
        status, headers, body = self.answer(size)
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def read_body(self) -> int:
        if "Content-Length" in self.headers:
            return len(self.rfile.read(int(self.headers["Content-Length"])))
        while size := int(self.rfile.readline(), 16):
            self.rfile.read(size + 2)
        self.rfile.readline()
        return 0

    def answer(self, _size: int) -> tuple[int, dict[str, str], bytes]:
        return self.answers.pop(0) if self.answers else (200, {}, RESULT)

    def log_message(self, *_: object) -> None:
        """Quiet."""


def saying(*answers: tuple[int, dict[str, str], bytes]) -> type[Proxy]:
    return type("Saying", (Proxy,), {"answers": list(answers)})


CALLS: dict[str, Callable[[Client], object]] = {
    "clean": lambda client: [client.clean(PAGE)],
    "stream": lambda client: list(client.stream([PAGE])),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("status", [502, 504])
def test_a_service_that_restarts_behind_a_proxy_costs_no_page(
    serving: Serving, status: int, call: Callable[[Client], Any]
) -> None:
    """A crawl ended where, without the proxy, the client would have come again."""
    answer = (status, {"Content-Type": "text/html"}, BAD_GATEWAY)
    with serving(saying(answer, answer)) as url, Client(url, ClientOptions(pause=0.01)) as client:
        assert [result.content for result in call(client)] == ["The ferry leaves at nine."]


def test_a_service_that_takes_as_long_as_its_grace_to_restart_costs_no_page(serving: Serving) -> None:
    """The client gave up after eight refusals, and the rest of the crawl was lost."""
    stopping = (503, {"Retry-After": "1"}, b"the service is shutting down")
    with serving(saying(*[stopping] * 9)) as url, Client(url, ClientOptions(longest_pause=1)) as client:
        assert client.clean(PAGE).content == "The ferry leaves at nine."


def test_a_batch_that_takes_too_long_goes_on_in_halves(serving: Serving) -> None:
    """It was sent again as it was, eight times, and took too long each time."""
    sizes: list[int] = []
    late = threading.Event()

    class Slow(Proxy):
        def do_POST(self) -> None:
            pages = msgspec.msgpack.decode(self.rfile.read(int(self.headers["Content-Length"])))["pages"]
            sizes.append(len(pages))
            if len(pages) > 2:
                late.wait(60)
            body = msgspec.msgpack.encode({"results": [msgspec.Raw(RESULT)] * len(pages)})
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with serving(Slow) as url, Client(url, ClientOptions(timeout=5)) as client:
        results = client.clean_many([PAGE] * 5)
        late.set()
    assert sizes == [5, 2, 3, 1, 2]
    assert [result.content for result in results if isinstance(result, CleanPage)] == [
        "The ferry leaves at nine."
    ] * 5


def test_a_service_that_stays_away_behind_a_proxy_is_told_in_its_words(serving: Serving) -> None:
    answer: tuple[int, dict[str, str], bytes] = (502, {}, BAD_GATEWAY)
    options = ClientOptions(pause=0.01, attempts=2)
    told = pytest.raises(UnreachableError, match=r"502: <html> <h1>502 Bad Gateway</h1> </html>$")
    with serving(saying(answer, answer)) as url, Client(url, options) as client, told:
        client.clean(PAGE)


@pytest.mark.parametrize(
    ("after", "least", "most"), [(lambda: "1", 1, 2), (lambda: formatdate(time.time() + 2, usegmt=True), 1, 3)]
)
def test_a_client_comes_again_when_it_is_told_to_in_seconds_or_at_a_date(
    serving: Serving, after: Callable[[], str], least: float, most: float
) -> None:
    """A date, as proxies send it, was not understood: all attempts were over before it."""
    busy = (503, {"Retry-After": after()}, b"busy")
    with serving(saying(busy)) as url, Client(url, ClientOptions(pause=0)) as client:
        began = time.monotonic()
        client.clean(PAGE)
        assert least - 0.1 < time.monotonic() - began < most + 3


@pytest.mark.parametrize("after", ["soon", "", "1.5", "-3", formatdate(0, usegmt=True), "0"])
def test_what_names_no_time_to_come_is_passed_over(serving: Serving, after: str) -> None:
    busy = (503, {"Retry-After": after}, b"busy")
    with serving(saying(busy)) as url, Client(url, ClientOptions(pause=0)) as client:
        assert client.clean(PAGE).content == "The ferry leaves at nine."


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_an_address_that_leads_elsewhere_is_told_with_where_it_leads(
    serving: Serving, call: Callable[[Client], object]
) -> None:
    """A POST was sent on as a GET, and what that led to was told instead."""
    moved = (301, {"Location": "https://dedup.example/v1/clean"}, b"")
    told = pytest.raises(ClientError, match=r"redirects to https://dedup\.example/v1/clean; give the client")
    with serving(saying(moved)) as url, Client(url) as client, told:
        call(client)


def test_pages_that_are_too_much_at_once_for_a_proxy_pass_it_one_by_one(serving: Serving) -> None:
    """All pages of a batch were refused with it."""

    class Narrow(Proxy):
        def answer(self, size: int) -> tuple[int, dict[str, str], bytes]:
            if size > 300:
                return 413, {"Content-Type": "text/html"}, b"<html>413 Request Entity Too Large"
            return 200, {}, msgspec.msgpack.encode({"results": [msgspec.Raw(RESULT)]})

    pages = [PAGE, PageInput(html="<p>" + "The ferry is full. " * 20), PAGE]
    with serving(Narrow) as url, Client(url) as client:
        first, refused, last = client.clean_many(pages)
    assert isinstance(refused, RefusedError)
    assert refused.problem.code == "body_too_large"
    assert not isinstance(first, RefusedError)
    assert not isinstance(last, RefusedError)


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        (lambda client: client.clean_many([PAGE]), msgspec.msgpack.encode({"results": []})),
        (lambda client: list(client.stream([PAGE])), RESULT * 3),
    ],
    ids=["fewer", "more"],
)
def test_answers_that_are_fewer_or_more_than_the_pages_are_told(
    serving: Serving, call: Callable[[Client], object], answer: bytes
) -> None:
    told = pytest.raises(ClientError, match="does not answer as `dedup serve` does")
    with serving(saying((200, {}, answer))) as url, Client(url) as client, told:
        call(client)


async def test_a_client_of_another_event_loop_says_so(serving: Serving) -> None:
    """What was told was a future attached to a different loop."""
    with serving(saying()) as url:
        async with AsyncClient(url) as client:

            def elsewhere() -> None:
                asyncio.run(client.clean(PAGE))

            with pytest.raises(ClientError, match="opened in another event loop"):
                await asyncio.to_thread(elsewhere)


async def test_whoever_waits_for_a_client_that_is_closed_is_told_so(start: Callable[..., Any]) -> None:
    """A bare RuntimeError named a session, or a connection, that the caller knows nothing of."""
    client = AsyncClient(start().url)
    await client.__aenter__()

    async def follow() -> None:
        async for _ in client.stream(iter(lambda: PAGE, None)):
            pass

    calls = [*(client.clean(PAGE) for _ in range(200)), follow()]
    waiting = asyncio.gather(*calls, return_exceptions=True)
    await asyncio.sleep(0.3)
    await client.__aexit__()
    ended = [error for error in await waiting if isinstance(error, BaseException)]
    assert ended
    assert {type(error) for error in ended} == {ClientError}
