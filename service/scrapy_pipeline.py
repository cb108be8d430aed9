"""A Scrapy item pipeline that has the service clean the pages of items. It needs the extra `dedup[scrapy]`.

    ITEM_PIPELINES = {"service.scrapy_pipeline.CleanPipeline": 300}
    DEDUP_URL = "http://127.0.0.1:8080"

An item with `html` gets `content`, and `dedup` with the other fields of the result; one that the service refuses gets
`dedup_error` instead, and goes on. Items of a type that declares its fields need these three among them; they go on
without those that it lacks, and the log says which. Items that come at about the same time are sent together, and the
reactor is never blocked: Scrapy's asyncio reactor, its default, drives the client.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import Any, Final, Self

import msgspec
from itemadapter import ItemAdapter
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from dedup.page import CleanPage, PageInput
from service.client import AsyncClient, ClientOptions, Result
from service.errors import ClientError

_GATHER: Final = 0.05  # seconds in which items are collected before they are sent
_PARTS: Final = ("content", "blocks", "links", "images", "spans")

_log = logging.getLogger(__name__)


class CleanPipeline:
    """Cleans the `html` of items.

    Settings of the crawl: `DEDUP_URL`, where the service listens; `DEDUP_KEY`; `DEDUP_BATCH` (64), items sent together;
    `DEDUP_HTML` (`html`), `DEDUP_PAGE_URL` (`url`), the fields of items that hold page and address.
    """

    def __init__(self, url: str, options: ClientOptions, html: str, page_url: str) -> None:
        self._client = AsyncClient(url, options)
        self._batch = options.batch
        self._html = html
        self._page_url = page_url
        self._waiting: list[tuple[PageInput, asyncio.Future[Result]]] = []
        self._sending: set[asyncio.Task[None]] = set()
        self._without: set[tuple[type, str]] = set()  # fields that items lack, once the log has told

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """The pipeline of a crawl.

        Raises:
            NotConfigured: there is no `DEDUP_URL`.
            OptionError: a setting has a value that it does not take.
        """
        settings = crawler.settings
        url = settings.get("DEDUP_URL")
        if not url:
            raise NotConfigured("DEDUP_URL is not set")
        batch = settings.get("DEDUP_BATCH", 64)
        if str(batch).isdecimal():  # of a command line it is text; what is no number, the options name
            batch = int(batch)
        options = ClientOptions(key=settings.get("DEDUP_KEY"), batch=batch)
        return cls(url, options, settings.get("DEDUP_HTML", "html"), settings.get("DEDUP_PAGE_URL", "url"))

    async def open_spider(self) -> None:
        """Open the client."""
        await self._client.__aenter__()

    async def close_spider(self) -> None:
        """Send what waits and close the client."""
        while self._sending:
            await asyncio.wait(set(self._sending))
        await self._client.__aexit__()

    async def process_item(self, item: Any) -> Any:
        """The item with the content of its page; one without a page goes through as it is."""
        fields = ItemAdapter(item)
        html = fields.get(self._html)
        if html is None:
            return item
        page = PageInput(html=html, url=fields.get(self._page_url))
        result: CleanPage | ClientError
        try:
            result = await self._clean(page)
        except ClientError as error:
            result = error
        if isinstance(result, CleanPage):
            known: dict[str, Any] = msgspec.to_builtins(result)
            dedup = {name: value for name, value in known.items() if name not in _PARTS}
            self._set(fields, {"content": result.content, "dedup": dedup})
        else:
            _log.warning("not cleaned: %s: %s", page.url, result)
            self._set(fields, {"dedup_error": str(result)})
        return item

    def _set(self, fields: ItemAdapter, values: Mapping[str, Any]) -> None:
        """Set fields of an item. One of a type that has no such fields goes on without: raising would drop it."""
        kind = type(fields.item)
        for name, value in values.items():
            try:
                fields[name] = value
            except Exception as error:  # noqa: BLE001  (each kind of item says in its own way that it takes none)
                if (kind, name) not in self._without:
                    self._without.add((kind, name))
                    _log.warning("items of %s go on without the field %s: %s", kind.__name__, name, error)

    async def _clean(self, page: PageInput) -> Result:
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((page, done))
        if len(self._waiting) >= self._batch:
            self._start(self._send())
        elif len(self._waiting) == 1:
            self._start(self._send_later())
        return await done

    def _start(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send_later(self) -> None:
        await asyncio.sleep(_GATHER)
        await self._send()

    async def _send(self) -> None:
        batch, self._waiting = self._waiting, []
        if not batch:
            return
        try:
            results: Iterable[Result] = await self._client.clean_many([page for page, _ in batch])
        except Exception as error:  # noqa: BLE001  (whatever it is, an item that is never finished would hang the crawl)
            for _, done in batch:
                if not done.done():
                    done.set_exception(error)
            return
        for (_, done), result in zip(batch, results, strict=True):
            if not done.done():
                done.set_result(result)
