"""A client of the service: the same calls for `asyncio` and for plain code, typed, retried, streamed.

    async with AsyncClient("http://127.0.0.1:8080") as client:
        page = await client.clean(PageInput(html=markup, url=url))

    with Client("http://127.0.0.1:8080") as client:
        for page in client.stream(pages):
            …

A call that is refused for now (429, 503, no connection, or 502 and 504 from a proxy that has none) is made again when
`Retry-After` says so, or after a pause that doubles. Learning a page twice counts once, so making a call again is safe.
"""

from __future__ import annotations

import asyncio
import os
import random
import threading
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from http import HTTPStatus
from io import BytesIO
from typing import Any, Final, Self, TypeVar
from urllib.parse import quote

import aiohttp
import msgspec

from dedup.errors import OptionError
from dedup.inputs import check_stream
from dedup.options import require_kind
from dedup.page import CleanPage, PageInput
from service.api import Detail, DocumentAnswer, FingerprintAnswer, Problem, SitesAnswer, SiteSummary
from service.client_answers import FOR_NOW, Again, check
from service.client_options import ClientOptions, is_address
from service.client_pages import Pages, Source, body_of, encode, in_a_thread, record_of
from service.errors import ClientError, RefusedError, UnreachableError
from service.records import Objects

__all__ = ["AsyncClient", "Client", "ClientOptions", "Result"]

T = TypeVar("T")
Result = CleanPage | RefusedError

_MSGPACK: Final = "application/msgpack"
_MOST_RECORD: Final = 1 << 30
_MOST_CALLS: Final = 100  # at a time; others wait
_NOT_OPEN: Final = "the client is not open; use it in a `with` block"
_OTHER_LOOP: Final = "the client was opened in another event loop; open one in the loop that uses it"
_OPEN_ALREADY: Final = "the client is open already; make another one for a `with` block inside"
_ENDS: Final = frozenset(("body_timeout", "shutting_down"))  # the stream's own problems, no answer to a page


class AsyncClient:
    """Calls a service; use it as an asynchronous context manager. Connections are kept and used again.

    Raises:
        OptionError: no address of a service, or options that are none.
    """

    def __init__(self, url: str, options: ClientOptions | None = None) -> None:
        if not is_address(url):
            raise OptionError("url", url, "the address of a service, such as 'http://127.0.0.1:8080'")
        self._url = url.rstrip("/")
        self._options = ClientOptions() if options is None else options
        require_kind("options", self._options, ClientOptions)
        self._session: aiohttp.ClientSession | None = None
        self._calls = asyncio.Semaphore(_MOST_CALLS)

    async def __aenter__(self) -> Self:
        if self._session is not None:
            raise ClientError(_OPEN_ALREADY)
        headers = {"Accept": _MSGPACK, "Accept-Encoding": self._options.accept_encoding}
        if self._options.key:
            headers["Authorization"] = f"Bearer {self._options.key}"
        # No more of aiohttp's limits: they leave out the time that sending takes, which a stream does till its end.
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._options.timeout)
        # Streams are as many as they are: if they took the connections of calls, those would wait for their end.
        connector = aiohttp.TCPConnector(limit=0)
        self._calls = asyncio.Semaphore(_MOST_CALLS)  # of the event loop that runs now
        self._loop = asyncio.get_running_loop()
        self._session = aiohttp.ClientSession(headers=headers, timeout=timeout, connector=connector)
        return self

    async def __aexit__(self, *_: object) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def clean(self, page: PageInput, *, detail: Detail = "content", **fields: Any) -> CleanPage:
        """Clean a page.

        Args:
            page: to be cleaned.
            detail: which parts of the result are wanted.
            fields: others of the call, such as `mode` or `learn`; see docs/http.md.

        Raises:
            RefusedError: the service refuses the page; the problem says why.
            UnreachableError: it did not answer, however often it was asked.
            ClientError: what answers is no such service, or the client is not open.
        """
        return self._read(await self._call("POST", "/v1/clean", record_of(page, detail, fields)), CleanPage)

    async def clean_many(self, pages: Iterable[PageInput], **fields: Any) -> list[Result]:
        """Clean pages in batches; what is refused stands as an error in its place."""
        check_stream(pages)
        results: list[Result | None] = []
        records: list[tuple[int, bytes]] = []
        for place, page in enumerate(pages):
            results.append(None)
            try:
                records.append((place, record_of(page, "content", fields)))
            except RefusedError as error:
                results[place] = error
        for start in range(0, len(records), self._options.batch):
            batch = records[start : start + self._options.batch]
            answers = await self._batch([record for _, record in batch])
            for (place, record), answer in zip(batch, answers, strict=True):
                results[place] = await self._settled(record, answer)
        return [result for result in results if result is not None]

    async def _batch(self, records: Sequence[bytes]) -> list[Result]:
        """The answers to pages that are sent together, or, where they are too large for that, in halves."""
        try:
            body = await self._call("POST", "/v1/clean/batch", encode({"pages": list(map(msgspec.Raw, records))}))
        except RefusedError as error:
            if error.problem.code != "body_too_large":
                raise
            if len(records) == 1:
                return [error]
            middle = len(records) // 2
            return [*await self._batch(records[:middle]), *await self._batch(records[middle:])]
        answers = self._read(body, _Results).results
        if len(answers) != len(records):
            raise self._stranger(f"{len(answers)} answers to {len(records)} pages")
        return [self._result(one) for one in answers]

    async def stream(self, pages: Pages, **fields: Any) -> AsyncGenerator[Result]:
        """Clean pages without end, in order; a stream that breaks is taken up where it broke.

        What `pages` raises is raised here, once the pages before it are answered.
        """
        if not isinstance(pages, AsyncIterable):
            check_stream(pages)
        source = Source(pages, self._options.window, fields)
        failures = 0
        try:
            while await source.has_more():
                try:
                    async for answer in self._stream(source):
                        failures = 0
                        yield answer
                except _Idle:
                    pass
                except (aiohttp.ClientError, TimeoutError, Again) as error:
                    failures += 1
                    if failures >= self._options.attempts:
                        raise UnreachableError(self._url, str(error) or type(error).__name__) from None
                    await asyncio.sleep(self._pause(failures, getattr(error, "after", None)))
                except RuntimeError:  # see `_call`
                    self._opened()
                    raise
        finally:
            source.close()
        source.check()

    async def add_document(self, page: PageInput, **fields: Any) -> DocumentAnswer:
        """Add a page to the crawl index; the documents before it that it resembles."""
        body = await self._call("POST", "/v1/documents", record_of(page, "content", fields))
        return self._read(body, DocumentAnswer)

    async def search_documents(self, page: PageInput, **fields: Any) -> DocumentAnswer:
        """The documents that a page resembles."""
        body = await self._call("POST", "/v1/documents/search", record_of(page, "content", fields))
        return self._read(body, DocumentAnswer)

    async def forget_document(self, document_id: str) -> None:
        """Forget a document."""
        self._require_none(await self._call("DELETE", f"/v1/documents/{_step('document_id', document_id)}"))

    async def fingerprints(self, texts: Sequence[str], **fields: Any) -> FingerprintAnswer:
        """Signatures, as bytes of little-endian uint32, and digests of texts."""
        body = await self._call("POST", "/v1/fingerprints", body_of({"texts": texts, **fields}))
        return self._read(body, FingerprintAnswer)

    async def sites(self) -> list[SiteSummary]:
        """What was learned."""
        return self._read(await self._call("GET", "/v1/sites"), SitesAnswer, msgspec.json.decode).sites

    async def forget_site(self, site: str) -> None:
        """Forget a site."""
        self._require_none(await self._call("DELETE", f"/v1/sites/{_step('site', site)}"))

    async def _call(self, method: str, path: str, body: bytes | None = None) -> bytes:
        for attempt in range(1, self._options.attempts + 1):
            try:
                return await self._once(method, path, body)
            except (aiohttp.ClientError, TimeoutError, Again) as error:
                reason = str(error) or type(error).__name__
                if attempt < self._options.attempts:
                    await asyncio.sleep(self._pause(attempt, getattr(error, "after", None)))
            except RuntimeError:  # aiohttp's word for a session that is closed meanwhile
                self._opened()
                raise
        raise UnreachableError(self._url, reason)

    async def _once(self, method: str, path: str, body: bytes | None) -> bytes:
        session = self._opened()  # looked at first: what bounds the calls belongs to its event loop
        headers = {"Content-Type": _MSGPACK} if body is not None else {}
        data = None if body is None else BytesIO(body)  # a large one in pieces, so that it holds up no other call
        async with (
            self._calls,
            asyncio.timeout(self._options.timeout),
            session.request(method, self._url + path, data=data, headers=headers, allow_redirects=False) as response,
        ):
            content = await response.read()
            check(response, content)
            return content

    async def _stream(self, source: Source) -> AsyncIterator[Result]:
        session, headers = self._opened(), {"Content-Type": _MSGPACK}
        source.begin()
        async with (
            asyncio.timeout(self._options.timeout) as limit,
            session.post(
                f"{self._url}/v1/clean/stream", data=source.send(), headers=headers, allow_redirects=False
            ) as response,
        ):
            if response.status != HTTPStatus.OK:
                check(response, await response.read())
            limit.reschedule(None)  # it answers; how long it may be silent from now on, `heard` sees to
            splitter = Objects(_MOST_RECORD)
            async for chunk in source.heard(response.content, self._options.timeout):
                for record in splitter.feed(chunk):
                    answer = self._result(msgspec.Raw(b"".join(record) if isinstance(record, list) else b""))
                    if isinstance(answer, RefusedError) and answer.problem.code in _ENDS:
                        raise Again(answer.problem.detail, None) if source.is_waiting else _Idle
                    if not source.is_waiting:
                        raise self._stranger("more answers than pages")
                    sent = source.oldest
                    answer = sent.refused or await self._settled(sent.record, answer)
                    source.answered()
                    yield answer
        if not source.is_done:
            raise Again("the stream ended early", None) if source.is_waiting else _Idle

    async def _settled(self, record: bytes, answer: Result) -> Result:
        """The answer to a page among others; where it was refused for now, it is asked about alone."""
        if isinstance(answer, CleanPage) or answer.problem.status not in FOR_NOW:
            return answer
        await asyncio.sleep(self._pause(1, None))
        try:
            return self._read(await self._call("POST", "/v1/clean", record), CleanPage)
        except RefusedError as error:
            return error
        except UnreachableError:
            return answer

    def _pause(self, attempt: int, after: float | None) -> float:
        """Seconds: what the service asks for, else a random share of a pause that doubles each time."""
        longest = min(self._options.pause * 2 ** min(attempt - 1, 60), self._options.longest_pause)
        return min(after, self._options.longest_pause) if after else longest * random.uniform(0.5, 1)  # noqa: S311

    def _result(self, record: msgspec.Raw) -> Result:
        try:
            return msgspec.msgpack.decode(record, type=CleanPage)
        except msgspec.ValidationError:
            return RefusedError(self._read(record, Problem))
        except msgspec.DecodeError as error:
            raise self._stranger(error) from None

    def _read(self, answer: bytes, kind: type[T], decode: Any = msgspec.msgpack.decode) -> T:
        """What a call that went well answers; raises where some other server does."""
        try:
            read: T = decode(answer, type=kind)
        except msgspec.DecodeError as error:
            raise self._stranger(error) from None
        return read

    def _require_none(self, answer: bytes) -> None:
        if answer:
            raise self._stranger("a text where none is due")

    def _stranger(self, why: object) -> ClientError:
        return ClientError(f"{self._url} does not answer as `dedup serve` does ({why}); is this where it listens?")

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise ClientError(_NOT_OPEN)
        if self._loop is not asyncio.get_running_loop():
            raise ClientError(_OTHER_LOOP)
        return self._session


class Client:
    """The calls of `AsyncClient` for plain code; use it as a context manager. Its event loop runs in a thread."""

    def __init__(self, url: str, options: ClientOptions | None = None) -> None:
        self._client = AsyncClient(url, options)
        self._loop: asyncio.AbstractEventLoop | None = None
        # Held while a call is handed over, so that none comes after the last one; a stream may end as garbage there.
        self._closing = threading.RLock()

    def __enter__(self) -> Self:
        if self._loop is not None:
            raise ClientError(_OPEN_ALREADY)
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
            raise ClientError(_NOT_OPEN)
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


class _Results(msgspec.Struct):
    results: list[msgspec.Raw]


class _Idle(Exception):  # noqa: N818  (no error: the stream goes on with the next page)
    """The service ended the stream, all pages of which are answered."""


def _step(field: str, name: str) -> str:
    """A name as the last step of an address; a dot or two would lead elsewhere, however they are written."""
    require_kind(field, name, str)
    if name in {"", ".", ".."}:
        raise OptionError(field, name, "a name other than '', '.' and '..'")
    return quote(name, safe="", errors="replace")
