"""A store of each kind, and a real Redis on a free port."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dedup.state import PageRecord, StateOptions, Store, open_store

OpenStore = Callable[[], Store]


class RedisServer:
    """A server whose data survives `kill`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self, *extra: str) -> None:
        arguments = ["--port", str(self.port), "--dir", str(self.folder), "--save", "", "--bind", "127.0.0.1"]
        durable = ["--appendonly", "yes", "--appendfsync", "always"]
        self.process = subprocess.Popen(["redis-server", *arguments, *durable, *extra], stdout=subprocess.DEVNULL)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError("redis-server does not listen")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    folder = tmp_path / "redis"
    folder.mkdir()
    server = RedisServer(folder)
    yield server
    server.kill()


@pytest.fixture(params=["memory", "lmdb", "redis"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str | None:
    match request.param:
        case "lmdb":
            return str(tmp_path / "state")
        case "redis":
            server: RedisServer = request.getfixturevalue("redis_server")
            return server.url
        case _:
            return None


@pytest.fixture
def store(location: str | None) -> Iterator[Store]:
    with open_store(location, StateOptions(patience=2)) as opened:
        yield opened


@pytest.fixture
def page() -> Callable[..., PageRecord]:
    def make(number: int, site: str = "example.org", blocks: bytes | None = None) -> PageRecord:
        keys = blocks or b"".join(((number << 32) + block).to_bytes(8, "little") for block in range(5))
        url = f"https://{site}/{number}"
        return PageRecord("default", site, number.to_bytes(16, "little"), url, 1_700_000_000 + number, keys)

    return make
