"""Addresses in a page, made absolute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import urljoin, urlsplit

NO_PLACES: Final = ("javascript:", "vbscript:", "data:", "about:", "blob:")
_COMPLETE: Final = ("http://", "https://")
_PADDING: Final = "".join(map(chr, range(33)))
_DROPPED: Final = str.maketrans("", "", "\t\n\r")


def stripped(address: str) -> str:
    """An address as browsers read it from an attribute (https://url.spec.whatwg.org/, 4.4): a blank inside is one."""
    return address.strip(_PADDING).translate(_DROPPED).replace(" ", "%20")


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
    return url if base.lower().startswith(NO_PLACES) else base


def image_address(value: Callable[[str], str | None]) -> str | None:
    """Of an image: what it shows at once, or what a script puts there later; None where it has none.

    Args:
        value: of an attribute of its tag, by name.
    """
    for name in ("data-src", "data-lazy-src", "data-original", "src"):
        address = stripped(value(name) or "")
        if address and not address.startswith(NO_PLACES):
            return address
    for name in ("data-srcset", "data-lazy-srcset", "srcset"):
        listed = (value(name) or "").lstrip(", ").partition(",")[0].split()
        if listed:
            return listed[0]
    return None
