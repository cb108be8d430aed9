"""The application, and how a process runs it."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from service import logs
from service.auth import Keys
from service.context import BUDGET, KEYS, LIFECYCLE, MEMORY, METRICS, PLACES, SETTINGS, UNSENT, WORKERS
from service.lifecycle import Lifecycle
from service.limits import ByteBudget, Places
from service.listening import Listening
from service.memory import Memory
from service.metrics import Metrics
from service.middleware import allow_origin, answer
from service.routes import batch, clean, documents, fingerprints, health, openapi, sites, stream, ui
from service.routes import metrics as metrics_route
from service.settings import Settings
from service.turnstile import turnstiles
from service.unsent import Unsent
from service.workers import Workers

_log = logging.getLogger(__name__)
_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_BY_SIGNAL = 128  # plus its number: the exit code by which a shell knows such an end
_LINGER = 2.0  # seconds that the rest of a refused body is read, so that its sender gets to see the answer
_READ_AHEAD = 1 << 17  # bytes of a body; twice as many lie ready, most pages whole, before its sender waits
_CUT_OFF = 1.0  # seconds for connections to close after the grace time


def create_app(settings: Settings, workers: Workers, metrics: Metrics, memory: Memory | None) -> web.Application:
    """The application, for a runner that does not decompress (`runner_for` makes one).

    Raises:
        OptionError: the keys cannot be read.
    """
    app = web.Application(middlewares=[answer])
    app.on_response_prepare.append(allow_origin)
    app[SETTINGS] = settings
    app[WORKERS] = workers
    app[MEMORY] = memory
    app[KEYS] = Keys.read(settings.keys)
    app[METRICS] = metrics
    app[LIFECYCLE] = Lifecycle()
    if memory is not None:
        memory.on_commit = metrics.commit
    app[BUDGET] = ByteBudget(settings.max_pending_bytes, settings.deadline)
    app[UNSENT] = Unsent(settings.body_timeout)
    app[PLACES] = Places(settings.queue, settings.workers)
    batch.add_to(app)
    clean.add_to(app)
    documents.add_to(app)
    fingerprints.add_to(app)
    health.add_to(app)
    metrics_route.add_to(app)
    openapi.add_to(app)
    sites.add_to(app)
    stream.add_to(app)
    ui.add_to(app)
    return app


def runner_for(app: web.Application) -> web.AppRunner:
    """A runner with the application's limits on connections."""
    return web.AppRunner(
        app,
        access_log=None,
        auto_decompress=False,  # workers decompress, within bounds
        read_bufsize=_READ_AHEAD,
        handler_cancellation=True,  # nobody waits for the page of a client that has gone
        keepalive_timeout=app[SETTINGS].keepalive_timeout,
        lingering_time=_LINGER,
        shutdown_timeout=_CUT_OFF,
    )


def announce(url: str) -> None:
    """Print where the service listens, as a line of JSON on standard output."""
    sys.stdout.write(json.dumps({"event": "listening", "url": url}) + "\n")
    sys.stdout.flush()


def serve(
    settings: Settings,
    *,
    on_listening: Callable[[str], None] = announce,
    on_ready: Callable[[str], None] = lambda _url: None,
) -> int:
    """Run the service until SIGTERM or SIGINT; a second signal, or one before it listens, ends it at once.

    Logs go to standard error.

    Args:
        settings: what an operator has set.
        on_listening: called once with the URL, as soon as connections are taken.
        on_ready: called once with the URL, when the workers have compiled what they need.

    Returns:
        The exit status: 0 where every request was finished, 1 where the grace time cut some off.

    Raises:
        ListenError: the address cannot be listened on.
        WorkerStartError: no worker can be started.
        StateError: the state cannot be opened.
    """
    logs.set_up(settings.log_level, settings.log_format)
    logging.getLogger("aiohttp.server").addFilter(_is_not_the_clients_fault)
    for number in _SIGNALS:
        # As an exception, SIGINT would wait for the thread that reads the state, or compiles what that takes.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _at_once())
    return asyncio.run(_serve(settings, on_listening, on_ready))


async def _serve(settings: Settings, on_listening: Callable[[str], None], on_ready: Callable[[str], None]) -> int:
    memory = (
        await Memory.open(settings.state, settings.durability, settings.memory_blocks) if settings.state else None
    )
    metrics = Metrics()
    workers = Workers(settings, metrics)
    try:
        runner = runner_for(create_app(settings, workers, metrics, memory))
        await runner.setup()
        told_to_stop = _on_signals()
        listening = None
        assert runner.server is not None  # noqa: S101  (it was set up)
        watching = asyncio.create_task(runner.app[UNSENT].watch(runner.server))
        try:
            protocol = turnstiles(runner)
            listening = await Listening.at(settings.host, settings.port, runner.server, protocol, settings.workers)
            url = listening.url
            on_listening(url)
            await _until(told_to_stop, workers, lambda: on_ready(url))
            return await _stop(runner, settings.grace)
        finally:
            if listening is not None:
                listening.close()
            await runner.cleanup()
            watching.cancel()
    finally:
        await workers.close(grace=0)
        if memory is not None:
            await memory.close()


def _on_signals() -> asyncio.Event:
    """Set by the first SIGTERM or SIGINT. The second one ends the process at once."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop(number: signal.Signals) -> None:
        _log.info("%s: finishing what is under way", number.name)
        for each in _SIGNALS:
            loop.remove_signal_handler(each)
            signal.signal(each, _at_once())
        told.set()

    for number in _SIGNALS:
        loop.add_signal_handler(number, stop, number)
    return told


def _at_once() -> signal.Handlers | Callable[[int, FrameType | None], None]:
    """What has a signal end the process at once: for the first process of a container, the kernel does not."""
    return signal.SIG_DFL if os.getpid() != 1 else lambda number, _: os._exit(_BY_SIGNAL + number)


async def _until(told_to_stop: asyncio.Event, workers: Workers, on_ready: Callable[[], None]) -> None:
    """Until then, or until there are no workers and there will be none.

    Raises:
        WorkerStartError: none can be started.
    """
    signalled = asyncio.create_task(told_to_stop.wait())
    watch = asyncio.create_task(_watch(workers, on_ready))
    await asyncio.wait((signalled, watch), return_when=asyncio.FIRST_COMPLETED)
    if watch.done():
        await watch
    signalled.cancel()
    watch.cancel()


async def _watch(workers: Workers, on_ready: Callable[[], None]) -> None:
    _log.info("starting workers; on a machine's first start they compile kernels, for about a minute")
    await workers.started()
    _log.info("ready")
    on_ready()
    await workers.ended()


async def _stop(runner: web.AppRunner, grace: float) -> int:
    assert runner.server is not None  # noqa: S101  (it was set up)
    finished = await runner.app[LIFECYCLE].drain(runner.server, grace)
    if not finished:
        _log.warning("requests were cut off after %g s of grace", grace)
    _log.info("stopped")
    return 0 if finished else 1


def _is_not_the_clients_fault(record: logging.LogRecord) -> bool:
    """Whoever sends what is no HTTP gets a 400; a stack trace in the log for each would fill the disk."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))
