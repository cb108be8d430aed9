"""What a caller hands in, checked before anything is made of it: a wrong type is named, not met somewhere inside."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from dedup.errors import InputError
from dedup.page import PageInput

_KINDS: Final = {"url": str, "id": str, "site": str, "http_status": int, "time": int}


def check_page(page: object) -> None:
    """Whether this is a page, and what is said of it is of the right type; its form is looked at where it is read.

    Raises:
        InputError: it is something else, or has a field of the wrong type.
    """
    if not isinstance(page, PageInput):
        raise InputError("page", f"expected a PageInput, such as PageInput(html=…), got {_name(page)}")
    for field, kind in _KINDS.items():
        check_optional(field, getattr(page, field), kind)


def check_optional(field: str, value: object, kind: type) -> None:
    """Whether a value is of a type, or None.

    Raises:
        InputError: neither.
    """
    if value is not None and not isinstance(value, kind):
        raise InputError(field, f"expected {kind.__name__} or None, got {_name(value)}")


def check_stream(pages: object) -> None:
    """Whether these can be many pages; a text, which is many characters, cannot.

    Raises:
        InputError: they cannot.
    """
    if isinstance(pages, str | bytes) or not isinstance(pages, Iterable):
        raise InputError("pages", f"expected an iterable of PageInput, such as a list, got {_name(pages)}")


def _name(value: object) -> str:
    return type(value).__name__
