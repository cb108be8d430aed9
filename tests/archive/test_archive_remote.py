"""Archives behind URLs, on a real S3 server: found, read whole, and read on where a connection breaks."""

from __future__ import annotations

import gzip
import json
import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from dedup.archive.job import archive
from dedup.errors import ArchiveInputError

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}


class _Breaking:
    """A proxy that ends its first connections in the middle of a large answer."""

    def __init__(self, target: int, breaks: int, after: int) -> None:
        self._target, self._left, self._after = target, breaks, after
        self.broken = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                for source, sink, counts in ((client, server, False), (server, client, True)):
                    threading.Thread(target=self._pass, args=(source, sink, counts), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, counts: bool) -> None:  # noqa: FBT001  (one call)
        passed = 0
        with suppress(OSError), closing(source), closing(sink):
            while data := source.recv(65536):
                passed += len(data)
                if counts and self._left and passed > self._after:
                    self._left -= 1
                    self.broken += 1
                    sink.shutdown(socket.SHUT_RDWR)
                    return
                sink.sendall(data)


@pytest.fixture(scope="module")
def store() -> Iterator[int]:
    """The port of an S3 server with a bucket `crawl`."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-c", "from moto.server import main; import sys; main(sys.argv[1:])", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _wait_for(port)
    yield port
    server.terminate()
    server.wait()


def _put(port: int, files: dict[str, Path]) -> None:
    code = (
        "import sys, s3fs, pathlib\n"
        "store = s3fs.S3FileSystem(endpoint_url=sys.argv[1])\n"
        "store.mkdirs('crawl', exist_ok=True)\n"
        "for name in sys.stdin.read().split('\\n'):\n"
        "    path, _, key = name.partition(' ')\n"
        "    store.pipe_file('crawl/' + key, pathlib.Path(path).read_bytes())\n"
    )
    listed = "\n".join(f"{path} {key}" for key, path in files.items())
    command = [sys.executable, "-c", code, f"http://127.0.0.1:{port}"]
    subprocess.run(command, input=listed, text=True, check=True, env={**os.environ, **KEYS})


def _run(port: int, out: Path, *inputs: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **KEYS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
    command = [sys.executable, "-m", "dedup", "archive", "--no-clean", *inputs, "-o", str(out)]
    return subprocess.run(command, check=False, capture_output=True, text=True, env=environment)


def _noise(seed: int, words: int) -> str:
    rng = random.Random(seed)
    return " ".join(f"{rng.getrandbits(60):x}" for _ in range(words))


def test_a_connection_that_breaks_in_the_middle_costs_no_record(store: int, tmp_path: Path) -> None:
    rows = [json.dumps({"id": f"d{at}", "text": _noise(at, 2000)}) for at in range(200)]
    local = tmp_path / "rows.jsonl.gz"
    local.write_bytes(gzip.compress("\n".join(rows).encode()))
    _put(store, {"big/rows.jsonl.gz": local})
    with closing(_Breaking(store, breaks=3, after=300_000)) as proxy:
        done = _run(proxy.port, tmp_path / "out", "s3://crawl/big/rows.jsonl.gz")
    assert done.returncode == 0, done.stderr
    assert proxy.broken == 3
    kept = [json.loads(line)["id"] for line in (tmp_path / "out/part-00000.jsonl").read_text().splitlines()]
    assert kept == [f"d{at}" for at in range(200)]
    assert (tmp_path / "out/quarantine.jsonl").read_bytes() == b""


@pytest.fixture
def web(tmp_path: Path) -> Iterator[int]:
    """The port of a server of HTTP that serves `tmp_path`."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    code = (
        "import sys; from aiohttp import web\n"
        "application = web.Application(); application.router.add_static('/', sys.argv[1])\n"
        "web.run_app(application, host='127.0.0.1', port=int(sys.argv[2]), print=None)"
    )
    server = subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(port)])
    _wait_for(port)
    yield port
    server.terminate()
    server.wait()


def _wait_for(port: int) -> None:
    for _ in range(300):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.1)
    pytest.fail("the server does not start")


def test_patterns_folders_and_addresses_of_http_are_read(store: int, web: int, tmp_path: Path) -> None:
    files = {}
    for name in ("a", "b"):
        files[f"small/{name}.jsonl"] = path = tmp_path / f"{name}.jsonl"
        path.write_text(json.dumps({"id": name, "text": _noise(ord(name), 50)}))
    _put(store, files)
    address = f"http://127.0.0.1:{web}/b.jsonl"
    for out, inputs in {
        "glob": ["s3://crawl/small/*.jsonl"],
        "folder": ["s3://crawl/small"],
        "http": [address],
    }.items():
        done = _run(store, tmp_path / out, *inputs)
        assert done.returncode == 0, done.stderr
        summary = json.loads((tmp_path / out / "summary.json").read_bytes())
        assert summary["kept"] == summary["read"] == (1 if out == "http" else 2)


def test_what_is_not_there_is_named_without_a_trace(store: int, tmp_path: Path) -> None:
    for name in (
        "s3://crawl/absent.warc",
        "s3://nowhere/*.warc",
        f"http://127.0.0.1:{store}/crawl/absent.warc",
        "odd://a/b",
    ):
        done = _run(store, tmp_path / "out", name)
        assert done.returncode == 1
        assert name in done.stderr
        assert "Traceback" not in done.stderr


def test_a_server_that_does_not_answer_is_told_from_a_file_that_is_not_there(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]  # free again in a moment
    with pytest.raises(ArchiveInputError, match="its server does not answer"):
        archive([f"http://127.0.0.1:{port}/a.warc"], tmp_path / "out")
