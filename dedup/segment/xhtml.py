"""Pages that are XML: there `<script src="a.js"/>` has no content, where HTML looks for its end, and CDATA is text."""

from __future__ import annotations

import re
from typing import Final

_DECLARED: Final = re.compile(rb"\s{0,99}<\?xml\s")
# Linear: wherever two of the places that it is tried at are both inside quotes, they are inside different ones.
_OF_XML: Final = re.compile(
    rb"""<!--(?:[^-]|-(?!->))*+(?:-->|\Z)
    | (?P<empty><(?:script|style|title|textarea|iframe)(?=[\s/])(?:[^<>"'/]|/(?!>)|"[^"]*+"|'[^']*+')*+/>)
    | <(script|style)(?=[\s>])(?:[^<]|<(?!/\2))*+
    | <!\[CDATA\[(?P<text>(?:[^]<&]|](?!]>)|<(?![A-Za-z/!?])|&(?![A-Za-z\#]))*+)]]>""",
    re.VERBOSE,
)
_MEDIA_TYPE: Final = "application/xhtml+xml"


def as_html(markup: bytes, content_type: str | None) -> bytes:
    """The page as HTML has to have it, each byte in its place.

    Comments stand for elements that HTML would take the rest of the page into, and for the bounds of text that HTML
    would take for a comment; text that HTML would read as markup stays as it is. Only of a page that says that it is
    XML, by its declaration or the content type.

    Args:
        markup: UTF-8.
        content_type: of the response that it came in.
    """
    if _DECLARED.match(markup) or (content_type and content_type.lower().lstrip().startswith(_MEDIA_TYPE)):
        return _OF_XML.sub(_in_html, markup)
    return markup


def _in_html(found: re.Match[bytes]) -> bytes:
    if empty := found["empty"]:
        return b"<!--" + b"-->".rjust(len(empty) - len(b"<!--"))
    return found[0] if found["text"] is None else b"<!--  -->" + found["text"] + b"</>"
