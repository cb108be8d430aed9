"""Header fields, as WARC and HTTP write them: a name, a colon and a value a line, which may go on in lines below it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

Field = tuple[str, str]
_LINE_END: Final = re.compile(rb"\r?\n")  # and no other that Python knows: values may hold those


def lines_of(head: bytes) -> list[bytes]:
    """The lines of a header, without their ends."""
    return _LINE_END.split(head)


def unfolded(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Lines of which those that begin with white space are joined to the one before (RFC 9112, 5.2)."""
    parts: list[bytes] = []
    for line in lines:
        if line.startswith((b" ", b"\t")) and parts:
            parts.append(line.strip())
            continue
        if parts:
            yield b" ".join(parts)
        parts = [line.rstrip()]
    if parts:
        yield b" ".join(parts)


def fields_of(lines: Iterable[bytes]) -> list[Field]:
    """The fields in some lines, in order; a line that holds none is left out."""
    found = (field(line) for line in unfolded(lines))
    return [(name, value) for name, value in found if name]


def field(line: bytes) -> Field:
    """Name and value; no name where there is no colon."""
    name, colon, value = text_of(line).partition(":")
    return (name.strip() if colon else "", value.strip())


def text_of(line: bytes) -> str:
    """The text of a line in UTF-8, or else in Latin-1, as headers once were."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")


def values_of(fields: Iterable[Field], name: str) -> list[str]:
    """What a field says, which may stand in several lines and list several values in each, in order.

    Args:
        fields: of a message.
        name: in lower case.
    """
    values = (value for other, value in fields if other.lower() == name)
    return [one.strip() for value in values for one in value.split(",") if one.strip()]


def content_type_of(values: list[str]) -> str | None:
    """What counts of a `Content-Type` that is given more than once: the last that is a type, as in browsers.

    Args:
        values: as `values_of` has them.
    """
    types = [_unquoted(one) for one in values if "/" in one.partition(";")[0]]
    if not types:
        return values[-1] if values else None
    same = [one for one in types if media_type(one) == media_type(types[-1])]
    return next((one for one in reversed(same) if "charset" in one.lower()), same[-1])


def media_type(content_type: str | None) -> str:
    """A content type without its parameters."""
    return (content_type or "").partition(";")[0].strip().lower()


def _unquoted(content_type: str) -> str:
    """The type without the quotes in which some servers send it."""
    return content_type.replace('"', "").strip() if content_type.startswith('"') else content_type
