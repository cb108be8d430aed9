"""Cleaning with a memory: what earlier pages of a site, and other sites, taught counts for the later ones."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Final, Self

from dedup.errors import DedupError, InputError
from dedup.memory import LearnedMemory, MemoryOptions, Seen, normalised_url
from dedup.options import CleanOptions
from dedup.page import CleanPage, PageInput
from dedup.pipeline import Analysis, analyse, finish
from dedup.state import PageRecord, StateOptions

_AT_ONCE: Final = 256  # pages that `learn_all` commits together


class Cleaner:
    """Cleans pages and learns from them what their sites repeat.

    Use it as a context manager, from one thread. Cleaning reads the memory and never changes it; a page is always
    judged without its own contribution, so a retry gets the same verdicts.
    """

    def __init__(self, memory: LearnedMemory, options: CleanOptions, namespace: str = "default") -> None:
        self._memory = memory
        self._options = options
        self._namespace = namespace

    @classmethod
    def open(
        cls,
        state: str | None = None,
        *,
        options: CleanOptions | None = None,
        memory: MemoryOptions | None = None,
        state_options: StateOptions | None = None,
        namespace: str = "default",
    ) -> Self:
        """A cleaner over a state; what the state holds is read first.

        Args:
            state: a directory, which is made where it is missing, or the address of a Redis (`redis://…`); None for a
                memory that lives as long as the cleaner.
            options: for every page.
            memory: how much is remembered.
            state_options: how safe what was learned is to be.
            namespace: the tenant; memories of two namespaces never mix.

        Raises:
            StateError: the state cannot be opened; the subclass says why.
        """
        return cls(LearnedMemory.open(state, memory, state_options), options or CleanOptions(), namespace)

    def clean(
        self,
        html: str | bytes | None = None,
        *,
        text: str | bytes | None = None,
        markdown: str | bytes | None = None,
        url: str | None = None,
        id: str | None = None,  # noqa: A002  (the field's name in every result)
        site: str | None = None,
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
        """
        page = PageInput(html=html, text=text, markdown=markdown, url=url, id=id, site=site)
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
    ) -> int:
        """Remember the blocks of a page, durably when this returns; one already learned counts once, as it is now.

        Returns:
            The memory's position.

        Raises:
            InputError: the page has neither a URL nor a site and an id, so that nothing could be asked of it later.
            StateError: it cannot be written; nothing was learned.
        """
        page = PageInput(html=html, text=text, markdown=markdown, url=url, id=id, site=site)
        return self._memory.learn([self._record(analyse(page, self._options))])

    def learn_all(self, pages: Iterable[PageInput]) -> Iterator[DedupError]:
        """Learn a whole batch, for two passes over it: learn all, then clean all.

        Yields the error of each page that fails; what it yields has to be drained for the batch to be learned.
        """
        records: list[PageRecord] = []
        for page in pages:
            try:
                records.append(self._record(analyse(page, self._options)))
            except DedupError as error:
                yield error
            if len(records) == _AT_ONCE:
                self._memory.learn(records)
                records = []
        self._memory.learn(records)

    def process(self, pages: Iterable[PageInput]) -> Iterator[CleanPage | DedupError]:
        """Clean each page with those before it, then learn it; a page that fails yields its error in its place.

        A page without URL or site and id is cleaned and not learned.
        """
        for page in pages:
            try:
                analysis = analyse(page, self._options)
            except DedupError as error:
                yield error
                continue
            result = self._finish(analysis)
            if analysis.site is not None and analysis.page_key is not None:
                self._memory.learn([self._record(analysis)])
            yield result

    def sites(self) -> list[tuple[str, str, int, int, int]]:
        """What was learned: namespace, site, pages, distinct blocks, and blocks that three pages or more hold."""
        return self._memory.sites()

    def close(self) -> None:
        """Let go of the state; closing twice does nothing."""
        self._memory.close()

    def _finish(self, page: Analysis) -> CleanPage:
        return finish(page, self._options, self._ask(page))

    def _ask(self, page: Analysis) -> Seen | None:
        if page.site is None:
            return None
        return self._memory.seen(self._namespace, page.site, page.page_key or b"", page.keys)

    def _record(self, page: Analysis) -> PageRecord:
        site, key = page.site, page.page_key
        if site is None or key is None:
            raise InputError("url", "a page is learned by its URL, or by a site and an id; give one of them")
        known = page.keys[page.prints.token_counts > 0]
        url = normalised_url(page.given.url) if page.given.url else ""
        return PageRecord(self._namespace, site, key, url, int(time.time()), known.astype("<u8").tobytes())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
