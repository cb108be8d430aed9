"""The lock of an index keeps nobody out whom nobody keeps out any more."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from dedup.index.locks import ReadersWriterLock


def held_elsewhere(holding: Callable[[], AbstractContextManager[None]]) -> Callable[[], None]:
    """Have another thread hold a lock; what ends that."""
    held, over = threading.Event(), threading.Event()

    def hold() -> None:
        with holding():
            held.set()
            over.wait(60)

    thread = threading.Thread(target=hold, daemon=True)
    thread.start()
    assert held.wait(60)

    def end() -> None:
        over.set()
        thread.join()

    return end


def interrupted(holding: Callable[[], AbstractContextManager[None]]) -> None:
    """Press Ctrl-C while this thread waits for a lock."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    press = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
    press.start()
    try:
        with pytest.raises(KeyboardInterrupt), holding():
            raise AssertionError("it was held by another thread")
    finally:
        press.join()
        signal.signal(signal.SIGINT, before)


def can_be_held(holding: Callable[[], AbstractContextManager[None]]) -> bool:
    def hold() -> None:
        with holding():
            pass

    thread = threading.Thread(target=hold, daemon=True)
    thread.start()
    thread.join(5)
    return not thread.is_alive()


def test_readers_do_not_wait_for_a_writer_that_was_interrupted() -> None:
    """In a notebook, each question to the index waited for ever after that."""
    lock = ReadersWriterLock()
    end = held_elsewhere(lock.reading)
    interrupted(lock.writing)
    assert can_be_held(lock.reading)
    end()
    assert can_be_held(lock.writing)


def test_a_reader_that_was_interrupted_keeps_no_writer_out() -> None:
    lock = ReadersWriterLock()
    end = held_elsewhere(lock.writing)
    interrupted(lock.reading)
    end()
    assert can_be_held(lock.writing)
    assert can_be_held(lock.reading)


def test_readers_that_wait_behind_a_writer_go_on_when_it_is_interrupted() -> None:
    lock = ReadersWriterLock()
    end = held_elsewhere(lock.reading)
    behind: list[bool] = []
    waits = threading.Timer(0.05, lambda: behind.append(can_be_held(lock.reading)))
    waits.start()
    interrupted(lock.writing)
    waits.join()
    assert behind == [True]
    end()
