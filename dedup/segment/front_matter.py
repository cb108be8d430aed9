"""What a Markdown document says of itself before it begins: YAML between two lines of hyphens."""

from __future__ import annotations

import re
from typing import Final

_FENCE: Final = re.compile(r"---[ \t]*+(?:\r\n?|\n)")
_LINE: Final = re.compile(r"([^\r\n]*+)(\r\n?|\n|\Z)")
_KEY: Final = re.compile(r"""["']?(\w[\w.-]*+)["']?[ \t]*+:(?:[ \t]++(.*+))?$""")
_INNER: Final = re.compile(r"[ \t#]|-(?:[ \t]|$)|$|[\]}]")  # of a value that goes on, a comment or a blank line
_END: Final = re.compile(r"(?:---|\.\.\.)[ \t]*+$")
_STRUCTURED: Final = tuple("|>&*!{[")  # what a value begins with that is no plain text


def split_front_matter(text: str) -> tuple[str, str | None]:
    """The document with blank lines in place of its front matter, and the title that stands there.

    A break between sections at the top is no front matter: only keys and what belongs to them may stand between the two
    lines, and the first key at once.
    """
    fence = _FENCE.match(text)
    at = fence.end() if fence else 0
    title: str | None = None
    lines = 1
    while at and at < len(text):
        found = _LINE.match(text, at)
        if found is None:
            break
        line, at = found[1], found.end()
        lines += 1
        if lines > 2 and _END.match(line):
            return "\n" * lines + text[at:], title
        key = _KEY.match(line)
        if key and key[1].lower() == "title":
            title = title or _plain(key[2] or "")
        elif not key and (lines == 2 or not _INNER.match(line)):
            break
    return text, None


def _plain(value: str) -> str | None:
    """The text of a value; None where it is none."""
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1].strip() or None
    return None if value.startswith(_STRUCTURED) else value or None
