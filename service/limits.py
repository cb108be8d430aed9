"""How much of a body is read, and how long that may take.

What the headers alone condemn is refused before any of the body is read.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator
from typing import Final, Self

from aiohttp import HttpVersion11, hdrs, web

from service.errors import (
    BodyTimeoutError,
    BodyTooLargeError,
    ExpectationFailedError,
    MalformedBodyError,
    OverloadedError,
)
from service.settings import Settings

_WAIT: Final = 0.02  # seconds after which a sender that waits for bytes tries again


class ByteBudget:
    """Bounds the bytes of all bodies that the process holds at a time, however many connections there are.

    Args:
        limit: bytes.
        patience: seconds that senders are kept waiting without any of them being given back.
    """

    def __init__(self, limit: int, patience: float) -> None:
        self._limit = limit
        self._patience = patience
        self._used = 0
        self._idle = 0  # of them, bytes of those that wait for more
        self._gave = 0.0  # when some were given back

    @property
    def used(self) -> int:
        """Bytes that are held now."""
        return self._used

    def take(self, size: int) -> None:
        """Take bytes.

        Raises:
            OverloadedError: there are not so many left.
        """
        if self._used + size > self._limit:
            raise OverloadedError("max_pending_bytes", self._limit)
        self._used += size

    async def wait(self, size: int, kept: int) -> None:
        """Take bytes as soon as there are so many, for senders that can be kept waiting.

        Who alone holds bytes gets them at once: a piece beyond the limit is no harm, and shows a record's true size.

        Args:
            size: bytes.
            kept: bytes that the sender holds meanwhile.

        Raises:
            OverloadedError: none will be given back, since all that hold some wait like this one, or else keep them.
        """
        began = time.monotonic()
        self._idle += kept
        try:
            while self._used > kept and self._used + size > self._limit:
                is_stuck = bool(kept) and self._used == self._idle  # who keeps nothing is in nobody's way
                if is_stuck or time.monotonic() - max(began, self._gave) > self._patience:
                    raise OverloadedError("max_pending_bytes", self._limit)
                await asyncio.sleep(_WAIT)
        finally:
            self._idle -= kept
        self._used += size

    @contextlib.contextmanager
    def held(self, size: int) -> Iterator[None]:
        """Bytes that are taken at once, as by `take`, and given back in the end."""
        self.take(size)
        try:
            yield
        finally:
            self.give_back(size)

    @contextlib.contextmanager
    def held_unsent(self, size: int) -> Iterator[None]:
        """As `held`, for an answer. Where nothing else is held any will do: refused, it would be refused each time."""
        if self._used:
            self.take(size)
        else:
            self._used += size
        try:
            yield
        finally:
            self.give_back(size)

    def give_back(self, size: int) -> None:
        """Give bytes back that were taken."""
        self._used -= size
        if size:
            self._gave = time.monotonic()


class Places:
    """Bounds the pages that are worked on or wait for it. A page keeps its place until it is answered.

    Args:
        queue: pages that may wait.
        workers: pages that may be worked on.
    """

    def __init__(self, queue: int, workers: int) -> None:
        self._queue = queue
        self._free = asyncio.Semaphore(queue + workers)

    @property
    def are_taken(self) -> bool:
        """Whether none is free."""
        return self._free.locked()

    def refusal(self) -> OverloadedError:
        """What whoever finds no place is told."""
        return OverloadedError("queue", self._queue)

    def check(self) -> None:
        """Refuse what would have to wait for a place.

        Raises:
            OverloadedError: none is free.
        """
        if self.are_taken:
            raise self.refusal()

    def take(self) -> asyncio.Semaphore:
        """A place at once, to be entered at once; raises as `check` does."""
        self.check()
        return self._free

    def wait(self) -> asyncio.Semaphore:
        """A place as soon as there is one, for senders that can be kept waiting."""
        return self._free


class Body:
    """A request's body as it arrives, held against the budget until it is left.

    Use it as a context manager around all that the body is needed for.
    """

    def __init__(self, request: web.Request, settings: Settings, budget: ByteBudget) -> None:
        self._request = request
        self._settings = settings
        self._budget = budget
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._budget.give_back(self._size)

    async def read(self) -> list[bytes]:
        """All of it, in the pieces it came in.

        Raises:
            BodyTooLargeError: more than `max_body_bytes`; where it declares its length, before any of it is read.
            ExpectationFailedError: an `Expect` other than `100-continue`.
            BodyTimeoutError: it is not complete within `body_timeout`.
            OverloadedError: the bodies of all requests together are more than `max_pending_bytes`.
            MalformedBodyError: it breaks the rules of chunked transfer.
        """
        check_length(self._request, self._settings)
        await answer_expect(self._request)
        chunks = []
        try:
            async with asyncio.timeout(self._settings.body_timeout):
                async for chunk in self._request.content.iter_any():
                    self._budget.take(len(chunk))
                    self._size += len(chunk)
                    if self._size > self._settings.max_body_bytes:
                        raise BodyTooLargeError(self._settings.max_body_bytes, "received")
                    chunks.append(chunk)
        except TimeoutError:
            raise BodyTimeoutError(self._settings.body_timeout) from None
        except web.RequestPayloadError as error:
            raise MalformedBodyError("chunked transfer", str(error)) from None
        return chunks


def check_length(request: web.Request, settings: Settings) -> None:
    """Refuse a body by its declared length.

    Raises:
        BodyTooLargeError: more than `max_body_bytes`.
    """
    declared = request.headers.get(hdrs.CONTENT_LENGTH)
    if declared is not None and int(declared) > settings.max_body_bytes:
        raise BodyTooLargeError(settings.max_body_bytes, "declared")


async def answer_expect_later(_request: web.Request) -> None:
    """The expect handler of all routes: aiohttp's own would invite any body, before a check is made."""


async def answer_expect(request: web.Request) -> None:
    """Invite the body where the client waits for that.

    Raises:
        ExpectationFailedError: an `Expect` other than `100-continue`.
    """
    expect = request.headers.get(hdrs.EXPECT)
    if expect is None or request.version < HttpVersion11:
        return
    if expect.lower() != "100-continue":
        raise ExpectationFailedError(expect)
    await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    request.writer.output_size = 0  # of the response, which has not begun
