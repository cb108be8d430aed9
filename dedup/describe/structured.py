"""What a page's JSON-LD says of the page (https://www.w3.org/TR/json-ld11/, with the terms of https://schema.org/)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import msgspec

from dedup.describe.markup import tidy

_MOST_NODES: Final = 5_000  # of a page
_MOST_BYTES: Final = 1 << 20  # of one block; longer ones are data, not description
_CONTENT: Final = ("article", "posting", "report", "recipe", "review", "question", "qapage", "creativework", "book")
_ABOUT: Final = ("webpage", "product", "event", "jobposting", "itempage", "course", "dataset", "softwareapplication")
_MEDIA: Final = frozenset(("videoobject", "imageobject", "audioobject", "breadcrumblist", "listitem", "comment"))

Node = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Structured:
    """The nodes that describe the page, the most telling first, and all nodes that have an id.

    Attributes:
        nodes: articles and the like, then pages and products.
        others: the rest, such as organisations.
        by_id: every node that says more than its id.
        known: the terms that any of `nodes` has.
    """

    nodes: tuple[Node, ...] = ()
    others: tuple[Node, ...] = ()
    by_id: dict[str, Node] = field(default_factory=dict)
    known: frozenset[str] = frozenset()

    def texts(self, *terms: str) -> Iterator[str]:
        """Values of the first of the terms that a node has, node by node, as text."""
        if self.known.isdisjoint(terms):  # most terms that are asked for, no node has
            return
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


def read_structured(embedded: Iterable[tuple[bool, bytes]]) -> Structured:
    """The JSON-LD of a page; what is malformed says nothing.

    Args:
        embedded: JSON that the page embeds, as (JSON-LD or not, text).
    """
    ranked: tuple[list[Node], ...] = ([], [], [], [])
    by_id: dict[str, Node] = {}
    for is_linked, data in embedded:
        if is_linked and len(data) <= _MOST_BYTES:
            for node in _nodes(_parse(data)):
                given = node.get("@type")
                rank = _rank_of(given) if type(given) is str else _rank_of_all(types_of(node))
                ranked[rank].append(node)
                name = node.get("@id")
                if type(name) is str and len(node) > 2:
                    by_id.setdefault(name, node)
    content, about, others, _ = ranked
    if not (content or about or others or by_id):
        return _NOTHING
    nodes = (*content, *about)
    return Structured(nodes, tuple(others), by_id, frozenset().union(*nodes))


def types_of(node: Node) -> set[str]:
    """Lower-case types of a node, without the vocabulary's address."""
    given = node.get("@type")
    return {str(one).rpartition("/")[2].lower() for one in (given if isinstance(given, list) else [given]) if one}


def text_of(value: object) -> str | None:
    """A value as text: itself, its name or address, the first of a list."""
    if type(value) is str:
        return tidy(value) or None
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("name") or value.get("url") or value.get("@value") or value.get("@id")
        if isinstance(value, list):
            value = value[0] if value else None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return tidy(str(value)) or None


_CONTENT_RANK: Final = 0
_ABOUT_RANK: Final = 1
_OTHER_RANK: Final = 2


@lru_cache(maxsize=1024)
def _rank_of(given: str) -> int:
    return _rank_of_all(types_of({"@type": given}))


def _rank_of_all(types: set[str]) -> int:
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
    text = data.decode(errors="replace").strip()
    for wrapper in ("<!--", "-->", "//<![CDATA[", "//]]>", "<![CDATA[", "]]>", ";"):
        text = text.removeprefix(wrapper).removesuffix(wrapper).strip()
    try:
        return json.loads(text, strict=False)  # line breaks inside strings are the most common fault
    except (ValueError, RecursionError):
        return None


def _nodes(root: object) -> list[Node]:
    """The nodes in it, outer ones first, in order."""
    found: list[Node] = []
    stack: list[Any] = [root]
    left = _MOST_NODES
    while stack and left:
        value = stack.pop()
        left -= 1
        if type(value) is dict:
            if "@type" in value or "@id" in value:
                found.append(value)
            value = value.values()
        elif type(value) is not list:
            continue
        stack += [inner for inner in reversed(value) if type(inner) is dict or type(inner) is list]
    return found
