"""What Ctrl-C and SIGTERM mean to a command that can go on later."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Final, NoReturn

import click

from dedup.cli.terminal import complain, is_terminal

_HANDLED: Final = (signal.SIGINT, signal.SIGTERM)
_BY_SIGNAL: Final = 128  # plus its number: the exit code by which a shell knows such an end
_PATIENCE: Final = 3.0  # seconds to end in order
_SHOW_CURSOR: Final = "\x1b[?25h"


@contextlib.contextmanager
def resumable() -> Iterator[None]:
    """End soon at Ctrl-C or SIGTERM, and say that the same command goes on where it was.

    Python hears of a signal when it is back from C, which a large sort or a kernel may take minutes for. What can
    go on after a `kill -9` need not wait for that: a thread hears of it at once, and ends the process after a while.
    """
    came: list[int] = []

    def stop(number: int, _: FrameType | None) -> None:
        came.append(number)
        for each in _HANDLED:
            signal.signal(each, signal.SIG_IGN)  # it ends by now, and is to end in order
        raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in _HANDLED}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:  # a shell's background jobs are not to hear Ctrl-C
            signal.signal(number, stop)
    try:
        with _impatience():
            yield
    except BaseException as error:
        # Libraries make their own errors of it (DuckDB), or take the signal over (Spark).
        if not came and not isinstance(error, KeyboardInterrupt):
            raise
        _say()
        sys.exit(_BY_SIGNAL + (came[0] if came else signal.SIGINT))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _impatience() -> Iterator[None]:
    """Bound how long it takes from a signal to the end of the block."""
    told, tells = socket.socketpair()
    ended = threading.Event()

    def wait_for_signal() -> None:
        while byte := told.recv(1):  # none is left once the block has ended
            if byte[0] in _HANDLED and not ended.wait(_PATIENCE):
                _end_at_once(byte[0])

    tells.settimeout(0)
    with told, tells:
        before = signal.set_wakeup_fd(tells.fileno())
        thread = threading.Thread(target=wait_for_signal, name="dedup-interrupts", daemon=True)
        thread.start()
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            ended.set()
            tells.shutdown(socket.SHUT_WR)
            thread.join()


def _end_at_once(number: int) -> NoReturn:
    if is_terminal(sys.stderr):
        click.echo(_SHOW_CURSOR, nl=False, err=True)  # a live table has hidden it
    _say()
    os._exit(_BY_SIGNAL + number)  # the kernel ends the workers with it


def _say() -> None:
    complain("stopped; the same command, run again, goes on where this one was")
