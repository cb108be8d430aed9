"""A service that learns: what a crawler gets back from its second page on, and after a crash."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dedup.errors import StateFullError
from service.memory import Memory

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


def page(number: int) -> dict[str, object]:
    letter = chr(ord("a") + number)
    rows = [" ".join(WORDS[(number * 7 + row * 3 + at * (row + 2)) % 12] for at in range(40)) for row in range(5)]
    body = "".join(f"<p>{row.capitalize()} {letter}{'qrstu'[place]}x.</p>" for place, row in enumerate(rows))
    html = f"<title>Story {letter}</title><article><h1>Story {letter}</h1>{body}<p>{NOTICE}</p></article>"
    return {"html": html, "url": f"https://www.quayside.example/{number}"}


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


def test_a_learning_service_remembers_after_kill_9_and_forgets_on_request(
    start: Callable[..., Any], tmp_path: Path
) -> None:
    state = str(tmp_path / "state")
    process, url = start(state=state)
    for number in range(10):
        status, result = call(url, "/v1/clean", page(number))
        assert status == 200
        assert (NOTICE in result["content"]) == (number < 5) or number in range(2, 6)
    assert NOTICE not in result["content"]
    assert result["versions"]["memory_position"] == 9
    process.send_signal(signal.SIGKILL)
    process.wait()
    _, url = start(state=state)
    assert call(url, "/v1/sites/quayside.example")[1]["pages"] == 10  # all that was acknowledged
    status, result = call(url, "/v1/clean", page(11) | {"learn": False, "detail": "blocks"})
    assert NOTICE not in result["content"]
    reasons = {block["text"]: block["verdict"]["reason"] for block in result["blocks"]}
    assert reasons[NOTICE] == "site_template"
    assert call(url, "/v1/sites")[1]["sites"][0]["pages"] == 10  # reading taught nothing
    assert call(url, "/v1/sites/quayside.example", method="DELETE") == (204, None)
    assert call(url, "/v1/sites") == (200, {"sites": []})
    assert call(url, "/v1/sites/quayside.example")[1]["code"] == "no_such_site"
    assert call(url, "/v1/sites/quayside.example", method="DELETE")[0] == 404
    assert NOTICE in call(url, "/v1/clean", page(12))[1]["content"]


def test_a_page_without_an_address_is_cleaned_and_cannot_be_learned(start: Callable[..., Any]) -> None:
    _, url = start(state="memory")
    html = page(1)["html"]
    assert call(url, "/v1/clean", {"html": html})[0] == 200
    status, problem = call(url, "/v1/clean", {"html": html, "learn": True})
    assert (status, problem["code"], problem["field"]) == (422, "invalid_field", "learn")


def test_a_state_that_another_process_owns_stops_the_start_with_one_line(
    start: Callable[..., Any], tmp_path: Path
) -> None:

    state = str(tmp_path / "state")
    start(state=state)
    command = [sys.executable, "-m", "dedup", "serve", "--port", "0", "--state", state]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "another process has it open" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("path", ["/v1/sites", "/v1/sites/a.example"])
def test_without_a_state_there_are_no_sites(service: Any, path: str) -> None:
    assert call(service.url, path)[1]["code"] == "learning_unavailable"


async def test_the_log_tells_of_a_state_that_fails_and_not_once_for_each_page(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whoever runs the service saw nothing of a full disk, or of a Redis that had lost its data."""
    memory = await Memory.open("memory", "process", 1000)

    def fail() -> None:
        raise StateFullError("state", "No space left on device")

    for _ in range(10):
        with pytest.raises(StateFullError):
            await memory.run(fail)
    await memory.close()
    told = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert len(told) == 1
    assert told[0].startswith("the state fails: state: no room to write (No space left on device)")
