"""The service over real HTTP: what it answers, and how it refuses."""

from __future__ import annotations

import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgpack
import msgspec
import pytest

import dedup
from dedup.page import BlockSpans
from service.problems import CODES
from service.settings import PREFIX, Settings

TEXT = "The ferry will run twice an hour from May, the company says, and in the evening until the last train is in."
PAGE = f"<html><head><title>Ferry</title></head><body><nav><a href=/>Home</a></nav><h1>Ferry</h1><p>{TEXT}</p></body></html>"


class Running(Protocol):
    process: subprocess.Popen[str]
    url: str


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def ask(service: Running, path: str, body: bytes | None = None, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(service.url + path, body, named)
    try:
        with urllib.request.urlopen(request, timeout=280) as response:
            return Answer(response.status, dict(response.headers), response.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, dict(error.headers), error.read())


def clean(service: Running, **fields: object) -> Answer:
    return ask(service, "/v1/clean", json.dumps(fields).encode(), Content_Type="application/json")


def test_a_page_comes_back_as_the_library_gives_it(service: Running) -> None:
    expected = dedup.clean(PAGE, url="https://pier.example/f")
    answer = clean(service, html=PAGE, url="https://pier.example/f", id="7").json
    assert (answer["content"], answer["site"], answer["id"]) == (expected.content, "pier.example", "7")
    assert answer["metadata"]["title"] == {"value": "Ferry", "source": "headline"}
    assert answer["metadata"]["authors"] is None
    assert "blocks" not in answer


def test_detail_says_which_parts_of_a_result_are_sent(service: Running) -> None:
    full = clean(service, html=PAGE, url="https://pier.example/f", detail="full").json
    assert full["links"] is not None
    assert full["images"] is not None
    spans = clean(service, html=PAGE, detail="spans").json
    assert spans["content"] is None
    assert "blocks" not in spans
    told = msgspec.convert(spans["spans"], tuple[BlockSpans, ...])
    kept = [text for text, one in zip(dedup.rebuild(PAGE, told), told, strict=True) if one.kept and text is not None]
    assert "\n\n".join(kept) == dedup.clean(PAGE).content


def test_the_status_of_the_response_counts(service: Running) -> None:
    answer = clean(service, html=PAGE, http_status=404).json
    assert (answer["status"], answer["status_evidence"]) == ("error_page", ["http_status=404"])


@pytest.mark.parametrize("kind", ["text/html", "text/html; charset=utf-16", "text/plain", "text/markdown"])
def test_raw_bodies_are_pages(service: Running, kind: str) -> None:
    body = (PAGE if "html" in kind else TEXT).encode("utf-16" if "utf-16" in kind else "utf-8")
    answer = ask(service, "/v1/clean?url=https://pier.example/f&detail=blocks", body, Content_Type=kind)
    assert TEXT in answer.json["content"]
    assert answer.json["blocks"][-1]["verdict"]["reason"] == "content"
    assert answer.json["url"] == "https://pier.example/f"


def test_messagepack_in_and_out_takes_bytes(service: Running) -> None:
    body = msgpack.packb({"html": PAGE.encode(), "mode": "annotate", "detail": "full"})
    answer = ask(service, "/v1/clean", body, Content_Type="application/msgpack", Accept="application/msgpack")
    page = msgpack.unpackb(answer.body)
    assert answer.headers["Content-Type"] == "application/msgpack"
    assert "Home" in page["content"]
    assert len(page["blocks"]) == page["counts"]["blocks"]


def test_a_batch_comes_back_as_its_client_asks_each_result_and_problem_in_it(service: Running) -> None:
    pages = {"pages": [{"html": PAGE}, {"html": "x", "colour": 1}]}
    bodies = {"application/json": json.dumps(pages).encode(), "application/msgpack": msgpack.packb(pages)}
    read = {"application/json": json.loads, "application/msgpack": msgpack.unpackb}
    for sent, body in bodies.items():
        for asked in bodies:
            answer = ask(service, "/v1/clean/batch", body, Content_Type=sent, Accept=asked)
            assert answer.headers["Content-Type"].partition(";")[0] == asked
            result, problem = read[asked](answer.body)["results"]
            assert TEXT in result["content"]
            assert problem["code"] == "unknown_field"


def test_a_list_that_a_proxy_has_split_into_several_fields_counts_whole(service: Running) -> None:
    link = HTTPConnection(service.url.removeprefix("http://"), timeout=60)
    link.putrequest("POST", "/v1/clean?detail=blocks", skip_accept_encoding=True)
    body = (PAGE * 20).encode()
    for name, value in (
        ("Content-Type", "text/html"),
        ("Content-Length", str(len(body))),
        ("Accept", "image/png"),
        ("Accept", "application/msgpack"),
        ("Accept-Encoding", "br"),
        ("Accept-Encoding", "gzip"),
    ):
        link.putheader(name, value)
    link.endheaders(body)
    answer = link.getresponse()
    assert (answer.getheader("Content-Type"), answer.getheader("Content-Encoding")) == ("application/msgpack", "gzip")
    assert "Ferry" in msgpack.unpackb(gzip.decompress(answer.read()))["content"]
    link.close()


def test_a_compressed_body_is_read(service: Running) -> None:
    answer = ask(
        service, "/v1/clean", gzip.compress(PAGE.encode()), Content_Type="text/html", Content_Encoding="gzip"
    )
    assert TEXT in answer.json["content"]


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"html": "x", "text": "y"}, "ambiguous_input", "text"),
        ({}, "ambiguous_input", "html"),
        ({"html": "x", "colour": 1}, "unknown_field", "colour"),
        ({"html": 7}, "invalid_field", "html"),
        ({"html": "x", "mode": "best"}, "invalid_field", "mode"),
        ({"html": "x", "links": True}, "invalid_field", "links"),
        ({"html": "x", "learn": True}, "learning_unavailable", "learn"),
        ({"text": "x" * 1_000_001}, "input_too_large", "text"),
    ],
)
def test_a_field_at_fault_is_named(service: Running, fields: dict[str, object], code: str, field: str) -> None:
    answer = clean(service, **fields)
    problem = answer.json
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (problem["code"], problem["field"], problem["status"]) == (code, field, answer.status)
    assert field in problem["detail"]
    assert problem["request_id"] == answer.headers["X-Request-Id"]


@pytest.mark.parametrize(
    ("path", "body", "headers", "code"),
    [
        ("/v1/clean", b"{", {"Content_Type": "application/json"}, "malformed_body"),
        ("/v1/clean", b"\xc1", {"Content_Type": "application/msgpack"}, "malformed_body"),
        ("/v1/clean", b'{"colour": 1, "html": "<p>a', {"Content_Type": "application/json"}, "malformed_body"),
        ("/v1/clean/batch", b'{"html": "<p>a', {"Content_Type": "application/json"}, "malformed_body"),
        ("/v1/clean/batch", b"\x81\xa4html\xa3ab", {"Content_Type": "application/msgpack"}, "malformed_body"),
        ("/v1/fingerprints", b'{"colour": ["a', {"Content_Type": "application/json"}, "malformed_body"),
        ("/v1/clean", b"\x05", {"Content_Type": "application/msgpack"}, "invalid_field"),
        ("/v1/clean", b"x", {"Content_Type": "image/png"}, "unsupported_media_type"),
        ("/v1/clean", b"{}", {"Content_Type": "application/json, application/json"}, "unsupported_media_type"),
        ("/v1/clean", b"x", {"Content_Type": "text/html/x"}, "unsupported_media_type"),
        ("/v1/clean", b"x", {"Content_Type": "text/html", "Accept": "image/png"}, "not_acceptable"),
        ("/v1/clean", b"x", {"Content_Type": "text/html", "Content_Encoding": "br"}, "unsupported_content_encoding"),
        ("/v1/clean", b"x", {"Content_Type": "text/html", "Content_Encoding": "gzip"}, "malformed_body"),
        ("/v1/clean", b"%PDF-1.4", {"Content_Type": "text/html"}, "unsupported_input"),
        ("/v1/clean", b"x" * 2_000_001, {"Content_Type": "text/html"}, "body_too_large"),
        ("/v1/clean?colour=red", b"x", {"Content_Type": "text/html"}, "unknown_field"),
        ("/v1/clean", None, {}, "method_not_allowed"),
        ("/v2/clean", b"x", {}, "not_found"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_code(
    service: Running, path: str, body: bytes | None, headers: dict[str, str], code: str
) -> None:
    answer = ask(service, path, body, **headers)
    assert answer.json["code"] == code
    assert answer.status == CODES[code].status


def test_a_byte_order_mark_before_json_costs_no_page(service: Running) -> None:
    answer = ask(service, "/v1/clean", b"\xef\xbb\xbf" + b'{"text": "The pier."}', Content_Type="application/json")
    assert (answer.status, answer.json["content"]) == (200, "The pier.")


def test_a_bomb_is_refused_before_it_is_unpacked(service: Running) -> None:
    bomb = gzip.compress(bytes(200_000_000), 9)
    assert len(bomb) < 1_000_000
    answer = ask(service, "/v1/clean", bomb, Content_Type="text/html", Content_Encoding="gzip")
    assert answer.json["code"] == "body_too_large"


def test_health(service: Running) -> None:
    clean(service, text=TEXT)
    assert ask(service, "/livez").status == HTTPStatus.OK
    assert ask(service, "/readyz").status == HTTPStatus.OK


def test_a_killed_worker_is_replaced_and_the_next_page_is_cleaned(service: Running) -> None:
    clean(service, text=TEXT)
    for child in children(service.process.pid):
        os.kill(child, signal.SIGKILL)
    answers = [clean(service, text=TEXT) for _ in range(3)]
    assert answers[-1].json["content"] == TEXT
    assert all(answer.status == HTTPStatus.OK or "Retry-After" in answer.headers for answer in answers)


def test_a_signal_lets_the_request_under_way_finish(start: Any) -> None:
    service = start()
    clean(service, text=TEXT)
    host, port = service.url.removeprefix("http://").split(":")
    body = TEXT.encode()
    with socket.create_connection((host, int(port))) as link:
        head = (
            f"POST /v1/clean HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        link.sendall(head.encode() + body[:10])
        time.sleep(0.5)
        service.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        link.sendall(body[10:])
        assert b"200 OK" in link.recv(65536)
    assert service.process.wait(timeout=60) == 0


def test_a_sender_that_stops_is_cut_off(start: Any) -> None:
    service = start(body_timeout=0.5)
    host, port = service.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as link:
        link.sendall(b"POST /v1/clean HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nab")
        assert b"408" in link.recv(65536)


def test_whoever_never_ends_his_header_is_cut_off(start: Any) -> None:
    """A thousand of them would hold a thousand connections for ever."""
    service = start(keepalive_timeout=0.5)
    host, port = service.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as link:
        link.sendall(b"POST /v1/clean HTTP/1.1\r\nHost: x\r\nContent-")
        assert link.recv(65536) == b""


def test_a_bad_setting_is_refused_at_start_by_its_name() -> None:
    environment = {**os.environ, f"{PREFIX}QUEUE": "many"}
    done = subprocess.run(
        [sys.executable, "-m", "service"], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode != 0
    assert "queue" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_route_setting_and_code_is_documented() -> None:
    """What is not written down is found out in production."""
    text = (Path(__file__).parents[2] / "docs" / "http.md").read_text("utf-8")
    names = [*Settings.__struct_fields__, *CODES, "html", "text", "markdown", "url", "id", "mode", "detail", "learn"]
    assert [name for name in names if f"`{name}`" not in text] == []
    assert all(route in text for route in ("POST /v1/clean", "GET /livez", "GET /readyz"))


def children(parent: int) -> list[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True, check=True)
    return [int(pid) for pid in found.stdout.split()]
