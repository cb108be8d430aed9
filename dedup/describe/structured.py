"""What a page's JSON-LD says of the page (https://www.w3.org/TR/json-ld11/, with the terms of https://schema.org/)."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import Any, Final, cast

import msgspec

from dedup.describe.markup import tidy

_MOST_NODES: Final = 5_000  # of a page
_MOST_BYTES: Final = 1 << 20  # of one block; longer ones are data, not description
_CONTENT: Final = ("article", "posting", "report", "recipe", "review", "question", "qapage", "creativework", "book")
_ABOUT: Final = ("webpage", "product", "event", "jobposting", "itempage", "course", "dataset", "softwareapplication")
_MEDIA: Final = frozenset(("videoobject", "imageobject", "audioobject", "breadcrumblist", "listitem", "comment"))
# Terms whose values are other works than the page: what it lists, quotes or speaks of, and what is said of it.
_APART: Final = frozenset(
    (
        *("itemListElement", "itemReviewed", "isPartOf", "about", "mentions", "citation", "isBasedOn", "comment"),
        *("isRelatedTo", "isSimilarTo", "acceptedAnswer", "suggestedAnswer", "liveBlogUpdate"),
    )
)
# The same where there are several; one alone may be what the page is.
_APART_IN_LISTS: Final = frozenset(("review", "reviews", "blogPost", "blogPosts", "hasPart"))
_REFERENCE: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_WRAPPER: Final = re.compile(r"(?:[\s\ufeff>]|<!--|-->|<!\[CDATA\[|//|/\*|\*/)*+")  # around the data in old templates
_DECODER: Final = json.JSONDecoder(strict=False)  # line breaks inside strings are the most common fault
_NO_TEXT: Final = re.compile("[\x00\ud800-\udfff]")  # half of a pair is left where a text is cut within an emoji
_TAG: Final = re.compile(
    r"</?(?:(br|p|div|li|ul|ol|h[1-6])|[a-z][a-z0-9]{0,20})(?:\s[^<>]{0,500})?/?>", re.IGNORECASE
)

Node = dict[str, Any]


class Structured(msgspec.Struct, frozen=True, gc=False):
    """The nodes that describe the page, the most telling first, and all nodes that have an id.

    Attributes:
        nodes: articles and the like, then pages and products.
        others: the rest that say what they are, such as organisations.
        by_id: every node that says more than its id.
    """

    nodes: tuple[Node, ...] = ()
    others: tuple[Node, ...] = ()
    by_id: dict[str, Node] = {}

    def texts(self, *terms: str) -> Iterator[str]:
        """Values of the first of the terms that a node has, node by node, as text."""
        for node in self.nodes:
            for term in terms:
                if term in node and (text := text_of(self.resolve(node[term]))):
                    yield text
                    break

    def resolve(self, value: object) -> object:
        """A node in place of a reference to it."""
        if isinstance(value, dict) and isinstance(value.get("@id"), str) and len(value) <= 2:
            return self.by_id.get(value["@id"], value)
        return value


_NOTHING: Final = Structured()


def read_structured(embedded: Iterable[tuple[bool, bytes]], addresses: Collection[str] = ()) -> Structured:
    """The JSON-LD of a page; what is malformed says nothing.

    Args:
        embedded: JSON that the page embeds, as (JSON-LD or not, text).
        addresses: of the page: of several articles, the one that names such an address as its own is the page's.
    """
    ranked: tuple[list[Node], ...] = ([], [], [], [])
    by_id: dict[str, Node] = {}
    for is_linked, data in embedded:
        if is_linked and len(data) <= _MOST_BYTES:
            _sort_nodes(_parse(data), ranked, by_id)
    content, about, others, _ = ranked
    if not (content or about or others or by_id):
        return _NOTHING
    if len(content) > 1 and addresses:
        own = set(map(_bare, addresses)) - {""}  # which is all that is left of a relative one
        content.sort(key=lambda node: own.isdisjoint(_addresses_of(node)))
    return Structured((*content, *about), tuple(others), by_id)


def _addresses_of(node: Node) -> Iterator[str]:
    """Where a node says that it stands."""
    for term in ("url", "@id", "mainEntityOfPage"):
        value = node.get(term)
        for one in (value.get("@id"), value.get("url")) if isinstance(value, dict) else (value,):
            if isinstance(one, str):
                yield _bare(one)


def _bare(address: str) -> str:
    """An address without what is written in several ways."""
    return address.partition("#")[0].partition("://")[2].rstrip("/")


def types_of(node: Node) -> frozenset[str]:
    """Lower-case types of a node, without the vocabulary's address."""
    given = node.get("@type")
    if type(given) is str:
        return _types_of(given)
    listed = given if isinstance(given, list) else [given]
    return frozenset(str(one).rpartition("/")[2].lower() for one in listed if one)


@lru_cache(maxsize=1024)
def _types_of(given: str) -> frozenset[str]:
    return frozenset((given.rpartition("/")[2].lower(),)) if given else frozenset()


def text_of(value: object) -> str | None:
    """A value as text: itself, its name or address, the first of a list; markup that was escaped into it is undone."""
    if type(value) is str:
        return _plain(value) or None
    value = _first(value)
    if isinstance(value, dict):
        value = _first(value.get("name") or value.get("url") or value.get("@value") or value.get("@id"))
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return _plain(str(value)) or None


def name_of(value: object) -> str | None:
    """The name of a node, or of the first of a list; a text is one. What has an address or an id alone has no name."""
    value = _first(value)
    return text_of(value.get("name") or value.get("@value") if isinstance(value, dict) else value)


def _first(value: object) -> object:
    """The first of a list; any other value as it is."""
    if not isinstance(value, list):
        return value
    return value[0] if value else None


def _plain(text: str) -> str:
    if "<" in text:
        text = _without_tags(text)
    if "&" in text:
        text = _REFERENCE.sub(lambda found: html.unescape(found[0]), text)
        text = _without_tags(text) if "</" in text else text
    return tidy(text if text.isprintable() else _NO_TEXT.sub("\ufffd", text))


def _without_tags(text: str) -> str:
    return _TAG.sub(lambda found: " " if found[1] else "", text)


_CONTENT_RANK: Final = 0
_ABOUT_RANK: Final = 1
_OTHER_RANK: Final = 2


@lru_cache(maxsize=1024)
def _rank_of(given: str) -> int:
    return _rank_of_all(types_of({"@type": given}))


def _rank_of_all(types: frozenset[str]) -> int:
    if types & _MEDIA:
        return _OTHER_RANK + 1
    if any(one.endswith(_CONTENT) for one in types):
        return _CONTENT_RANK
    return _ABOUT_RANK if any(one.endswith(_ABOUT) for one in types) else _OTHER_RANK


def _parse(data: bytes) -> object:
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    text = data.decode(errors="replace")
    start = _WRAPPER.match(text)
    try:
        found, _ = _DECODER.raw_decode(text, start.end() if start else 0)  # what stands behind it is passed over
    except (ValueError, RecursionError):
        return None
    return cast("object", found)


def _is_apart(term: str, value: object) -> bool:
    return term in _APART or (term in _APART_IN_LISTS and isinstance(value, list))


def _sort_nodes(root: object, ranked: tuple[list[Node], ...], by_id: dict[str, Node]) -> None:
    """Put the nodes in it, outer ones first, in order, into the list of their rank, and those with an id under it.

    Nodes that are, or are part of, another work than the page are found under their id alone.
    """
    stack: list[tuple[Any, bool]] = [(root, False)] if isinstance(root, dict | list) else []
    left = _MOST_NODES
    while stack and left:
        value, is_apart = stack.pop()
        left -= 1
        if type(value) is dict:
            name = value.get("@id")
            if not is_apart and (given := value.get("@type")) is not None:
                ranked[_rank_of(given) if type(given) is str else _rank_of_all(types_of(value))].append(value)
            if type(name) is str and len(value) > 2:
                by_id.setdefault(name, value)
            for term, inner in reversed(value.items()):
                kind = type(inner)
                if kind is dict or kind is list:
                    stack.append((inner, is_apart or _is_apart(term, inner)))
        else:
            stack += [(inner, is_apart) for inner in reversed(value) if type(inner) is dict or type(inner) is list]
