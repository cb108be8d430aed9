"""The page's title, from all that say it."""

from __future__ import annotations

import re
from typing import Final

_SEPARATOR: Final = re.compile(r"\s+[-–—|·•:»«/~]{1,2}\s+|\s*[|»«]\s*|:{2}|\s+[-–—]|(?<=\w)\s?_\s?(?=\w)")
_LEAST_CHARS: Final = 4
_MOST_CHARS: Final = 500  # of a title that names a site


def bare(text: str) -> str:
    """Letters and digits of a text, case folded, for comparing."""
    return (text if text.isalnum() else "".join(filter(str.isalnum, text))).casefold()


def without_site(title: str, names: tuple[str, ...]) -> str:
    """A title without the site's name at its end or its beginning.

    Args:
        title: such as `What happened - The Daily Example`.
        names: what the site is called.
    """
    cuts = list(_SEPARATOR.finditer(title)) if len(title) <= _MOST_CHARS else []
    if not cuts:
        return title
    known = [name for name in map(bare, names) if len(name) > 1]
    for cut in cuts:
        if _names_site(title[cut.end() :], known) and len(bare(title[: cut.start()])) >= _LEAST_CHARS:
            return title[: cut.start()].strip()
    for cut in reversed(cuts):
        if _names_site(title[: cut.start()], known) and len(bare(title[cut.end() :])) >= _LEAST_CHARS:
            return title[cut.end() :].strip()
    return title


def names_of_site(url: str | None, said: str | None) -> tuple[str, ...]:
    """What a site may be called: what it says, its host and the labels of that."""
    names = [said] if said else []
    if url and (host := _host(url)):
        names.append(host.removeprefix("www."))
        labels = [label for label in host.split(".") if label != "www"]
        names += [label for label in labels[:-1] if len(label) > 2]
    return tuple(names)


def _host(url: str) -> str:
    authority = url.partition("://")[2].partition("/")[0].partition("?")[0].partition("#")[0]
    return authority.rpartition("@")[2].partition(":")[0].lower()


def is_site(title: str, names: tuple[str, ...]) -> bool:
    """Whether what looks like a headline is one of the site's names."""
    first = title[:1].casefold()
    said = None
    for name in names:
        other = name[:1].casefold()
        if first[:1] != other[:1] and first.isalnum() and other.isalnum():  # which spares most names a closer look
            continue
        said = bare(title) if said is None else said
        if bare(name) == said:
            return True
    return False


def _names_site(part: str, known: list[str]) -> bool:
    said = bare(part)
    if not said:
        return False
    return any(
        said == name or (len(name) > 3 and (name in said or (said in name and len(said) > 3))) for name in known
    )
