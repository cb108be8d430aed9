"""The attributes of a single start tag."""

from __future__ import annotations

import html
import re
from typing import Final

# Takes a name without a value, too: were it not taken, each of its characters would be tried as the first one.
_ATTRIBUTE: Final = re.compile(
    r"""([^\s"'<>/=]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'=<>`]++)))?""",
)


def attributes(tag: str) -> dict[str, str]:
    """The attributes of a start tag by their names; of one that is given twice, the first (HTML 13.2.5.33)."""
    found: dict[str, str] = {}
    for name, *quoted in _ATTRIBUTE.findall(tag):
        found.setdefault(name.lower(), html.unescape("".join(quoted)))
    return found
