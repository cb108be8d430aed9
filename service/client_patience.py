"""How long a client goes on where the service does not answer, or refuses for now."""

from __future__ import annotations

import asyncio
import math
import random
import time
from typing import Final

from service.client_options import ClientOptions
from service.errors import UnreachableError

_DOUBLINGS: Final = 60  # more would be beyond what a float holds


class Patience:
    """Of one call, or of a stream until its next answer; it begins with the first failure.

    Args:
        url: of the service, for the error's words.
        options: how often, how long, and with which pauses it is tried.
    """

    def __init__(self, url: str, options: ClientOptions) -> None:
        self._url = url
        self._options = options
        self.renew()

    def renew(self) -> None:
        """It went well: what fails later is another failure."""
        self._failures = 0
        self._ends: float | None = None

    async def pause(self, error: Exception) -> None:
        """Wait after a failure, until it is time for another attempt.

        Raises:
            UnreachableError: there will be none.
        """
        now = time.monotonic()
        self._ends = now + self._options.patience if self._ends is None else self._ends
        self._failures += 1
        most = self._options.attempts
        if now >= self._ends or (most is not None and self._failures >= most):
            raise UnreachableError(self._url, str(error) or type(error).__name__) from None
        await asyncio.sleep(pause_after(self._failures, getattr(error, "after", None), self._options))


def pause_after(failures: int, after: float | None, options: ClientOptions) -> float:
    """Seconds to wait after so many failures in a row.

    The pause doubles, and clients that failed at once come again at different times. What the service asks for is the
    least: it does not know when another one will have taken its place.
    """
    doubled = math.ldexp(options.pause, min(failures - 1, _DOUBLINGS)) * random.uniform(0.5, 1)  # noqa: S311
    return min(max(doubled, after or 0), options.longest_pause)
