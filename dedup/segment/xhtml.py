"""Pages that are XML: there `<script src="a.js"/>` is an element without content, where HTML would look for its end."""

from __future__ import annotations

import re
from typing import Final

_DECLARED: Final = re.compile(rb"\s{0,99}<\?xml\s")
# Linear: wherever two of the places that it is tried at are both inside quotes, they are inside different ones.
_EMPTY: Final = re.compile(
    rb"""<!--(?:[^-]|-(?!->))*+(?:-->|\Z)
    | (<(?:script|style|title|textarea|iframe)(?=[\s/])(?:[^<>"'/]|/(?!>)|"[^"]*+"|'[^']*+')*+/>)""",
    re.VERBOSE,
)
_MEDIA_TYPE: Final = "application/xhtml+xml"


def without_empty_elements(markup: bytes, content_type: str | None) -> bytes:
    """The page with comments, as long as that, in place of elements that HTML would take the rest of the page into.

    Only of a page that says that it is XML, by its declaration or the content type.

    Args:
        markup: UTF-8.
        content_type: of the response that it came in.
    """
    if _DECLARED.match(markup) or (content_type and content_type.lower().lstrip().startswith(_MEDIA_TYPE)):
        return _EMPTY.sub(_comment, markup)
    return markup


def _comment(found: re.Match[bytes]) -> bytes:
    return found[0] if found[1] is None else b"<!--" + b"-->".rjust(len(found[1]) - len(b"<!--"))
