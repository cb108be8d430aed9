"""Addresses in a page, made absolute."""

from __future__ import annotations

from urllib.parse import urljoin

_COMPLETE = ("http://", "https://")


def absolute(address: str, base: str | None) -> str:
    """An address resolved against a base (RFC 3986, section 5); a malformed one stays as the page wrote it."""
    if not base or address.startswith(_COMPLETE):
        return address
    try:
        return urljoin(base, address)
    except ValueError:
        return address
