"""The pages that a client sends: what is asked for one, and a stream of them that outlives its connection."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable
from enum import Enum
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import aiohttp
import msgspec

from dedup.page import PageInput
from service.api import Detail
from service.errors import RefusedError
from service.problems import problem

Pages = Iterable[PageInput] | AsyncIterable[PageInput]

encode: Final = msgspec.msgpack.Encoder().encode
_AHEAD: Final = 16  # pages that are taken before there is room for them


class _End(Enum):
    """Stands after the last page; None will not do, since it may come in place of a page."""

    OF_PAGES = 0


_MaybePage: TypeAlias = PageInput | Literal[_End.OF_PAGES]


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
    except (TypeError, OverflowError) as error:
        raise _refusal("invalid_field", str(error)) from None


def body_of(fields: dict[str, Any]) -> bytes:
    """A call's body.

    Raises:
        RefusedError: it holds what cannot be sent.
    """
    try:
        return encode(fields)
    except (TypeError, OverflowError, UnicodeEncodeError) as error:
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
        self._next: asyncio.Task[_MaybePage] | None = None
        self._error: BaseException | None = None
        self._since = 0.0  # when the oldest of those that were sent began to be the next one to be answered

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
        self._since = time.monotonic()

    async def send(self) -> AsyncIterator[bytes]:
        """What a connection sends: pages without an answer, then new ones as there is room."""
        for sent in list(self._sent):
            yield sent.record
        while not self._is_empty:
            await self._room.acquire()
            page = await self._take()
            if page is _End.OF_PAGES:
                return
            sent = _sent(page, self._fields)
            if not self._sent:
                self._since = time.monotonic()
            self._sent.append(sent)
            yield sent.record

    async def heard(self, content: aiohttp.StreamReader, patience: float) -> AsyncIterator[bytes]:
        """What a connection brings; where no page waits for an answer, it may be silent, or end, as it likes.

        Raises:
            TimeoutError: a page waits for its answer, and nothing has come for so many seconds.
            ClientError: it broke while one was waiting.
        """
        while True:
            try:
                async with asyncio.timeout(patience):
                    chunk = await content.readany()
            except TimeoutError:
                if self._sent and time.monotonic() - self._since >= patience:
                    raise
                continue
            except aiohttp.ClientError:
                if self._sent:
                    raise
                return
            if not chunk:
                return
            yield chunk

    async def _take(self) -> _MaybePage:
        await self.wait()
        if self._next is None or self._is_empty:
            return _End.OF_PAGES
        page, self._next = self._next.result(), None
        return page

    async def has_more(self) -> bool:
        """Whether anything is to be sent or answered; waits until there is a page, or will be none."""
        if not self._sent:
            await self.wait()
        return not self.is_done

    async def wait(self) -> None:
        """Until there is a page to send, or will be none."""
        if self._is_empty:
            return
        if self._next is None:
            self._next = asyncio.create_task(self._fetch())
        self._is_empty = await asyncio.shield(self._next) is _End.OF_PAGES

    async def _fetch(self) -> _MaybePage:
        try:
            return await anext(self._pages, _End.OF_PAGES)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            self._error = error  # of something that the pages have waited for
            return _End.OF_PAGES
        except Exception as error:  # noqa: BLE001  (whatever it is, it is raised where the answers are taken)
            self._error = error
            return _End.OF_PAGES

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
        self._since = time.monotonic()
        self._room.release()


async def _aiter(pages: Iterable[PageInput]) -> AsyncIterator[PageInput]:
    for page in pages:
        yield page


async def in_a_thread(pages: Iterable[PageInput], failed: list[BaseException]) -> AsyncGenerator[PageInput]:
    """Pages that are taken in a thread of their own, so that answers come while one is waited for.

    What `pages` raises ends them and is put into `failed`: raised here, `SystemExit` would end the event loop.
    """
    loop, queue = asyncio.get_running_loop(), asyncio.Queue[_MaybePage]()
    room, left = threading.Semaphore(_AHEAD), threading.Event()

    def put(one: _MaybePage) -> bool:
        """Hand one over once there is room; False where nobody takes it any more."""
        room.acquire()
        if left.is_set():
            return False
        try:
            loop.call_soon_threadsafe(queue.put_nowait, one)
        except RuntimeError:  # the client was closed, and the loop with it
            return False
        return True

    def take() -> None:
        try:
            for page in pages:
                if not put(page):
                    return
        except BaseException as error:  # noqa: BLE001  (whatever it is, it is raised where the answers are taken)
            failed.append(error)
        put(_End.OF_PAGES)

    threading.Thread(target=take, name="dedup pages", daemon=True).start()
    try:
        while (one := await queue.get()) is not _End.OF_PAGES:
            room.release()
            yield one
    finally:
        left.set()
        room.release()  # whoever waits to put one sees that nobody takes it
