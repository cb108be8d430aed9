"""The crawl index, seen from the event loop. It lives in the thread that owns the state."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dedup.crawl.options import CrawlOptions
from dedup.page import NearDuplicate
from service.batching import Batching
from service.memory import Memory

if TYPE_CHECKING:
    from dedup.crawl import CrawlIndex

Found = tuple[NearDuplicate, ...]


class Document(NamedTuple):
    """A cleaned page on its way into the index.

    Attributes:
        namespace: the tenant.
        id: the document's.
        url: where it was found.
        site: that it belongs to.
        content: what is left of it.
    """

    namespace: str
    id: str
    url: str | None
    site: str | None
    content: str


class Documents:
    """Documents are added, asked about and forgotten; those that come at once are committed together."""

    def __init__(self, memory: Memory, options: CrawlOptions) -> None:
        self._memory = memory
        self._options = options
        self._index: CrawlIndex | None = None
        self._adding = Batching(self._commit)
        memory.on_forget = self._drop_missing

    async def load(self) -> None:
        """Read the documents of the state; raises as `CrawlIndex` does."""
        await self._memory.run(self._load)

    async def ask(self, document: Document) -> Found:
        """Documents that resemble one."""

        def look() -> Found:
            from dedup.crawl import read_content  # noqa: PLC0415  (compiles kernels)

            return self._load().ask(document.namespace, read_content(document.content), document.id)

        return await self._memory.run(look)

    async def add(self, document: Document) -> Found:
        """Add a document, committed when this returns; those before it that it resembles.

        Raises:
            StateError: it was not added.
        """
        return await self._adding.do(document)

    async def forget(self, namespace: str, document_id: str) -> bool:
        """Forget a document for good; False where it is not known.

        Raises:
            StateError: it was not forgotten.
        """
        return await self._memory.run(lambda: self._load().delete(namespace, document_id))

    def _load(self) -> CrawlIndex:
        """The index, read the first time; in the state's thread."""
        if self._index is None:
            from dedup.crawl import CrawlIndex  # noqa: PLC0415  (compiles kernels)

            self._index = CrawlIndex(self._memory.store, self._options)
        return self._index

    def _drop_missing(self) -> None:
        if self._index is not None:
            self._index.drop_missing()

    async def _commit(self, documents: list[Document]) -> list[Found]:
        return await self._memory.run(lambda: self._add(documents))

    def _add(self, documents: list[Document]) -> list[Found]:
        from dedup.crawl import read_content  # noqa: PLC0415  (compiles kernels)

        index = self._load()
        records = [
            index.document(each.namespace, each.id, read_content(each.content), url=each.url, site=each.site)
            for each in documents
        ]
        return index.add(records)
