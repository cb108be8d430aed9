"""A real Spark, on two cores of this machine, gives what the local engine gives."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import pytest

from dedup.archive.engines import Call
from dedup.archive.engines.spark import SparkEngine
from dedup.archive.options import ArchiveOptions
from dedup.errors import ArchiveEngineError

Write = Callable[..., bytes]


def _page(topic: int, edition: int) -> bytes:
    said = "".join(
        f"<p>Harbour {topic} saw ship number {at * 7 + topic} come in with a load of {at} lanterns from the north.</p>"
        for at in range(40)
    )
    return f"<html><body><h1>Harbour {topic}</h1>{said}<p>Edition {edition} of the book.</p></body></html>".encode()


def _run(crawl: Path, out: Path, *options: str) -> dict[str, bytes]:
    command = [sys.executable, "-m", "dedup", "archive", str(crawl), "-o", str(out), *options]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {path.name: path.read_bytes() for path in out.iterdir() if path.name != "report.html"}


def test_what_spark_says_is_told_and_not_which_call_it_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster that does not answer was "An error occurred while calling z:…PythonRDD.collectAndServe."."""

    def gives_up(*_: object) -> NoReturn:
        raise ArithmeticError("An error occurred while calling z:a.B.c.\n: d.E: the cluster is gone\n\tat d.E.f(E:1)")

    monkeypatch.setattr(SparkEngine, "_context", lambda _: SimpleNamespace(parallelize=gives_up))
    call = Call("out", (), ArchiveOptions())
    with pytest.raises(ArchiveEngineError, match=r"^spark: d\.E: the cluster is gone$"):
        list(SparkEngine(None).map("a:b", call, [0], lambda *_: None))


def test_spark_writes_the_same_bytes_where_clusters_cross_its_partitions(tmp_path: Path, response: Write) -> None:
    if shutil.which("java") is None:
        pytest.skip("missing part: Java (the Debian package openjdk-17-jre-headless)")
    pytest.importorskip("pyspark", reason="missing part: pyspark")
    crawl = tmp_path / "crawl"
    crawl.mkdir()
    for number in range(3):
        pages = [_page(topic, number) for topic in range(4)]
        records = [
            response(10 * number + at, page).replace(b"http://example.org/", b"http://s%d%d.example/" % (number, at))
            for at, page in enumerate(pages)
        ]
        broken = b"WARC/1.0\r\nno header\r\n\r\n" if number == 1 else b""
        (crawl / f"{number}.warc").write_bytes(b"".join(records) + broken)
    local = _run(crawl, tmp_path / "local", "--workers", "1")
    spark = _run(crawl, tmp_path / "spark", "--engine", "spark", "--master", "local[2]")
    assert spark == local
    assert local["drops.jsonl"].count(b"_duplicate") == 8
    assert local["quarantine.jsonl"].count(b"\n") == 1
