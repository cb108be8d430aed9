"""The page's title, from all that say it."""

from __future__ import annotations

import re
from typing import Final

_SEPARATOR: Final = re.compile(r"\s+[-–—|·•:»«/~]{1,2}\s+|\s*[|»«]\s*|:{2}|\s+[-–—]|(?<=\w)\s?_\s?(?=\w)")
_LEAST_CHARS: Final = 4
_MOST_CHARS: Final = 500


def bare(text: str) -> str:
    """Letters and digits of a text, case folded, for comparing."""
    return (text if text.isalnum() else "".join(filter(str.isalnum, text))).casefold()


def without_site(title: str, bare_names: frozenset[str]) -> str:
    """A title without the site's name at its end or its beginning.

    Args:
        title: such as `What happened - The Daily Example`.
        bare_names: what the site is called, each `bare`.
    """
    known = [name for name in bare_names if len(name) > 1]
    cuts = list(_SEPARATOR.finditer(title[:_MOST_CHARS]))
    for cut in cuts:
        if _names_site(title[cut.end() :], known) and len(bare(title[: cut.start()])) >= _LEAST_CHARS:
            return title[: cut.start()].strip()
    for cut in reversed(cuts):
        if _names_site(title[: cut.start()], known) and len(bare(title[cut.end() :])) >= _LEAST_CHARS:
            return title[cut.end() :].strip()
    return title


def names_of_site(url: str | None, *said: str | None) -> frozenset[str]:
    """What a site may be called, each `bare`: what it says, and the labels of its host."""
    names = [name for name in said if name]
    if url and (host := _host(url)):
        labels = [label for label in host.split(".") if label != "www"]
        names += [label for label in labels[:-1] if len(label) > 2] + [host.removeprefix("www.")]
    return frozenset(map(bare, names))


def _host(url: str) -> str:
    authority = url.partition("://")[2].partition("/")[0].partition("?")[0].partition("#")[0]
    return authority.rpartition("@")[2].partition(":")[0].lower()


def is_site(title: str, bare_names: frozenset[str]) -> bool:
    """Whether what looks like a headline is one of the site's names, which are given `bare`."""
    first = title[:1]
    if first.isalnum():  # which spares most headlines a closer look
        first = first.casefold()
        for name in bare_names:
            if name.startswith(first):
                break
        else:
            return False
    return bare(title) in bare_names


def _names_site(part: str, known: list[str]) -> bool:
    said = bare(part)
    if not said:
        return False
    return any(
        said == name or (len(name) > 3 and (name in said or (said in name and len(said) > 3))) for name in known
    )
