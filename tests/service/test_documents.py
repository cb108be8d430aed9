"""The crawl index over HTTP: a reprint is named with its first copy, also after a crash."""

from __future__ import annotations

import json
import signal
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from dedup.crawl import CrawlOptions
from dedup.page import PageInput
from service.client import Client
from service.documents import Document, Documents
from service.memory import Memory

ROWS = [
    f"The old ferry left the harbour at dawn for the {word} time while the council watched it from the long pier, and "
    f"nobody beside the {word} crane could say when it would be seen again in the winter port."
    for word in ("first", "second", "third", "fourth")
]
HTML = "<title>Ferry</title><article><h1>Ferry</h1>" + "".join(f"<p>{row}</p>" for row in ROWS) + "</article>"


@cache
def named_state(start: Callable[..., Any]) -> str:
    return str(start(state="memory").url)


def call(url: str, path: str, body: object = None, method: str | None = None) -> tuple[int, Any]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=240) as answer:
            content = answer.read()
            return answer.status, json.loads(content) if content else None
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


@pytest.mark.parametrize("name", ["{x}", "a\nb", "a/b", "a/../b", "%2F", "%", "é", "a b?c#d", "{", ".a", "\x00"])
def test_whatever_a_site_or_document_is_called_it_can_be_forgotten(start: Callable[..., Any], name: str) -> None:
    """What was learned of `{x}`, and the document `a` line break `b`, stayed for ever."""
    url = named_state(start)
    page = PageInput(html=HTML, id=name, site=name)
    with Client(url) as client:
        assert client.add_document(page).added
        client.forget_document(name)
        client.clean(page)
        assert call(url, f"/v1/sites/{quote(name, safe='')}")[1]["site"] == name
        client.forget_site(name)
        assert client.sites() == []
        assert client.search_documents(page).near_duplicates == ()


def test_documents_are_added_found_forgotten_and_survive_kill_9(start: Callable[..., Any], tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    process, url = start(state=state)
    status, answer = call(url, "/v1/documents", {"html": HTML, "url": "https://a.example/ferry?utm_source=x"})
    assert (status, answer["id"], answer["added"]) == (200, "https://a.example/ferry", True)
    assert answer["near_duplicates"] == []
    process.send_signal(signal.SIGKILL)
    process.wait()
    _, url = start(state=state)
    status, answer = call(url, "/v1/documents", {"html": HTML, "id": "reprint"})
    (found,) = answer["near_duplicates"]
    assert (found["id"], found["jaccard"], found["estimated"]) == ("https://a.example/ferry", 1.0, False)
    status, answer = call(url, "/v1/documents/search", {"html": HTML})
    assert [found["id"] for found in answer["near_duplicates"]] == ["https://a.example/ferry", "reprint"]
    assert (answer["id"], answer["added"]) == (None, False)
    assert call(url, "/v1/sites") == (200, {"sites": []})  # documents teach no site
    name = quote("https://a.example/ferry", safe="")
    assert call(url, f"/v1/documents/{name}", method="DELETE") == (204, None)
    status, problem = call(url, f"/v1/documents/{name}", method="DELETE")
    assert (status, problem["code"]) == (404, "no_such_document")
    status, answer = call(url, "/v1/documents/search", {"html": HTML})
    assert [found["id"] for found in answer["near_duplicates"]] == ["reprint"]
    status, problem = call(url, "/v1/documents", {"html": HTML})
    assert (status, problem["code"], problem["field"]) == (422, "invalid_field", "id")


@pytest.mark.parametrize("path", ["/v1/documents", "/v1/documents/search"])
def test_without_a_state_there_is_no_index(service: Any, path: str) -> None:
    assert call(service.url, path, {"html": HTML, "id": "a"})[1]["code"] == "no_such_index"


async def test_documents_of_a_forgotten_site_take_no_place_of_those_that_are_kept() -> None:
    """Else the oldest ones went for them until the next start."""
    memory = await Memory.open("memory", "process", 1000)
    documents = Documents(memory, CrawlOptions(retain=2))

    async def add(name: str) -> set[str]:
        found = await documents.add(Document("default", name, None, f"{name}.example", " ".join(ROWS)))
        return {document.id for document in found}

    await documents.load()
    assert (await add("a"), await add("b")) == (set(), {"a"})
    await memory.forget("default", "b.example")
    assert (await add("c"), await add("d")) == ({"a"}, {"c"})
    await memory.close()


def test_a_site_of_which_there_are_documents_alone_is_forgotten_with_them(start: Callable[..., Any]) -> None:
    _, url = start(state="memory")
    site, other = "/v1/sites/a.example", {"html": HTML, "url": "https://b.example/ferry"}
    assert call(url, "/v1/documents", {"html": HTML, "url": "https://a.example/ferry"})[0] == 200
    assert call(url, "/v1/documents", other)[0] == 200
    assert call(url, site, method="DELETE") == (204, None)
    _, answer = call(url, "/v1/documents/search", {"html": HTML})
    assert [found["id"] for found in answer["near_duplicates"]] == ["https://b.example/ferry"]
    for gone in (site, "/v1/documents/" + quote("https://a.example/ferry", safe="")):
        assert call(url, gone, method="DELETE")[0] == 404
    assert call(url, "/v1/documents", {"html": HTML, "url": "https://a.example/ferry"})[1]["added"] is True
    _, answer = call(url, "/v1/documents/search", {"html": HTML})
    assert {found["id"] for found in answer["near_duplicates"]} == {
        "https://a.example/ferry",
        "https://b.example/ferry",
    }
