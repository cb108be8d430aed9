"""A job that is told to stop does so soon, takes its workers along, and says what to do next."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ADVICE = "dedup: stopped; the same command, run again, goes on where this one was\n"


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """More of them than are cleaned before the signal comes."""
    path = tmp_path / "pages.jsonl"
    text = "".join(f"<p>A paragraph, number {at} of many, that takes some time to read.</p>" for at in range(40))
    with path.open("w") as file:
        for at in range(4000):
            file.write(json.dumps({"url": f"https://example.org/{at}", "html": f"<h1>Page {at}</h1>{text}"}) + "\n")
    return path


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_job_that_is_stopped_says_how_to_go_on_and_leaves_no_worker(
    number: signal.Signals, code: int, pages: Path, environment: dict[str, str]
) -> None:
    heard = ["env", "--default-signal=INT"]  # though the tests may run in the background of a shell
    command = [*heard, sys.executable, "-m", "dedup", "archive", pages.name, "-o", "out", "--progress", "json"]
    with subprocess.Popen(
        command, cwd=pages.parent, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as job:
        assert job.stderr is not None
        seen = ""
        while '"stage": "read"' not in seen:  # its workers are at work
            seen = job.stderr.readline()
            assert seen, "the job ended by itself"
        job.send_signal(number)
        told = job.stderr.read()  # to its end: when the last process has closed it
    assert (job.returncode, told[-len(ADVICE) :]) == (code, ADVICE)
    assert "Traceback" not in told
    assert not processes_of_session(job.pid)


def processes_of_session(session: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has ended in between
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(folder.name))
    return found


def test_a_signal_is_heard_in_the_middle_of_a_query_that_takes_minutes(environment: dict[str, str]) -> None:
    script = """
import duckdb, os, signal, threading
from dedup.cli.interrupts import resumable
with resumable():
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM)).start()
    duckdb.sql("SELECT count(*) FROM range(1000000000000) numbers WHERE numbers.range % 7 = 3").fetchall()
"""
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, env=environment, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (143, ADVICE)


def test_a_job_in_the_background_of_a_shell_does_not_hear_ctrl_c(environment: dict[str, str]) -> None:
    script = """
import os, signal
from dedup.cli.interrupts import resumable
with resumable():
    os.kill(os.getpid(), signal.SIGINT)
print("went on")
"""
    ignoring = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", sys.executable, "-c", script]
    assert subprocess.check_output(ignoring, env=environment, text=True) == "went on\n"


def test_an_error_of_its_own_is_no_interruption(environment: dict[str, str]) -> None:
    script = """
from dedup.cli.interrupts import resumable
try:
    with resumable():
        raise ValueError("of its own")
except ValueError:
    print("told apart")
"""
    done = subprocess.run([sys.executable, "-c", script], check=True, env=environment, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("told apart\n", "")
