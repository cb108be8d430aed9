"""The command as a user runs it: a process of its own, on pipes or on a terminal."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import dedup

COMMAND = [sys.executable, "-m", "dedup"]
SECONDS = 240  # the first run of all may compile every kernel

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """Of the processes: the package under test is found from any folder, and nobody's taste in colour counts."""
    inherited = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR"}}
    return {**inherited, "PYTHONPATH": str(Path(dedup.__file__).parents[1]), "TERM": "xterm", "COLUMNS": "100"}


@pytest.fixture
def run(tmp_path: Path, environment: dict[str, str]) -> Run:
    """Run `dedup` with pipes, in `tmp_path`."""

    def run_(
        *arguments: str | bytes, stdin: bytes = b"", env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*COMMAND, *arguments],
            check=False,
            input=stdin,
            capture_output=True,
            cwd=tmp_path,
            env=environment | (env or {}),
            timeout=SECONDS,
        )
        assert b"Traceback" not in done.stderr, done.stderr.decode()
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())

    return run_


@pytest.fixture
def run_on_terminal(tmp_path: Path, environment: dict[str, str]) -> Run:
    """Run `dedup` on a terminal, which shows both streams as one; stdout can go to a file, stdin be typed."""

    def run_(
        *arguments: str, stdout: int | None = None, typed: bool = False, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            [*COMMAND, *arguments],
            stdin=theirs if typed else subprocess.DEVNULL,
            stdout=theirs if stdout is None else stdout,
            stderr=theirs,
            cwd=tmp_path,
            env=environment | (env or {}),
        )
        os.close(theirs)
        shown = _all_of(ours)
        os.close(ours)
        text = shown.decode().replace("\r\n", "\n")
        return subprocess.CompletedProcess(process.args, process.wait(SECONDS), text, "")

    return run_


def _all_of(terminal: int) -> bytes:
    shown = bytearray()
    with contextlib.suppress(OSError):  # Linux says so when the last process has let go of the terminal
        while True:
            shown += os.read(terminal, 65536)
    return bytes(shown)


@pytest.fixture
def news(tmp_path: Path) -> Path:
    """A small news page whose teaser stands twice; `Kept` words stay, `Gone` words go."""
    listing = "".join(
        f"<div class='teaser'><h3><a href='/t'>{title}</a></h3><p>{summary}</p></div>"
        for title, summary in (
            ("Gone ferry line gets a second boat", "Gone from May on, boats leave every forty minutes all day."),
            ("Gone school garden wins a prize", "Gone pupils grew eleven kinds of beans on an unused roof."),
            ("Gone night trains return north", "Gone two sleeping cars will run to the coast in summer."),
        )
    )
    path = tmp_path / "news.html"
    path.write_text(
        "<!DOCTYPE html><html><head><title>Kept headline - The Gazette</title></head><body>"
        "<nav><ul><li><a href='/'>Gone home</a></li><li><a href='/s'>Gone sport</a></li></ul></nav>"
        "<main><article><h1>Kept headline about the town's new library</h1>"
        "<p>Kept first paragraph: the library opened its doors on Saturday, and more people came than chairs had "
        "been put out for, so that many sat on the stairs and listened.</p>"
        "<p>Kept second paragraph: the architect kept the old brick walls and hung a roof of glass between them, "
        "which lets in light all day and keeps the rain out, as he said with relief.</p>"
        "<p>Kept third paragraph: readers may borrow ten books at a time, and for the first month nobody has to pay "
        "for returning them late, however many weeks that may be.</p></article>"
        f"<section><h2>Gone hot this week</h2>{listing}</section></main>"
        f"<aside><h2>Gone topics</h2>{listing}</aside>"
        "<footer><p>Gone imprint. All rights reserved.</p></footer></body></html>",
        encoding="utf-8",
    )
    return path
