"""Many readers or one writer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class ReadersWriterLock:
    """Held by any number of readers, or by one writer; a waiting writer goes before readers that come later.

    Not reentrant. Ctrl-C may come at any moment, so all that is counted is counted back.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition(threading.Lock())
        self._readers = 0
        self._writing = False
        self._writers_waiting = 0

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold it together with other readers."""
        is_held = False
        try:
            with self._changed:
                while self._writing or self._writers_waiting:
                    self._changed.wait()
                self._readers += 1
                is_held = True
            yield
        finally:
            if is_held:
                with self._changed:
                    self._readers -= 1
                    if not self._readers:
                        self._changed.notify_all()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold it alone."""
        is_held = False
        try:
            with self._changed:
                self._writers_waiting += 1
                try:
                    while self._writing or self._readers:
                        self._changed.wait()
                finally:
                    self._writers_waiting -= 1
                self._writing = is_held = True
            yield
        finally:
            with self._changed:
                if is_held:
                    self._writing = False
                self._changed.notify_all()
