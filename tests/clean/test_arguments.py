"""Who hands in something else than what is asked for reads which argument it was, and what to give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import dedup
from dedup.crawl import CrawlOptions
from dedup.errors import InputError, OptionError
from dedup.memory import MemoryOptions
from dedup.state import StateOptions

PAGE = "<p>The ferry runs every hour until the ice comes.</p>"
WRONG_FIELDS = [
    ({"url": b"https://pier.example/"}, "url: expected str or None, got bytes"),
    ({"id": 7}, "id: expected str or None, got int"),
    ({"http_status": "200"}, "http_status: expected int or None, got str"),
    ({"http_status": True}, "http_status: expected int or None, got bool"),
    ({"http_status": -1}, "http_status: expected a number from 100 to 999, got -1"),
    ({"http_status": 99999}, "http_status: expected a number from 100 to 999, got 99999"),
]
NO_PAGES: list[Any] = ["<p>x", b"<p>x", {"html": "<p>x"}, None, 7]


@pytest.fixture
def cleaner() -> Iterator[dedup.Cleaner]:
    with dedup.Cleaner.open() as opened:
        yield opened


@pytest.mark.parametrize(("field", "said"), WRONG_FIELDS)
def test_a_field_of_the_wrong_type_is_named(field: dict[str, Any], said: str, cleaner: dedup.Cleaner) -> None:
    for clean in (dedup.clean, cleaner.clean, cleaner.learn):
        with pytest.raises(InputError, match=said):
            clean(PAGE, **field)


def test_the_type_of_the_content_type_and_of_the_time_is_told(cleaner: dedup.Cleaner) -> None:
    with pytest.raises(InputError, match="content_type: expected str or None, got bytes"):
        dedup.clean(PAGE, content_type=b"text/html")  # type: ignore[arg-type]  # the fault that is tested
    with pytest.raises(InputError, match="time: expected int or None, got str"):
        cleaner.learn(PAGE, url="https://pier.example/", time="now")  # type: ignore[arg-type]  # as above


@pytest.mark.parametrize("given", [{}, {"mode": "unique"}, None, "unique"])
def test_options_that_are_a_dict_are_refused(given: Any) -> None:
    with pytest.raises(OptionError, match=r"options: expected CleanOptions\(…\), got "):
        dedup.clean(PAGE, options=given)


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ({"options": {}}, r"options: expected CleanOptions\(…\), got {}"),
        ({"memory": {}}, r"memory: expected MemoryOptions\(…\), got {}"),
        ({"state_options": {}}, r"state_options: expected StateOptions\(…\), got {}"),
        ({"crawl": True}, r"crawl: expected CrawlOptions\(…\), got True"),
        ({"namespace": 7}, "namespace: expected a name as str, got 7"),
        ({"state": ""}, "state: expected a directory or the address of a Redis as str, or None, got ''"),
        ({"state": "a\0b"}, "state: expected a directory or the address of a Redis as str, or None, got "),
        ({"state": Path("memory")}, "state: expected a directory or the address of a Redis as str, or None, got "),
    ],
)
def test_a_cleaner_says_which_argument_it_cannot_be_opened_with(argument: dict[str, Any], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        dedup.Cleaner.open(**argument)


def test_a_cleaner_that_cannot_be_opened_leaves_no_folder_behind(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="crawl"):
        dedup.Cleaner.open(str(tmp_path / "state"), crawl={})  # type: ignore[arg-type]  # the fault that is tested
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize(
    "make",
    [
        lambda: dedup.CleanOptions(limits={}),  # type: ignore[arg-type]
        lambda: dedup.CleanOptions(repeats=None),  # type: ignore[arg-type]
        lambda: dedup.Limits(max_blocks=5.5),  # type: ignore[arg-type]  # was met by a kernel, as a TypeError
        lambda: dedup.RepeatOptions(shingle=3.0),  # type: ignore[arg-type]
        lambda: StateOptions(patience="5"),  # type: ignore[arg-type]
        lambda: StateOptions(patience=float("nan")),
        lambda: StateOptions(durability=[]),  # type: ignore[arg-type]
        lambda: StateOptions(parameters={}),  # type: ignore[arg-type]
        lambda: dedup.Fingerprinter(mask_digits="x"),  # type: ignore[arg-type]  # was taken as True
    ],
)
def test_options_refuse_a_value_of_the_wrong_type(make: Any) -> None:
    with pytest.raises(OptionError, match=r"expected .*, got "):
        make()


@pytest.mark.parametrize("workers", [1, 2])
def test_what_is_no_page_is_an_error_in_its_place_and_the_stream_goes_on(
    workers: int, cleaner: dedup.Cleaner
) -> None:
    page = dedup.PageInput(html=PAGE, url="https://pier.example/")
    wrong_field = dedup.PageInput(html=PAGE, id=object())  # type: ignore[arg-type]  # the fault that is tested
    half = dedup.PageInput(html=PAGE, url="https://pier.example/?q=\ud83d")  # ended the stream
    results = list(cleaner.process([page, *NO_PAGES, wrong_field, half, page], workers=workers))
    first, *errors, last = results
    assert isinstance(first, dedup.CleanPage)
    assert isinstance(last, dedup.CleanPage)
    assert [str(error) for error in errors] == [
        *(
            f"page: expected a PageInput, such as PageInput(html=…), got {kind}"
            for kind in ("str", "bytes", "dict", "NoneType", "int")
        ),
        "id: expected str or None, got object",
        "url: half a surrogate pair at character 24, which no UTF-8 can hold; leave it out",
    ]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_number_too_large_to_be_written_costs_its_own_page_alone(workers: int, cleaner: dedup.Cleaner) -> None:
    """It ended the stream with an OverflowError."""
    page = dedup.PageInput(html=PAGE, url="https://pier.example/")
    late = dedup.PageInput(html=PAGE, url="https://pier.example/2", time=10**30)
    odd = dedup.PageInput(html=PAGE, url="https://pier.example/2", http_status=10**30)
    first, time, status, last = cleaner.process([page, late, odd, page], workers=workers)
    assert isinstance(first, dedup.CleanPage)
    assert isinstance(last, dedup.CleanPage)
    assert str(time).startswith("time: expected a number from ")
    assert str(status).startswith("http_status: expected a number from ")


def test_a_namespace_that_cannot_be_written_is_refused_at_once() -> None:
    with pytest.raises(InputError, match="namespace: half a surrogate pair"):
        dedup.Cleaner.open(namespace="\ud800")


def test_names_that_are_not_loaded_yet_can_be_completed() -> None:
    assert set(dedup.__all__) <= set(dir(dedup))


def test_learning_a_batch_names_what_is_no_page_and_learns_the_rest(cleaner: dedup.Cleaner) -> None:
    errors = cleaner.learn_all([*NO_PAGES, dedup.PageInput(html=PAGE, url="https://pier.example/")])
    assert [type(error) for error in errors] == [InputError] * len(NO_PAGES)
    assert cleaner.sites()[0][:3] == ("default", "pier.example", 1)


@pytest.mark.parametrize("pages", ["<p>x", b"<p>x", None, dedup.PageInput(html=PAGE)])
def test_one_page_in_place_of_many_is_refused(pages: Any, cleaner: dedup.Cleaner) -> None:
    with pytest.raises(InputError, match="pages: expected an iterable of PageInput, such as a list, got "):
        list(cleaner.process(pages))
    with pytest.raises(InputError, match="pages: expected an iterable"):
        cleaner.learn_all(pages)


@pytest.mark.parametrize("workers", [0, "2", 1.5])
def test_a_number_of_workers_that_is_none_is_refused(workers: Any, cleaner: dedup.Cleaner) -> None:
    with pytest.raises(OptionError, match="workers: expected a whole number from 1 to 1024, or None, got "):
        list(cleaner.process([], workers=workers))


def test_an_error_that_a_stream_yielded_is_no_document() -> None:
    with dedup.Cleaner.open(crawl=CrawlOptions()) as cleaner:
        (error,) = cleaner.process(NO_PAGES[:1])
        with pytest.raises(InputError, match="page: expected a CleanPage, got InputError"):
            cleaner.add_document(error)  # type: ignore[arg-type]  # the fault that is tested
        with pytest.raises(InputError, match="document_id: expected str, got int"):
            cleaner.forget_document(7)  # type: ignore[arg-type]  # as above


def test_rebuilding_without_spans_says_how_to_get_them() -> None:
    with pytest.raises(InputError, match=r"spans: this result has none; clean with CleanOptions\(list_spans=True\)"):
        dedup.rebuild(PAGE, dedup.clean(PAGE).spans)
    with pytest.raises(InputError, match="source: expected str or bytes, got int"):
        dedup.rebuild(7, ())  # type: ignore[arg-type]  # the fault that is tested


@pytest.mark.parametrize(
    "made",
    [
        lambda: CrawlOptions(retain=1.5),  # type: ignore[arg-type]
        lambda: CrawlOptions(most=2.5),  # type: ignore[arg-type]
        lambda: CrawlOptions(exact_shingles=0.5),  # type: ignore[arg-type]
        lambda: MemoryOptions(pages_per_site=2.5),  # type: ignore[arg-type]
        lambda: MemoryOptions(slack=1.5),  # type: ignore[arg-type]
    ],
)
def test_what_is_counted_is_a_whole_number(made: Callable[[], object]) -> None:
    """A part of a page would fail when the first site is full, days later."""
    with pytest.raises(OptionError, match="a whole number from"):
        made()
