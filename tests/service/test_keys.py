"""Keys open namespaces, and nothing else; what a read-only key must not do is refused."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import NamedTuple

import pytest

from dedup.errors import OptionError
from service.auth import Keys, make_key
from service.errors import UnauthorizedError
from service.settings import Settings

PAGE = "<title>Pier</title><h1>The pier</h1><p>The pier was closed for the winter, and nobody minded.</p>"


class Running(NamedTuple):
    url: str
    news: str
    blog: str
    reader: str


@pytest.fixture(scope="module")
def running(start: object, tmp_path_factory: pytest.TempPathFactory) -> Running:
    file = tmp_path_factory.mktemp("keys") / "keys.toml"
    news, first = make_key("crawler", "news")
    blog, second = make_key("other", "blog")
    reader, third = make_key("reader", "news", read_only=True)
    file.write_text(first + second + third)
    return Running(start(keys=file, state="memory").url, news, blog, reader)  # type: ignore[operator]


def call(url: str, key: str | None, body: object = None, method: str | None = None) -> tuple[int, dict[str, object]]:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return response.status, json.loads(response.read() or b"{}")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read()) | {"authenticate": error.headers.get("WWW-Authenticate")}


@pytest.mark.parametrize("key", [None, "dk_wrong", ""])
def test_a_call_without_a_known_key_is_refused(running: Running, key: str | None) -> None:
    status, problem = call(f"{running.url}/v1/clean", key, {"html": PAGE})
    assert (status, problem["code"], problem["authenticate"]) == (401, "unauthorized", "Bearer")


def test_health_needs_no_key(running: Running) -> None:
    assert call(f"{running.url}/livez", None)[0] == 200


def test_namespaces_never_mix(running: Running) -> None:
    """A tenant must not see another one's sites, and must not be judged by them."""
    for number in range(3):
        assert (
            call(f"{running.url}/v1/clean", running.news, {"html": PAGE, "url": f"https://a.example/{number}"})[0]
            == 200
        )
    assert [site["site"] for site in call(f"{running.url}/v1/sites", running.news)[1]["sites"]] == ["a.example"]  # type: ignore[attr-defined]
    assert call(f"{running.url}/v1/sites", running.blog)[1] == {"sites": []}
    assert call(f"{running.url}/v1/sites/a.example", running.blog, method="DELETE")[0] == 404
    assert call(f"{running.url}/v1/sites/a.example", running.reader)[0] == 200


def test_a_read_only_key_cleans_and_changes_nothing(running: Running) -> None:
    page = {"html": PAGE, "url": "https://b.example/1"}
    assert call(f"{running.url}/v1/clean", running.reader, page)[0] == 200
    status, problem = call(f"{running.url}/v1/clean", running.reader, {**page, "learn": True})
    assert (status, problem["code"]) == (403, "forbidden")
    assert call(f"{running.url}/v1/sites/b.example", running.reader)[0] == 404  # nothing was learned
    assert call(f"{running.url}/v1/documents", running.reader, page)[0] == 403
    assert call(f"{running.url}/v1/documents/x", running.reader, method="DELETE")[0] == 403
    assert call(f"{running.url}/v1/sites/a.example", running.reader, method="DELETE")[0] == 403


def test_beyond_loopback_it_does_not_start_without_keys(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="keys"):
        Settings(host="0.0.0.0")
    assert Settings(host="0.0.0.0", insecure=True).insecure
    assert Settings(host="0.0.0.0", keys=str(tmp_path / "keys.toml")).keys
    assert Settings(host="::1").keys is None


@pytest.mark.parametrize(
    "content", ["[[key]]\nname = 'a'", "not toml [", "[[key]]\nname = 'a'\nsha256 = 'short'", "key = []"]
)
def test_a_broken_file_of_keys_is_refused_at_start(tmp_path: Path, content: str) -> None:
    file = tmp_path / "keys.toml"
    file.write_text(content)
    with pytest.raises(OptionError, match="keys"):
        Keys.read(str(file))
    with pytest.raises(OptionError, match="keys"):
        Keys.read(str(tmp_path / "none.toml"))


def test_keys_may_stand_in_the_environment() -> None:
    key, table = make_key("a", "news", read_only=True)
    hashed = table.split('"')[3]
    found = Keys.read(f"a:{hashed}:news:read").find(f"Bearer {key}")
    assert (found.namespace, found.may_write) == ("news", False)
    several = Keys.read(
        ",".join(f"{name}:{hashed if name == 'a' else name * 64}" for name in "abcdef")
    )  # longer than the name of a file may be
    assert several.find(f"Bearer {key}").may_write
    with pytest.raises(UnauthorizedError):
        Keys.read(f"a:{hashed}, b:{'0' * 64}").find("Basic abc")
    with pytest.raises(UnauthorizedError):
        Keys.read(f"a:{hashed}").find("Bearer \udcff")  # a byte that is no UTF-8, as aiohttp hands it over


def test_the_command_makes_a_key_that_its_own_lines_take(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dedup", "key", "crawler", "--namespace", "news"],
        capture_output=True,
        text=True,
        check=True,
    )
    file = tmp_path / "keys.toml"
    file.write_text(done.stdout)
    key = done.stdout.split("Bearer ")[1].split()[0]
    assert key not in done.stdout.split("[[key]]")[1]
    assert Keys.read(str(file)).find(f"Bearer {key}").namespace == "news"


@pytest.mark.parametrize("rest", [":news:write", ":news:read:more", ":news:"])
def test_an_entry_that_is_none_is_told_how_entries_are_written(rest: str) -> None:
    with pytest.raises(OptionError, match=r"name:sha256:namespace:access with access read or read-write, got 'b'"):
        Keys.read(f"a:{'0' * 64},b:{'0' * 64}{rest}")


def test_a_key_that_is_entered_twice_is_refused_with_both_names() -> None:
    """The last one silently won: a key that may read became another tenant's key that may write."""
    with pytest.raises(OptionError, match="reader and crawler"):
        Keys.read(f"reader:{'0' * 64}:news:read,crawler:{'0' * 64}:blog")


@pytest.mark.parametrize("written", ["crawler:{key}:news:write", "{key}:news:write:x:y", "{key}", "{key}:{key}"])
def test_a_key_that_is_pasted_in_place_of_its_hash_is_not_printed(written: str) -> None:
    key, _ = make_key("crawler")
    with pytest.raises(OptionError) as told:
        Keys.read(written.format(key=key))
    assert key not in str(told.value)


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    """Editors of Windows write one, and the first line was refused without a visible fault."""
    file = tmp_path / "keys.toml"
    key, table = make_key("crawler", "news")
    file.write_text(table, "utf-8-sig")
    assert Keys.read(str(file)).find(f"Bearer {key}").namespace == "news"
    file.write_text("port = 9000\n", "utf-8-sig")
    assert Settings.read({}, file=str(file)).port == 9000
