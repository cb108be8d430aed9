"""URLs to sites and pages: whose template a page wears, and when two URLs are one page."""

from __future__ import annotations

import hashlib
import ipaddress
import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

# Parameters that say where a visitor came from, not what the page is.
_TRACKING: Final = frozenset(
    ("fbclid", "gclid", "gclsrc", "dclid", "msclkid", "yclid", "twclid", "igshid", "mc_cid", "mc_eid", "wbraid",
     "gbraid", "_ga", "_gl", "_hsenc", "_hsmi", "mkt_tok", "oly_anon_id", "oly_enc_id", "vero_id", "wickedid",
     "ref_src", "spm"),
)  # fmt: skip
_TRACKING_PREFIXES: Final = ("utm_", "pk_", "piwik_", "matomo_", "mtm_")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_AS_THEY_ARE: Final = "surrogateescape"  # bytes of a query that are no UTF-8: other bytes are another page
_ENCODED: Final = "xn--"  # begins a label that is letters beyond ASCII in Punycode
_FULL_STOP: Final = "\u3002"  # of Chinese and Japanese, which stands for the dot in their hosts (UTS 46)
_LONGEST_LABEL: Final = 63  # bytes, by RFC 1035; decoding takes the square of them


def stem_of(url: str) -> str:
    """What the addresses of one page's versions share: the longest part of the path, such as its slug.

    `/2024/bridge-reopens`, `/bridge-reopens/print` and `/bridge-reopens?page=all` have one stem.
    """
    path = url.partition("://")[2].partition("?")[0].partition("#")[0]
    return max(path.split("/")[1:], key=len, default="")


@lru_cache(maxsize=1 << 14)
def site_of(url: str) -> str | None:
    """The site of a URL: its registrable domain by the public suffix list, private suffixes included.

    Blogs of one host are sites of their own (`a.blogspot.com`); scheme and port do not count. Where the list knows no
    suffix, the last label is one (its rule `*`); an address is its own site. The list is the one that comes with
    `publicsuffixlist`: nothing is fetched.

    Returns:
        None where the URL has no host.
    """
    try:
        host = _one_name(urlsplit(url).hostname or "")
    except ValueError:
        return None
    if not host:
        return None
    if _is_address(host):
        return host
    labels = [label for label in host.split(".") if label]  # of a malformed host, some are empty
    return _suffixes().privatesuffix(".".join(labels)) or host


def normalised_url(url: str) -> str:
    """A URL without what does not tell pages apart.

    Fragment (`#!` stays), tracking parameters, default port and the case of scheme and host go, and a host has one
    name however it is written. A URL that cannot be split is returned as it is.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = _one_name(parts.hostname or ""), parts.port
    except ValueError:
        return url
    given = parse_qsl(parts.query, keep_blank_values=True, errors=_AS_THEY_ARE)
    query = [(name, value) for name, value in given if not _is_tracking(name)]
    place = f"[{host}]" if ":" in host else host
    if port and port != _DEFAULT_PORTS.get(parts.scheme.lower()):
        place = f"{place}:{port}"
    fragment = parts.fragment if parts.fragment.startswith("!") else ""
    return urlunsplit(
        (parts.scheme.lower(), place, parts.path or "/", urlencode(query, errors=_AS_THEY_ARE), fragment)
    )


def document_name(given: str | None, url: str | None) -> str | None:
    """What a document of a crawl is known by: the caller's id, or else its normalised URL; None without either."""
    return given or (normalised_url(url) if url else None)


def page_key(name: str) -> bytes:
    """16 bytes that name a page: BLAKE2b of its normalised URL, or of the caller's id where it has none."""
    return hashlib.blake2b(name.encode(errors="surrogatepass"), digest_size=16).digest()


def _one_name(host: str) -> str:
    """A host as it is named however it was written: in Punycode or not, with the dot of the root, an address at length.

    Raises:
        ValueError: brackets around what is no address.
    """
    if ":" in host:
        return str(ipaddress.ip_address(host))
    name = host.removesuffix(".")
    if name.isascii() and _ENCODED not in name:
        return name
    return unicodedata.normalize("NFKC", ".".join(map(_decoded, name.split(".")))).replace(_FULL_STOP, ".").lower()


def _decoded(label: str) -> str:
    if not label.startswith(_ENCODED) or len(label) > _LONGEST_LABEL:
        return label
    try:
        return label.removeprefix(_ENCODED).encode("ascii").decode("punycode") or label
    except UnicodeError:
        return label


def _is_tracking(name: str) -> bool:
    return name.lower() in _TRACKING or name.lower().startswith(_TRACKING_PREFIXES)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@cache
def _suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415  (not every command asks for a site)

    return PublicSuffixList()
