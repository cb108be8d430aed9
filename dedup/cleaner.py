"""Cleaning with a memory: what earlier pages of a site taught counts for the later ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self

from dedup.errors import DedupError, StateError
from dedup.options import CleanOptions
from dedup.page import CleanPage, PageInput
from dedup.pipeline import analyse, finish
from dedup.repeats.site import SiteMemory


class Cleaner:
    """Cleans pages and learns from them what their sites repeat.

    Use it as a context manager. Cleaning reads the memory and never changes it; a page is always judged without its
    own contribution, so a retry gets the same verdicts.
    """

    def __init__(self, memory: SiteMemory, options: CleanOptions) -> None:
        self._memory = memory
        self._options = options

    @classmethod
    def open(cls, state: str | None = None, *, options: CleanOptions | None = None) -> Self:
        """A cleaner whose memory lives as long as it does.

        Args:
            state: None. Memory on disk and in Redis is not there yet.
            options: for every page.

        Raises:
            StateError: a `state` was given.
        """
        if state is not None:
            raise StateError(state, "memory is kept in RAM only for now; open(None)")
        return cls(SiteMemory(), options or CleanOptions())

    def clean(
        self,
        html: str | bytes | None = None,
        *,
        text: str | bytes | None = None,
        markdown: str | bytes | None = None,
        url: str | None = None,
        id: str | None = None,  # noqa: A002  (the field's name in every result)
    ) -> CleanPage:
        """Clean a page with what was learned; raises as `dedup.clean` does."""
        return self._clean(PageInput(html=html, text=text, markdown=markdown, url=url, id=id))

    def learn(
        self,
        html: str | bytes | None = None,
        *,
        text: str | bytes | None = None,
        markdown: str | bytes | None = None,
        url: str,
    ) -> None:
        """Remember the blocks of a page; one already learned, by URL, counts once."""
        page = analyse(PageInput(html=html, text=text, markdown=markdown, url=url), self._options)
        self._memory.learn(url, page.digests)

    def process(self, pages: Iterable[PageInput]) -> Iterator[CleanPage | DedupError]:
        """Clean each page with those before it, then learn it; a page that fails yields its error in its place."""
        for page in pages:
            try:
                analysis = analyse(page, self._options)
            except DedupError as error:
                yield error
                continue
            yield finish(analysis, self._options, self._memory)
            if page.url:
                self._memory.learn(page.url, analysis.digests)

    def _clean(self, page: PageInput) -> CleanPage:
        return finish(analyse(page, self._options), self._options, self._memory)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to close while memory lives in RAM."""
