"""A memory that is asked while it learns: answers are of before or after a commit, and none waits for the disk."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np

from dedup.memory import LearnedMemory, MemoryOptions
from dedup.memory.seen import Seen
from dedup.state import MemoryStore, PageRecord, Record

SHARED = np.array([11, 12, 13], np.uint64)
WAIT = 60  # seconds


def page(number: int, site: str = "site.example") -> PageRecord:
    keys = np.concatenate((SHARED, np.array([1000 + number], np.uint64)))
    key = number.to_bytes(16, "big")
    return PageRecord("default", site, key, f"https://{site}/{number}", number, keys.tobytes(), whole=number + 1)


def ask(memory: LearnedMemory, number: int) -> Seen | None:
    return memory.seen_at_once("default", "site.example", number.to_bytes(16, "big"), SHARED)


class SlowStore(MemoryStore):
    """Lets a commit take as long as the test wants."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.may_go_on = threading.Event(), threading.Event()
        self.may_go_on.set()

    def append(self, records: Sequence[Record]) -> range:
        self.begun.set()
        assert self.may_go_on.wait(WAIT)
        return super().append(records)

    @contextmanager
    def slow(self) -> Iterator[None]:
        self.begun.clear()
        self.may_go_on.clear()
        yield
        self.may_go_on.set()


def test_whoever_asks_does_not_wait_for_a_commit() -> None:
    """With one thread for both, a disk that takes its time would hold up every page."""
    store = SlowStore()
    with LearnedMemory(store) as memory, ThreadPoolExecutor(1) as learner:
        memory.learn([page(number) for number in range(3)])
        with store.slow():
            learning = learner.submit(memory.learn, [page(3)])
            assert store.begun.wait(WAIT)
            before = ask(memory, 9)
            assert before is not None
            assert memory.seen("default", "site.example", bytes(16), SHARED).of == 2
        learning.result(WAIT)
        after = ask(memory, 9)
    assert after is not None
    assert (before.of, before.pages.tolist(), before.position) == (3, [3, 3, 3], 3)
    assert (after.of, after.pages.tolist(), after.position) == (4, [4, 4, 4], 4)


def test_what_has_to_be_waited_for_is_not_told_at_once() -> None:
    with LearnedMemory(MemoryStore()) as memory, ThreadPoolExecutor(1) as learner:
        memory.learn([page(number) for number in range(3)])
        assert ask(memory, 1) is None  # its former version is in the store
        with memory._tables:
            assert learner.submit(ask, memory, 9).result(WAIT) is None
        assert ask(memory, 9) is not None


def test_answers_are_of_one_moment_however_many_pages_are_learned_meanwhile() -> None:
    """All pages hold the same three blocks: an answer that counts fewer of them than pages saw half of a change."""
    with LearnedMemory(MemoryStore(), MemoryOptions(pages_per_site=50, slack=10, half_life=2**31)) as memory:
        torn: list[Seen] = []
        is_learned = threading.Event()

        def look() -> int:
            told, position = 0, 0
            while not is_learned.is_set() or not told:
                seen = ask(memory, 10**6)
                if seen is not None:
                    told += 1
                    if seen.position < position or abs(int(seen.pages.min()) - seen.of) > 1 or np.ptp(seen.pages):
                        torn.append(seen)
                    position = seen.position
            return told

        with ThreadPoolExecutor(2) as lookers:
            looking = [lookers.submit(look) for _ in range(2)]
            for number in range(0, 2000, 4):
                memory.learn([page(number + each) for each in range(4)])
            is_learned.set()
            assert all(one.result(WAIT) for one in looking)
        assert torn == []
