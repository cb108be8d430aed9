"""In which language code is written, as what stands around it says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from typing import Final

from dedup.segment import dom_kernels as dom
from dedup.segment import reduce_kernels as reduction
from dedup.segment.segments import ElementTable, Segments

_AROUND: Final = 3  # elements: highlighters put the class on the code's box, or on one of the two around it
_MOST_CLASS: Final = 400  # bytes
# Classes of HTML's own example (4.5.15), Prism, highlight.js, GitHub, Sphinx, WordPress and SyntaxHighlighter.
_CLASS: Final = re.compile(
    rb"(?<![\w-])(?:(?:language|lang|highlight-source|highlight)-|brush:\s?)([a-z][a-z0-9+#]{0,19})(?![\w+#-])",
    re.IGNORECASE,
)
_BEGINS_WITH_CODE: Final = re.compile(
    rb"\s*<code\s[^<>]{0,400}?(?<=\s)class\s*=\s*[\"']?([^\"'<>]{1,400})", re.IGNORECASE
)
_INFO: Final = re.compile(r"\{?\.?([A-Za-z][A-Za-z0-9+#]{0,19})(?![\w+#-])")
_NO_LANGUAGES: Final = frozenset(
    ("default", "none", "plain", "plaintext", "text", "txt", "auto", "code", "nohighlight")
)


def languages_of(page: Segments, blocks: Sequence[int]) -> dict[int, str]:
    """The languages of blocks of code, in lower case, of those that have one.

    Args:
        page: that they stand in.
        blocks: their indices.
    """
    if page.table is None:
        return {block: page.languages[block] for block in blocks if page.languages and page.languages[block]}
    found = ((block, _language_in_html(page.table, int(page.elements[block]))) for block in blocks)
    return {block: language for block, language in found if language}


def language_of_info(info: str) -> str:
    """The language that a fence of Markdown names, in lower case; empty where it names none."""
    named = _INFO.match(info.strip())
    return _known(named[1]) if named else ""


def _language_in_html(table: ElementTable, box: int) -> str:
    around = islice(table.ancestors(box), _AROUND)
    for classes in (_classes_inside(table, box), *(_classes(table, element) for element in around)):
        if named := _CLASS.search(classes):
            return _known(named[1].decode())
    return ""


def _classes(table: ElementTable, element: int) -> bytes:
    number = int(table.rows[element, dom.NUMBER])
    if number < 0:
        return b""
    start, end = (int(table.tags[number, column]) for column in (reduction.CLASS_START, reduction.CLASS_END))
    return table.source[start : min(end, start + _MOST_CLASS)].tobytes()


def _classes_inside(table: ElementTable, box: int) -> bytes:
    """Of the `<code>` that a box begins with, which the table of elements leaves out."""
    number = int(table.rows[box, dom.NUMBER])
    if number < 0:
        return b""
    end = int(table.tags[number, reduction.END])
    found = _BEGINS_WITH_CODE.match(table.source[end : end + 2 * _MOST_CLASS].tobytes())
    return found[1] if found else b""


def _known(name: str) -> str:
    return "" if name.lower() in _NO_LANGUAGES else name.lower()
