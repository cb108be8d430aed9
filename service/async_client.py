"""The client for `asyncio`; `service.client` says more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Sequence
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
from service.client_pages import Pages, Source, body_of, encode, record_of
from service.client_patience import Patience, pause_after
from service.errors import ClientError, RefusedError, UnreachableError
from service.problems import CODES
from service.records import Objects

T = TypeVar("T")
Result = CleanPage | RefusedError

_MSGPACK: Final = "application/msgpack"
_MOST_RECORD: Final = 1 << 30
_MOST_CALLS: Final = 100  # at a time; others wait
NOT_OPEN: Final = "the client is not open; use it in a `with` block"
_OTHER_LOOP: Final = "the client was opened in another event loop; open one in the loop that uses it"
OPEN_ALREADY: Final = "the client is open already; make another one for a `with` block inside"
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
            raise ClientError(OPEN_ALREADY)
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
            UnreachableError: it did not answer for as long as the option `patience` says.
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
        """The answers to pages that are sent together, or, where they are too much for that, in halves."""
        try:
            pages = encode({"pages": list(map(msgspec.Raw, records))})
            body = await self._call("POST", "/v1/clean/batch", pages, is_divisible=len(records) > 1)
        except RefusedError as error:
            if error.problem.code != "body_too_large":
                raise
            return [error] if len(records) == 1 else await self._in_halves(records)
        except TimeoutError:
            return await self._in_halves(records)
        answers = self._read(body, _Results).results
        if len(answers) != len(records):
            raise self._stranger(f"{len(answers)} answers to {len(records)} pages")
        return [self._result(one) for one in answers]

    async def _in_halves(self, records: Sequence[bytes]) -> list[Result]:
        middle = len(records) // 2
        return [*await self._batch(records[:middle]), *await self._batch(records[middle:])]

    async def stream(self, pages: Pages, **fields: Any) -> AsyncGenerator[Result]:
        """Clean pages without end, in order; a stream that breaks is taken up where it broke.

        What `pages` raises is raised here, once the pages before it are answered.
        """
        if not isinstance(pages, AsyncIterable):
            check_stream(pages)
        source = Source(pages, self._options.window, fields)
        patience = Patience(self._url, self._options)
        try:
            while await source.has_more():
                try:
                    async for answer in self._stream(source):
                        patience.renew()
                        yield answer
                except _Idle:
                    pass
                except (aiohttp.ClientError, TimeoutError, Again) as error:
                    await patience.pause(error)
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

    async def _call(self, method: str, path: str, body: bytes | None = None, *, is_divisible: bool = False) -> bytes:
        """What is answered, in the end.

        Raises:
            TimeoutError: the call `is_divisible`, and took longer than the option `timeout`, as it would again.
        """
        patience = Patience(self._url, self._options)
        while True:
            try:
                return await self._once(method, path, body)
            except (aiohttp.ClientError, TimeoutError, Again) as error:
                if is_divisible and isinstance(error, TimeoutError) and not isinstance(error, aiohttp.ClientError):
                    raise
                await patience.pause(error)
            except RuntimeError:  # aiohttp's word for a session that is closed meanwhile
                self._opened()
                raise

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
        code = CODES.get(answer.problem.code)  # an answer among others has no header that says it
        await asyncio.sleep(pause_after(1, code and code.retry_after, self._options))
        try:
            return self._read(await self._call("POST", "/v1/clean", record), CleanPage)
        except RefusedError as error:
            return error
        except UnreachableError:
            return answer

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
            raise ClientError(NOT_OPEN)
        if self._loop is not asyncio.get_running_loop():
            raise ClientError(_OTHER_LOOP)
        return self._session


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
