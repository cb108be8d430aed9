"""`Cleaner.process` with workers: the answers of one process, in order, whatever happens to a page."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import msgspec
import pytest

import dedup
from dedup.crawl import CrawlOptions
from dedup.errors import AmbiguousInputError, InputTooLargeError, UnsupportedInputError

WORDS = (
    "harbour",
    "bridge",
    "council",
    "port",
    "ferry",
    "winter",
    "repair",
    "ticket",
    "ship",
    "crane",
    "water",
    "pier",
)
NOTICE = (
    "Readers of the Quayside Post support its work, and every subscription keeps the presses in the old dock running."
)


def article(number: int) -> str:
    letter = chr(ord("a") + number % 26) * (2 + number // 26)
    rows = [" ".join(WORDS[(number * 7 + row * 3 + at * (row + 2)) % 12] for at in range(40)) for row in range(5)]
    body = "".join(f"<p>{row.capitalize()} {letter}{'qrstu'[place]}x.</p>" for place, row in enumerate(rows))
    return f"<title>Story {letter}</title><article><h1>Story {letter}</h1>{body}<p>{NOTICE}</p></article>"


def stream(count: int) -> list[dedup.PageInput]:
    pages = [
        dedup.PageInput(html=article(number), url=f"https://{'ab'[number % 2]}.example/{number}")
        for number in range(count)
    ]
    pages[3] = dedup.PageInput(html="x", text="y")
    pages[4] = dedup.PageInput(html=article(2), url="https://a.example/2")  # delivered twice
    pages[5] = dedup.PageInput(html=b"%PDF-1.7 \x00\x01\x02", url="https://a.example/pdf")
    pages[6] = dedup.PageInput(html=article(6) + "\ud83d", url="https://a.example/half")
    pages[7] = dedup.PageInput(html=article(7))  # nothing to learn it by
    pages[8] = dedup.PageInput(html="x" * 60_000, url="https://a.example/large")
    pages[9] = dedup.PageInput(text="Plain text is a page, too.", id="9", site="a.example")
    return pages


def what_counts(result: dedup.CleanPage | dedup.DedupError) -> object:
    """A result without the clock, and without positions in a log that documents share."""
    if isinstance(result, dedup.DedupError):
        return str(result)
    if result.near_duplicates is None:
        return result
    found = tuple(msgspec.structs.replace(each, first_seen=0) for each in result.near_duplicates)
    versions = msgspec.structs.replace(result.versions, memory_position=None)
    return msgspec.structs.replace(result, near_duplicates=found, versions=versions)


@pytest.mark.parametrize("crawl", [None, CrawlOptions()])
def test_results_do_not_depend_on_the_number_of_workers(crawl: CrawlOptions | None) -> None:
    options = dedup.CleanOptions(limits=dedup.Limits(max_bytes=50_000))
    results = []
    for workers in (1, 2, 3):
        with dedup.Cleaner.open(options=options, crawl=crawl) as cleaner:
            results.append(list(cleaner.process(stream(40), workers=workers)))
    alone, *others = results
    assert len(alone) == 40
    assert [type(alone[place]) for place in (3, 5, 8)] == [
        AmbiguousInputError,
        UnsupportedInputError,
        InputTooLargeError,
    ]
    for other in others:
        for one, same in zip(alone, other, strict=True):
            assert what_counts(one) == what_counts(same)
    last = alone[-1]
    assert isinstance(last, dedup.CleanPage)
    assert NOTICE not in last.content  # it has learned


@pytest.mark.parametrize("workers", [1, 2])
def test_what_the_pages_raise_comes_after_those_before_it(workers: int) -> None:
    """Pages that had been learned were lost with workers: nothing was yielded of the last ones."""

    def broken() -> Iterator[dedup.PageInput]:
        for number in range(20):
            yield dedup.PageInput(html=article(number), url=f"https://a.example/{number}")
        raise OSError("the disk went away")

    results: list[object] = []
    with dedup.Cleaner.open() as cleaner:
        with pytest.raises(OSError, match="the disk went away"):
            results.extend(cleaner.process(broken(), workers=workers))
        assert [(site, pages) for _, site, pages, *_ in cleaner.sites()] == [("a.example", 20)]
    assert len(results) == 20


def test_an_endless_stream_is_read_only_a_little_ahead() -> None:
    read = itertools.count()
    pages = (dedup.PageInput(html=article(number % 20), url=f"https://a.example/{number}") for number in read)
    with dedup.Cleaner.open() as cleaner:
        results = cleaner.process(pages, workers=2)
        for _ in range(20):
            next(results)
        assert next(read) < 60


def test_workers_are_started_for_a_stream_that_goes_on() -> None:
    """Nobody has to ask for all cores, and nobody waits for their start who has ten pages."""
    pages = [dedup.PageInput(html=article(number % 26), url=f"https://a.example/{number}") for number in range(140)]
    with dedup.Cleaner.open() as cleaner:
        results = list(cleaner.process(pages))
        assert [page.url for page in results if isinstance(page, dedup.CleanPage)] == [page.url for page in pages]
        assert cleaner.clean(article(1), url="https://a.example/x").versions.memory_position is not None
