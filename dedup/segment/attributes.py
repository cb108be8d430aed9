"""The attributes of a single start tag."""

from __future__ import annotations

import re
from typing import Final

from dedup.segment import dom_kernels as dom
from dedup.segment import reduce_kernels as reduction
from dedup.segment.addresses import attribute_text
from dedup.segment.segments import ElementTable

_DIGITS: Final = 9  # that an item of a list in Markdown may have, and one of those after it

# Takes a name without a value, too: were it not taken, each of its characters would be tried as the first one.
_ATTRIBUTE: Final = re.compile(
    r"""([^\s"'<>/=]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'=<>`]++)))?""",
)


def attributes(tag: str) -> dict[str, str]:
    """The attributes of a start tag by their names; of one that is given twice, the first (HTML 13.2.5.33)."""
    found: dict[str, str] = {}
    for name, *quoted in _ATTRIBUTE.findall(tag):
        found.setdefault(name.lower(), attribute_text("".join(quoted)))
    return found


def number_in(table: ElementTable, element: int, name: bytes, default: int) -> int:
    """The number that an attribute of an element gives, if Markdown can write it."""
    number = int(table.rows[element, dom.NUMBER])
    if number < 0:
        return default
    tag = table.source[table.tags[number, reduction.START] : table.tags[number, reduction.END]].tobytes()
    if name not in tag.lower():
        return default
    value = attributes(tag.decode(errors="replace")).get(name.decode(), "").strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) < _DIGITS else default
