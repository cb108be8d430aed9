"""`dedup clean` on pipes: what it takes, what it prints, how it fails."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

import dedup
from dedup.cli.clean import clean_all
from dedup.errors import MissingExtraError
from dedup.options import CleanOptions
from dedup.page import PageInput

Run = Callable[..., subprocess.CompletedProcess[str]]

SENTENCE = "The ferry to the islands leaves every morning at seven and comes back in the evening with the mail. "


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """A plain text of two paragraphs."""
    path = tmp_path / "notes.txt"
    path.write_text(f"{SENTENCE * 2}\n\nIn winter {SENTENCE.lower() * 2}\n", encoding="utf-8")
    return path


def test_a_file_becomes_its_content_on_stdout(run: Run, news: Path) -> None:
    done = run("clean", str(news))
    assert done.returncode == 0
    assert done.stdout == dedup.clean(news.read_bytes()).content + "\n"
    assert done.stdout.count("Kept") == 4
    assert "Gone" not in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("arguments", [[], ["-"]])
def test_standard_input_is_read_with_a_dash_or_without_any_page(run: Run, news: Path, arguments: list[str]) -> None:
    done = run("clean", *arguments, stdin=news.read_bytes())
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == dedup.clean(news.read_bytes()).content + "\n"


def test_a_quoted_pattern_is_expanded_in_order_and_files_are_told_apart(run: Run, news: Path, notes: Path) -> None:
    folder = news.parent / "site" / "deep"
    folder.mkdir(parents=True)
    news.rename(folder / "b.html")
    (folder / "a.html").write_bytes((folder / "b.html").read_bytes())
    done = run("clean", "site/**/*.html", notes.name)
    assert (done.returncode, done.stderr) == (0, "")
    titles = [line for line in done.stdout.splitlines() if line.startswith("==>")]
    assert titles == ["==> site/deep/a.html <==", "==> site/deep/b.html <==", "==> notes.txt <=="]
    assert SENTENCE.strip() in done.stdout


def test_a_name_that_looks_like_a_pattern_is_a_file_first(run: Run, news: Path) -> None:
    news.rename(news.parent / "news[1].html")
    done = run("clean", "news[1].html")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Kept" in done.stdout


def test_bad_inputs_are_named_with_their_problem_and_the_rest_goes_on(run: Run, news: Path, notes: Path) -> None:
    folder = news.parent
    (folder / "folder").mkdir()
    (folder / "image.html").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8)
    (folder / "large.html").write_bytes(b"<p>x</p>" * 1000)
    bad = ["missing.html", "none*.html", "folder", "image.html", "large.html"]
    done = run("clean", *bad, news.name, notes.name, "--max-bytes", "7000")
    assert done.returncode == 1
    complaints = done.stderr.splitlines()
    assert [line.split(": ")[:2] for line in complaints] == [["dedup", name] for name in bad]
    for complaint, problem in zip(
        complaints,
        [
            "No such file",
            "No such file",
            "a folder; name the files in it",
            "looks like",
            "more than 7000 bytes (--max-bytes)",
        ],
        strict=True,
    ):
        assert problem in complaint
    assert "==> news.html <==" in done.stdout
    assert SENTENCE.strip() in done.stdout


def test_standard_input_is_no_two_pages(run: Run) -> None:
    """The second one would be empty, and nobody would know."""
    done = run("clean", "-", "-", stdin=b"<p>x</p>")
    assert done.returncode == 2
    assert "- is named twice" in done.stderr


def test_an_empty_page_is_no_failure(run: Run) -> None:
    done = run("clean", "-", stdin=b"")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_one_json_object_a_line_with_the_names_of_the_library(run: Run, news: Path, notes: Path) -> None:
    done = run("clean", "--json", news.name, "missing", notes.name, "--mode", "unique")
    assert done.returncode == 1
    found = [json.loads(line) for line in done.stdout.splitlines()]
    expected = [
        dedup.clean(news.read_bytes(), id=news.name, options=CleanOptions(mode="unique")),
        dedup.clean(text=notes.read_bytes(), id=notes.name, options=CleanOptions(mode="unique")),
    ]
    for got, page in zip(found, expected, strict=True):
        as_library = msgspec.to_builtins(page)
        del as_library["blocks"]
        assert got == json.loads(json.dumps(as_library))


def test_json_with_blocks_and_url(run: Run, news: Path) -> None:
    done = run("clean", "--json", "--blocks", "--url", "https://gazette.example/library", stdin=news.read_bytes())
    assert done.returncode == 0
    page = msgspec.json.decode(done.stdout, type=dedup.CleanPage)
    assert page == dedup.clean(news.read_bytes(), url="https://gazette.example/library")
    assert any(block.verdict.evidence.twin is not None for block in page.blocks)


def test_modes_keep_what_they_say(run: Run, news: Path) -> None:
    unique = run("clean", news.name, "--mode", "unique").stdout
    assert unique.count("Gone school garden") == 1
    assert "Gone imprint" in unique
    annotate = run("clean", news.name, "--mode", "annotate").stdout
    assert annotate.count("Gone school garden") == 2


@pytest.mark.parametrize(
    ("name", "content", "flags", "expected"),
    [
        ("page", b"\xef\xbb\xbf \n<!DOCTYPE html><p>" + SENTENCE.encode(), [], "html"),
        ("page", ("<html><body><p>" + SENTENCE).encode("utf-16"), [], "html"),
        ("page", b"No tag in here, 1 < 2. " + SENTENCE.encode(), [], "text"),
        ("page.txt", b"<p>" + SENTENCE.encode(), [], "text"),
        ("page.HTM", SENTENCE.encode(), [], "html"),
        ("page.md", b"# Head\n\n" + SENTENCE.encode(), [], "markdown"),
        ("page.html", b"# Head\n\n" + SENTENCE.encode(), ["--as", "markdown"], "markdown"),
    ],
)
def test_what_a_page_is(run: Run, tmp_path: Path, name: str, content: bytes, flags: list[str], expected: str) -> None:
    (tmp_path / name).write_bytes(content)
    done = run("clean", "--json", "--blocks", name, *flags)
    assert (done.returncode, done.stderr) == (0, "")
    page = msgspec.json.decode(done.stdout, type=dedup.CleanPage)
    options = CleanOptions()
    as_expected = {
        "html": lambda: dedup.clean(content, id=name, options=options),
        "text": lambda: dedup.clean(text=content, id=name, options=options),
        "markdown": lambda: dedup.clean(markdown=content, id=name, options=options),
    }
    assert page == as_expected[expected]()
    assert page != as_expected["text" if expected != "text" else "html"]()


def test_markdown_out(run: Run, news: Path) -> None:
    done = run("clean", "--to", "markdown", news.name)
    assert "# Kept headline" in done.stdout


def test_a_lower_threshold_finds_looser_twins(run: Run, tmp_path: Path) -> None:
    words = [f"word{number}" for number in range(40)]
    (tmp_path / "page.txt").write_text(
        " ".join(words) + ".\n\n" + " ".join([*words[:30], "and", "more", "beside"]) + ".\n"
    )
    strict = run("clean", "page.txt", "--mode", "unique")
    loose = run("clean", "page.txt", "--mode", "unique", "--threshold", "0.6")
    assert strict.stdout.count("word7 ") == 2
    assert loose.stdout.count("word7 ") == 1


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["clean", "--nonsense"], "--nonsense"),
        (["clean", "--as", "pdf", "x"], "'pdf'"),
        (["clean", "--mode", "best", "x"], "'best'"),
        (["clean", "--threshold", "0.2", "x"], "--threshold"),
        (["clean", "--max-bytes", "0", "x"], "--max-bytes"),
        (["clean", "--url", "https://a.example/", "x", "y"], "--url belongs to one PAGE"),
        (["clean", "--json", "--explain", "x"], "--json and --explain"),
        (["clean", "--blocks", "x"], "--json"),
        (["clean", "--links", "x"], "--to markdown"),
        (["clean", "--explain", "--to", "markdown", "x"], "take one of them"),
        (["clean", ""], "PAGE is empty"),
        (["clean", "https://a.example/"], "curl https://a.example/ | dedup clean --url https://a.example/"),
        (["clean", "--color", "x"], "go with --explain"),
        (["clean", "--url", b"https://a.example/caf\xe9", "x"], "--url is no UTF-8: https://a.example/caf"),
        (["tidy"], "tidy"),
    ],
)
def test_wrong_usage_is_code_two_and_says_what_is_wrong(
    run: Run, arguments: list[str | bytes], complaint: str
) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert complaint in done.stderr


def test_a_reader_that_has_seen_enough_ends_the_run_quietly(
    tmp_path: Path, news: Path, environment: dict[str, str]
) -> None:
    for number in range(200):
        (tmp_path / f"{number}.html").write_bytes(news.read_bytes())
    process = subprocess.Popen(
        [sys.executable, "-m", "dedup", "clean", "--json", "--blocks", "*.html"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=environment,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline().startswith(b'{"id":')
    process.stdout.close()
    complaints = process.stderr.read()
    process.stderr.close()
    assert process.wait() == -signal.SIGPIPE
    assert complaints == b""


def listen_to_interrupts() -> None:
    """A process in the background of a script ignores SIGINT, and so does what it starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_an_interrupt_ends_the_run_with_its_own_code_and_no_trace(
    tmp_path: Path, news: Path, environment: dict[str, str]
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "dedup", "clean", "--json", news.name, "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=environment,
        preexec_fn=listen_to_interrupts,  # noqa: PLW1509  (no threads here)
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith(b'{"id":')  # now it waits for what never comes on stdin
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    _, complaints = process.communicate()
    assert b"Traceback" not in complaints


def test_a_full_disk_is_one_line(tmp_path: Path, news: Path, environment: dict[str, str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "dedup", "clean", news.name],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            env=environment,
        )
    assert done.returncode == 1
    assert done.stderr == b"dedup: cannot write to stdout: No space left on device\n"


def test_a_full_disk_behind_a_help_text_is_one_line(environment: dict[str, str]) -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "dedup", "clean", "--help"]
        done = subprocess.run(command, check=False, env=environment, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (1, "dedup: cannot write to stdout: No space left on device\n")


def test_names_and_text_survive_a_locale_that_knows_no_letters(run: Run, news: Path) -> None:
    name = b"caf\xe9.html"
    os.rename(news, os.fsencode(news.parent) + b"/" + name)  # noqa: PTH104  (a name that is no UTF-8)
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = run("clean", "--json", name, env=plain)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["id"] == "caf�.html"


def test_a_closed_standard_input_is_named(tmp_path: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m dedup clean - <&-"],
        check=False,
        capture_output=True,
        cwd=tmp_path,
        env=environment,
    )
    assert done.returncode == 1
    assert done.stderr == b"dedup: stdin: closed\n"


def test_a_limit_that_cut_a_page_is_told(run: Run) -> None:
    done = run("clean", "--as", "html", stdin=b"<div>" * 3000 + b"<p>" + SENTENCE.encode() * 3)
    assert done.returncode == 0
    assert done.stderr == "dedup: stdin: cut at max_depth\n"


def test_a_fault_of_our_own_in_one_page_does_not_lose_the_others(
    news: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = dedup.clean

    def faulty(html: bytes | None, *, id: str | None, **rest: object) -> dedup.CleanPage:  # noqa: A002
        if id == "first.html":
            raise ZeroDivisionError("planted")
        return whole(html, id=id, **rest)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(dedup, "clean", faulty)
    monkeypatch.chdir(news.parent)
    (news.parent / "first.html").write_bytes(news.read_bytes())
    code = clean_all(
        ["first.html", news.name], None, PageInput(), CleanOptions(), lambda page: f"{page.id}\n", titled=False
    )
    shown = capsys.readouterr()
    assert code == 1
    assert shown.out == "news.html\n"
    assert shown.err == "dedup: first.html: internal error, please report it: ZeroDivisionError: planted\n"


def test_an_option_that_suits_no_page_ends_the_run_and_is_no_fault_of_ours(
    news: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(**_: object) -> dedup.CleanPage:
        raise MissingExtraError("identify_language", "lingua", "language")

    monkeypatch.setattr(dedup, "clean", lacking)
    with pytest.raises(MissingExtraError, match="pip install"):
        clean_all([str(news)], None, PageInput(), CleanOptions(), lambda _: "", titled=False)


def test_content_that_nobody_can_receive_is_a_failure(news: Path, environment: dict[str, str]) -> None:
    command = ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-m", "dedup", "clean", str(news)]
    done = subprocess.run(command, check=False, env=environment, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (1, "dedup: cannot write to stdout: it is closed\n")


def test_errors_that_nobody_can_receive_are_told_by_the_exit_code(environment: dict[str, str]) -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "dedup", "clean", "missing"]
        assert subprocess.run(command, check=False, env=environment, stderr=full).returncode == 1
