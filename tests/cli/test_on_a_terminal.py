"""On a terminal: colour and a progress bar; anywhere else neither."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]

STRUCK_OUT = "\x1b[2;9;31m"


def test_explain_is_coloured_on_a_terminal(run_on_terminal: Run, news: Path) -> None:
    done = run_on_terminal("clean", "--explain", news.name)
    assert done.returncode == 0
    assert STRUCK_OUT + "Gone ferry line" in done.stdout
    assert STRUCK_OUT + "Kept" not in done.stdout


@pytest.mark.parametrize(
    ("flags", "env"),
    [
        (["--no-color"], {}),
        ([], {"NO_COLOR": "1"}),
        ([], {"TERM": "dumb"}),
        ([], {"NO_COLOR": "1", "FORCE_COLOR": "1"}),
    ],
)
def test_explain_without_colour_on_a_terminal_that_asks_for_none(
    run_on_terminal: Run, news: Path, flags: list[str], env: dict[str, str]
) -> None:
    done = run_on_terminal("clean", "--explain", news.name, *flags, env=env)
    assert "\x1b" not in done.stdout
    assert "- Gone ferry line gets a second boat  [widget" in done.stdout


def test_explain_on_a_pipe_is_plain_unless_colour_is_forced(run: Run, news: Path) -> None:
    plain = run("clean", "--explain", news.name)
    assert "\x1b" not in plain.stdout
    assert "- Gone ferry line gets a second boat  [widget" in plain.stdout
    forced = run("clean", "--explain", "--color", news.name, env={"NO_COLOR": "1", "TERM": "dumb"})
    assert STRUCK_OUT + "Gone ferry line" in forced.stdout


def test_several_pages_show_a_progress_bar_that_leaves_stdout_alone(run_on_terminal: Run, news: Path) -> None:
    with (news.parent / "out").open("w+b") as out:
        done = run_on_terminal("clean", *[news.name] * 3, "missing.html", stdout=out.fileno())
        out.seek(0)
        content = out.read().decode()
    assert done.returncode == 1
    assert "0/4" in done.stdout
    assert "missing.html: No such file or directory" in done.stdout
    assert content.count("==> news.html <==") == 3
    assert "\x1b" not in content


def test_the_bar_makes_way_for_content_on_the_same_terminal(run_on_terminal: Run, news: Path) -> None:
    done = run_on_terminal("clean", news.name, news.name)
    assert "0/2" in done.stdout
    assert "\x1b[2K==> news.html <==\n" in done.stdout  # the line of the bar is cleared first
    assert len(re.findall("^Kept first paragraph", done.stdout, re.MULTILINE)) == 2


@pytest.mark.parametrize("env", [{}, {"TERM": "dumb"}])
def test_no_bar_for_a_single_page_or_on_a_terminal_that_cannot_draw_one(
    run_on_terminal: Run, news: Path, env: dict[str, str]
) -> None:
    pages = [news.name] * (2 if env else 1)
    done = run_on_terminal("clean", *pages, env=env)
    assert "\x1b" not in done.stdout
    assert "/1" not in done.stdout
    assert "/2" not in done.stdout


def test_no_bar_on_a_pipe(run: Run, news: Path) -> None:
    done = run("clean", news.name, news.name)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_page_cannot_command_the_terminal_but_a_pipe_gets_it_as_it_is(
    run: Run, run_on_terminal: Run, tmp_path: Path
) -> None:
    sentence = "A sentence \x1b]0;owned\x07 that tries to rename the window of whoever reads it, and goes on a while."
    (tmp_path / "page.txt").write_text(sentence, encoding="utf-8")
    assert "\x1b" not in run_on_terminal("clean", "page.txt").stdout
    assert "\x1b]0;owned" in run("clean", "page.txt").stdout


def test_nobody_waits_for_a_page_that_nobody_knows_they_must_type(run_on_terminal: Run) -> None:
    done = run_on_terminal("clean", typed=True)
    assert done.returncode == 2
    assert "give a PAGE, or pipe one in" in done.stdout
