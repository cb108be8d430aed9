"""Does an archive job end with the same bytes, however often it is killed?

A job over pages and texts, which leaves an index too, runs undisturbed once. Then, in every round, the same job is
killed (SIGKILL) at random moments and started again until it ends, and every byte that it wrote is compared, but for
the report, which says how long it took.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from benchmarks.corpus import build

_MOST_KILLS = 4  # of a round


@click.command("archive_kills")
@click.option("--kills", "wanted", default=50, show_default=True, help="At least so many; a round has one to four.")
@click.option("--documents", default=4000, show_default=True)
@click.option("--seed", default=1, show_default=True)
def archive_kills(wanted: int, documents: int, seed: int) -> None:
    """Kill an archive job at random moments, resume it, and compare its output with that of an undisturbed run."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_inputs(folder, documents)
        _end(_start(folder))  # what is run first may compile kernels
        expected = _take_output(folder)
        started = time.perf_counter()
        _end(_start(folder))
        seconds = time.perf_counter() - started
        if _take_output(folder) != expected:
            raise click.ClickException("two undisturbed runs differ")
        rounds, kills, unlike = 0, 0, 0
        while kills < wanted:
            rounds += 1
            for _ in range(rng.randint(1, _MOST_KILLS)):
                process = _start(folder)
                try:
                    process.wait(rng.uniform(0, seconds))
                except subprocess.TimeoutExpired:
                    process.kill()
                    kills += 1
                process.wait()
            _end(_start(folder))
            is_like = _take_output(folder) == expected
            unlike += not is_like
            what = "the bytes of the undisturbed run" if is_like else "other bytes than of the undisturbed run"
            click.echo(f"round {rounds}, {kills} kills so far: {what}", err=True)
    click.echo(f"{rounds} rounds, {kills} kills, {unlike} outputs unlike that of the undisturbed run")
    if unlike:
        raise SystemExit(1)


def _write_inputs(folder: Path, documents: int) -> None:
    texts = build(documents).texts
    page = "<html><body><nav>Home News Shop</nav><article><p>{}</p></article><footer>Terms</footer></body></html>"
    with (folder / "pages.jsonl").open("w") as pages, (folder / "texts.jsonl").open("w") as plain:
        for number, text in enumerate(texts):
            if number % 8:
                plain.write(json.dumps({"id": number, "text": text}) + "\n")
            else:
                row = {"id": number, "url": f"https://example.org/{number}", "html": page.format(text)}
                pages.write(json.dumps(row) + "\n")


def _start(folder: Path) -> subprocess.Popen[bytes]:
    inputs = [str(folder / name) for name in ("pages.jsonl", "texts.jsonl")]
    target = ["-o", str(folder / "out"), "--index-out", str(folder / "index")]
    fields = ["--content-field", "html", "--content-field", "text", "--workers", "2", "--progress", "none"]
    command = [sys.executable, "-m", "dedup", "archive", *inputs, *target, *fields]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def _end(process: subprocess.Popen[bytes]) -> None:
    said = process.communicate()[1]
    if process.returncode:
        raise click.ClickException(f"the job ended with {process.returncode}: {said.decode()}")


def _take_output(folder: Path) -> dict[str, bytes]:
    """Every file of the output and of the index, which are removed."""
    found = {
        str(path.relative_to(folder)): path.read_bytes()
        for name in ("out", "index")
        for path in sorted((folder / name).rglob("*"))
        if path.is_file() and path.name not in {"lock", "report.html"}
    }
    for name in ("out", "index"):
        shutil.rmtree(folder / name)
    return found
