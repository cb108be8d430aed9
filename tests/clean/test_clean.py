"""`dedup.clean` and `dedup.Cleaner`, as a user calls them."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest

import dedup
from dedup.errors import (
    AmbiguousInputError,
    InputError,
    InputTooLargeError,
    OptionError,
    StateError,
    UnsupportedInputError,
)

PARAGRAPHS = [
    "The ferry company announced on Monday that it will run two more boats between the islands from the first of May,"
    " so that nobody has to wait for longer than half an hour in the afternoon.",
    "The decision follows a winter in which hundreds of passengers were left behind at the pier, many of them pupils"
    " on their way home, and in which the mayor herself once missed the last boat.",
    "Whether the new timetable holds depends on the weather: the smaller of the two boats must stay in harbour when"
    " the waves are higher than two metres, which was the case on forty days last year.",
]
PAGE = (
    "<html><head><title>More boats for the islands</title></head><body><nav><a href=/>Home</a> <a href=/n>News</a></nav>"
    "<main><h1>More boats for the islands</h1>"
    + "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
    + "</main><footer><p>© 2025 The Pier</p></footer></body></html>"
)


@pytest.mark.parametrize("markup", [PAGE, PAGE.encode(), PAGE.encode("utf-16")])
def test_an_article_comes_out_whole_and_alone(markup: str | bytes) -> None:
    page = dedup.clean(markup, url="https://pier.example/boats", id="7")
    assert page.content == "\n\n".join(["More boats for the islands", *PARAGRAPHS])
    assert (page.id, page.url, page.site) == ("7", "https://pier.example/boats", "pier.example")
    assert page.title == "More boats for the islands"
    assert page.counts.blocks == len(page.blocks) == page.counts.kept + sum(page.counts.removed_by_reason.values())


def test_text_and_markdown_are_inputs_like_html() -> None:
    plain = "\n\n".join(PARAGRAPHS)
    assert dedup.clean(text=plain).content == plain
    assert dedup.clean(markdown=f"# Boats\n\n{plain}").content == f"Boats\n\n{plain}"


def test_the_same_input_gives_the_same_output_in_every_process() -> None:
    code = f"import dedup, msgspec, sys; sys.stdout.buffer.write(msgspec.json.encode(dedup.clean({PAGE!r})))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    assert other == msgspec.json.encode(dedup.clean(PAGE))


@pytest.mark.parametrize("empty", ["", b"", "   \n ", "<html><body></body></html>", "<script>x</script>", "\x00\x00"])
def test_a_page_without_text_is_an_empty_result_and_no_error(empty: str | bytes) -> None:
    page = dedup.clean(empty)
    assert (page.content, page.blocks, page.counts.blocks) == ("", (), 0)
    assert dedup.clean(text="").content == ""
    assert dedup.clean(markdown="").content == ""


def test_undecodable_bytes_lone_surrogates_and_nul_lose_no_text_around_them() -> None:
    broken = PAGE.encode().replace(b"Monday", b"Mon\xff\xfeday\x00")
    assert PARAGRAPHS[1] in dedup.clean(broken, content_type="text/html; charset=utf-8").content
    assert PARAGRAPHS[1] in dedup.clean(PAGE.replace("Monday", "\ud800")).content
    assert PARAGRAPHS[0] in dedup.clean(text="\ud800\n\n" + PARAGRAPHS[0] + "\x00").content


def test_a_truncated_page_keeps_what_is_there() -> None:
    cut = PAGE[: PAGE.index("two metres")]
    assert PARAGRAPHS[0] in dedup.clean(cut).content


def test_exactly_one_form_of_input_is_asked_for_by_name() -> None:
    with pytest.raises(AmbiguousInputError, match="exactly one of html, text, markdown; got html and text"):
        dedup.clean(PAGE, text="x")
    with pytest.raises(AmbiguousInputError, match="got none"):
        dedup.clean()
    with pytest.raises(InputError, match="html: expected str or bytes, got int"):
        dedup.clean(7)  # type: ignore[arg-type]  # the fault that is tested


def test_a_page_over_the_limit_and_a_binary_file_are_refused_by_name() -> None:
    small = dedup.CleanOptions(limits=dedup.Limits(max_bytes=100))
    with pytest.raises(InputTooLargeError, match=r"html: .* bytes, 100 allowed"):
        dedup.clean(PAGE, options=small)
    with pytest.raises(UnsupportedInputError, match="html: looks like PDF"):
        dedup.clean(b"%PDF-1.4 ...")


@pytest.mark.parametrize(
    "make",
    [
        lambda: dedup.CleanOptions(mode="best"),  # type: ignore[arg-type]
        lambda: dedup.Limits(max_bytes=0),
        lambda: dedup.RepeatOptions(threshold=0.1),
        lambda: dedup.RepeatOptions(shingle=True),
    ],
)
def test_an_option_outside_its_range_is_refused_when_it_is_set(make: object) -> None:
    with pytest.raises(OptionError, match=r"expected .*, got "):
        make()  # type: ignore[operator]


def test_annotate_keeps_everything_and_says_what_article_would_remove() -> None:
    article = dedup.clean(PAGE)
    annotated = dedup.clean(PAGE, options=dedup.CleanOptions(mode="annotate"))
    assert all(block.verdict.keep for block in annotated.blocks)
    assert [block.verdict.reason for block in annotated.blocks] == [block.verdict.reason for block in article.blocks]


def test_unique_drops_later_copies_only() -> None:
    text = "\n\n".join([PARAGRAPHS[0], PARAGRAPHS[1], PARAGRAPHS[0], "Short.", "Short."])
    page = dedup.clean(text=text, options=dedup.CleanOptions(mode="unique"))
    assert page.content == "\n\n".join([PARAGRAPHS[0], PARAGRAPHS[1], "Short."])
    assert page.blocks[2].verdict.evidence.twin == 0
    assert page.blocks[2].verdict.reason == "page_repeat"


def test_markdown_out_keeps_the_structure() -> None:
    fares = "<h2>Fares</h2><ul><li>Adults pay four crowns for a single crossing, children half of that.</ul>"
    last = f"<p>{PARAGRAPHS[2]}"
    markup = PAGE.replace(last, fares + last)
    content = dedup.clean(markup, options=dedup.CleanOptions(content_format="markdown")).content
    assert content.startswith("# More boats for the islands\n\n")
    assert "\n\n## Fares\n\n- Adults pay" in content


def test_the_title_of_a_text_is_its_first_heading_in_markdown() -> None:
    text = "More boats for the islands\n\n" + "\n\n".join(PARAGRAPHS) + "\n\nFares\n\n" + PARAGRAPHS[0][::-1]
    options = dedup.CleanOptions(content_format="markdown", mode="annotate")
    headings = [line for line in dedup.clean(text=text, options=options).content.split("\n") if line.startswith("#")]
    assert headings == ["# More boats for the islands", "## Fares"]


def test_results_of_equal_options_carry_equal_versions() -> None:
    assert dedup.clean(PAGE).versions == dedup.clean(PAGE, options=dedup.CleanOptions()).versions
    other = dedup.CleanOptions(repeats=dedup.RepeatOptions(threshold=0.9))
    assert dedup.clean(PAGE).versions != dedup.clean(PAGE, options=other).versions


def page_of_site(number: int) -> dedup.PageInput:
    weather = ("fog", "rain", "frost", "thunder", "hail", "sleet", "wind", "sun", "snow", "mist")[number]
    own = f"Report of the {weather} tells at some length what the {weather} did to ship and crew, in plain words. "
    notice = (
        "This column is written by the readers of our paper, and the editors take no responsibility for what it says."
    )
    return dedup.PageInput(
        html=f"<title>Day {number}</title><h1>Day {number}</h1><p>{own * 3}</p><p>{notice}</p>",
        url=f"https://ship.example/{number}",
    )


def test_what_a_site_repeats_goes_once_enough_pages_have_shown_it() -> None:
    with dedup.Cleaner.open() as cleaner:
        pages = list(cleaner.process(map(page_of_site, range(10))))
    removed = [
        "site_template" in page.counts.removed_by_reason for page in pages if isinstance(page, dedup.CleanPage)
    ]
    assert not any(removed[:2])
    assert all(removed[6:])


def test_a_page_learned_again_counts_once_and_never_against_itself() -> None:
    page = page_of_site(1)
    with dedup.Cleaner.open() as cleaner:
        assert page.url is not None
        for _ in range(5):
            cleaner.learn(page.html, url=page.url)
        again = cleaner.clean(page.html, url=page.url)
    assert "site_template" not in again.counts.removed_by_reason
    assert again.blocks[0].verdict.evidence.pages_of_site == 0


def test_cleaning_changes_nothing_in_the_memory() -> None:
    with dedup.Cleaner.open() as cleaner:
        list(cleaner.process(map(page_of_site, range(3))))
        page = page_of_site(9)
        first = cleaner.clean(page.html, url=page.url)
        assert cleaner.clean(page.html, url=page.url) == first


def test_a_page_that_fails_yields_its_error_in_its_place() -> None:
    bad = dedup.PageInput(html=b"%PDF-1.4", url="https://ship.example/x")
    with dedup.Cleaner.open() as cleaner:
        results = list(cleaner.process([page_of_site(1), bad, page_of_site(2)]))
    assert [isinstance(result, UnsupportedInputError) for result in results] == [False, True, False]


def test_a_state_of_an_unknown_kind_is_refused_in_words() -> None:
    with pytest.raises(StateError, match=r"ftp://state\.example: neither a directory nor one of redis://"):
        dedup.Cleaner.open("ftp://state.example")


def test_errors_survive_the_way_between_processes() -> None:
    import pickle  # noqa: PLC0415  (the module under suspicion here)

    for error in (
        AmbiguousInputError(("html", "text")),
        UnsupportedInputError("html", "PDF"),
        InputTooLargeError("html", 7, 5),
        OptionError("mode", "x", "y"),
        StateError("here", "gone"),
    ):
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again)) == (type(error), str(error))
