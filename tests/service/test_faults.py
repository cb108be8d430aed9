"""When workers stop, pages come faster than they go, or the disk is full: what was taken is answered, the rest refused.

Workers are stopped by SIGSTOP: a real process that does nothing any more.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

import msgpack

from benchmarks.served import family
from service.cleaning import open_cleaner
from service.envelope import Answer, Gone, Head, Question, Setup, pack_request, pack_setup, unpack_result

TEXT = "The ferry will run twice an hour from May, the company says, and in the evening until the last train is in."
PAGE = f"<title>Ferry</title><h1>Ferry</h1><p>{TEXT}</p><p>{TEXT[::-1]}</p>"


class Answered(NamedTuple):
    status: int
    retry_after: str | None
    body: Any


def ask(address: str, **fields: object) -> Answered:
    body = json.dumps({"html": PAGE, **fields}).encode()
    request = urllib.request.Request(f"{address}/v1/clean", body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return Answered(answer.status, None, json.loads(answer.read()))
    except urllib.error.HTTPError as error:
        with error:
            return Answered(error.code, error.headers["Retry-After"], json.loads(error.read()))


def get(url: str, path: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url + path, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


class Several:
    """So many pages, sent without waiting for their answers."""

    def __init__(self, url: str, count: int) -> None:
        self.answers: list[Answered] = []
        self._threads = [threading.Thread(target=self._ask, args=(url, str(number))) for number in range(count)]
        for thread in self._threads:
            thread.start()

    def _ask(self, url: str, name: str) -> None:
        self.answers.append(ask(url, id=name))

    def wait(self, count: int) -> list[Answered]:
        """The first answers that come."""
        until(lambda: len(self.answers) >= count)
        return self.answers[:count]

    def all(self) -> list[Answered]:
        for thread in self._threads:
            thread.join()
        return self.answers


def until(condition: Callable[[], bool]) -> None:
    """Wait for what must come, however busy the machine is."""
    for _ in range(1200):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come within a minute")


@contextmanager
def stopped(workers: list[int]) -> Iterator[None]:
    for worker in workers:
        os.kill(worker, signal.SIGSTOP)
    try:
        yield
    finally:
        for worker in workers:
            os.kill(worker, signal.SIGCONT)


def workers_of(service: Any) -> list[int]:
    ask(service.url)  # they are warm
    return family(service.process.pid)[1:]


def test_what_finds_no_place_is_told_when_to_come_again_and_what_found_one_is_answered(
    start: Callable[..., Any],
) -> None:
    service = start(queue=2, page_time_limit=60, deadline=120)
    with stopped(workers_of(service)):
        pages = Several(service.url, 8)
        refused = pages.wait(5)
        assert [(one.status, one.body["code"]) for one in refused] == [(503, "overloaded")] * 5
        assert all(int(one.retry_after or 0) > 0 for one in refused)
    assert [one.status for one in pages.all()[5:]] == [200] * 3
    assert ask(service.url).status == 200


def test_a_page_that_takes_too_long_costs_its_worker_and_nobody_elses_page(start: Callable[..., Any]) -> None:
    service = start(page_time_limit=1)
    (worker,) = workers_of(service)
    os.kill(worker, signal.SIGSTOP)
    answers = sorted(Several(service.url, 2).all())
    assert [one.status for one in answers] == [200, 422]
    assert answers[1].body["code"] == "time_limit_exceeded"
    assert "page_time_limit" in answers[1].body["detail"]
    assert worker not in family(service.process.pid)


def test_the_wait_counts_toward_the_deadline(start: Callable[..., Any]) -> None:
    """A crawler that has given up must not be worked for."""
    service = start(deadline=1)
    with stopped(workers_of(service)):
        began = time.monotonic()
        found = Several(service.url, 2).all()
        assert time.monotonic() - began < 9  # the time limit of a page is ten
    assert [(one.status, one.body["code"], one.retry_after) for one in found] == [(503, "deadline_exceeded", "1")] * 2


def test_out_of_order_no_page_waits_for_a_slow_one(start: Callable[..., Any]) -> None:
    service = start(workers=2, page_time_limit=60)
    slow = workers_of(service)[:1]
    lines = b"".join(json.dumps({"id": str(number), "html": PAGE}).encode() + b"\n" for number in range(6))
    headers = {"Content-Type": "application/x-ndjson"}
    request = urllib.request.Request(f"{service.url}/v1/clean/stream?ordered=false", lines, headers)
    with stopped(slow):
        answer = urllib.request.urlopen(request, timeout=120)
        first = [json.loads(answer.readline())["id"] for _ in range(5)]
    assert {*first, json.loads(answer.readline())["id"]} == set("012345")
    answer.close()


def test_while_it_stops_it_is_not_ready_and_a_second_signal_ends_it_at_once(start: Callable[..., Any]) -> None:
    service = start(grace=60)
    ask(service.url)
    place = urlsplit(service.url)
    with socket.create_connection((place.hostname, place.port)) as link:
        link.sendall(b"POST /v1/clean HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nab")
        until(lambda: b"dedup_pending_bytes 2.0" in get(service.url, "/metrics")[1])
        service.process.send_signal(signal.SIGTERM)
        until(lambda: get(service.url, "/readyz")[0] == 503)
        assert ask(service.url).body["code"] == "shutting_down"
        assert service.process.poll() is None  # it waits for the rest of the body
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(30) == -signal.SIGTERM


def test_a_full_disk_stops_learning_until_there_is_room_again(start: Callable[..., Any], tmp_path: Path) -> None:
    """The limit on the size of a file is real: the kernel refuses the write, as on a full disk."""
    service = start(state=tmp_path / "state", durability="process")
    unlimited = resource.RLIM_INFINITY
    numbers = iter(range(10_000))

    def learn() -> Answered:
        paragraphs = "".join(f"<p>{os.urandom(8).hex()} {TEXT}</p>" for _ in range(300))
        return ask(service.url, html=f"<h1>Ferry</h1>{paragraphs}", url=f"https://a.example/{next(numbers)}")

    assert learn().status == 200
    data = max(file.stat().st_size for file in (tmp_path / "state").iterdir())
    resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (data, unlimited))
    learned = 1
    while (answer := learn()).status == 200:
        learned += 1
    assert (answer.status, answer.body["code"]) == (503, "state_full")
    assert int(answer.retry_after or 0) > 0
    assert ask(service.url, url="https://a.example/new", learn=False).status == 200
    resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (unlimited, unlimited))
    assert learn().status == 200
    with urllib.request.urlopen(f"{service.url}/v1/sites/a.example", timeout=30) as told:
        assert json.loads(told.read())["pages"] == learned + 1


def test_a_page_is_finished_alike_by_the_worker_that_holds_it_and_by_any_other() -> None:
    one, other = (open_cleaner(pack_setup(Setup(10_000_000, 10_000_000))) for _ in range(2))
    head = Head("r", "msgpack", None, "identity", [], "application/json", token=b"12345678")
    body = msgpack.packb({"html": PAGE, "url": "https://a.example/1"})

    def do(worker: Callable[[bytes], bytes], head: Head, body: bytes) -> Any:
        return unpack_result(worker(b"".join(pack_request(head, [body]))))

    question = do(one, head, body)
    assert isinstance(question, Question)
    nothing = bytes(len(question.keys) // 2)  # a count of four bytes for each key of eight
    told = head._replace(seen=Answer(nothing, nothing, 0, nothing, 7, 0, 0, b"", b""))
    assert do(other, told._replace(task="finish"), b"") == Gone()
    finished = do(one, told._replace(task="finish"), b"")
    assert finished.status == 200
    assert do(one, told._replace(task="finish"), b"") == Gone()  # it is held once
    assert do(other, told, body).body == finished.body


def test_large_pages_that_nobody_comes_back_for_do_not_fill_a_worker() -> None:
    """While a state hangs, each page makes its first trip only; what is kept of it may not cost another page its worker."""
    worker = open_cleaner(pack_setup(Setup(10_000_000, 10_000_000)))
    head = Head("r", "msgpack", None, "identity", [], "application/json")

    def do(number: int, task: Literal["clean", "finish"], body: bytes, seen: Answer | None = None) -> Any:
        asked = head._replace(token=number.to_bytes(8), task=task, seen=seen)
        return unpack_result(worker(b"".join(pack_request(asked, [body]))))

    scripts = f"<script>{'x' * 3_000_000}</script>"  # large, and soon analysed
    questions = [
        do(number, "clean", msgpack.packb({"html": PAGE + scripts, "url": f"https://a.example/{number}"}))
        for number in range(5)
    ]
    nothing = [bytes(len(question.keys) // 2) for question in questions]
    told = [Answer(none, none, 0, none, 7, 0, 0, b"", b"") for none in nothing]
    finished = [do(number, "finish", b"", told[number]) for number in range(5)]
    assert [answer == Gone() for answer in finished] == [True, True, True, False, False]


def test_a_worker_that_is_killed_between_the_trips_costs_no_answer(start: Callable[..., Any], tmp_path: Path) -> None:
    service = start(workers=2, state=tmp_path / "state", durability="process")
    worker, _ = workers_of(service)
    answers: list[Answered] = []
    threading.Timer(0.1, os.kill, (worker, signal.SIGKILL)).start()
    while len(answers) < 20 or worker in family(service.process.pid):
        number = len(answers)
        html = f"{PAGE}<p>{number} {TEXT}</p>"
        answers.append(ask(service.url, html=html, url=f"https://a.example/{number}"))
    assert {one.status for one in answers} == {200}  # each page is given to another worker
    with urllib.request.urlopen(f"{service.url}/v1/sites/a.example", timeout=30) as told:
        assert json.loads(told.read())["pages"] == len(answers)


def test_a_batch_is_answered_within_its_deadline_and_says_which_pages_were_left(start: Callable[..., Any]) -> None:
    """Each page had a deadline of its own, and a batch took as many times as long as it had pages."""
    service = start(deadline=8, page_time_limit=300)
    (worker,) = workers_of(service)
    page = {"html": PAGE + "".join(f"<p>{number} {TEXT}</p>" for number in range(400))}
    body = json.dumps({"pages": [page] * 60}).encode()
    request = urllib.request.Request(f"{service.url}/v1/clean/batch", body, {"Content-Type": "application/json"})

    def stop_once_a_page_is_cleaned() -> None:
        while b'dedup_pages_total{status="ok"} 1.0' in get(service.url, "/metrics")[1]:  # of `workers_of`
            time.sleep(0.02)
        os.kill(worker, signal.SIGSTOP)

    stopping = threading.Thread(target=stop_once_a_page_is_cleaned)
    stopping.start()
    began = time.monotonic()
    with urllib.request.urlopen(request, timeout=280) as answer:
        results = json.load(answer)["results"]
    stopping.join()
    os.kill(worker, signal.SIGCONT)
    assert time.monotonic() - began < 80
    assert len(results) == 60
    assert {one.get("code", "cleaned") for one in results} == {"cleaned", "deadline_exceeded"}
