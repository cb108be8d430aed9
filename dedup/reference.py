"""`python -m dedup.reference`: the fields of a result as docs/result.md lists them, written from `dedup.page`."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Iterator
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from dedup.archive.rows import Document
from dedup.page import CleanPage, PageRow

_INTRO = """# The result

For whoever reads results: the fields of a `CleanPage` in Python, and of the JSON and MessagePack that
`dedup clean --json`, the service and `dedup archive` write. What is not known is null, never absent; only the fields of
`Evidence` are left out where they do not apply. New fields may come; none is renamed. Written by
`python -m dedup.reference`.
"""
_FIELD = re.compile(r"^    (\w+): ", re.MULTILINE)


def render() -> str:
    """The Markdown of docs/result.md."""
    parts = [_INTRO, *_section(PageRow, "A page"), *_section(CleanPage, "On request", PageRow)]
    parts += [*_section(Document, "In an archive's output", PageRow)]
    for type_ in _nested(CleanPage):
        parts += _section(type_, f"`{type_.__name__}`")
    return "\n".join(parts)


def _section(type_: type[msgspec.Struct], title: str, base: type[msgspec.Struct] | None = None) -> list[str]:
    inherited = base.__struct_fields__ if base else ()
    hints = get_type_hints(type_)
    texts = _descriptions(type_)
    rows = [f"| `{name}` | {_name(hints[name])} | {texts[name]} |" for name in hints if name not in inherited]
    lead = inspect.cleandoc(type_.__doc__ or "").partition("\n\nAttributes:")[0].replace("None", "null")
    return [f"## {title}\n", " ".join(lead.split()) + "\n", "| field | type | |", "|---|---|---|", *rows, ""]


def _descriptions(type_: type[msgspec.Struct]) -> dict[str, str]:
    _, _, attributes = inspect.cleandoc(type_.__doc__ or "").partition("Attributes:\n")
    parts = _FIELD.split("\n" + attributes)
    described = {name: " ".join(text.split()) for name, text in zip(parts[1::2], parts[2::2], strict=True)}
    return {name: re.sub(r"\bNone\b", "null", text) for name, text in described.items()}


def _name(hint: Any) -> str:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys("null" if one is type(None) else _name(one) for one in inner))
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in inner)
    if origin is tuple:
        return f"list of {_name(inner[0])}"
    if origin is dict:
        return f"{_name(inner[1])} by name"
    names = {str: "text", int: "integer", float: "number", bool: "true or false"}
    return names.get(hint, f"`{getattr(hint, '__name__', hint)}`")


def _nested(type_: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    """The structs inside a struct, each once, as they come."""
    found: dict[type[msgspec.Struct], None] = {}
    waiting: list[Any] = list(get_type_hints(type_).values())
    while waiting:
        hint = waiting.pop(0)
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            if hint not in found:
                found[hint] = None
                waiting += get_type_hints(hint).values()
        else:
            waiting += get_args(hint)
    yield from found


if __name__ == "__main__":
    print(render(), end="")  # noqa: T201  (its output is what it is for)
