"""Which documents a crawl has seen before: exact, bounded, forgotten on request, and there after a crash."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

import dedup
from dedup.crawl import CrawlIndex, CrawlOptions, read_content
from dedup.errors import InputError, OptionError
from dedup.fingerprint import Fingerprinter
from dedup.state import StateOptions, Store, open_store
from dedup.state.archive import backup, import_records, restore
from dedup.state.forgetting import forget

DAY = 86_400
STORY = "The old ferry left the harbour at dawn and the council watched it go from the pier beside the crane. "


@pytest.fixture(params=["memory", "lmdb"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with open_store(str(tmp_path / "state") if request.param == "lmdb" else None) as opened:
        yield opened


def story(rng: random.Random, words: int = 200) -> list[str]:
    return [f"w{rng.randrange(5000)}" for _ in range(words)]


def edited(words: list[str], rng: random.Random, edits: int) -> list[str]:
    copy = list(words)
    for place in rng.sample(range(len(copy)), edits):
        copy[place] += "x"
    return copy


def add(index: CrawlIndex, name: str, text: str, *, namespace: str = "default", time: int = 0) -> list[str]:
    record = index.document(namespace, name, read_content(text), time=time)
    return [found.id for found in index.add([record])[0]]


def ask(index: CrawlIndex, text: str, *, namespace: str = "default") -> list[dedup.NearDuplicate]:
    return list(index.ask(namespace, read_content(text)))


def test_similarities_are_those_of_the_shingle_sets_both_ways(store: Store, rng: random.Random) -> None:
    index = CrawlIndex(store)
    original = story(rng)
    longer = [*original, *story(rng, 30)]
    add(index, "longer", " ".join(longer), time=7)
    (found,) = ask(index, " ".join(original))
    left, right = (set(Fingerprinter().shingles(" ".join(words))) for words in (original, longer))
    shared = len(left & right)
    assert found.jaccard == pytest.approx(shared / len(left | right))
    assert (found.containment, found.contained) == pytest.approx((shared / len(left), shared / len(right)))
    assert (found.id, found.first_seen, found.estimated) == ("longer", 7, False)


def test_every_near_duplicate_is_found_best_first_and_nothing_else(store: Store, rng: random.Random) -> None:
    index = CrawlIndex(store)
    original = story(rng)
    for number in range(100):
        add(index, f"other {number}", " ".join(story(rng)))
    for edits in (4, 0, 2, 60):
        add(index, f"copy {edits}", " ".join(edited(original, rng, edits)))
    assert [found.id for found in ask(index, " ".join(original))] == ["copy 0", "copy 2", "copy 4"]


def test_a_document_resembles_those_before_it_and_never_itself(store: Store) -> None:
    """A retry has to get the answer of the first time."""
    index = CrawlIndex(store)
    assert add(index, "a", STORY) == []
    assert add(index, "b", STORY) == ["a"]
    assert add(index, "b", STORY) == ["a"]
    assert len(index) == 2


def test_documents_of_one_batch_see_those_before_them(store: Store) -> None:
    index = CrawlIndex(store)
    batch = [index.document("default", name, read_content(STORY), time=at) for at, name in enumerate("abca")]
    answers = [[found.id for found in answer] for answer in index.add(batch)]
    assert answers == [[], ["a"], ["a", "b"], ["b", "c"]]


def test_documents_are_known_although_their_adding_was_interrupted(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They were in the log, and to the index unknown until the next start: in a notebook, one goes on after Ctrl-C."""
    index = CrawlIndex(store)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(index, "ask", interrupt)
    with pytest.raises(KeyboardInterrupt):
        add(index, "a", STORY)
    monkeypatch.undo()
    assert [found.id for found in ask(index, STORY)] == ["a"]
    assert index.delete("default", "a")


def test_a_changed_document_replaces_the_old_one_and_keeps_when_it_was_first_seen(store: Store) -> None:
    index = CrawlIndex(store)
    add(index, "a", STORY, time=5)
    add(index, "a", "Something else altogether is written here now, and nothing of the ferry is left in it.", time=9)
    assert ask(index, STORY) == []
    (found,) = ask(index, "Something else altogether is written here now, and nothing of the ferry is left in it.")
    assert found.first_seen == 5
    assert store.count() == 1


def test_long_documents_are_marked_as_estimated(rng: random.Random) -> None:
    with open_store(None) as store:
        index = CrawlIndex(store, CrawlOptions(exact_shingles=50))
        words = story(rng)
        add(index, "long", " ".join(words))
        (found,) = ask(index, " ".join(edited(words, rng, 1)))
        assert found.estimated
        assert 0.8 <= found.jaccard <= 1
        assert ask(index, " ".join(words))[0].jaccard == 1


def test_a_text_without_words_resembles_nothing(store: Store) -> None:
    index = CrawlIndex(store)
    assert add(index, "empty", "") == []
    assert add(index, "dots", "…") == []
    assert ask(index, "") == []


def test_short_texts_whose_only_shingles_collide_are_not_alike(store: Store) -> None:
    """xxh32 of both is the same number: one of two different headlines was dropped as the other's copy."""
    index = CrawlIndex(store)
    assert add(index, "1", "rok nur mar put") == []
    assert add(index, "2", "kir got fis bot") == []
    assert add(index, "3", "Kir got, fis bot!") == ["2"]


def test_texts_of_a_word_over_and_over_are_alike_however_long(store: Store) -> None:
    """They have a single shingle, too, and it is the same."""
    index = CrawlIndex(store)
    assert add(index, "1", "ha " * 6) == []
    assert add(index, "2", "ha " * 20) == ["1"]


def test_a_crowded_bucket_is_looked_at_as_far_as_it_is_told(store: Store, rng: random.Random) -> None:
    """Of thousands of pages that share most of their text, near-copies are found where the limit is raised."""
    original = story(rng)
    crowd = [" ".join(edited(original, rng, 1)) for _ in range(12)]
    few = CrawlIndex(store, CrawlOptions(bucket_limit=1, threshold=0.8))
    for number, text in enumerate(crowd):
        add(few, str(number), text)
    with open_store(None) as other:
        many = CrawlIndex(other, CrawlOptions(bucket_limit=64, threshold=0.8))
        for number, text in enumerate(crowd):
            add(many, str(number), text)
        assert len(ask(few, crowd[-1])) < len(ask(many, crowd[-1])) == len(crowd)


def test_tenants_see_nothing_of_each_other(store: Store) -> None:
    index = CrawlIndex(store)
    add(index, "a", STORY, namespace="one")
    assert ask(index, STORY, namespace="two") == []
    assert not index.delete("two", "a")


def test_the_documents_added_longest_ago_go_first(store: Store) -> None:
    index = CrawlIndex(store, CrawlOptions(retain=10))
    for number in range(25):
        add(index, str(number), STORY + str(number), time=number)
    assert len(index) == store.count() == 10
    again = CrawlIndex(store, CrawlOptions(retain=10, threshold=0.3))
    assert {found.id for found in ask(again, STORY + "24")} == {str(number) for number in range(15, 25)}


def test_a_document_that_comes_again_takes_nobody_s_place(store: Store) -> None:
    """Else a crawl that visits its oldest pages again holds as many more as it brings new ones."""
    index = CrawlIndex(store, CrawlOptions(retain=10))
    for number in range(10):
        add(index, str(number), STORY + str(number), time=number)
    coming = [(str(number), f"{STORY} again {number}") for number in range(3)] + [("new", STORY + "new")]
    index.add([index.document("default", name, read_content(text), time=20) for name, text in coming])
    assert len(index) == store.count() == 10
    assert {found.id for found in ask(index, STORY + " again 0")} >= {"0", "1", "2"}


def test_documents_go_after_their_days(store: Store) -> None:
    index = CrawlIndex(store, CrawlOptions(retain_days=2))
    for day in range(10):
        add(index, str(day), STORY, time=day * DAY)
    assert {found.id for found in ask(index, STORY)} == {"7", "8", "9"}
    assert store.count() == 3


def test_what_is_forgotten_stays_forgotten_in_a_backup_too(tmp_path: Path) -> None:
    with open_store(str(tmp_path / "state")) as store:
        index = CrawlIndex(store)
        add(index, "a", STORY)
        add(index, "b", STORY)
        backup(store, tmp_path / "backup")
        assert index.delete("default", "a")
        assert not index.delete("default", "a")
        assert [found.id for found in ask(index, STORY)] == ["b"]
        assert restore(tmp_path / "backup", store)[1] == 1
        assert [found.id for found in ask(CrawlIndex(store), STORY)] == ["b"]
        assert forget(store, "document", "b", time=0) == 1
        assert ask(index, STORY) == []  # the tables know it still, the log no longer does
        assert add(index, "b", STORY) == []
        assert [found.id for found in ask(index, STORY)] == ["b"]


def test_a_document_that_the_log_holds_twice_is_forgotten_whole(store: Store, tmp_path: Path) -> None:
    """After an import or a restore its older version came back with the next start."""
    index = CrawlIndex(store)
    add(index, "a", STORY)
    backup(store, tmp_path / "backup")
    add(index, "a", STORY + "changed")
    restore(tmp_path / "backup", store)
    import_records(tmp_path / "backup", store)
    assert store.count() == 3
    again = CrawlIndex(store)
    assert len(again) == 1
    assert again.delete("default", "a")
    assert store.count() == 1  # the tombstone
    assert ask(CrawlIndex(store), STORY) == []


def test_a_document_that_comes_again_day_by_day_stays_and_is_written_once_a_day(store: Store) -> None:
    """It was added a moment ago, though it has not changed."""
    index = CrawlIndex(store, CrawlOptions(retain_days=2))
    for half in range(12):
        add(index, "same", STORY, time=half * DAY // 2)
        add(index, str(half), STORY, time=half * DAY // 2)
    (found,) = [found for found in ask(index, STORY) if found.id == "same"]
    assert found.first_seen == 0
    assert store.head() == 12 + 6


def test_of_two_that_add_a_document_at_once_each_knows_its_last_version(store: Store) -> None:
    one, two = CrawlIndex(store), CrawlIndex(store)
    add(one, "a", STORY)
    two._load()
    add(two, "a", "Something else altogether, of which nobody in the harbour had heard before that morning.")
    add(one, "a", STORY)  # it has not heard of the other's
    for index in (one, two):
        index._load()
        assert [found.id for found in ask(index, STORY)] == ["a"]


def test_what_was_acknowledged_is_there_after_kill_9(tmp_path: Path) -> None:
    script = """
import sys
from dedup.crawl import CrawlIndex, read_content
from dedup.state import open_store
index = CrawlIndex(open_store(sys.argv[1]))
for number in range(10**9):
    text = " ".join(f"word{number}of{place}" for place in range(50))
    index.add([index.document("default", str(number), read_content(text))])
    print(number, flush=True)
"""
    state = str(tmp_path / "state")
    writer = subprocess.Popen([sys.executable, "-c", script, state], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    for _ in range(20):
        assert writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    acknowledged = 20 + len(writer.stdout.read().splitlines())
    writer.wait()
    writer.stdout.close()
    with open_store(state) as store:
        index = CrawlIndex(store)
        assert len(index) in {acknowledged, acknowledged + 1}
        for number in range(acknowledged):
            text = " ".join(f"word{number}of{place}" for place in range(50))
            assert [found.id for found in ask(index, text)] == [str(number)]


def test_a_redis_holds_documents_too(tmp_path: Path) -> None:
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    from benchmarks.durability import Server  # noqa: PLC0415  (starts a server)

    server = Server(tmp_path)
    try:
        with open_store(server.url, StateOptions(patience=2)) as store:
            add(CrawlIndex(store), "a", STORY)
            assert [found.id for found in ask(CrawlIndex(store), STORY)] == ["a"]
    finally:
        server.kill()


def test_services_on_one_redis_know_each_other_s_documents(tmp_path: Path) -> None:
    """A reprint that another service has seen would pass for new, and nobody would know."""
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed")
    from benchmarks.durability import Server  # noqa: PLC0415  (starts a server)

    server = Server(tmp_path)
    other_story = STORY.replace("ferry", "crane")
    try:
        with open_store(server.url) as store, open_store(server.url) as other_store:
            one, other = CrawlIndex(store), CrawlIndex(other_store)
            add(one, "a", STORY)
            time.sleep(0.6)
            assert [found.id for found in ask(other, STORY)] == ["a"]
            add(other, "a", other_story)  # another version: it takes the place of the first
            time.sleep(0.6)
            assert not ask(one, STORY)
            assert [found.id for found in ask(one, other_story)] == ["a"]
            assert (len(one), len(other)) == (1, 1)
            assert one.delete("default", "a")
            assert not ask(other, other_story)
    finally:
        server.kill()


ROWS = [STORY + f"It was the {word} time that anybody there could remember." for word in ("first", "second", "third")]


def test_a_cleaner_names_reprints_and_returns_them_whole(tmp_path: Path) -> None:
    """A reprint that came back empty would be lost for whoever wanted it."""
    html = "<title>Ferry</title><article><h1>Ferry</h1>" + "".join(f"<p>{row}</p>" for row in ROWS) + "</article>"
    state = str(tmp_path / "state")
    with dedup.Cleaner.open(state, crawl=CrawlOptions()) as cleaner:
        first, second = cleaner.process(
            [
                dedup.PageInput(html=html, url="https://a.example/1"),
                dedup.PageInput(html=html, url="https://b.example/2"),
            ]
        )
        assert isinstance(first, dedup.CleanPage)
        assert isinstance(second, dedup.CleanPage)
        assert first.near_duplicates == ()
        assert second.near_duplicates is not None
        assert [(found.id, found.jaccard) for found in second.near_duplicates] == [("https://a.example/1", 1.0)]
        assert "third" in second.content
        before = cleaner.clean(html, id="c")
        assert before.near_duplicates == cleaner.clean(html, id="c").near_duplicates  # asking changes nothing
        assert cleaner.forget_document("https://a.example/1")
    with dedup.Cleaner.open(state, crawl=CrawlOptions()) as cleaner:
        third = cleaner.clean(html, id="c")
        assert [found.id for found in cleaner.add_document(third)] == ["https://b.example/2"]
    with dedup.Cleaner.open(state) as cleaner:
        assert cleaner.clean(html).near_duplicates is None
        with pytest.raises(InputError, match="crawl"):
            cleaner.add_document(third)


def test_reprints_are_dropped_where_that_is_asked_for(tmp_path: Path) -> None:
    """Without the name of the document that stays, a dropped page could not be told from an empty one."""
    html = "<title>Ferry</title><article><h1>Ferry</h1>" + "".join(f"<p>{row}</p>" for row in ROWS) + "</article>"
    options = CrawlOptions(drop_duplicates=True)
    with dedup.Cleaner.open(str(tmp_path / "state"), crawl=options) as cleaner:
        pages = [dedup.PageInput(html=html, url=f"https://{name}.example/1") for name in "abc"]
        first, *others = cleaner.process([*pages, pages[0]])
        assert isinstance(first, dedup.CleanPage)
        assert "third" in first.content
        again = others.pop()
        assert isinstance(again, dedup.CleanPage)
        assert again.content == first.content  # a page is no reprint of itself
        for page in others:
            assert isinstance(page, dedup.CleanPage)
            assert page.content == ""
            assert [found.id for found in page.near_duplicates or ()] == ["https://a.example/1"]
            assert any(block.verdict.keep for block in page.blocks)


@pytest.mark.parametrize("wanted", ["", "x", "0", "-1", "30days", "nand", 5, None])
def test_a_retention_that_is_none_is_refused_with_what_is_allowed(wanted: Any) -> None:
    with pytest.raises(OptionError, match="days such as 30d"):
        CrawlOptions.retaining(wanted)


def test_retention_is_a_number_of_documents_or_of_days() -> None:
    assert CrawlOptions.retaining("5000").retain == 5000
    assert CrawlOptions.retaining("30d").retain_days == 30


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        *(("time", 1.5), ("time", True), ("time", 2**65), ("site", 5), ("url", "\ud800"), ("url", b"x")),
        *(("namespace", None), ("document_id", 5), ("document_id", "\ud800")),
    ],
)
def test_a_record_that_could_not_be_read_again_is_refused(argument: str, value: object) -> None:
    """It was written, and the whole state could not be opened afterwards."""
    with open_store(None) as opened:
        given: dict[str, object] = {"namespace": "n", "document_id": "d", "content": read_content(STORY)}
        with pytest.raises(InputError, match=f"^{argument}: expected|half a surrogate"):
            CrawlIndex(opened).document(**(given | {argument: value}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("namespace", 5), ("id", None), ("site", b"x"), ("first_seen", 1.5), ("time", "now"), ("url", "\ud800")),
        *(("signature", b"abc"), ("signature", "x" * 512), ("digest", b""), ("hashes", b"abc"), ("key", None)),
        *(("shingles", "x"), ("shingles", -1), ("shingles", None), ("shingles", True), ("shingles", 2**70)),
        *(("site", None), ("url", None), ("first_seen", None), ("time", None), ("is_short", 1)),
        ("hashes", bytes(read_content(STORY).hashes[::-1])),
    ],
)
def test_a_record_made_by_hand_that_could_not_be_read_again_is_refused(field: str, value: object) -> None:
    """It was written, and the whole state could not be opened afterwards."""
    with open_store(None) as opened:
        index = CrawlIndex(opened)
        record = index.document("n", "d", read_content(STORY), time=0)
        with pytest.raises(InputError):
            index.add([record, msgspec.structs.replace(record, **{field: value})])
        assert len(index) == 0
        assert len(index.add(iter([record]))) == 1  # type: ignore[arg-type]
        with pytest.raises(InputError, match=r"documents: expected what CrawlIndex\.document makes"):
            index.add(["d"])  # type: ignore[list-item]


def test_a_content_that_is_no_text_is_refused() -> None:
    with pytest.raises(InputError, match="text: expected str, got bytes"):
        read_content(b"bytes")  # type: ignore[arg-type]


def test_whether_duplicates_are_dropped_is_said_by_true_or_false() -> None:
    """The word no counted as yes."""
    with pytest.raises(OptionError, match="drop_duplicates"):
        CrawlOptions(drop_duplicates="no")  # type: ignore[arg-type]
