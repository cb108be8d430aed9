"""Addresses in a page, made absolute."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from html.entities import html5
from typing import Final
from urllib.parse import urljoin, urlsplit

NO_PLACES: Final = ("javascript:", "vbscript:", "data:", "about:", "blob:")
_LONGEST: Final = max(map(len, NO_PLACES))
_BEGINNINGS: Final = frozenset(letter for place in NO_PLACES for letter in (place[0], place[0].upper()))
_COMPLETE: Final = ("http://", "https://")
_PADDING: Final = "".join(map(chr, range(33)))
_DROPPED: Final = str.maketrans("", "", "\t\n\r")
_REFERENCE: Final = re.compile("&(?:#[^&]{1,9}|[A-Za-z][A-Za-z0-9]{1,31}(?:;|(?![A-Za-z0-9=])))")


def attribute_text(value: str) -> str:
    """An attribute's value, references decoded; `&copy=` in an address is none, unlike in text (HTML 13.2.5.73)."""
    return _REFERENCE.sub(_decoded, value) if "&" in value else value


def _decoded(reference: re.Match[str]) -> str:
    text = reference[0]
    return unescape(text) if text[1] == "#" else html5.get(text[1:], text)


def stripped(address: str) -> str:
    """An address as browsers read it from an attribute (https://url.spec.whatwg.org/, 4.4): a blank inside is one."""
    address = address.strip(_PADDING)
    if not address.isprintable():  # as hardly any is; no line break or tab is printable
        address = address.translate(_DROPPED)
    return address.replace(" ", "%20")


def absolute(address: str, base: str | None) -> str:
    """An address resolved against a base (RFC 3986, section 5); a malformed one stays as the page wrote it."""
    if not base or address.startswith(_COMPLETE):
        return address
    try:
        return urljoin(base, address)
    except ValueError:
        return address


def base_of(said: str, url: str | None) -> str | None:
    """What a page says that its addresses are resolved against; its own where that is no place (HTML 4.2.3)."""
    base = absolute(said, url)
    try:
        urlsplit(base)
    except ValueError:
        return url
    return url if is_no_place(base) else base


def image_address(value: Callable[[str], str | None]) -> str | None:
    """Of an image: what it shows at once, or what a script puts there later; None where it has none.

    Args:
        value: of an attribute of its tag, by name.
    """
    for name in ("data-src", "data-lazy-src", "data-original", "src"):
        address = stripped(value(name) or "")
        if address and not is_no_place(address):
            return address
    for name in ("data-srcset", "data-lazy-srcset", "srcset"):
        listed = (value(name) or "").lstrip(", \t\n\r\f").split(maxsplit=1)
        if listed and not is_no_place(listed[0]):
            return listed[0].rstrip(",")  # a comma within belongs to the address (HTML 4.8.4.2.1)
    return None


def is_no_place(address: str) -> bool:
    """Whether it runs a script or is the data itself, in place of telling where that is."""
    return address[:1] in _BEGINNINGS and address[:_LONGEST].lower().startswith(NO_PLACES)
