"""Cleaning with a memory: what earlier pages of a site, and other sites, taught counts for the later ones."""

from __future__ import annotations

import itertools
import time as clock
from collections import deque
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

import msgspec

from dedup.errors import DedupError, InputError, OptionError
from dedup.inputs import check_name, check_page, check_stream
from dedup.memory import LearnedMemory, MemoryOptions, Seen
from dedup.memory.addresses import document_name
from dedup.options import CleanOptions, require_kind
from dedup.page import CleanPage, NearDuplicate, PageInput
from dedup.pipeline import Analysis, analyse, finish
from dedup.pool.options import MOST_WORKERS, usable_cores
from dedup.state import PageRecord, StateOptions
from dedup.stream.wire import Question, question_of

if TYPE_CHECKING:
    from dedup.crawl import CrawlIndex, CrawlOptions
    from dedup.stream import Lanes, Ticket

_AT_ONCE: Final = 256  # pages that `learn_all` commits together
_ALONE: Final = 128  # pages that are processed before workers are started


class Cleaner:
    """Cleans pages and learns from them what their sites repeat.

    Use it as a context manager, from one thread. Cleaning reads the memory and never changes it; a page is always
    judged without its own contribution, so a retry gets the same verdicts.
    """

    def __init__(
        self,
        memory: LearnedMemory,
        options: CleanOptions,
        namespace: str = "default",
        crawl: CrawlIndex | None = None,
    ) -> None:
        self._memory = memory
        self._options = options
        self._namespace = namespace
        self._crawl = crawl

    @classmethod
    def open(
        cls,
        state: str | None = None,
        *,
        options: CleanOptions | None = None,
        memory: MemoryOptions | None = None,
        state_options: StateOptions | None = None,
        namespace: str = "default",
        crawl: CrawlOptions | None = None,
    ) -> Self:
        """A cleaner over a state; what the state holds is read first.

        Args:
            state: a directory, which is made where it is missing, or the address of a Redis (`redis://…`); None for a
                memory that lives as long as the cleaner.
            options: for every page.
            memory: how much is remembered.
            state_options: how safe what was learned is to be.
            namespace: the tenant; memories of two namespaces never mix.
            crawl: opens the crawl index too: each page says which documents it resembles (`near_duplicates`). Nothing
                is removed for that, unless `drop_duplicates` asks for it.

        Raises:
            OptionError: an argument of the wrong type.
            InputError: a namespace that cannot be written.
            StateError: the state cannot be opened; the subclass says why.
        """
        options = CleanOptions() if options is None else options
        require_kind("options", options, CleanOptions)
        if memory is not None:
            require_kind("memory", memory, MemoryOptions)
        if state_options is not None:
            require_kind("state_options", state_options, StateOptions)
        if not isinstance(namespace, str):
            raise OptionError("namespace", namespace, "a name as str")
        check_name("namespace", namespace)
        if crawl is not None:
            from dedup.crawl import CrawlOptions  # noqa: PLC0415  (compiles kernels)

            require_kind("crawl", crawl, CrawlOptions)
        learned = LearnedMemory.open(state, memory, state_options)
        try:
            return cls(learned, options, namespace, _index(learned, crawl))
        except BaseException:
            learned.close()
            raise

    def clean(
        self,
        html: str | bytes | None = None,
        *,
        text: str | bytes | None = None,
        markdown: str | bytes | None = None,
        url: str | None = None,
        id: str | None = None,  # noqa: A002  (the field's name in every result)
        site: str | None = None,
        content_type: str | None = None,
        http_status: int | None = None,
    ) -> CleanPage:
        """Clean a page with what was learned; raises as `dedup.clean` does.

        Args:
            html: the page, as for `dedup.clean`; or `text` or `markdown`.
            text: as plain text.
            markdown: as Markdown.
            url: where it was found.
            id: the caller's name for it.
            site: whose memory is asked; without it, that of the URL's registrable domain. With neither there is none,
                and `site` is None in the result.
            content_type: of the HTTP response that it came in; its charset counts.
            http_status: of that response.
        """
        page = PageInput(
            html=html,
            text=text,
            markdown=markdown,
            url=url,
            id=id,
            site=site,
            content_type=content_type,
            http_status=http_status,
        )
        return self._finish(analyse(page, self._options))

    def learn(
        self,
        html: str | bytes | None = None,
        *,
        text: str | bytes | None = None,
        markdown: str | bytes | None = None,
        url: str | None = None,
        id: str | None = None,  # noqa: A002  (the field's name in every result)
        site: str | None = None,
        content_type: str | None = None,
        http_status: int | None = None,
        time: int | None = None,
    ) -> int:
        """Remember the blocks of a page, durably when this returns; one already learned counts once, as it is now.

        Args:
            html: the page; this and the other arguments are those of `clean`.
            text: or as plain text.
            markdown: or as Markdown.
            url: where it was found.
            id: the caller's name for it.
            site: that it belongs to.
            content_type: of the response in which it came; its charset counts.
            http_status: of that response.
            time: when that was, seconds since 1970; by default now.

        Returns:
            The memory's position.

        Raises:
            InputError: the page has neither a URL nor a site and an id, so that nothing could be asked of it later.
            StateError: it cannot be written; nothing was learned.
        """
        page = PageInput(
            html=html,
            text=text,
            markdown=markdown,
            url=url,
            id=id,
            site=site,
            content_type=content_type,
            http_status=http_status,
            time=time,
        )
        return self._memory.learn([self._record(analyse(page, self._options))])

    def learn_all(self, pages: Iterable[PageInput]) -> list[DedupError]:
        """Learn a whole batch, for two passes over it: learn all, then clean all.

        What `pages` raises is raised here, once those before it are learned.

        Returns:
            The error of each page that failed, in order; the others were learned.

        Raises:
            InputError: `pages` is no iterable of pages, but one page or a text.
            StateError: they cannot be written; those before them were learned.
        """
        check_stream(pages)
        errors: list[DedupError] = []
        records: list[PageRecord] = []
        failed: list[Exception] = []
        for page in _until_it_fails(pages, failed):
            try:
                records.append(self._record(analyse(page, self._options)))
            except DedupError as error:
                errors.append(error)
            if len(records) == _AT_ONCE:
                self._memory.learn(records)
                records = []
        self._memory.learn(records)
        if failed:
            raise failed[0]
        return errors

    def process(self, pages: Iterable[PageInput], *, workers: int | None = None) -> Iterator[CleanPage | DedupError]:
        """Clean each page with those before it, then learn it; a page that fails yields its error in its place.

        So does what is no `PageInput`, or one with a field of the wrong type: its error is an `InputError`.

        A page without URL or site and id is cleaned and not learned. With a crawl index, pages that have an id or a
        URL are added to it. Results do not depend on the number of workers, but for the position in a log that
        documents of the crawl share. A few more pages are read than were yielded. What `pages` raises is raised
        here, once those before it are yielded.

        Args:
            pages: in order.
            workers: processes that work on them; 1: none but this one. Unless set, one a core, once the stream has
                proven long enough to be worth their start.

        Raises:
            InputError: `pages` is no iterable of pages, but one page or a text.
            OptionError: `workers` is no number of them.
            StateError: what was learned cannot be written; nothing of this page was.
            WorkerStartError: no worker can be started.
        """
        check_stream(pages)
        if workers is not None and (not isinstance(workers, int) or not 1 <= workers <= MOST_WORKERS):
            raise OptionError("workers", workers, f"a whole number from 1 to {MOST_WORKERS}, or None")
        stream = iter(pages)
        if workers is None:
            yield from self._process_here(itertools.islice(stream, _ALONE))
            rest = list(itertools.islice(stream, 1))
            stream, workers = itertools.chain(rest, stream), usable_cores() if rest else 1
        yield from self._process_here(stream) if workers == 1 else self._process_in(stream, workers)

    def add_document(self, page: CleanPage) -> tuple[NearDuplicate, ...]:
        """Add what is left of a page to the crawl index, durably when this returns; a document of its id is replaced.

        Args:
            page: cleaned; its `id`, or else its normalised URL, is the document's id.

        Returns:
            The documents before it that it resembles, best first.

        Raises:
            InputError: this is no cleaned page, it has neither id nor URL, or the cleaner was opened without a crawl
                index.
            StateError: it cannot be written; it was not added.
        """
        from dedup.crawl import read_content  # noqa: PLC0415  (compiles kernels)

        index = self._require_crawl()
        if not isinstance(page, CleanPage):
            raise InputError("page", f"expected a CleanPage, got {type(page).__name__}")
        name = document_name(page.id, page.url)
        if name is None:
            raise InputError("id", "a document is known by its id or its URL; give one of them")
        content = read_content(page.content)
        (found,) = index.add([index.document(self._namespace, name, content, url=page.url, site=page.site)])
        return found

    def forget_document(self, document_id: str) -> bool:
        """Take a document out of the crawl index, for good; False where it is not in it.

        Raises:
            InputError: the id is no text, or the cleaner was opened without a crawl index.
            StateError: it cannot be written; it was not forgotten.
        """
        if not isinstance(document_id, str):
            raise InputError("document_id", f"expected str, got {type(document_id).__name__}")
        return self._require_crawl().delete(self._namespace, document_id)

    def sites(self) -> list[tuple[str, str, int, int, int]]:
        """What was learned: namespace, site, pages, distinct blocks, and blocks that three pages or more hold."""
        return self._memory.sites()

    def close(self) -> None:
        """Let go of the state; closing twice does nothing."""
        self._memory.close()

    def _require_crawl(self) -> CrawlIndex:
        if self._crawl is None:
            raise InputError("crawl", "there is no crawl index; open the cleaner with crawl=CrawlOptions()")
        return self._crawl

    def _process_here(self, pages: Iterable[PageInput]) -> Iterator[CleanPage | DedupError]:
        for page in pages:
            try:
                analysis = analyse(page, self._options)
            except DedupError as error:
                yield error
                continue
            result = self._finished(analysis)
            yield result if isinstance(result, DedupError) else self._added(result)

    def _process_in(self, pages: Iterable[PageInput], workers: int) -> Iterator[CleanPage | DedupError]:
        from dedup.stream import Lanes  # noqa: PLC0415  (most cleaners start no workers)

        analysed: deque[Ticket | Analysis | DedupError] = deque()
        finished: deque[Ticket | CleanPage | DedupError] = deque()
        failed: list[Exception] = []
        with Lanes(self._options, self._namespace, workers) as lanes:
            for page in _until_it_fails(pages, failed):
                analysed.append(self._started(lanes, page))
                if len(analysed) >= lanes.room:
                    finished.append(self._sent_again(analysed.popleft()))
                if len(finished) > workers:
                    yield self._collected(finished.popleft())
            while analysed or finished:
                if analysed:
                    finished.append(self._sent_again(analysed.popleft()))
                if not analysed or len(finished) > workers:
                    yield self._collected(finished.popleft())
        if failed:
            raise failed[0]

    def _started(self, lanes: Lanes, page: PageInput) -> Ticket | Analysis | DedupError:
        try:
            check_page(page)
        except InputError as error:
            return error
        try:
            return lanes.start(page, int(clock.time()))
        except UnicodeEncodeError:  # half a surrogate pair cannot be sent, but can be cleaned
            try:
                return analyse(page, self._options)
            except DedupError as error:
                return error

    def _sent_again(self, page: Ticket | Analysis | DedupError) -> Ticket | CleanPage | DedupError:
        """A page whose turn it is: the memory is asked, learns it, and the page is finished with the answer."""
        if isinstance(page, DedupError):
            return page
        if isinstance(page, Analysis):
            return self._finished(page)
        try:
            question = page.question()
        except DedupError as error:
            return error
        page.finish(self._asked_and_taught(question))
        return page

    def _finished(self, page: Analysis) -> CleanPage | DedupError:
        """A page of a stream that is analysed here; the memory is asked, and learns it."""
        seen = self._asked_and_taught(self._question(page))
        try:
            return finish(page, seen)
        except DedupError as error:  # such as an option whose package is not installed
            return error

    def _collected(self, page: Ticket | CleanPage | DedupError) -> CleanPage | DedupError:
        if isinstance(page, DedupError):
            return page
        try:
            result = page if isinstance(page, CleanPage) else page.result()
        except DedupError as error:
            return error
        return self._added(result)

    def _added(self, page: CleanPage) -> CleanPage:
        """The page with what it resembles; from now on it is in the crawl index, unless it is dropped for that."""
        if self._crawl is None or document_name(page.id, page.url) is None:
            return self._with_duplicates(page)
        if self._crawl.options.drop_duplicates and (dropped := self._with_duplicates(page)).near_duplicates:
            return dropped
        return msgspec.structs.replace(page, near_duplicates=self.add_document(page))

    def _finish(self, page: Analysis) -> CleanPage:
        return self._with_duplicates(finish(page, self._ask(self._question(page))))

    def _with_duplicates(self, page: CleanPage) -> CleanPage:
        if self._crawl is None:
            return page
        from dedup.crawl import read_content  # noqa: PLC0415  (compiles kernels)

        found = self._crawl.ask(self._namespace, read_content(page.content), document_name(page.id, page.url))
        content = "" if found and self._crawl.options.drop_duplicates else page.content
        return msgspec.structs.replace(page, content=content, near_duplicates=found)

    def _question(self, page: Analysis) -> Question:
        return question_of(page, self._namespace, int(clock.time()))

    def _ask(self, question: Question) -> Seen | None:
        if question.site is None:
            return None
        keys = question.key_array()
        return self._memory.seen(self._namespace, question.site, question.page, keys, question.whole, question.url)

    def _asked_and_taught(self, question: Question) -> Seen | None:
        """What the memory says of a page, without the page itself, which it learns."""
        seen = self._ask(question)
        if question.record is not None:
            self._memory.learn([question.record])
        return seen

    def _record(self, page: Analysis) -> PageRecord:
        return page.record(self._namespace, int(clock.time()))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _until_it_fails(pages: Iterable[PageInput], failed: list[Exception]) -> Iterator[PageInput]:
    """Pages up to where they raise something, which is put into `failed`: those before it are to count."""
    try:
        yield from pages
    except Exception as error:  # noqa: BLE001  (whatever it is, it is raised after them)
        failed.append(error)


def _index(memory: LearnedMemory, options: CrawlOptions | None) -> CrawlIndex | None:
    if options is None:
        return None
    from dedup.crawl import CrawlIndex  # noqa: PLC0415  (compiles kernels)

    return CrawlIndex(memory.store, options)
