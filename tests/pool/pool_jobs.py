"""Entries that the pool's tests run in workers: jobs that do what hostile pages make parsers do."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

Job = Callable[[bytes], bytes]

_kept: list[bytes] = []


def open_actor(setup: bytes) -> Job:
    """A job is a verb and an argument."""

    def act(payload: bytes) -> bytes:
        verb, _, argument = payload.decode().partition(" ")
        match verb:
            case "echo":
                return setup + argument.encode()
            case "size":
                return str(len(payload)).encode()
        return _VERBS[verb](argument)

    return act


def open_nothing(_setup: bytes) -> Job:
    raise RuntimeError("the model file is missing")


def open_and_die(_setup: bytes) -> Job:
    os._exit(3)


def open_slowly(_setup: bytes) -> Job:
    time.sleep(1000)
    raise AssertionError


def _hang(_argument: str) -> bytes:
    while True:
        pass


def _sleep(seconds: str) -> bytes:
    time.sleep(float(seconds))
    return seconds.encode()


def _await(file: str) -> bytes:
    """Busy until the test makes the file, however slow the machine is."""
    while not Path(file).exists():
        time.sleep(0.005)
    return b"there"


def _raise(message: str) -> bytes:
    raise ValueError(message)


def _kill(number: str) -> bytes:
    os.kill(os.getpid(), int(number))
    raise AssertionError


def _kill_once(marker: str) -> bytes:
    if not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return b"survived"


def _exit(status: str) -> bytes:
    os._exit(int(status))


def _swell(_argument: str) -> bytes:
    hoard = []
    while True:
        hoard.append(b"\x01" * 16 * 1024**2)
        time.sleep(0.002)


def _keep(size: str) -> bytes:
    _kept.append(b"\x01" * int(size))
    return b"kept"


_VERBS: dict[str, Callable[[str], bytes]] = {
    "await": _await,
    "environment": lambda name: os.environ.get(name, "").encode(),
    "exit": _exit,
    "grab": lambda size: bytes(bytearray(int(size))[:1]),
    "hang": _hang,
    "keep": _keep,
    "kill": _kill,
    "kill_once": _kill_once,
    "pid": lambda _: str(os.getpid()).encode(),
    "raise": _raise,
    "return": lambda argument: argument,  # type: ignore[dict-item,return-value]  # what a careless job does
    "sleep": _sleep,
    "swell": _swell,
    "zeros": lambda size: bytes(int(size)),
}
