"""A client of the service: the same calls for `asyncio` and for plain code, typed, retried, streamed.

    async with AsyncClient("http://127.0.0.1:8080") as client:
        page = await client.clean(PageInput(html=markup, url=url))

    with Client("http://127.0.0.1:8080") as client:
        for page in client.stream(pages):
            …

A call that is refused for now (429, 503, no connection, or 502 and 504 from a proxy that has none) is made again after
a pause that doubles, and not before `Retry-After` says so, until the option `patience` is over: long enough for a
service that is restarted. Learning a page twice counts once, so making a call again is safe.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from typing import Any, Self, TypeVar

from dedup.inputs import check_stream
from dedup.page import CleanPage, PageInput
from service.api import Detail, DocumentAnswer, FingerprintAnswer, SiteSummary
from service.async_client import NOT_OPEN, OPEN_ALREADY, AsyncClient, Result
from service.client_options import ClientOptions
from service.client_pages import in_a_thread
from service.errors import ClientError

__all__ = ["AsyncClient", "Client", "ClientOptions", "Result"]

T = TypeVar("T")


class Client:
    """The calls of `AsyncClient` for plain code; use it as a context manager. Its event loop runs in a thread."""

    def __init__(self, url: str, options: ClientOptions | None = None) -> None:
        self._client = AsyncClient(url, options)
        self._loop: asyncio.AbstractEventLoop | None = None
        # Held while a call is handed over, so that none comes after the last one; a stream may end as garbage there.
        self._closing = threading.RLock()

    def __enter__(self) -> Self:
        if self._loop is not None:
            raise ClientError(OPEN_ALREADY)
        self._process = os.getpid()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="dedup client", daemon=True)
        self._thread.start()
        self._run(self._client.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
        self._require_own_process()
        with self._closing:
            loop, self._loop = self._loop, None
        if loop is not None:
            asyncio.run_coroutine_threadsafe(self._leave(loop), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            self._thread.join()
            loop.close()

    def clean(self, page: PageInput, *, detail: Detail = "content", **fields: Any) -> CleanPage:
        """See `AsyncClient.clean`."""
        return self._run(self._client.clean(page, detail=detail, **fields))

    def clean_many(self, pages: Iterable[PageInput], **fields: Any) -> list[Result]:
        """See `AsyncClient.clean_many`."""
        check_stream(pages)
        return self._run(self._client.clean_many(list(pages), **fields))  # taken here: they may wait for other calls

    def stream(self, pages: Iterable[PageInput], **fields: Any) -> Iterator[Result]:
        """See `AsyncClient.stream`. The pages are taken in a thread of their own, which may wait for answers."""
        check_stream(pages)
        failed: list[BaseException] = []
        taken = in_a_thread(pages, failed)
        answers = self._client.stream(taken, **fields)

        async def following() -> Result | None:
            return await anext(answers, None)

        async def leave() -> None:
            for each in (answers, taken):
                with suppress(RuntimeError):  # interrupted, it may be about to end by itself
                    await each.aclose()

        try:
            while (answer := self._run(following())) is not None:
                yield answer
        finally:
            with suppress(ClientError):  # a client that was closed left the answers itself
                self._hand_over(leave())  # not awaited: as garbage, this may end in the thread that has to do it
        if failed:
            raise failed[0]

    def add_document(self, page: PageInput, **fields: Any) -> DocumentAnswer:
        """See `AsyncClient.add_document`."""
        return self._run(self._client.add_document(page, **fields))

    def search_documents(self, page: PageInput, **fields: Any) -> DocumentAnswer:
        """See `AsyncClient.search_documents`."""
        return self._run(self._client.search_documents(page, **fields))

    def forget_document(self, document_id: str) -> None:
        """See `AsyncClient.forget_document`."""
        self._run(self._client.forget_document(document_id))

    def fingerprints(self, texts: Sequence[str], **fields: Any) -> FingerprintAnswer:
        """See `AsyncClient.fingerprints`."""
        return self._run(self._client.fingerprints(texts, **fields))

    def sites(self) -> list[SiteSummary]:
        """See `AsyncClient.sites`."""
        return self._run(self._client.sites())

    def forget_site(self, site: str) -> None:
        """See `AsyncClient.forget_site`."""
        self._run(self._client.forget_site(site))

    def _run(self, call: Coroutine[Any, Any, T]) -> T:
        future = self._hand_over(call)
        try:
            return future.result()
        except CancelledError:
            raise ClientError("the client was closed before the answer came") from None
        finally:
            future.cancel()  # where Ctrl-C came before the answer

    def _hand_over(self, call: Coroutine[Any, Any, T]) -> Future[T]:
        try:
            self._require_own_process()  # first: a lock that crossed a fork may be held for ever
            with self._closing:
                return asyncio.run_coroutine_threadsafe(call, self._open)
        except ClientError:
            call.close()
            raise

    @property
    def _open(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            raise ClientError(NOT_OPEN)
        return self._loop

    def _require_own_process(self) -> None:
        if self._loop is not None and os.getpid() != self._process:
            raise ClientError("the client was opened before a fork; open one in the process that uses it")

    async def _leave(self, loop: asyncio.AbstractEventLoop) -> None:
        """Close the connections, and end what other threads still wait for."""
        await self._client.__aexit__()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await loop.shutdown_asyncgens()  # a stream of which no answer is awaited just now
