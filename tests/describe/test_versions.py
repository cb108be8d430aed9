"""A crawler sees that only the template changed, and how much of a page was edited."""

from __future__ import annotations

import random

import pytest

import dedup

URL = "https://www.quayside.example/story"


WORDS = (
    "harbour",
    "board",
    "bridge",
    "ferry",
    "winter",
    "island",
    "market",
    "lantern",
    "captain",
    "rope",
    "tide",
    "mill",
)


def paragraphs(count: int) -> list[str]:
    """Paragraphs that have no more in common than any two."""
    rng = random.Random(7)
    return [" ".join(f"{rng.choice(WORDS)}{rng.choice('abcdefgh')}" for _ in range(28)) + "." for _ in range(count)]


def page(body: list[str], menu: str = "Home", views: int = 12) -> str:
    return (
        f"<html><body><nav><ul><li><a href=/>{menu}</a></li><li><a href=/b>Sport</a></li></ul></nav><article>"
        f"<h1>The bridge</h1><p>{views} people are reading this story about the bridge and the board of the harbour</p>"
        + "".join(f"<p>{text}</p>" for text in body)
        + "</article></body></html>"
    )


def test_the_digest_does_not_change_with_template_or_numbers() -> None:
    before = dedup.clean(page(paragraphs(9)), url=URL)
    after = dedup.clean(page(paragraphs(9), menu="All stories", views=845), url=URL)
    assert before.content_digest == after.content_digest
    assert before.content_digest != dedup.clean(page(paragraphs(8)), url=URL).content_digest


def test_the_digest_does_not_change_with_memory() -> None:
    """What a site repeats is learned bit by bit; the page is the same all the while."""
    with dedup.Cleaner.open() as cleaner:
        first = cleaner.clean(page(paragraphs(9)), url=URL).content_digest
        for number in range(6):
            cleaner.learn(page(paragraphs(3)), url=f"{URL}-{number}")
        assert cleaner.clean(page(paragraphs(9)), url=URL).content_digest == first


@pytest.mark.parametrize("state", [None, "state"])
def test_change_is_told_against_the_last_learned_version(
    state: str | None, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(str(tmp_path))
    with dedup.Cleaner.open(state) as cleaner:
        new = cleaner.clean(page(paragraphs(12)), url=URL).change
        cleaner.learn(page(paragraphs(12)), url=URL)
        same = cleaner.clean(page(paragraphs(12), menu="Other", views=3), url=URL).change
        edited = cleaner.clean(page([*paragraphs(11), "One new sentence."]), url=URL).change
        other = cleaner.clean(page(["Something else entirely. " * 20]), url=URL).change
    assert new is not None
    assert (new.kind, new.jaccard) == ("new", None)
    assert same is not None
    assert (same.kind, same.jaccard) == ("unchanged", 1.0)
    assert edited is not None
    assert edited.kind == "edited"
    assert edited.jaccard is not None
    assert 0.7 < edited.jaccard < 1
    assert other is not None
    assert other.jaccard is not None
    assert other.jaccard < 0.3


def test_without_a_memory_nothing_is_said_of_change() -> None:
    assert dedup.clean(page(paragraphs(9)), url=URL).change is None
