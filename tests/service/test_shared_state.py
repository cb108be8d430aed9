"""Two services on one Redis: what one learns the other knows, and a Redis that goes away stops nothing but learning."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from benchmarks.durability import Server

WORDS = [
    "harbour",
    "bridge",
    "council",
    "port",
    "ferry",
    "winter",
    "repair",
    "ticket",
    "ship",
    "crane",
    "water",
    "pier",
]
NOTICE = (
    "Readers of the Quayside Post support its work, and every subscription keeps the presses in the old dock running."
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    server = Server(tmp_path)
    yield server
    server.kill()


def page(number: int) -> dict[str, object]:
    letter = chr(ord("a") + number)
    rows = [" ".join(WORDS[(number * 7 + row * 3 + at * (row + 2)) % 12] for at in range(40)) for row in range(5)]
    body = "".join(f"<p>{row.capitalize()} {letter}{'qrstu'[place]}x.</p>" for place, row in enumerate(rows))
    html = f"<title>Story {letter}</title><article><h1>Story {letter}</h1>{body}<p>{NOTICE}</p></article>"
    return {"html": html, "url": f"https://www.quayside.example/{number}"}


def clean(url: str, body: object) -> tuple[int, Any, Any]:
    request = urllib.request.Request(
        url + "/v1/clean", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=240) as answer:
            return answer.status, json.loads(answer.read()), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read()), error.headers


def test_two_services_on_one_redis_know_what_the_other_learned_within_a_second(
    start: Callable[..., Any], server: Server
) -> None:
    one, other = (start(state=server.url).url for _ in range(2))
    unseen = page(20) | {"learn": False}
    assert NOTICE in clean(other, unseen)[1]["content"]  # its workers are warm, and it knows nothing
    for number in range(10):
        assert clean(one, page(number))[0] == 200
    time.sleep(1)
    assert NOTICE not in clean(other, unseen)[1]["content"]


def test_a_service_that_gets_no_pages_lists_what_the_other_learned_and_forgot(
    start: Callable[..., Any], server: Server
) -> None:
    one, other = (start(state=server.url).url for _ in range(2))

    def listed() -> list[tuple[str, int]]:
        time.sleep(1)
        with urllib.request.urlopen(other + "/v1/sites") as answer:
            return [(site["site"], site["pages"]) for site in json.loads(answer.read())["sites"]]

    for number in range(3):
        assert clean(one, page(number))[0] == 200
    assert listed() == [("quayside.example", 3)]
    drop = urllib.request.Request(one + "/v1/sites/quayside.example", method="DELETE")
    assert urllib.request.urlopen(drop).status == 204
    assert listed() == []


def test_a_redis_that_goes_away_stops_learning_and_nothing_else(start: Callable[..., Any], server: Server) -> None:
    url = start(state=server.url).url
    for number in range(10):
        assert clean(url, page(number))[0] == 200
    server.kill()
    status, problem, headers = clean(url, page(11))
    assert (status, problem["code"]) == (503, "state_unavailable")
    assert int(headers["Retry-After"]) > 0
    status, result, _ = clean(url, page(11) | {"learn": False})
    assert status == 200
    assert NOTICE not in result["content"]  # what it knows goes on counting
    server.start()
    assert clean(url, page(11))[0] == 200
    with urllib.request.urlopen(url + "/v1/sites/quayside.example") as answer:
        assert json.loads(answer.read())["pages"] == 11  # nothing acknowledged is lost, and nothing counts twice


def test_pages_that_the_state_refused_are_counted_as_failed(start: Callable[..., Any], server: Server) -> None:
    url = start(state=server.url).url
    assert clean(url, page(0))[0] == 200
    server.kill()
    assert clean(url, page(1))[1]["code"] == "state_unavailable"
    with urllib.request.urlopen(url + "/metrics") as answer:
        assert b'dedup_pages_total{status="failed"} 1.0' in answer.read()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/v1/documents/a"),
        ("DELETE", "/v1/sites/quayside.example"),
        ("GET", "/v1/sites"),
        ("POST", "/v1/documents"),
    ],
)
def test_whoever_forgets_or_adds_is_answered_in_time_also_while_redis_hangs(
    start: Callable[..., Any], server: Server, method: str, path: str
) -> None:
    url = start(state=server.url, deadline=1).url
    assert clean(url, page(0))[0] == 200
    body = json.dumps(page(1)).encode() if method == "POST" else None
    request = urllib.request.Request(url + path, body, {"Content-Type": "application/json"}, method=method)
    os.kill(server._process.pid, signal.SIGSTOP)
    hung = urllib.request.Request(url + "/v1/sites/quayside.example", method="DELETE")
    for asked in (hung, request):  # the first holds the state's thread, whatever the second needs of it
        began = time.monotonic()
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(asked, timeout=60)
        with refused.value as answer:
            assert (answer.code, json.loads(answer.read())["code"]) == (503, "deadline_exceeded")
        assert time.monotonic() - began < 4


def test_a_document_keeps_its_place_until_it_is_answered(start: Callable[..., Any], server: Server) -> None:
    """Else any number of them would wait for a state that is slow, and hold their contents meanwhile."""
    url = start(state=server.url, queue=1, deadline=8).url
    codes: list[str] = []

    def add(number: int) -> None:
        body = json.dumps(page(number)).encode()
        request = urllib.request.Request(url + "/v1/documents", body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=240):
                codes.append("added")
        except urllib.error.HTTPError as error:
            with error:
                codes.append(json.loads(error.read())["code"])

    add(0)
    os.kill(server._process.pid, signal.SIGSTOP)
    both = [threading.Thread(target=add, args=(number,)) for number in (1, 2)]
    for one in both:
        one.start()
    time.sleep(2)  # they are cleaned by now
    add(3)
    for one in both:
        one.join()
    assert codes[:2] == ["added", "overloaded"]
    assert set(codes[2:]) <= {"deadline_exceeded", "state_unavailable"}


def test_a_password_that_is_changed_is_told_as_a_state_that_does_not_answer_and_not_where_it_is(
    start: Callable[..., Any], server: Server
) -> None:
    """It was a fault of the service, for good, and told every tenant the address of the Redis."""
    with redis.Redis.from_url(server.url) as operator:
        operator.config_set("requirepass", "first")
        url = start(state=server.url.replace("//", "//:first@")).url
        assert clean(url, page(0))[0] == 200
        operator.execute_command("AUTH", "first")
        operator.config_set("requirepass", "second")
        operator.client_kill_filter(_type="normal", skipme=True)
        status, problem, headers = clean(url, page(1))
        assert (status, problem["code"]) == (503, "state_unavailable")
        assert int(headers["Retry-After"]) > 0
        assert "127.0.0.1" not in problem["detail"]
