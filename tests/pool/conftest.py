from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dedup.pool import PoolOptions, WorkerPool

OpenPool = Callable[..., WorkerPool]


@pytest.fixture
def open_pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenPool]:
    """Opens a pool of one worker that runs an entry of `pool_jobs`, and ends it with the test."""
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parent), *sys.path])
    with contextlib.ExitStack() as pools:

        def open_(entry: str = "open_actor", setup: bytes = b"", **options: Any) -> WorkerPool:
            chosen = PoolOptions(**{"workers": 1, **options})
            pool = WorkerPool(f"pool_jobs:{entry}", setup, options=chosen)
            pools.callback(pool.close, grace=0)
            return pool

        yield open_
