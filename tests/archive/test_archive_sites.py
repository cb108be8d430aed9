"""Two passes: what the pages of a site repeat goes from all of them, from the very first one on."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

import dedup
from dedup.archive.job import archive
from dedup.archive.options import ArchiveOptions
from dedup.archive.progress import Progress
from dedup.archive.stages import teach
from dedup.errors import StateError
from dedup.memory import LearnedMemory, MemoryOptions
from dedup.page import PageInput
from dedup.state import open_store
from dedup.state.records import CountsRecord, PageRecord

WORDS = [
    "river",
    "bridge",
    "copper",
    "lantern",
    "orchard",
    "signal",
    "winter",
    "harbour",
    "meadow",
    "engine",
    "paper",
    "violet",
    "thunder",
    "market",
]
NOTICE = (
    "Subscribers of our harbour gazette receive every winter a lantern made of copper, and the market of the meadow "
    "thanks all of them for the support that keeps this little paper alive in a difficult year for everybody."
)


def _sentence(rng: random.Random) -> str:
    return " ".join(rng.choices(WORDS, k=14)).capitalize() + f" {rng.randrange(10**9)} times over."


def _page(seed: int, *, notice: bool = True) -> str:
    rng = random.Random(seed)
    paragraphs = "".join(f"<p>{' '.join(_sentence(rng) for _ in range(4))}</p>" for _ in range(5))
    middle = f"<p>{NOTICE}</p>" if notice else ""
    head = " ".join(rng.choices(WORDS, k=5))
    return (
        f"<html lang=en><head><title>{head}</title><meta name=author content='Ada Lane'></head><body><nav><a href=/>Home</a> <a href=/b>Market</a></nav><article>"
        f"<h1>{head}</h1>{paragraphs}{middle}<p>{_sentence(rng)} <a href=/map/{seed}>{_sentence(rng)}</a></p></article><footer>All rights of the gazette reserved</footer></body></html>"
    )


@pytest.fixture
def crawl(tmp_path: Path) -> tuple[Path, Path, list[PageInput]]:
    """Two files of pages of a few sites: one twice, two that failed later, a wall under many URLs, one without a site."""
    pages = [PageInput(html=_page(n), url=f"http://site{n % 3}.example/story/{n}") for n in range(24)]
    pages += [PageInput(html=_page(1000 + n, notice=False), url=f"http://alone{n}.example/a") for n in range(3)]
    wall = (
        "<html><body><h1>Please wait</h1><p>We are checking that you are a reader and no machine.</p></body></html>"
    )
    pages += [PageInput(html=wall, url=f"http://site0.example/{n}/wall{n}") for n in range(11)]
    pages.append(PageInput(html=_page(7).replace("All rights", "No rights"), url="http://site1.example/story/7"))
    pages += [PageInput(html="<body><script src=a.js></script></body>", url=pages[n].url) for n in (4, 8)]
    pages.append(PageInput(html=_page(500)))
    files = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    for path, part in zip(files, (pages[:20], pages[20:]), strict=True):
        path.write_text("".join(json.dumps({"html": page.html, "url": page.url}) + "\n" for page in part))
    return *files, pages


def _contents(out: Path) -> list[dict[str, object]]:
    lines = [line for path in sorted(out.glob("part-*.jsonl")) for line in path.read_text().splitlines()]
    return [json.loads(line) for line in lines]


def test_what_a_site_repeats_goes_from_its_first_page_too(
    crawl: tuple[Path, Path, list[PageInput]], tmp_path: Path
) -> None:
    first, second, pages = crawl
    archive([str(first), str(second)], tmp_path / "out", ArchiveOptions(annotate=True, workers=1))
    rows = _contents(tmp_path / "out")
    assert NOTICE in dedup.clean(pages[0].html).content
    assert rows[0]["url"] == pages[0].url
    blocks = rows[0]["blocks"]
    assert isinstance(blocks, list)
    assert [block["verdict"]["reason"] for block in blocks if block["text"] == NOTICE] == ["site_template"]


@pytest.mark.parametrize(
    "options",
    [dedup.CleanOptions(), dedup.CleanOptions(content_format="markdown", links=True)],
    ids=["text", "markdown"],
)
def test_rows_are_those_of_a_cleaner_that_learned_all_first(
    crawl: tuple[Path, Path, list[PageInput]], tmp_path: Path, options: dedup.CleanOptions
) -> None:
    """Between its trips a page is kept without its markup, or with it where Markdown is asked for."""
    first, second, pages = crawl
    job = ArchiveOptions(ledger=True, annotate=True, workers=1, clean=options)
    archive([str(first), str(second)], tmp_path / "out", job)
    rows = {(row["url"], row["offset"], row["file"]): row for row in _contents(tmp_path / "out")}
    with dedup.Cleaner.open(options=options) as cleaner:
        failed = cleaner.learn_all(pages)
        assert len(failed) == 1  # the page without a URL
        expected = [cleaner.clean(page.html, url=page.url) for page in pages]
    kept = [page for page in expected if page.content.strip()]
    assert len(rows) == len(kept)
    for row, page in zip(rows.values(), kept, strict=True):
        plain = json.loads(msgspec.json.encode(page))
        for field in ("content", "status", "status_evidence", "title", "metadata", "language", "counts", "blocks"):
            assert row[field] == plain[field]


def test_markdown_rows_keep_their_lists_and_links(tmp_path: Path) -> None:
    """What Markdown is written from goes along between the two trips of a page."""
    text = "# Guide\n\n" + "The ferry between the islands runs every hour until the ice comes. " * 9
    text += "\n\n7. See the [timetable](/t)\n   - in winter, when the ferry runs at noon alone\n"
    source = tmp_path / "rows.jsonl"
    source.write_text(json.dumps({"markdown": text, "url": "https://pier.example/"}) + "\n")
    options = dedup.CleanOptions(content_format="markdown", links=True, mode="annotate")
    archive([str(source)], tmp_path / "out", ArchiveOptions(workers=1, clean=options))
    (row,) = _contents(tmp_path / "out")
    assert row["content"] == dedup.clean(markdown=text, url="https://pier.example/", options=options).content
    assert "7. See the [timetable](https://pier.example/t)\n   - in winter" in str(row["content"])


def test_a_service_s_memory_counts_and_learns(crawl: tuple[Path, Path, list[PageInput]], tmp_path: Path) -> None:
    pages = crawl[2]
    state = str(tmp_path / "state")
    with dedup.Cleaner.open(state) as cleaner:
        cleaner.learn_all(pages[:20])
    alone = tmp_path / "alone.jsonl"
    alone.write_text(json.dumps({"html": _page(0), "url": "http://site0.example/story/new"}) + "\n")
    for name in ("out", "again"):
        archive([str(alone)], tmp_path / name, ArchiveOptions(state=state, annotate=True, workers=1))
        (row,) = _contents(tmp_path / name)
        blocks = row["blocks"]
        assert isinstance(blocks, list)
        assert [block["verdict"]["reason"] for block in blocks if block["text"] == NOTICE] == ["site_template"]
    with dedup.Cleaner.open(state) as cleaner:
        assert {site: count for _, site, count, *_ in cleaner.sites()}["site0.example"] == 8


def test_a_tenant_s_memory_counts_and_learns_and_no_other_s_does(
    crawl: tuple[Path, Path, list[PageInput]], tmp_path: Path
) -> None:
    state = str(tmp_path / "state")
    with dedup.Cleaner.open(state, namespace="press") as cleaner:
        cleaner.learn_all(crawl[2][:20])
    alone = tmp_path / "alone.jsonl"
    alone.write_text(json.dumps({"html": _page(0), "url": "http://site0.example/story/new"}) + "\n")
    reasons = {}
    for namespace in ("default", "press"):
        out = tmp_path / namespace
        archive([str(alone)], out, ArchiveOptions(state=state, namespace=namespace, annotate=True, workers=1))
        (row,) = _contents(out)
        blocks = row["blocks"]
        assert isinstance(blocks, list)
        reasons[namespace] = [block["verdict"]["reason"] for block in blocks if block["text"] == NOTICE]
    assert reasons["press"] == ["site_template"] != reasons["default"]
    with dedup.Cleaner.open(state) as cleaner:
        learned = {(namespace, site): count for namespace, site, count, *_ in cleaner.sites()}
    assert (learned["default", "site0.example"], learned["press", "site0.example"]) == (1, 8)


def test_pages_that_a_memory_has_folded_count_too(tmp_path: Path) -> None:
    """A memory that was compacted to its last pages was one that had hardly seen its sites."""
    state, bounds = str(tmp_path / "state"), MemoryOptions(pages_per_site=2, slack=1)
    pages = [PageInput(html=_page(n), url=f"http://site.example/story/{n}") for n in range(12)]
    crawl = tmp_path / "crawl.jsonl"
    crawl.write_text("".join(json.dumps({"html": page.html, "url": page.url}) + "\n" for page in pages[10:]))
    with dedup.Cleaner.open(state, memory=bounds) as cleaner:
        cleaner.learn_all(pages[:10])
    archive([str(crawl)], tmp_path / "out", ArchiveOptions(state=state, annotate=True, workers=1))
    with dedup.Cleaner.open(state) as cleaner:
        expected = [cleaner.clean(page.html, url=page.url) for page in pages[10:]]
    rows = _contents(tmp_path / "out")
    assert [row["blocks"] for row in rows] == [json.loads(msgspec.json.encode(page.blocks)) for page in expected]
    seen = [block.verdict.evidence for block in expected[0].blocks if block.text == NOTICE]
    assert [one.pages_of_site for one in seen] == [11]


def test_a_job_that_is_cut_off_while_it_teaches_counts_no_page_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a site with more pages than a memory keeps, those that were folded by then were learned once more."""
    bounds, learn = MemoryOptions(pages_per_site=4, slack=2), LearnedMemory.learn
    crawl = tmp_path / "crawl.jsonl"
    rows = ({"html": _page(n), "url": f"http://site.example/story/{n}"} for n in range(24))
    crawl.write_text("".join(json.dumps(row) + "\n" for row in rows))
    commits = 0

    def cut_off(memory: LearnedMemory, records: Sequence[PageRecord]) -> int:
        nonlocal commits
        commits += 1
        if commits == 6:
            raise KeyboardInterrupt
        return learn(memory, records)

    monkeypatch.setattr(teach, "_AT_ONCE", 4)
    monkeypatch.setattr(LearnedMemory, "open", lambda state: LearnedMemory(open_store(state), bounds))
    state = str(tmp_path / "state")
    monkeypatch.setattr(LearnedMemory, "learn", cut_off)
    with pytest.raises(KeyboardInterrupt):
        archive([str(crawl)], tmp_path / "out", ArchiveOptions(state=state, workers=1))
    archive([str(crawl)], tmp_path / "out", ArchiveOptions(state=state, workers=1))
    with open_store(state, read_only=True) as store:
        records = [entry.record for entry in store.entries()]
    folded = [record.pages for record in records if isinstance(record, CountsRecord)]
    assert sum(folded) + sum(isinstance(record, PageRecord) for record in records) == 24


def test_a_memory_that_a_service_has_open_is_refused_before_anything_is_read(
    crawl: tuple[Path, Path, list[PageInput]], tmp_path: Path
) -> None:
    """Of a whole crawl that is hours earlier, and the folder stays free."""
    state = str(tmp_path / "state")
    with dedup.Cleaner.open(state), pytest.raises(StateError, match="open in this process"):
        archive([str(crawl[0])], tmp_path / "out", ArchiveOptions(state=state, workers=1))
    assert not (tmp_path / "out").exists()


def test_any_number_of_workers_and_any_cut_give_the_same_bytes(
    crawl: tuple[Path, Path, list[PageInput]], tmp_path: Path
) -> None:
    inputs = [str(path) for path in crawl[:2]]
    for workers in (1, 3):
        archive(inputs, tmp_path / str(workers), ArchiveOptions(workers=workers))

    for stage in ("sites", "clean", "resemble"):

        def stop(progress: Progress, stage: str = stage) -> None:
            if progress.stage == stage:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            archive(inputs, tmp_path / "cut", ArchiveOptions(workers=2), watch=stop)
    archive(inputs, tmp_path / "cut", ArchiveOptions(workers=2))
    one, three, cut = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir() if path.suffix != ".html"}
        for name in ("1", "3", "cut")
    )
    assert one == three == cut
