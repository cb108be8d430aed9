"""The tables in RAM: exact counts whatever comes in whatever order."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np

from dedup.memory import MemoryOptions, Seen, SiteMemory
from dedup.memory.seen import SeenBlocks
from dedup.memory.share_kernels import least_share
from dedup.memory.web import SiteCounts
from dedup.state import CountsRecord, Entry, PageRecord
from dedup.state.retention import fold


def page(number: int, keys: list[int], site: str = "a.example", namespace: str = "default") -> PageRecord:
    return PageRecord(namespace, site, number.to_bytes(16, "big"), "", number, np.array(keys, "<u8").tobytes())


def learn(memory: SiteMemory, *records: PageRecord | CountsRecord) -> None:
    for record in records:
        memory.apply(Entry(memory.position + 1, record))


def ask(
    memory: SiteMemory, keys: list[int], number: int = 0, site: str = "a.example", namespace: str = "default"
) -> Seen:
    return memory.seen(namespace, site, number.to_bytes(16, "big"), np.array(keys, np.uint64))


def test_counts_are_those_of_the_live_pages_after_any_sequence(rng: random.Random) -> None:
    memory = SiteMemory()
    live: dict[int, list[int]] = {}
    for _ in range(400):
        number, keys = rng.randrange(1, 40), [rng.randrange(30) for _ in range(rng.randrange(12))]
        learn(memory, page(number, keys))
        live.pop(number, None)  # learned again, it is the latest
        live[number] = keys
    for number in (1, 7, 99):
        others = [(name, set(keys)) for name, keys in live.items() if name != number and keys]
        seen = ask(memory, list(range(30)), number)
        assert seen.of == len(others)
        for key in range(30):
            holding = [place for place, (_, keys) in enumerate(others) if key in keys]
            assert seen.pages[key] == len(holding)
            if number not in live:  # a page's own place may have been the first
                assert seen.since[key] == (len(others) - holding[0] if holding else 0)


def test_a_page_learned_twice_counts_once_and_replacing_it_is_reversible() -> None:
    once, twice = SiteMemory(), SiteMemory()
    learn(once, page(1, [1, 2]), page(2, [2, 3]))
    learn(twice, page(1, [1, 2]), page(2, [8, 9]), page(2, [2, 3]), page(2, [2, 3]))
    for key in range(10):
        assert ask(once, [key]).pages == ask(twice, [key]).pages
    assert [row[2:] for row in once.sites()] == [row[2:] for row in twice.sites()]


def test_a_page_is_judged_without_its_own_contribution_so_that_a_retry_gets_the_same_answer() -> None:
    memory = SiteMemory()
    learn(memory, page(1, [1, 2]), page(2, [1, 3]))
    before = ask(memory, [1, 2, 3, 4], 3)
    learn(memory, page(3, [1, 2, 3, 4]))
    after = ask(memory, [1, 2, 3, 4], 3)
    for name in ("pages", "since", "sites"):
        assert getattr(before, name).tolist() == getattr(after, name).tolist()
    assert before.of == after.of == 2


def test_sites_and_tenants_never_mix() -> None:
    memory = SiteMemory()
    learn(memory, page(1, [5]), page(2, [5]), page(1, [5], "b.example"), page(1, [5], namespace="other"))
    assert ask(memory, [5]).pages.tolist() == [2]
    assert ask(memory, [5], site="b.example").pages.tolist() == [1]
    assert ask(memory, [5], namespace="other").pages.tolist() == [1]
    assert ask(memory, [5], site="c.example").of == 0


def test_other_sites_count_only_where_they_repeat_a_block() -> None:
    """A reprint that stands once on each of many sites must not become a template."""
    memory = SiteMemory()
    for site in ("a.example", "b.example", "c.example"):
        learn(
            memory, *(page(number, [1, 100 + number], site) for number in range(1, 4))
        )  # 1: consent text; 10x: reprints
    seen = ask(memory, [1, 101], site="new.example")
    assert seen.sites.tolist() == [3, 0]
    assert ask(memory, [1], site="a.example").sites.tolist() == [2]
    assert ask(memory, [1], site="new.example", namespace="other").sites.tolist() == [0]


def test_what_a_redesign_brings_in_counts_from_its_first_page_on() -> None:
    memory = SiteMemory()
    learn(memory, *(page(number, [1]) for number in range(1, 301)))
    learn(memory, *(page(number, [2]) for number in range(301, 305)))
    seen = ask(memory, [1, 2])
    assert seen.since.tolist() == [304, 4]
    assert seen.by_block(np.zeros(2, np.bool_)).template.tolist() == [True, True]
    assert least_share(seen.pages, seen.since)[1] > 0.7


def test_two_of_two_pages_are_weak_and_forty_of_two_hundred_count() -> None:
    pages, since, nothing = (np.array(each, np.int32) for each in ([1, 2, 40], [1, 2, 200], [0, 0, 0]))
    seen = SeenBlocks(pages, since, pages, since, 200, nothing)
    assert seen.template.tolist() == [False, True, True]
    share = least_share(pages, since)
    assert share[0] < share[1] < 1


def test_folded_pages_go_on_counting() -> None:
    memory = SiteMemory()
    records = [page(number, [1, 2 if number % 2 else 3, 1000 + number]) for number in range(1, 101)]
    learn(memory, *records)
    learn(memory, fold(records, None, half_life=1e9))  # it stands for all before it
    learn(memory, page(200, [1]))
    seen = ask(memory, [1, 2, 1001])
    assert seen.pages.tolist() == [101, 50, 0]
    assert seen.of == 101
    assert memory.sites()[0][2] == 1


def test_the_bound_of_all_pages_leaves_out_whole_sites_learned_longest_ago() -> None:
    memory = SiteMemory(MemoryOptions(max_pages=10))
    for number in range(20):
        learn(memory, page(number, [7], f"{number}.example"))
    assert [row[1] for row in memory.sites()] == sorted(f"{number}.example" for number in range(10, 20))
    assert ask(memory, [7], site="3.example").of == 0


def test_blocks_of_one_page_alone_go_first_and_what_a_site_shares_stays() -> None:
    memory = SiteMemory(MemoryOptions(max_blocks=100))
    for site in range(30):
        learn(memory, *(page(number, [1, 2, 10 * number + site], f"{site}.example") for number in range(1, 3)))
    assert memory.size.blocks <= 100
    assert memory.size.evicted_blocks > 0
    kept = memory.sites()
    assert len(kept) < 30
    assert all(row[2] == 2 for row in kept)
    latest, oldest = kept[-1][1], kept[0][1]
    assert ask(memory, [1, 2], site=latest).pages.tolist() == [2, 2]
    assert ask(memory, [1, 2], site="8.example").pages.tolist() == [2, 2]
    assert ask(memory, [10 + 8], site="8.example").pages.tolist() == [0]
    assert oldest != "0.example"


def test_counts_over_sites_hold_any_keys_and_as_many_as_come(rng: random.Random) -> None:
    counts, expected = SiteCounts(), Counter[int]()
    for _ in range(300):
        keys = np.array([*rng.sample(range(500), 20), 2**64 - 1 - rng.randrange(3)], np.uint64)
        if rng.random() < 0.4 and all(expected[key] for key in keys.tolist()):
            counts.remove(keys)
            expected.subtract(keys.tolist())
        else:
            counts.add(keys)
            expected.update(keys.tolist())
    asked = [*range(600), 2**64 - 1, 2**64 - 2, 2**64 - 3]
    assert counts.look_up(np.array(asked, np.uint64)).tolist() == [expected[key] for key in asked]
    assert counts.nbytes < 40_000


def test_the_same_log_gives_the_same_answers_in_every_replay(rng: random.Random) -> None:
    records = [
        page(rng.randrange(50), [rng.randrange(60) for _ in range(8)], f"{rng.randrange(5)}.example")
        for _ in range(500)
    ]
    one, other = SiteMemory(), SiteMemory()
    learn(one, *records)
    learn(other, *records)
    assert one.sites() == other.sites()
    for site in range(5):
        first, second = (ask(memory, list(range(60)), 3, f"{site}.example") for memory in (one, other))
        assert first.pages.tolist() == second.pages.tolist()
        assert first.sites.tolist() == second.sites.tolist()
