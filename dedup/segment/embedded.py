"""Text that a page carries outside its body, for scripts to show.

Some product pages and single-page applications hold their text in JSON-LD (https://www.w3.org/TR/json-ld11/, with the
terms of https://schema.org/) and next to nothing in their markup; others hold no more of it than the description in
their head, which forums and shops fill with how it begins.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
from selectolax.lexbor import LexborHTMLParser

LEAST_CHARS: Final = 80  # a shorter value is a label
_TERMS: Final = frozenset(("articleBody", "description", "text", "reviewBody"))
_DESCRIPTIONS: Final = frozenset(("description", "og:description", "twitter:description"))
_MOST_NODES: Final = 20_000  # values of a page that are looked at
_TAG: Final = re.compile(r"<[/!]?[A-Za-z-][^<>]{0,500}>")  # and no comparison
_BREAK: Final = re.compile(r"(?:<(?:br|/p|/li|/div|/h\d)\b[^<>]{0,200}>|\n)+", re.IGNORECASE)


def structured_texts(embedded: Iterable[tuple[bool, bytes]]) -> list[str]:
    """The paragraphs of the long texts in a page's JSON-LD, each once, in order; malformed data holds none.

    Args:
        embedded: JSON that the page embeds, as (JSON-LD or not, text).
    """
    found: dict[str, None] = {}
    for is_linked, data in embedded:
        if is_linked:
            for text in _texts(data):
                paragraphs = [paragraph for part in _BREAK.split(text) if (paragraph := _plain(part))]
                if sum(map(len, paragraphs)) >= LEAST_CHARS:
                    found.update(dict.fromkeys(paragraphs))
    return list(found)


def description(metas: bytes) -> list[str]:
    """The longest description among `<meta>` tags, if it is as long as a paragraph.

    Args:
        metas: the tags, UTF-8.
    """
    said = [""]
    for meta in LexborHTMLParser(metas).css("meta[content]"):
        name = meta.attributes.get("property") or meta.attributes.get("name") or ""
        if name.lower() in _DESCRIPTIONS:
            said.append(_plain(meta.attributes["content"] or ""))
    longest = max(said, key=len)
    return [longest] if len(longest) >= LEAST_CHARS else []


def _plain(text: str) -> str:
    """A text without the markup in it."""
    return " ".join(html.unescape(_TAG.sub(" ", text)).split())


def _texts(data: bytes) -> Iterator[str]:
    try:
        root = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return
    stack: list[tuple[str, Any]] = [("", root)]
    for _ in range(_MOST_NODES):
        if not stack:
            return
        term, value = stack.pop()
        if isinstance(value, dict):
            stack += reversed(value.items())
        elif isinstance(value, list):
            stack += [(term, item) for item in reversed(value)]
        elif isinstance(value, str) and term in _TERMS and len(value) >= LEAST_CHARS:
            yield value
