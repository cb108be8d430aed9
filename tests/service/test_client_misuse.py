"""A client that is used wrongly, or meets another server, says so; it neither hangs nor loses a page."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler
from itertools import repeat
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from dedup.errors import InputError, OptionError
from dedup.page import CleanPage, PageInput
from service.client import AsyncClient, Client, ClientOptions
from service.errors import ClientError, RefusedError
from service.problems import problem

PAGE = PageInput(html="<h1>Pier</h1><p>The pier was closed for the winter, and nobody minded it.</p>")


@pytest.fixture(scope="module")
def url(start: Callable[..., object]) -> str:
    return str(start(state="memory", workers=1).url)  # type: ignore[attr-defined]


class Stranger(BaseHTTPRequestHandler):
    """A web server that answers every call with a page of its own."""

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        page = b"<html>Welcome</html>"
        self.send_response(200)
        self.send_header("Content-Length", str(len(page)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(page)

    do_GET = do_POST = do_DELETE = answer  # noqa: N815  (as http.server wants them)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def stranger(serving: Callable[..., AbstractContextManager[str]]) -> Iterator[str]:
    with serving(Stranger) as url:
        yield url


@pytest.mark.parametrize("address", ["127.0.0.1:8080", "localhost", "", "http://", "ftp://a", "http://a:99999", None])
def test_what_is_no_address_is_refused_at_once(address: Any) -> None:
    """It was asked eight times, for half a minute, and then did not answer."""
    for client in (Client, AsyncClient):
        with pytest.raises(OptionError, match="url: expected the address of a service"):
            client(address)


@pytest.mark.parametrize(
    "wrong",
    [
        {"timeout": 0},
        {"timeout": "3"},
        {"pause": -1},
        {"longest_pause": None},
        {"accept_encoding": None},
    ],
)
def test_an_option_out_of_range_is_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(OptionError, match=f"{next(iter(wrong))}: expected"):
        ClientOptions(**wrong)


def test_a_key_with_its_line_break_is_refused_and_not_shown() -> None:
    with pytest.raises(OptionError, match="without a line break") as told:
        ClientOptions(key="secret\n")
    assert "secret" not in str(told.value)


def test_options_that_are_a_dict_are_refused() -> None:
    with pytest.raises(OptionError, match="options: expected ClientOptions"):
        Client("http://127.0.0.1:8080", {"key": "x"})  # type: ignore[arg-type]  # the fault that is tested


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.clean(PAGE),
        lambda client: client.clean_many([PAGE]),
        lambda client: list(client.stream([PAGE])),
        lambda client: client.sites(),
        lambda client: client.fingerprints(["a"]),
        lambda client: client.forget_site("a.example"),  # looked forgotten
    ],
)
def test_another_server_is_told_from_the_service(stranger: str, call: Callable[[Client], object]) -> None:
    with Client(stranger) as client, pytest.raises(ClientError, match="does not answer as `dedup serve` does"):
        call(client)


def test_none_in_place_of_a_page_does_not_end_the_stream(url: str) -> None:
    """Pages after it were lost, and the crawl looked complete."""
    pages: list[Any] = [PAGE, None, PAGE, ValueError("no page"), PAGE]
    kinds = [CleanPage, RefusedError, CleanPage, RefusedError, CleanPage]
    with Client(url) as client:
        assert [type(result) for result in client.stream(pages)] == kinds
        assert [type(result) for result in client.clean_many(pages)] == kinds


async def test_nor_does_it_where_pages_come_asynchronously(url: str) -> None:
    async def pages() -> AsyncIterator[Any]:
        for page in (PAGE, None, PAGE):
            yield page

    async with AsyncClient(url) as client:
        results = [type(result) async for result in client.stream(pages())]
    assert results == [CleanPage, RefusedError, CleanPage]


def test_a_number_too_large_to_be_sent_is_told_in_its_place(url: str) -> None:
    pages = [PAGE, PageInput(html="<p>x", time=10**30), PAGE]
    with Client(url) as client:
        assert [type(result) for result in client.clean_many(pages)] == [CleanPage, RefusedError, CleanPage]
        with pytest.raises(RefusedError, match="invalid_field"):
            client.fingerprints(["\ud800"])


@pytest.mark.parametrize("pages", ["<p>x", PAGE, None])
def test_one_page_in_place_of_many_is_refused(url: str, pages: Any) -> None:
    with Client(url) as client:
        for call in (client.clean_many, lambda given: list(client.stream(given))):
            with pytest.raises(InputError, match="pages: expected an iterable of PageInput"):
                call(pages)


@pytest.mark.parametrize("end", [SystemExit(3), KeyboardInterrupt()])
def test_pages_that_end_the_program_do_not_hang_the_client(url: str, end: BaseException) -> None:
    """The event loop ended in its thread, and every call waited for it for ever."""

    def pages() -> Iterator[PageInput]:
        yield PAGE
        raise end

    results: list[object] = []
    with Client(url) as client:
        with pytest.raises(type(end)):
            results.extend(client.stream(pages()))
        assert len(results) == 1
        assert client.clean(PAGE).content


async def test_however_many_streams_there_are_a_page_refused_for_now_is_asked_about_again() -> None:
    """A hundred of them held all connections, and each waited for one more, for ever."""
    streams = 120
    over = asyncio.Event()

    async def refuse_for_now(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/msgpack"})
        await response.prepare(request)
        await response.write(msgspec.msgpack.encode(problem("overloaded", "it is full", "1")))
        await over.wait()
        return response

    async def refuse(_: web.Request) -> web.Response:
        return web.Response(status=422, body=msgspec.json.encode(problem("invalid_field", "it is none", "2")))

    async def first_answer(client: AsyncClient) -> object:
        return await anext(client.stream(repeat(PAGE)))

    app = web.Application()
    app.router.add_post("/v1/clean/stream", refuse_for_now)
    app.router.add_post("/v1/clean", refuse)
    async with TestServer(app) as server, AsyncClient(str(server.make_url("/"))) as client, asyncio.timeout(30):
        answers = await asyncio.gather(*(first_answer(client) for _ in range(streams)))
        over.set()
    assert [type(answer) for answer in answers] == [RefusedError] * streams


async def test_pages_that_wait_for_what_was_cancelled_end_the_stream_after_their_answers(url: str) -> None:
    """The connection went silent, and was tried again for eight minutes."""

    async def pages() -> AsyncIterator[PageInput]:
        for _ in range(3):
            yield PAGE
        producer = asyncio.create_task(asyncio.sleep(60))
        await asyncio.sleep(0)
        producer.cancel()
        await producer

    results: list[object] = []

    async def follow(client: AsyncClient) -> None:
        async for result in client.stream(pages()):
            results.append(result)  # noqa: PERF401  (a list that is not finished would be lost)

    async with AsyncClient(url) as client, asyncio.timeout(20):
        with pytest.raises(asyncio.CancelledError):
            await follow(client)
        assert len(results) == 3
        assert (await client.clean(PAGE)).content


async def test_an_async_client_says_that_it_is_closed_and_may_be_opened_again(url: str) -> None:
    client = AsyncClient(url)
    async with client:
        with pytest.raises(ClientError, match="open already"):
            await client.__aenter__()
    with pytest.raises(ClientError, match="not open"):
        await client.clean(PAGE)
    async with client:
        assert (await client.clean(PAGE)).content


def test_a_client_opened_within_itself_says_so_and_goes_on(url: str) -> None:
    with Client(url) as client:
        with pytest.raises(ClientError, match="open already"), client:
            pass
        assert client.clean(PAGE).content


@pytest.mark.parametrize("name", ["", ".", "..", None, 3])
def test_forgetting_what_has_no_name_calls_no_other_route(url: str, name: Any) -> None:
    """`..` became `DELETE /v1/`, and an answer that told of no such route."""
    with Client(url) as client:
        with pytest.raises(OptionError, match="site: expected"):
            client.forget_site(name)
        with pytest.raises(OptionError, match="document_id: expected"):
            client.forget_document(name)


@pytest.mark.parametrize("awaits", [True, False], ids=["an_answer", "nothing"])
def test_a_client_that_is_closed_lets_go_of_threads_that_follow_a_stream(url: str, *, awaits: bool) -> None:
    """They waited for ever for an event loop that had ended, in one of three tries."""
    for _ in range(20):
        told = close_while_followed(url, awaits=awaits)
        assert len(told) == 1
    for thread in threading.enumerate():
        if thread.name == "dedup pages":
            thread.join(60)
            assert not thread.is_alive()


def close_while_followed(url: str, *, awaits: bool) -> list[ClientError]:
    """What a thread is told that follows a stream and, when the client is closed, awaits an answer or does not."""
    told: list[ClientError] = []
    begun, closed = threading.Event(), threading.Event()

    def pages() -> Iterator[PageInput]:
        yield PAGE
        if awaits:
            closed.wait(0.2)  # the source gives no more for now
        while True:
            yield PAGE

    def follow(client: Client) -> None:
        try:
            for _ in client.stream(pages()):
                begun.set()
                if not awaits:
                    closed.wait(60)
        except ClientError as error:
            told.append(error)

    with Client(url) as client:
        thread = threading.Thread(target=follow, args=(client,), daemon=True)
        thread.start()
        assert begun.wait(60)
    closed.set()
    thread.join(60)
    assert not thread.is_alive()
    return told


def test_pages_of_a_batch_may_wait_for_calls_of_the_same_client(url: str) -> None:
    """They were taken in the thread of the event loop, which then waited for itself for ever."""
    told: list[object] = []

    def clean() -> None:
        with Client(url) as client:
            known = (page for page in [PAGE] * 3 if client.clean(page).content)
            told.extend(client.clean_many(known))

    thread = threading.Thread(target=clean, daemon=True)
    thread.start()
    thread.join(20)
    assert len(told) == 3


class Crawl:
    """A stream that was left, in an object that refers to itself: only the collector of garbage ends it."""

    def __init__(self, client: Client) -> None:
        self.answers = client.stream(iter([PAGE] * 100))
        self.itself = self
        next(self.answers)


def answers_after(client: Client, collect: Callable[[], object]) -> bool:
    """Whether a client answers once the garbage that holds a stream of it was collected."""
    gc.disable()  # until it is to be
    try:
        Crawl(client)
        told: list[CleanPage] = []

        def call() -> None:
            collect()
            told.append(client.clean(PAGE))

        thread = threading.Thread(target=call, daemon=True)
        thread.start()
        thread.join(20)
    finally:
        gc.enable()
    return bool(told)


def test_a_stream_may_end_as_garbage_in_the_thread_of_the_event_loop(url: str) -> None:
    """That thread waited for ever for what it had to do itself, and with it each call of the client."""
    with Client(url) as client:
        loop = client._loop
        assert loop is not None
        assert answers_after(client, lambda: loop.call_soon_threadsafe(gc.collect))


def test_a_stream_may_end_as_garbage_while_another_call_is_handed_over(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_over, left = asyncio.run_coroutine_threadsafe, [gc.collect]

    def collect_first(*arguments: Any) -> Any:
        while left:
            left.pop()()
        return hand_over(*arguments)

    with Client(url) as client:
        assert answers_after(
            client, lambda: monkeypatch.setattr("service.client.asyncio.run_coroutine_threadsafe", collect_first)
        )


def test_an_interrupted_stream_takes_no_more_pages_even_where_the_interrupt_is_kept(
    serving: Callable[..., AbstractContextManager[str]],
) -> None:
    """Its thread waited until the program's end, as a debugger or a notebook keeps the traceback."""
    over = threading.Event()

    class Silent(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            over.wait(60)

        def log_message(self, *_: object) -> None:
            pass

    kept: list[BaseException] = []
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with serving(Silent) as url, Client(url, ClientOptions(window=1)) as client:
        for _ in range(10):
            interrupt = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
            interrupt.start()
            with pytest.raises(KeyboardInterrupt) as caught:
                next(client.stream(repeat(PAGE)))
            kept.append(caught.value)
            interrupt.join()
        signal.signal(signal.SIGINT, before)
        over.set()
        threads = [thread for thread in threading.enumerate() if thread.name == "dedup pages"]
        for thread in threads:
            thread.join(2)
        assert not any(thread.is_alive() for thread in threads)


def test_a_program_may_end_before_its_stream_does(url: str) -> None:
    """It hung at its exit, waiting for the event loop, whose thread does not go on by then."""
    program = f"""
from dedup.page import PageInput
from service.client import Client

client = Client({url!r})
client.__enter__()
answers = client.stream(iter([PageInput(html="<p>The pier was closed for the winter.")] * 10_000))
print(next(answers).content)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, "The pier was closed for the winter.\n")
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_a_client_that_crossed_a_fork_says_so(url: str) -> None:
    """It waited for ever for a thread that only its parent has."""
    with Client(url) as client, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of any fork beside threads
        child = os.fork()
        if not child:
            signal.alarm(20)
            try:
                client.clean(PAGE)
            except ClientError:
                os._exit(7)
            os._exit(1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        assert client.clean(PAGE).content
