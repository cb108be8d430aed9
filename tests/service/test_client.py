"""The client gives what the library gives, and loses nothing where the service stumbles."""

from __future__ import annotations

import asyncio
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

import dedup
from benchmarks.served import family
from dedup.errors import OptionError
from dedup.page import CleanPage, PageInput
from service.client import AsyncClient, Client, ClientOptions
from service.client_patience import pause_after
from service.errors import ClientError, RefusedError, UnreachableError


def page(number: int) -> PageInput:
    body = f"The pier of island {number} was closed for the winter, and nobody of the {number * 7} people minded it."
    return PageInput(
        html=f"<nav><a href=/>Home</a></nav><h1>Pier {number}</h1><p>{body}</p>", url=f"https://a.example/{number}"
    )


@pytest.fixture(scope="module")
def url(start: Callable[..., object]) -> str:
    return str(start(state="memory", workers=2).url)  # type: ignore[attr-defined]


@pytest.mark.parametrize("option", [{"attempts": 0}, {"window": 0}, {"batch": -1}, {"window": "8"}])
def test_a_number_that_would_send_nothing_is_refused(option: dict[str, Any]) -> None:
    """A window of no pages would wait for ever."""
    with pytest.raises(OptionError, match=f"{next(iter(option))}: expected a whole number from 1 to"):
        ClientOptions(**option)


def test_the_pause_doubles_up_to_a_longest_and_a_service_that_asks_for_more_gets_it() -> None:
    """`Retry-After: 2` used to end the doubling, and a client gave up within the seconds that a restart takes."""
    options = ClientOptions(pause=1, longest_pause=7)
    assert pause_after(2000, None, options) == 7
    assert 2 <= pause_after(3, 0.5, options) <= 4
    assert pause_after(1, 5, options) == 5
    assert pause_after(1, 60, options) == 7


def test_a_page_comes_back_as_the_library_gives_it(url: str) -> None:
    given = page(1)
    given = PageInput(html=given.html, url="https://unlearned.example/1")  # other tests teach the service their site
    with Client(url) as client:
        found = client.clean(given, detail="full", learn=False)
    expected = dedup.clean(given.html, url=given.url, options=dedup.CleanOptions(list_links=True))
    assert (found.content, found.blocks[0].text, found.links) == (
        expected.content,
        expected.blocks[0].text,
        expected.links,
    )


def test_bytes_go_as_they_are_with_the_charset_that_they_came_with(url: str) -> None:
    with Client(url) as client:
        found = client.clean(PageInput(html="<meta charset=cp1252><p>Fähre im Hafen</p>".encode("cp1252")))
        named = PageInput(html="<p>Паром в порту</p>".encode("koi8-r"), content_type="text/html; charset=koi8-r")
        results = [client.clean(named), *client.clean_many([named]), *client.stream([named])]
    assert found.content == "Fähre im Hafen"
    assert [result.content for result in results if isinstance(result, CleanPage)] == ["Паром в порту"] * 3


def test_batches_and_streams_keep_the_order_and_tell_errors_in_their_place(url: str) -> None:
    pages = [*map(page, range(70)), PageInput(), *map(page, range(70, 150))]
    with Client(url, ClientOptions(batch=32, window=16)) as client:
        for results in (client.clean_many(pages), list(client.stream(iter(pages)))):
            assert len(results) == len(pages)
            assert isinstance(results[70], RefusedError)
            assert results[70].problem.code == "ambiguous_input"
            for given, found in zip(pages[:70] + pages[71:], results[:70] + results[71:], strict=True):
                assert isinstance(found, CleanPage)
                assert found.url == given.url


def test_a_page_that_cannot_be_sent_is_told_in_its_place_and_shifts_no_other(url: str) -> None:
    """Who pairs pages with answers would store the wrong content for every page after it."""
    odd: list[Any] = [page(1), PageInput(html="<p>Half a \ud800 pair"), "nonsense", PageInput(html=object()), page(2)]  # type: ignore[arg-type]
    with Client(url) as client:
        for results in (client.clean_many(odd), list(client.stream(iter(odd)))):
            first, surrogate, nonsense, object_, last = results
            assert isinstance(first, CleanPage)
            assert isinstance(last, CleanPage)
            assert (first.url, last.url) == (odd[0].url, odd[-1].url)
            assert isinstance(surrogate, CleanPage)
            assert surrogate.content == dedup.clean(odd[1].html).content
            for refused in (nonsense, object_):
                assert isinstance(refused, RefusedError)
                assert refused.problem.code == "invalid_field"
        with pytest.raises(RefusedError, match="ask for `full`"):
            client.clean(page(1), detail="spans")


def test_a_batch_too_large_to_be_sent_at_once_goes_in_parts(start: Callable[..., Any]) -> None:
    small = start(max_body_bytes=100_000).url
    long = PageInput(text="word " * 6_000)
    with Client(small) as client:
        results = client.clean_many([long] * 8 + [PageInput(text="word " * 30_000)] + [page(1)])
    assert [isinstance(result, CleanPage) for result in results] == [*[True] * 8, False, True]
    assert isinstance(results[8], RefusedError)
    assert results[8].problem.code == "body_too_large"


def test_pages_may_wait_for_the_answers_of_those_before_them(url: str) -> None:
    """A crawl's frontier is fed by what was found on earlier pages."""
    found: queue.Queue[int | None] = queue.Queue()
    found.put(0)

    def frontier() -> Iterator[PageInput]:
        while (number := found.get(timeout=30)) is not None:
            yield page(number)
            assert client.sites() is not None  # the same client may be called meanwhile

    with Client(url) as client:
        answers = []
        for answer in client.stream(frontier()):
            answers.append(answer)
            found.put(len(answers) if len(answers) < 5 else None)
        assert [answer.url for answer in answers if isinstance(answer, CleanPage)] == [page(n).url for n in range(5)]
        for _ in client.stream(map(page, range(1_000))):
            break  # nobody is left waiting
    assert [thread.name for thread in threading.enumerate() if thread.name == "dedup client"] == []


def test_a_client_that_is_not_open_says_so_and_may_be_opened_again(url: str) -> None:
    client = Client(url)
    with pytest.raises(ClientError, match="use it in a `with` block"):
        client.sites()
    for _ in range(2):
        with client:
            client.sites()
    with pytest.raises(ClientError, match="use it in a `with` block"):
        client.sites()


def test_site_and_time_of_a_page_reach_the_memory(url: str) -> None:
    pages = [msgspec.structs.replace(page(n), url=None, id=str(n), site="my crawl", time=1_000) for n in range(3)]
    with Client(url) as client:
        assert client.clean(pages[0], learn=True).site == "my crawl"
        client.clean_many(pages)
        assert [(site.site, site.pages) for site in client.sites() if site.site == "my crawl"] == [("my crawl", 3)]
        client.forget_site("my crawl")


async def test_many_tasks_share_one_client(url: str) -> None:
    async with AsyncClient(url) as client:
        found = await asyncio.gather(*(client.clean(page(number)) for number in range(40)))
    assert [one.url for one in found] == [page(number).url for number in range(40)]


def test_every_call_has_its_method(url: str) -> None:
    with Client(url) as client:
        client.clean(page(1))
        assert [site.site for site in client.sites()] == ["a.example"]
        client.forget_site("a.example")
        assert client.sites() == []
        text = PageInput(text=" ".join(f"word{number}" for number in range(200)), id="doc")
        assert client.add_document(text).added
        (found,) = client.search_documents(msgspec.structs.replace(text, id="other")).near_duplicates
        assert (found.id, found.jaccard) == ("doc", 1.0)
        client.forget_document("doc")
        address = "https://a.example/ferry?page=2/3#x y"  # an id may be any text
        assert client.add_document(msgspec.structs.replace(text, id=address)).added
        client.forget_document(address)
        assert client.search_documents(text).near_duplicates == ()
        prints = client.fingerprints(["one text", "another text"], num_perm=64)
        rows = [np.frombuffer(row, "<u4").tolist() for row in prints.signatures if isinstance(row, bytes)]
        expected = dedup.Fingerprinter(num_perm=64, shingle=5, seed=1).signatures(["one text", "another text"])
        assert rows == expected.tolist()


def test_the_example_cleans_lines_and_tells_which_page_was_refused(url: str) -> None:
    lines = b"".join(msgspec.json.encode({"html": page(n).html, "id": str(n)}) + b"\n" for n in range(9))
    lines += msgspec.json.encode({"html": 7, "id": "9"}) + b"\n"
    example = Path(__file__).parents[2] / "examples" / "clean_stream.py"
    done = subprocess.run(
        [sys.executable, str(example), url], input=lines, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert b"invalid_field" in done.stderr
    results = [msgspec.json.decode(line, type=CleanPage) for line in done.stdout.splitlines()]
    assert [one.id for one in results] == [str(number) for number in range(9)]


def test_a_refusal_says_why_and_a_dead_address_is_told(url: str) -> None:
    with Client(url) as client, pytest.raises(RefusedError, match="ambiguous_input"):
        client.clean(PageInput())
    with Client("http://127.0.0.1:9", ClientOptions(attempts=2, pause=0.01)) as client:
        with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:9"):
            client.clean(page(1))
        with pytest.raises(UnreachableError):
            list(client.stream([page(1)]))
    with pytest.raises(ClientError, match="with"):
        asyncio.run(AsyncClient(url).clean(page(1)))


def test_a_service_that_stays_away_is_given_up_once_patience_is_over() -> None:
    options = ClientOptions(patience=0.5, pause=0.05, longest_pause=0.05)
    with Client("http://127.0.0.1:9", options) as client:
        for call in (lambda: client.clean(page(1)), lambda: list(client.stream([page(1)]))):
            began = time.monotonic()
            with pytest.raises(UnreachableError):
                call()
            assert time.monotonic() - began >= 0.5


def test_what_the_pages_raise_is_raised_and_not_taken_for_their_end(url: str) -> None:
    """A crawl must not look complete where its source broke."""

    def broken() -> Iterator[PageInput]:
        yield page(0)
        yield page(1)
        raise OSError("the disk went away")

    found: list[object] = []
    with Client(url) as client, pytest.raises(OSError, match="the disk went away"):
        found.extend(client.stream(broken()))
    assert len(found) == 2


async def test_a_source_that_is_slower_than_the_services_patience_loses_nothing(start: Callable[..., object]) -> None:
    """The service closes silent streams; the next page goes by a new one."""
    url = str(start(body_timeout=0.5).url)  # type: ignore[attr-defined]
    async with AsyncClient(url, ClientOptions(attempts=2)) as client:
        found = [result async for result in client.stream(seldom(3))]
    assert [result.url for result in found if isinstance(result, CleanPage)] == [page(n).url for n in range(4)]


async def test_pages_that_come_more_seldom_than_the_client_waits_for_an_answer_lose_nothing(url: str) -> None:
    """Where no page waits for an answer, a silent stream is no service that hangs."""
    async with AsyncClient(url, ClientOptions(timeout=2, attempts=1)) as client:
        found = [result async for result in client.stream(seldom(5))]
    assert [result.url for result in found if isinstance(result, CleanPage)] == [page(n).url for n in range(4)]


async def test_a_stream_that_is_cut_while_it_waits_for_pages_counts_as_no_failure(url: str) -> None:
    """Load balancers cut connections that were silent for a while."""
    host, port = url.removeprefix("http://").split(":")

    async def pipe(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(None) as silence:
                while data := await source.read(65536):
                    target.write(data)
                    silence.reschedule(asyncio.get_running_loop().time() + 2)

    async def balance(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, pages = await asyncio.open_connection(host, port)
        await asyncio.wait(
            [asyncio.create_task(pipe(reader, pages)), asyncio.create_task(pipe(answers, writer))],
            return_when=asyncio.FIRST_COMPLETED,
        )
        writer.transport.abort()
        pages.transport.abort()

    async with await asyncio.start_server(balance, "127.0.0.1", 0) as balancer:
        address = f"http://127.0.0.1:{balancer.sockets[0].getsockname()[1]}"
        async with AsyncClient(address, ClientOptions(attempts=1)) as client:
            found = [result async for result in client.stream(seldom(3))]
    assert [result.url for result in found if isinstance(result, CleanPage)] == [page(n).url for n in range(4)]


async def seldom(pause: float) -> AsyncIterator[PageInput]:
    for number in range(4):
        if number in {0, 2}:
            await asyncio.sleep(pause)
        yield page(number)


async def test_a_service_that_hangs_in_the_middle_of_a_stream_is_given_up(start: Callable[..., Any]) -> None:
    """It takes connections, since the kernel does that, and neither reads nor answers."""
    service = start()

    async def follow(client: AsyncClient) -> None:
        seen = 0
        async for _ in client.stream(map(page, range(10_000))):
            seen += 1
            if seen == 10:
                service.process.send_signal(signal.SIGSTOP)

    async with AsyncClient(service.url, ClientOptions(timeout=3, attempts=2, window=4)) as client:
        with pytest.raises(UnreachableError):
            await asyncio.wait_for(follow(client), 60)
    service.process.send_signal(signal.SIGCONT)


def test_what_a_batch_refuses_for_now_is_asked_about_again(start: Callable[..., Any]) -> None:
    """A page that came while a worker hung must not be taken for one that cannot be cleaned."""
    service = start(workers=2, deadline=1, page_time_limit=60)
    results: list[object] = []

    def clean() -> None:
        with Client(service.url) as client:
            results.extend(client.clean_many(map(page, range(6))))

    with Client(service.url) as client:
        client.clean_many(map(page, range(20)))  # both workers are warm
    worker = family(service.process.pid)[-1]
    os.kill(worker, signal.SIGSTOP)
    asking = threading.Thread(target=clean)
    asking.start()
    time.sleep(2.5)  # one is refused by then
    os.kill(worker, signal.SIGCONT)
    asking.join()
    assert [one.url for one in results if isinstance(one, CleanPage)] == [page(number).url for number in range(6)]


def test_a_service_that_is_killed_and_started_again_loses_nothing(tmp_path: object, unused_tcp_port: int) -> None:
    """A crawler that follows Retry-After gets every answer, in order, over three kills."""
    stopping = threading.Event()
    environment = {
        **os.environ, "DEDUP_SERVE_PORT": str(unused_tcp_port), "DEDUP_SERVE_WORKERS": "1",
        "DEDUP_SERVE_STATE": f"{tmp_path}/state", "DEDUP_SERVE_DURABILITY": "process",
    }  # fmt: skip
    kills = [0]

    def keep_running() -> None:
        while not stopping.is_set():
            with subprocess.Popen(
                [sys.executable, "-m", "service"], stdout=subprocess.DEVNULL, env=environment
            ) as process:
                ends = time.monotonic() + (4 if kills[0] < 3 else 600)
                while process.poll() is None and time.monotonic() < ends and not stopping.is_set():
                    time.sleep(0.05)
                process.send_signal(signal.SIGKILL)
                kills[0] += 1

    keeper = threading.Thread(target=keep_running)
    keeper.start()
    try:
        options = ClientOptions(attempts=500, pause=0.1, longest_pause=1.0, window=32)
        with Client(f"http://127.0.0.1:{unused_tcp_port}", options) as client:
            results = list(client.stream(slowly(3000)))
            known = client.sites()[0].pages
    finally:
        stopping.set()
        keeper.join()
    assert kills[0] >= 3
    assert [result.url for result in results if isinstance(result, CleanPage)] == [page(n).url for n in range(3000)]
    assert known >= 500  # the latest of a site; older ones are folded into counts


def slowly(count: int) -> Iterator[PageInput]:
    for number in range(count):
        time.sleep(0.005)
        yield page(number)
