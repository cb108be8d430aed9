"""What a caller hands in, looked at before anything is made of it: a wrong type is named, not met somewhere inside."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from dedup.errors import AmbiguousInputError, InputError
from dedup.page import Form, PageInput
from dedup.segment.tags import NAMES

_SNIFFED_BYTES: Final = 4096
_ELEMENTS: Final = "|".join(name for name in NAMES if name.isalnum()).encode()
_OPENS_AS_MARKUP: Final = re.compile(
    rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*<(?:!doctype\s|!--|\?xml\s|(?:%b|[a-z]+-[a-z-]+)[\s/>])" % _ELEMENTS,
    re.IGNORECASE,
)
_KINDS: Final = {"url": str, "id": str, "site": str, "content_type": str, "http_status": int, "time": int}
_MOST: Final = 2**53 - 1  # of a whole number: what every reader of JSON holds exactly
# Three digits, as HTTP writes a status; there are servers that answer 999.
_RANGES: Final = {"http_status": (100, 999), "time": (-_MOST, _MOST)}


def check_page(page: object) -> None:
    """Whether this is a page, and what is said of it is of the right type; its form is looked at where it is read.

    Raises:
        InputError: it is something else, or has a field of the wrong type, or a name that cannot be written.
    """
    if not isinstance(page, PageInput):
        raise InputError("page", f"expected a PageInput, such as PageInput(html=…), got {_name(page)}")
    for field, kind in _KINDS.items():
        value = getattr(page, field)
        check_optional(field, value, kind)
        _check_written(field, value)


def check_optional(field: str, value: object, kind: type) -> None:
    """Whether a value is of a type, or None.

    Raises:
        InputError: neither.
    """
    if value is not None and (not isinstance(value, kind) or isinstance(value, bool)):  # which counts as a number
        raise InputError(field, f"expected {kind.__name__} or None, got {_name(value)}")


def check_given(*, namespace: object, document_id: object, **described: object) -> None:
    """Whether a document has names, and what else is said of it is of the right type: `url`, `site`, `time`.

    Raises:
        InputError: it has not, or is not.
    """
    for field, value in (("namespace", namespace), ("document_id", document_id)):
        if not isinstance(value, str):
            raise InputError(field, f"expected str, got {_name(value)}")
        check_name(field, value)
    for field, value in described.items():
        check_optional(field, value, _KINDS[field])
        _check_written(field, value)


def _check_written(field: str, value: Any) -> None:
    """Whether a value of the right type is one that can be written."""
    if isinstance(value, str):
        check_name(field, value)
    elif value is not None:
        least, most = _RANGES[field]
        if not least <= value <= most:
            raise InputError(field, f"expected a number from {least} to {most}, got {value}")


def check_name(field: str, value: str) -> None:
    """Whether UTF-8 can hold a name.

    In the text of a page half a surrogate pair counts as a question mark; two names must not become one that way.

    Raises:
        InputError: it cannot.
    """
    try:
        value.encode()
    except UnicodeEncodeError as error:
        problem = f"half a surrogate pair at character {error.start}, which no UTF-8 can hold; leave it out"
        raise InputError(field, problem) from None


def source_of(page: PageInput) -> tuple[Form, str | bytes]:
    """The one form that a page came in, and its source.

    Raises:
        AmbiguousInputError: it came in none, or in several.
        InputError: its source is neither text nor bytes.
    """
    forms: tuple[Form, ...] = ("html", "text", "markdown")
    given = tuple(form for form in forms if getattr(page, form) is not None)
    if len(given) != 1:
        raise AmbiguousInputError(given)
    source = getattr(page, given[0])
    if not isinstance(source, str | bytes):
        raise InputError(given[0], f"expected str or bytes, got {_name(source)}")
    return given[0], source


def check_stream(pages: object) -> None:
    """Whether these can be many pages; a text, which is many characters, cannot.

    Raises:
        InputError: they cannot.
    """
    if isinstance(pages, str | bytes) or not isinstance(pages, Iterable):
        raise InputError("pages", f"expected an iterable of PageInput, such as a list, got {_name(pages)}")


def opens_as_markup(content: bytes) -> bool:
    """Whether something begins as HTML does: with a tag of an element that HTML knows, a comment or a declaration.

    A tag further on tells nothing, since plain text may speak of tags.
    """
    return _OPENS_AS_MARKUP.match(sniffed(content)) is not None


def sniffed(content: bytes) -> bytes:
    """The beginning, by which a form is told; without NULs, UTF-16 is readable enough to recognise tags."""
    return content[:_SNIFFED_BYTES].replace(b"\0", b"")


def _name(value: object) -> str:
    return type(value).__name__
