"""The report of a job, opened in a real browser."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from dedup.archive.job import archive
from dedup.archive.options import ArchiveOptions
from dedup.archive.report.differences import differences

HOSTILE = "<script>document.title='broken into'</script><img src=http://evil.example/x onerror=alert(1)>"
MENU = (
    "<nav><ul>"
    + "".join(f"<li><a href=/{word}>{word}</a></li>" for word in ("Home", "Sport", "Weather"))
    + "</ul></nav>"
)
COST = re.compile(rb'<section id="cost">.*?</section>', re.DOTALL)


def _sentences(topic: str, count: int) -> str:
    return "".join(
        f"<p>The {topic} number {at} was seen by the keeper of the harbour, who wrote it down in book {at * 7}.</p>"
        for at in range(count)
    )


@pytest.fixture
def crawl(tmp_path: Path) -> Path:
    pages = [
        f"<html><head><title>{HOSTILE.replace('<', '&lt;')}</title></head><body>{MENU}<h1>Ship {number % 4}</h1>"
        f"{_sentences(f'ship{number % 4}', 30)}<p>On day {number} the keeper of the harbour said that the ship would sail "
        f"with &lt;script&gt;alert({number})&lt;/script&gt; on board, whatever the weather was.</p></body></html>"
        for number in range(16)
    ]
    path = tmp_path / "crawl.jsonl"
    rows = [{"url": f"http://s{number}.example/", "html": page} for number, page in enumerate(pages)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="module")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("missing part: Chromium (the Debian package chromium)")
    return found


def test_the_report_opens_without_scripts_or_network_and_obeys_no_page(
    crawl: Path, tmp_path: Path, chromium: str
) -> None:
    sync_api = pytest.importorskip("playwright.sync_api", reason="missing part: playwright")
    archive([str(crawl)], tmp_path / "out", ArchiveOptions(workers=1, core_price=0.05))
    address = (tmp_path / "out/report.html").as_uri()
    problems: list[str] = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.on("dialog", lambda dialog: problems.append(dialog.message))
        page.on(
            "request",
            lambda request: problems.append(request.url) if request.url not in {address, "data:,"} else None,
        )
        page.goto(address)
        text = page.locator("body").inner_text()
        title = page.title()
        marked = page.locator("mark").all_inner_texts()
        bars = page.locator("svg rect").count()
        page.set_viewport_size({"width": 360, "height": 800})
        wide = page.evaluate("document.documentElement.scrollWidth")
        cells = page.locator(".wide td").evaluate_all("cells => cells.map(cell => cell.clientWidth)")
        browser.close()
    assert problems == []
    assert title == "Report of an archive job"
    assert "16 records read" in text.replace("\n", " ")
    assert "at the price given for a core-hour" in text
    assert "4 documents, 25.00% of the input" in text
    assert marked
    assert bars >= 2
    assert wide == 360  # of a phone: what is wider is pushed aside within its own box,
    assert min(cells) > 30  # and no word is one letter a line


def test_an_alarm_tells_of_a_huge_cluster_and_of_a_site_that_is_lost(tmp_path: Path) -> None:
    source = tmp_path / "rows.jsonl"
    text = " ".join(f"word{at}" for at in range(100))
    rows = [{"id": str(at), "url": f"http://lost.example/{at}", "text": text} for at in range(40)]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    archive([str(source)], tmp_path / "out", ArchiveOptions(clean=None))
    report = (tmp_path / "out/report.html").read_text()
    assert "A cluster holds 40 documents, 100.0% of the input." in report
    assert "lost.example lost 39 of 40 pages" in report
    assert "No cluster passes" not in report


def test_pages_without_content_count_where_shares_are_told(tmp_path: Path) -> None:
    """A site that lost every page for want of content raised no alarm; a cluster was 100 % of an input twice its size."""
    source = tmp_path / "rows.jsonl"
    rows = [{"url": f"http://hollow.example/{at}", "html": f"<body>{MENU}</body>"} for at in range(12)]
    rows += [
        {"url": f"http://ship{at}.example/", "html": f"<body>{_sentences('ship', 9)}</body>"} for at in range(12)
    ]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    archive([str(source)], tmp_path / "out", ArchiveOptions(workers=1))
    report = (tmp_path / "out/report.html").read_text()
    assert "hollow.example lost 12 of 12 pages, 100.0%." in report
    assert "A cluster holds 12 documents, 50.0% of the input." in report
    assert "<b>12 documents</b>, 50.00% of the input" in report


def test_an_alarm_of_annotated_output_tells_what_would_be_lost(tmp_path: Path) -> None:
    source = tmp_path / "rows.jsonl"
    rows = [{"id": str(at), "url": f"http://kept.example/{at}", "text": "the same words " * 9} for at in range(40)]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    archive([str(source)], tmp_path / "out", ArchiveOptions(clean=None, annotate=True))
    report = (tmp_path / "out/report.html").read_text()
    assert "kept.example would lose 39 of 40 pages" in report
    assert "kept.example lost" not in report


def test_a_cluster_s_share_of_the_input_leaves_out_what_is_in_the_index(tmp_path: Path) -> None:
    """Ten documents that resemble one of an earlier job were 110 % of the input."""
    text, index = " ".join(f"word{at}" for at in range(60)), str(tmp_path / "index")
    for night, count in enumerate((1, 10)):
        crawl = tmp_path / f"{night}.jsonl"
        crawl.write_text("".join(json.dumps({"id": f"{night}-{at}", "text": text}) + "\n" for at in range(count)))
        options = ArchiveOptions(clean=None, workers=1, index_out=index, against=index if night else None)
        archive([str(crawl)], tmp_path / str(night), options)
    report = (tmp_path / "1/report.html").read_text()
    assert "A cluster holds 10 documents, 100.0% of the input." in report
    assert "<b>11 documents</b>, 1 of them in the index, the others 100.00% of the input" in report


def test_two_runs_write_the_same_report_but_for_its_cost(crawl: Path, tmp_path: Path) -> None:
    for workers in (1, 2):
        archive([str(crawl)], tmp_path / str(workers), ArchiveOptions(workers=workers))
    reports = [COST.sub(b"", (tmp_path / str(workers) / "report.html").read_bytes()) for workers in (1, 2)]
    assert reports[0] == reports[1]
    assert b'<section id="cost">' not in reports[0]


def test_a_report_of_many_sites_and_long_texts_stays_small(tmp_path: Path) -> None:
    source = tmp_path / "rows.jsonl"
    long = "\n".join(" ".join(f"w{line}x{at}" for at in range(400)) for line in range(200))
    with source.open("w") as file:
        for at in range(300):
            text = f"{long}\n{at}" if at < 20 else f"{at} " * 50
            file.write(
                json.dumps({"id": f"{at}" * 500, "url": f"http://s{at}.example/{'x' * 5000}", "text": text}) + "\n"
            )
    archive([str(source)], tmp_path / "out", ArchiveOptions(clean=None))
    assert (tmp_path / "out/report.html").stat().st_size < 1_000_000


def test_differences_mark_words_and_pass_over_what_is_equal() -> None:
    pairs = differences("same\nthe red fox\nend", "same\nthe grey fox\nend\nmore")
    assert [pair.equal for pair in pairs] == [1, 0, 1, 0]
    assert [piece.text for piece in pairs[1].left if piece.differs] == ["red"]
    assert [piece.text for piece in pairs[1].right if piece.differs] == ["grey"]
    assert (pairs[3].left, pairs[3].right[0].text) == ((), "more")
