"""The pages that a client sends: what is asked for one, and a stream of them that outlives its connection."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from typing import Any, Final

import msgspec

from dedup.page import PageInput
from service.api import Detail

Pages = Iterable[PageInput] | AsyncIterable[PageInput]

encode: Final = msgspec.msgpack.Encoder().encode


def request_of(page: PageInput, detail: Detail, fields: dict[str, Any]) -> dict[str, Any]:
    """What is asked of the service for a page."""
    named = {name: value for name, value in msgspec.structs.asdict(page).items() if value is not None}
    named.pop("site", None)  # the service knows it from the URL
    return named | ({"detail": detail} if detail != "content" else {}) | fields


class Source:
    """Pages on their way: those that were sent and not answered are sent again when a stream breaks.

    A page is awaited in a task of its own, which a connection that breaks meanwhile does not cancel.
    """

    def __init__(self, pages: Pages, window: int, fields: dict[str, Any]) -> None:
        self._pages = aiter(pages) if isinstance(pages, AsyncIterable) else _aiter(pages)
        self._fields = fields
        self._window = window
        self._sent: deque[bytes] = deque()
        self._room = asyncio.Semaphore(window)
        self._is_empty = False
        self._next: asyncio.Task[PageInput | None] | None = None
        self._error: Exception | None = None

    @property
    def is_done(self) -> bool:
        """All pages are sent and answered."""
        return self._is_empty and not self._sent

    @property
    def is_waiting(self) -> bool:
        """Pages were sent that are not answered."""
        return bool(self._sent)

    @property
    def oldest(self) -> bytes:
        """The first page that is not answered, as it was sent."""
        return self._sent[0]

    def begin(self) -> None:
        """Make ready for a new connection."""
        self._room = asyncio.Semaphore(max(self._window - len(self._sent), 0))

    async def send(self) -> AsyncIterator[bytes]:
        """What a connection sends: pages without an answer, then new ones as there is room."""
        for record in list(self._sent):
            yield record
        while not self._is_empty:
            await self._room.acquire()
            page = await self._take()
            if page is None:
                return
            record = encode(request_of(page, "content", self._fields))
            self._sent.append(record)
            yield record

    async def _take(self) -> PageInput | None:
        """The next page; None where there is none."""
        await self.wait()
        if self._next is None or self._is_empty:
            return None
        page, self._next = self._next.result(), None
        return page

    async def wait(self) -> None:
        """Until there is a page to send, or will be none."""
        if self._is_empty:
            return
        if self._next is None:
            self._next = asyncio.create_task(self._fetch())
        self._is_empty = await asyncio.shield(self._next) is None

    async def _fetch(self) -> PageInput | None:
        try:
            return await anext(self._pages, None)
        except Exception as error:  # noqa: BLE001  (whatever it is, it is raised where the answers are taken)
            self._error = error
            return None

    def check(self) -> None:
        """Raise what the pages raised."""
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """Await no further page."""
        if self._next is not None:
            self._next.cancel()

    def answered(self) -> None:
        """The oldest page has its answer."""
        self._sent.popleft()
        self._room.release()


async def _aiter(pages: Iterable[PageInput]) -> AsyncIterator[PageInput]:
    for page in pages:
        yield page
