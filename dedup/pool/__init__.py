"""Replaceable worker processes for work on foreign data.

A parser may hang, crash or swell on a page that somebody made for it. So pages are parsed in processes that can
be ended at any moment, and what ends one is told to whoever sent the page; everybody else's work goes on.

    supervised.py   what users see of every pool: submit, status
    pool.py         one with a thread of its own: map, close
    looped.py       one for the callbacks of an event loop
    status.py       what a pool tells about itself
    supervisor.py   what owns the workers: hands out jobs, watches, replaces
    jobs.py         what is kept of a job
    process.py      one worker process, seen from its parent
    worker.py       the program a worker runs
    wire.py         frames between the two; bytes only, nothing is unpickled
    options.py      bounds

A `ProcessPoolExecutor` breaks as a whole when a worker dies, and its spawned workers import the user's `__main__`
again; these are started by a program of their own and import only what they run.
"""

from __future__ import annotations

from dedup.pool.looped import AsyncWorkerPool
from dedup.pool.options import PoolOptions
from dedup.pool.pool import WorkerPool
from dedup.pool.status import PoolStatus, WorkerStatus
from dedup.pool.wire import Part

__all__ = ["AsyncWorkerPool", "Part", "PoolOptions", "PoolStatus", "WorkerPool", "WorkerStatus"]
