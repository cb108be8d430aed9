"""`dedup archive` as a new user types it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from dedup.cli.archive import _EXTRA, command
from dedup.errors import MissingExtraError


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    path = tmp_path / "texts.jsonl"
    path.write_text(
        "".join(json.dumps({"id": f"d{at}", "text": f"A text, number {at % 2}."}) + "\n" for at in range(3))
    )
    return path


def _command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "dedup", "archive", *map(str, arguments)]


def test_without_options_it_says_what_it_did_and_where_to_look(lines: Path, tmp_path: Path) -> None:
    command = _command(lines, "-o", f"{tmp_path}/out/")
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    told = " ".join(done.stdout.split())
    assert "read 3 records of 1 files" in told
    assert "//" not in told
    for name in ("part-*", "drops.jsonl", "quarantine.jsonl", "report.html"):
        assert name in told
    assert (tmp_path / "out/report.html").exists()


@pytest.mark.parametrize(("scope", "kept"), [("all", 2), ("site", 2), ("none", 3)])
def test_the_scope_says_where_duplicates_are_looked_for(lines: Path, tmp_path: Path, scope: str, kept: int) -> None:
    command = _command(lines, "-o", f"{tmp_path}/out", "--no-clean", "--scope", scope, "--progress", "json")
    subprocess.run(command, check=True, capture_output=True)
    assert json.loads((tmp_path / "out/summary.json").read_bytes())["kept"] == kept


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--memory", "10"], "give 256MB or more, such as 2GB"),
        (["--memory", "0"], "from 1 to"),
        (["--memory", "9" * 20 + "TB"], "from 1 to"),
        (["--memory", "9" * 400], "from 1 to"),
        (["--memory", "10XB"], "like 512MB or 1GB"),
        (["--threshold", "nan"], "threshold"),
        (["--core-price", "inf"], "core_price"),
        (["--memory", "9999TB"], "more than this machine has: give "),
        (["--engine", "spark", "--master", "foo://x"], "master: expected local[…], spark://…"),
        (["--master", "local[2]"], "--master goes with --engine spark"),
        (["--scope", "none", "--against", "index"], "--against and --index-out go with --scope all or site"),
        (["--namespace", "press"], "--namespace goes with --state"),
        (["--namespace", "", "--state", "s"], "--namespace is empty"),
        (["--no-clean", "--against", "caf\udce9"], "against: expected a name in UTF-8, got 'caf\\udce9'"),
        (["--no-clean", "--index-out", "caf\udce9"], "index_out: expected a name in UTF-8"),
        (["--state", "caf\udce9"], "state: expected a name in UTF-8"),
        (["--content-field", "caf\udce9"], "content: expected a name in UTF-8"),
        (["--content-field", 'a"b'], "content: expected a name without quotation marks"),
        (["--content-field", "text", "--content-field", ""], "--content-field is empty"),
        (["--date-field", ""], "--date-field is empty"),
        (["--no-clean", "--ledger"], "--ledger is about pages that are cleaned"),
        (["--no-clean", "--state", "state"], "--state is about pages that are cleaned"),
    ],
)
def test_wrong_usage_is_code_two_before_anything_is_made(
    lines: Path, tmp_path: Path, arguments: list[str], complaint: str
) -> None:
    command = _command(lines, "-o", tmp_path / "out", *arguments)
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [lines.name]


@pytest.mark.parametrize("name", ["texts.jsonl", "photos"])
def test_an_index_that_could_not_be_made_is_refused_before_the_work(lines: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/sea.jpg").touch()
    command = _command(lines, "-o", tmp_path / "out", "--index-out", tmp_path / name)
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{name}: is there and is no index" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (
            ["-o", "out", "--index-out", "out"],
            "index_out: expected a folder that does not hold that of out, got 'out'",
        ),
        (["-o", "seen/out", "--index-out", "./seen"], "index_out: expected a folder that does not hold that of out"),
        (["-o", "out", "--state", "out/."], "state: expected a folder that does not hold that of out"),
        (["-o", "out", "--state", "m", "--index-out", "m"], "does not hold that of state, got 'm'"),
        (["-o", "out", "--state", "photos"], "photos: holds files that are no state; choose a new directory"),
    ],
)
def test_no_index_and_no_memory_is_put_among_other_files(
    lines: Path, tmp_path: Path, arguments: list[str], complaint: str
) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/sea.jpg").touch()
    done = subprocess.run(_command(lines, *arguments), check=False, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode in {1, 2}
    assert complaint in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photos", lines.name]


def test_an_annotating_job_says_what_it_marked_and_that_an_id_repeats(tmp_path: Path) -> None:
    source = tmp_path / "texts.jsonl"
    rows = [{"id": "d\x1b[1m\n", "text": f"A text, number {at % 2}, longer than the other one."} for at in range(3)]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    command = _command(source, "-o", tmp_path / "out", "--no-clean", "--annotate")
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    told = " ".join(done.stdout.split())
    assert "kept 3 in" in told
    assert "marked 1 of these, by their column outcome exact duplicate 1 dropped 0" in told
    assert "repeated ids 2 such as d␛[1m␊; file and offset tell them apart" in told


def test_progress_is_lines_of_json_where_that_is_asked_for(lines: Path, tmp_path: Path) -> None:
    command = _command(lines, "-o", tmp_path / "out", "--no-clean", "--progress", "json")
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    told = [json.loads(line) for line in done.stderr.splitlines()]
    stages = ["clean", "resemble", "write"]
    assert [one["stage"] for one in told] == sorted((one["stage"] for one in told), key=stages.index)
    assert [{one["stage"]: one["share"] for one in told}[stage] for stage in stages] == [1, 1, 1]  # as each ended
    assert {"records", "records_a_second", "megabytes_a_second", "share", "seconds_left", "dropped"} <= told[0].keys()


def test_a_terminal_gets_a_table_of_the_stages(lines: Path, tmp_path: Path) -> None:
    shown, terminal = pty.openpty()
    command = _command(lines, "-o", tmp_path / "out", "--no-clean")
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=terminal, env=environment) as running:
        os.close(terminal)
        seen = b""
        while True:
            try:
                piece = os.read(shown, 65536)
            except OSError:  # the other end was closed
                break
            if not piece:
                break
            seen += piece
    os.close(shown)
    assert running.returncode == 0
    for heading in (b"records/s", b"MB/s", b"left", b"dropped", b"clean", b"resemble", b"write"):
        assert heading in seen


@pytest.mark.parametrize(
    "arguments",
    [
        ["", "-o", "out"],
        ["texts.jsonl", "-o", ""],
        *(["texts.jsonl", "-o", "out", flag, ""] for flag in ("--against", "--index-out", "--state")),
    ],
)
def test_an_unset_variable_of_the_shell_is_not_the_current_folder(
    lines: Path, tmp_path: Path, arguments: list[str]
) -> None:
    done = subprocess.run(_command(*arguments), check=False, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 2
    assert "is empty" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [lines.name]


@pytest.mark.parametrize("flag", ["--out", "--against", "--index-out"])
def test_nothing_is_written_here_by_the_name_of_another_place(lines: Path, tmp_path: Path, flag: str) -> None:
    """`-o s3://bucket/clean` made a folder `s3:`, and the summary named the bucket."""
    url = "s3://bucket/clean"
    command = _command(lines, "--no-clean", *(["-o", "out", flag, url] if flag != "--out" else ["-o", url]))
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 2
    assert f"expected a folder of this machine, got '{url}'" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [lines.name]


def test_what_was_quarantined_is_shown_by_its_first_record(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<p>A page, and no archive.")
    done = subprocess.run(
        _command("page.html", "-o", "out"), check=True, capture_output=True, text=True, cwd=tmp_path
    )
    assert "such as    page.html at byte 0: no WARC, ARC, WET, JSON lines or Parquet\n" in done.stdout


def test_another_standard_input_is_not_answered_with_the_output_of_the_first(tmp_path: Path) -> None:
    def run(text: str, *options: str) -> subprocess.CompletedProcess[bytes]:
        command = _command("-", "-o", tmp_path / "out", "--no-clean", "--progress", "none", *options)
        return subprocess.run(command, check=False, capture_output=True, input=text.encode())

    monday, tuesday = '{"text": "Monday."}\n{"text": 1}\n', '{"text": "Tuesday."}\n'
    assert run(monday, "--strict").returncode == 1  # which leaves a job that goes on without
    for another in (tuesday, monday[:-1], monday + tuesday):
        refused = run(another)
        assert refused.returncode == 1
        assert b"over standard input, which may be another by now" in refused.stderr
    assert run(monday).returncode == 0
    assert run(tuesday).returncode == 1
    assert b"Monday" in (tmp_path / "out/part-00000.jsonl").read_bytes()


def test_a_closed_standard_input_and_a_pipe_by_name_are_refused_in_words(lines: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for shell, complaint in (
        ('exec "$@" - <&-', "stdin: closed"),
        ('exec "$@" pipe', "pipe: a pipe, which can be read once only; give it as standard input, named -"),
    ):
        command = ["sh", "-c", shell, "sh", *_command(lines, "-o", "out", "--no-clean", "--progress", "none")]
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (1, f"dedup: {complaint}\n")


@pytest.mark.parametrize("deaf", ["stdout", "stderr"])
def test_nobody_listening_stops_no_job(lines: Path, tmp_path: Path, deaf: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    heard = subprocess.DEVNULL
    stdout, stderr = (writer, heard) if deaf == "stdout" else (heard, writer)
    done = subprocess.run(_command(lines, "-o", tmp_path / "out"), check=False, stdout=stdout, stderr=stderr)
    os.close(writer)
    assert done.returncode == 0
    assert (tmp_path / "out/report.html").exists()


def test_a_missing_extra_is_named_before_anything_is_read(
    lines: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was a traceback that ended in the name of some package."""
    monkeypatch.setattr("dedup.cli.archive.find_spec", lambda name: None if name == "brotli" else object())
    with pytest.raises(MissingExtraError, match=r"pip install 'dedup\[archive\]'"):
        command.main([str(lines), "-o", str(tmp_path / "out")], standalone_mode=False)
    assert not (tmp_path / "out").exists()


def test_the_packages_that_are_looked_for_are_those_of_the_extra() -> None:
    project = tomllib.loads((Path(__file__).resolve().parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
    extra = project["optional-dependencies"]["archive"]
    assert sorted(requirement.partition(">")[0].replace("-", "_") for requirement in extra) == sorted(_EXTRA)
