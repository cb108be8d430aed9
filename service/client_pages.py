"""The pages that a client sends: what is asked for one, and a stream of them that outlives its connection."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable
from typing import Any, Final, NamedTuple

import msgspec

from dedup.page import PageInput
from service.api import Detail
from service.errors import RefusedError
from service.problems import problem

Pages = Iterable[PageInput] | AsyncIterable[PageInput]

encode: Final = msgspec.msgpack.Encoder().encode
_AHEAD: Final = 16  # pages that are taken before there is room for them


def record_of(page: PageInput, detail: Detail, fields: dict[str, Any]) -> bytes:
    """What is asked of the service for a page.

    Raises:
        RefusedError: it is no page, or holds what cannot be sent.
    """
    if not isinstance(page, PageInput):
        raise _refusal("invalid_field", f"a page is a PageInput, not {type(page).__name__}")
    named = {name: value for name, value in msgspec.structs.asdict(page).items() if value is not None}
    asked = named | ({"detail": detail} if detail != "content" else {}) | fields
    if asked.get("detail") == "spans":
        raise _refusal("invalid_field", "detail=spans leaves out what a CleanPage holds; ask for `full`")
    try:
        return encode(asked)
    except UnicodeEncodeError:  # lone surrogates, which the library takes for question marks, too
        return encode({name: _encodable(value) for name, value in asked.items()})
    except TypeError as error:
        raise _refusal("invalid_field", str(error)) from None


def _encodable(value: Any) -> Any:
    return value.encode(errors="replace").decode() if isinstance(value, str) else value


def _refusal(code: str, detail: str) -> RefusedError:
    """The problem that the service would find with a page, had it been sent."""
    return RefusedError(problem(code, detail, "not sent"))


class _Sent(NamedTuple):
    """A page on its way.

    Attributes:
        record: as it was sent.
        refused: what is wrong with one that cannot be sent; an empty record keeps its place among the answers.
    """

    record: bytes
    refused: RefusedError | None = None


def _sent(page: PageInput, fields: dict[str, Any]) -> _Sent:
    try:
        return _Sent(record_of(page, "content", fields))
    except RefusedError as error:
        return _Sent(encode({}), error)


class Source:
    """Pages on their way: those that were sent and not answered are sent again when a stream breaks.

    A page is awaited in a task of its own, which a connection that breaks meanwhile does not cancel.
    """

    def __init__(self, pages: Pages, window: int, fields: dict[str, Any]) -> None:
        self._pages = aiter(pages) if isinstance(pages, AsyncIterable) else _aiter(pages)
        self._fields = fields
        self._window = window
        self._sent: deque[_Sent] = deque()
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
    def oldest(self) -> _Sent:
        """The first page that is not answered."""
        return self._sent[0]

    def begin(self) -> None:
        """Make ready for a new connection."""
        self._room = asyncio.Semaphore(max(self._window - len(self._sent), 0))

    async def send(self) -> AsyncIterator[bytes]:
        """What a connection sends: pages without an answer, then new ones as there is room."""
        for sent in list(self._sent):
            yield sent.record
        while not self._is_empty:
            await self._room.acquire()
            page = await self._take()
            if page is None:
                return
            sent = _sent(page, self._fields)
            self._sent.append(sent)
            yield sent.record

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


async def in_a_thread(pages: Iterable[PageInput]) -> AsyncGenerator[PageInput]:
    """Pages that are taken in a thread of their own, so that answers come while one is waited for.

    What `pages` raises is raised here.
    """
    loop, queue = asyncio.get_running_loop(), asyncio.Queue[PageInput | BaseException | None](_AHEAD)
    left = threading.Event()

    def put(one: PageInput | BaseException | None) -> None:
        asyncio.run_coroutine_threadsafe(queue.put(one), loop).result()

    def take() -> None:
        try:
            for page in pages:
                if left.is_set():
                    return
                put(page)
            put(None)
        except BaseException as error:  # noqa: BLE001  (whatever it is, it is raised where the pages are awaited)
            if not left.is_set():
                put(error)

    threading.Thread(target=take, name="dedup pages", daemon=True).start()
    try:
        while (one := await queue.get()) is not None:
            if isinstance(one, BaseException):
                raise one
            yield one
    finally:
        left.set()
        while not queue.empty():
            queue.get_nowait()  # whoever waits to put one sees that nobody takes it
