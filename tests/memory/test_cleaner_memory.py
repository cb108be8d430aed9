"""`dedup.Cleaner` over a state: what a crawler's second run, and its retries, get to see."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import dedup
from dedup.crawl import CrawlOptions
from dedup.errors import InputError
from dedup.memory import LearnedMemory, MemoryOptions, normalised_url
from dedup.memory.addresses import page_key
from dedup.state import PageRecord, StateOptions, open_store
from dedup.state.archive import export, import_records
from dedup.state.forgetting import forget

WORDS = [
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
]
NOTICE = (
    "Readers of the Quayside Post support its work, and every subscription keeps the presses in the old dock running."
)


def article(number: int) -> str:
    letter = chr(ord("a") + number % 26) * (2 + number // 26)
    body = "".join(f"<p>{row_of_words(number, row).capitalize()} {letter}{'qrstu'[row]}x.</p>" for row in range(5))
    heading = f"<h1>Story {letter}</h1>"
    return f"<title>Story {letter}</title><body><article>{heading}{body}<p>{NOTICE}</p></article></body>"


def row_of_words(number: int, row: int) -> str:
    return " ".join(WORDS[(number * 7 + row * 3 + at * (row + 2)) % len(WORDS)] for at in range(40))


def url(number: int) -> str:
    return f"https://www.quayside.example/story/{number}"


def reasons(page: dedup.CleanPage) -> dict[str, str]:
    return {block.text: block.verdict.reason for block in page.blocks}


@pytest.fixture(params=["memory", "lmdb"])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> str | None:
    return str(tmp_path / "state") if request.param == "lmdb" else None


def test_what_a_site_repeats_goes_once_it_is_known(state: str | None) -> None:
    with dedup.Cleaner.open(state) as cleaner:
        pages = [dedup.PageInput(html=article(number), url=url(number)) for number in range(12)]
        results = [page for page in cleaner.process(pages) if isinstance(page, dedup.CleanPage)]
    assert NOTICE in results[0].content
    assert NOTICE not in results[-1].content
    assert reasons(results[-1])[NOTICE] == "site_template"
    (block,) = [block for block in results[-1].blocks if block.text == NOTICE]
    assert (block.verdict.evidence.pages_seen, block.verdict.evidence.pages_of_site) == (11, 11)
    assert results[-1].content.count("x.") == 5  # the article itself stays
    assert results[-1].versions.memory_position == 11


def test_sentences_that_differ_in_numbers_alone_are_news_on_every_page() -> None:
    """Weather, match reports and stock notices would come back empty once their site is known."""
    with dedup.Cleaner.open() as cleaner:
        for number in range(1, 31):
            told = f"The pier of island {number} was closed on day {number} of the storm, and {7 * number} people minded it."
            html = f"<title>Island {number}</title><body><nav><a href='/'>Home</a> <a href='/w'>Weather</a></nav><main><p>{told}</p></main>"
            html += "<footer><p>Imprint and contact</p><p>All rights reserved</p></footer></body>"
            page = cleaner.clean(html, url=url(number))
            cleaner.learn(html, url=url(number))
            assert told in page.content, number


def test_a_memory_survives_its_process(tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    with dedup.Cleaner.open(state) as cleaner:
        for number in range(12):
            cleaner.learn(article(number), url=url(number))
        before = cleaner.clean(article(99), url=url(99))
    with dedup.Cleaner.open(state) as cleaner:
        after = cleaner.clean(article(99), url=url(99))
        assert cleaner.sites() == [("default", "quayside.example", 12, 12 * 6 + 1, 1)]
    assert after == before
    assert NOTICE not in after.content
    shown = subprocess.run(
        [sys.executable, "-m", "dedup", "sites", state], capture_output=True, text=True, check=True
    )
    assert "quayside.example  12 pages" in shown.stdout


def test_a_retry_gets_the_same_answer(state: str | None) -> None:
    with dedup.Cleaner.open(state) as cleaner:
        for number in range(6):
            cleaner.learn(article(number), url=url(number))
        first = cleaner.clean(article(6), url=url(6))
        cleaner.learn(article(6), url=url(6))
        cleaner.learn(article(6), url=url(6) + "?utm_source=again#top")
        again = cleaner.clean(article(6), url=url(6))
    assert [block.verdict for block in first.blocks] == [block.verdict for block in again.blocks]


def test_copies_of_an_article_are_no_template(state: str | None) -> None:
    """Print view and AMP page hold the whole article: cleaning it must not return nothing."""
    with dedup.Cleaner.open(state) as cleaner:
        for suffix in ("", "/print", "/amp", *(f"?tag={number}" for number in range(8))):
            cleaner.learn(article(1), url=url(1) + suffix)
        page = cleaner.clean(article(1), url=url(1) + "/mobile")
    assert page.content.count("x.") == 5


@pytest.mark.parametrize("versions", [(1, 1), (1, 2, 1), (1, 2)])
def test_a_page_that_a_batch_holds_twice_is_no_copy_of_itself(versions: tuple[int, ...]) -> None:
    """A crawler's list that names a URL twice must not cost what the page teaches, nor what its first version did."""
    pages = [dedup.PageInput(html=article(version), url=url(0)) for version in versions]
    pages.append(dedup.PageInput(html=article(1), url=url(1)))
    with dedup.Cleaner.open() as one_by_one, dedup.Cleaner.open() as together:
        for page in pages:
            one_by_one.learn_all([page])
        together.learn_all(pages)
        assert together.sites() == one_by_one.sites()
        with dedup.Cleaner.open() as in_two:  # the first version was learned before
            in_two.learn_all(pages[:1])
            in_two.learn_all(pages[1:])
            assert in_two.sites() == one_by_one.sites()


def test_a_page_that_is_forgotten_is_so_of_every_site_that_it_was_learned_for() -> None:
    """Two shelves that a caller names may hold one URL; a memory that goes on knew it of one of them until a restart."""
    with LearnedMemory.open(None) as memory, dedup.Cleaner(memory, dedup.CleanOptions()) as cleaner:
        for site in ("one", "two"):
            cleaner.learn(article(1), url=url(1), site=site)
        forget(memory.store, "url", page_key(normalised_url(url(1))), time=0)
        memory.refresh()
        assert memory.sites() == []


def test_pages_without_content_do_not_count_once_they_are_folded_either() -> None:
    """A site that answers four of five calls with a wall would lose its template with its oldest pages."""
    with LearnedMemory.open(None, MemoryOptions(pages_per_site=5, slack=30)) as memory:
        for number in range(60):
            blocks = b"" if number % 5 else np.array([1, 2, 10 + number], "<u8").tobytes()
            memory.learn([PageRecord("default", "a.example", page_key(str(number)), "", 0, blocks, whole=number + 1)])
        seen = memory.seen("default", "a.example", page_key("x"), np.array([1, 2], np.uint64))
    assert (seen.pages.tolist(), seen.since.tolist(), seen.of) == ([12, 12], [12, 12], 12)


def test_a_page_without_a_url_is_no_address_beside_its_own() -> None:
    """A retry saw one page more that equals it than the first call did: a wall."""
    notice = f"<h1>Closed</h1><p>{NOTICE}</p>"
    with dedup.Cleaner.open() as cleaner:
        for name in ("a", "b"):
            cleaner.learn(notice, id=name, site="shelf")
        first = cleaner.clean(notice, id="c", site="shelf")
        cleaner.learn(notice, id="c", site="shelf")
        assert cleaner.clean(notice, id="c", site="shelf").status == first.status == "ok"


@pytest.mark.parametrize("others", [False, True], ids=["alone", "another process has folded them"])
def test_a_site_that_was_left_out_does_not_come_back_as_its_old_pages_are_folded(*, others: bool) -> None:
    """Its counts are in no bound, and it would stand among the sites that were learned last."""
    with LearnedMemory.open(None, MemoryOptions(pages_per_site=2, slack=1, max_pages=5)) as memory:

        def record(site: str, number: int) -> PageRecord:
            blocks = np.array([1, 2, number], "<u8").tobytes()
            return PageRecord("default", site, page_key(f"{site}{number}"), "", 0, blocks)

        memory.learn([record("old", number) for number in range(3, 6)])
        if others:
            memory.store.rewrite({1: None})
        memory.learn([record("old", 6)] + [record("new", number) for number in range(3, 7)])
        assert [site for _, site, *_ in memory.sites()] == ["new"]


def test_the_caller_s_site_wins_and_without_one_there_is_no_memory() -> None:
    with dedup.Cleaner.open() as cleaner:
        for number in range(8):
            cleaner.learn(article(number), id=str(number), site="shelf")
        assert NOTICE not in cleaner.clean(article(9), url="https://other.example/", site="shelf").content
        assert NOTICE in cleaner.clean(article(9), url="https://other.example/").content
        alone = cleaner.clean(article(9))
        assert (alone.site, alone.versions.memory_position) == (None, None)
        with pytest.raises(InputError, match="url"):
            cleaner.learn(article(1))


def test_tenants_share_a_state_and_learn_nothing_of_each_other(tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    with dedup.Cleaner.open(state, namespace="one") as cleaner:
        for number in range(8):
            cleaner.learn(article(number), url=url(number))
    with dedup.Cleaner.open(state, namespace="two") as cleaner:
        assert NOTICE in cleaner.clean(article(9), url=url(9)).content


def test_counts_of_another_install_help_on_the_first_page_of_a_site(tmp_path: Path) -> None:
    """What thousands of sites share need not be learned anew by everybody who starts."""
    with dedup.Cleaner.open(str(tmp_path / "old")) as cleaner:
        for number in range(40):
            cleaner.learn(article(number), url=f"https://site{number % 8}.example/{number}")
    with open_store(str(tmp_path / "old")) as store:
        assert export(store, tmp_path / "file", counts_only=True, key=b"k" * 32) == 1
    for times, sites in ((2, 8), (0, 0)):  # once more changes nothing
        state = tmp_path / f"new{sites}"
        with open_store(str(state)) as store:
            for _ in range(times):
                import_records(tmp_path / "file", store, b"k" * 32)
        with LearnedMemory.open(str(state)) as memory:
            memory.save_snapshot()
        with dedup.Cleaner.open(str(state)) as cleaner:
            page = cleaner.clean(article(99), url="https://unknown.example/")
        (block,) = [block for block in page.blocks if block.text == NOTICE]
        assert (block.verdict.evidence.sites_seen or 0) == sites
        assert (NOTICE in page.content) == (not sites)


def test_the_time_of_a_page_is_the_caller_s_or_now(tmp_path: Path) -> None:
    """A crawl that is learned a year later is a year old."""
    pages = [
        dedup.PageInput(html=article(1), url=url(1), time=1_500_000_000),
        dedup.PageInput(html=article(2), url=url(2)),
    ]
    began = int(time.time())
    with dedup.Cleaner.open(str(tmp_path / "state")) as cleaner:
        cleaner.learn(article(0), url=url(0), time=1_400_000_000)
        list(cleaner.process(pages))
        list(cleaner.process(pages[:1], workers=2))
    with open_store(str(tmp_path / "state")) as store:
        times = [entry.record.time for entry in store.entries() if isinstance(entry.record, PageRecord)]
    assert times[:2] == [1_400_000_000, 1_500_000_000]
    assert times[2] >= began
    assert times[3] == 1_500_000_000


def test_two_passes_clean_the_first_page_with_the_last_ones(state: str | None) -> None:
    pages = [dedup.PageInput(html=article(number), url=url(number)) for number in range(10)]
    with dedup.Cleaner.open(state) as cleaner:
        errors = cleaner.learn_all([*pages, dedup.PageInput(html="x", text="y")])
        assert len(errors) == 1
        assert NOTICE not in cleaner.clean(article(0), url=url(0)).content


def test_a_batch_that_breaks_off_is_learned_up_to_there() -> None:
    """Of a list of files, one that was gone cost up to 255 others what they had been read for."""

    def pages() -> Iterator[dedup.PageInput]:
        for number in range(5):
            yield dedup.PageInput(html=article(number), url=url(number))
        raise FileNotFoundError("5.html")

    with dedup.Cleaner.open() as cleaner:
        with pytest.raises(FileNotFoundError):
            cleaner.learn_all(pages())
        assert [found[2] for found in cleaner.sites()] == [5]


def test_a_failed_page_yields_its_error_in_its_place() -> None:
    with dedup.Cleaner.open() as cleaner:
        first, second, third = cleaner.process(
            [dedup.PageInput(html=article(1), url=url(1)), dedup.PageInput(), dedup.PageInput(html=article(2))]
        )
    assert isinstance(first, dedup.CleanPage)
    assert isinstance(second, dedup.DedupError)
    assert isinstance(third, dedup.CleanPage)


def test_a_fetch_that_failed_takes_nothing_from_what_is_known_of_a_page(state: str | None) -> None:
    """Else one bad night of a server would empty its site's memory, and every page would look edited twice."""
    failed = "<h1>Internal error</h1><p>The server could not answer, and its keepers know of it. Try again later.</p>"
    with dedup.Cleaner.open(state) as cleaner:
        list(cleaner.process(dedup.PageInput(html=article(number), url=url(number)) for number in range(4)))
        before = cleaner.clean(article(5), url=url(5))
        (answer,) = cleaner.process([dedup.PageInput(html=failed, url=url(0), http_status=500)])
        assert isinstance(answer, dedup.CleanPage)
        assert (answer.status, answer.change) == ("error_page", None)
        assert cleaner.clean(article(5), url=url(5)).blocks == before.blocks
        again = cleaner.clean(article(0), url=url(0))
        assert again.change is not None
        assert again.change.kind == "unchanged"


def test_what_is_forgotten_is_gone_from_the_tables_too(tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    with dedup.Cleaner.open(state) as cleaner:
        for number in range(12):
            cleaner.learn(article(number), url=url(number))
    with open_store(state) as store:
        assert forget(store, "site", "quayside.example", time=0) == 12
    with dedup.Cleaner.open(state) as cleaner:
        assert cleaner.sites() == []
        assert NOTICE in cleaner.clean(article(99), url=url(99)).content


def test_what_is_forgotten_under_one_address_is_still_known_under_another(tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    with dedup.Cleaner.open(state) as cleaner:
        for address in (url(1), url(2), url(3)):
            cleaner.learn(article(1), url=address)
        known = cleaner.sites()
    for address, pages in ((url(1), 2), (url(2), 1)):
        with open_store(state) as store:
            forget(store, "url", page_key(normalised_url(address)), time=0)
        with dedup.Cleaner.open(state) as cleaner:
            assert cleaner.sites() == [(*known[0][:2], pages, *known[0][3:])]


def test_what_is_forgotten_stays_known_under_another_address_of_every_site_and_beside_a_crawl(tmp_path: Path) -> None:
    """The blocks of equal pages were lost where a document, or the page of another site, came last in the log."""
    state = str(tmp_path / "state")
    with dedup.Cleaner.open(state, crawl=CrawlOptions()) as cleaner:
        for site in ("one.example", "two.example"):
            for address in (url(1), url(2)):
                cleaner.learn(article(1), url=address, site=site)
        cleaner.add_document(cleaner.clean(article(1), url=url(1)))
        known = cleaner.sites()
    with open_store(state) as store:
        assert forget(store, "url", page_key(normalised_url(url(1))), time=0) == 3
    with dedup.Cleaner.open(state) as cleaner:
        assert cleaner.sites() == [(namespace, site, 1, *rest) for namespace, site, _, *rest in known]


def test_a_page_that_is_changed_and_changed_back_counts_as_before(state: str | None) -> None:
    with dedup.Cleaner.open(state) as cleaner:
        for address in (url(1), url(2)):
            cleaner.learn(article(1), url=address)
        known = cleaner.sites()
        cleaner.learn(article(5), url=url(1))
        cleaner.learn(article(1), url=url(1))
        assert cleaner.sites() == known


@pytest.mark.parametrize("together", [1, 4])
def test_copies_of_a_page_that_has_changed_are_still_known(state: str | None, together: int) -> None:
    """The first of them held the blocks for all."""
    pages = [dedup.PageInput(html=article(1), url=url(number)) for number in (1, 2, 3)]
    pages.append(dedup.PageInput(html=article(5), url=url(1)))
    with dedup.Cleaner.open(state) as changed, dedup.Cleaner.open() as fresh:
        for start in range(0, 4, together):
            changed.learn_all(pages[start : start + together])
        fresh.learn_all(pages[1:])
        assert changed.sites() == fresh.sites()


def test_a_page_that_becomes_like_many_others_is_known_as_it_is_now(state: str | None) -> None:
    """The ninth page that a wall had replaced went on being counted, and compared, as what it had been."""
    with dedup.Cleaner.open(state) as cleaner, dedup.Cleaner.open() as fresh:
        cleaner.learn(article(5), url=url(9))
        for number in range(10):
            cleaner.learn(article(1), url=url(number))
        change = cleaner.clean(article(1), url=url(9)).change
        assert change is not None
        assert change.kind == "unchanged"
        fresh.learn(article(1), url=url(9))
        assert cleaner.sites()[0][3:] == fresh.sites()[0][3:]


def test_old_pages_are_folded_and_a_replay_knows_the_same(tmp_path: Path) -> None:
    state = str(tmp_path / "state")
    bounds = MemoryOptions(pages_per_site=10, slack=5)
    with dedup.Cleaner.open(state, memory=bounds, state_options=StateOptions(durability="process")) as cleaner:
        for number in range(40):
            cleaner.learn(article(number), url=url(number))
        known = cleaner.sites()
        page = cleaner.clean(article(99), url=url(99))
    assert known[0][2] <= 15
    with dedup.Cleaner.open(state, memory=bounds) as cleaner:
        assert cleaner.sites() == known
        assert cleaner.clean(article(99), url=url(99)) == page
    assert NOTICE not in page.content


RUSSIAN = "Мост через гавань открыли в понедельник утром, и первым по нему прошёл автобус с мэром в переднем ряду."


def test_a_charset_that_only_the_response_names_counts_beside_a_memory_too() -> None:
    """`dedup.clean` took the header, a `Cleaner` had no place for it: pages came out in the letters of another script."""
    source = f"<title>Мост</title><h1>Мост</h1><p>{RUSSIAN}</p>".encode("koi8-r")
    kind = "text/html; charset=koi8-r"
    assert RUSSIAN in dedup.clean(source, content_type=kind).content
    pages = [dedup.PageInput(html=source, url=url(number), content_type=kind) for number in range(2)]
    with dedup.Cleaner.open() as cleaner:
        assert RUSSIAN in cleaner.clean(source, url=url(0), content_type=kind).content
        cleaner.learn(source, url=url(9), content_type=kind)
        for workers in (1, 2):
            for result in cleaner.process(pages, workers=workers):
                assert isinstance(result, dedup.CleanPage)
                assert RUSSIAN in result.content
        with pytest.raises(InputError, match="content_type: expected str"):
            cleaner.clean(source, content_type=5)  # type: ignore[arg-type]
