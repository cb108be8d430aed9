"""Whether a page holds content at all, and if not, what it is: told from markup and repetition, not from phrases."""

from __future__ import annotations

import re
from typing import Final, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from dedup.describe.attribute_kernels import NAMES
from dedup.describe.markup import attributes, value_of, values_of
from dedup.describe.page_types import page_type_of
from dedup.describe.sources import Sources
from dedup.memory.seen import Seen
from dedup.page import Role, Status
from dedup.segment import reduce_kernels as reduction
from dedup.segment.dom_kernels import NOSCRIPT
from dedup.segment.segments import ElementTable, Segments
from dedup.segment.tags import ID

REPEATED: Final = 3  # other pages of the site that are equal to it as a whole
LONG_WORDS: Final = 1000  # no wall says as much
FEW_WORDS: Final = 60  # beside a login form, a captcha or a page of script
TEASER_WORDS: Final = 200  # of an article whose rest is for subscribers
SHELL_WORDS: Final = 15  # outside noscript; "Loading" and a copyright line
CONSENT_SHARE: Final = 0.5

_FORBIDDEN: Final = frozenset((401, 402, 403, 407, 429, 451))
_FIRST_ERROR: Final = 400
_CUTTING: Final = frozenset(("max_blocks",))  # limits that cost text; the others cost markup only
_HEAD_BYTES: Final = 1024
_MOST_SCRIPTS: Final = 64
_MOST_INPUTS: Final = 4096
_OF_A_PAGE: Final = (b"<!doctype h", b"<!DOCTYPE h", b"<!DOCTYPE H", b"<h", b"<H")
_FEED: Final = re.compile(
    rb"\s*+(?:<\?xml[^>]*+>\s*+|<!--(?:[^-]|-(?!->))*+-->\s*+|<!DOCTYPE\s[^>]*+>\s*+)*+"
    rb"<(rss|rdf(?=:rdf)|feed|urlset|sitemapindex|opml)[\s>:]",
    re.IGNORECASE,
)
_OF_JSON: Final = (b"{", b"[")
_JSON: Final = re.compile(rb"\{\s*\"|\[\s*[\[{\"]")
_CHALLENGES: Final = (
    *("/challenge-platform/h/b/orchestrate/", "/challenge-platform/h/g/orchestrate/", "captcha", "perimeterx"),
    *("challenges.cloudflare.com", "/_incapsula_resource", "px-captcha", "datadome", "awswaf", "/akam/", "distil"),
)
_ERROR_NUMBER: Final = re.compile(r"(?<!\d)(?:404|410|500|502|503|504)(?!\d)")
_SCRIPT, _INPUT, _FORM, _FRAMESET = (ID[name] for name in ("script", "input", "form", "frameset"))
_SRC, _TYPE = NAMES.index("src"), NAMES.index("type")


class Standing(msgspec.Struct, frozen=True, gc=False):
    """A status and what it rests on."""

    status: Status
    evidence: tuple[str, ...] = ()

    @property
    def is_content(self) -> bool:
        """Whether a memory may learn from the page."""
        return self.status in ("ok", "partial")


class Signs(Protocol):
    """What the page by itself shows of its standing, whatever of it is kept."""

    @property
    def unsupported(self) -> Standing | None:
        """That it is no page but a feed, data or frames."""

    @property
    def barred(self) -> Standing | None:
        """That it is a login, a challenge, a consent dialog or a page of script, if next to nothing is content."""

    @property
    def paid(self) -> tuple[str, ...]:
        """That the rest is for subscribers, if the content looks like a teaser."""

    @property
    def excerpt(self) -> tuple[str, ...]:
        """That its text is the description in its head."""


class SignsOfMarkup:
    """Signs, looked for as far as they are asked for.

    Args:
        page: what it says of itself.
        words: int32[n], of each block.
        roles: of the removed blocks.
    """

    def __init__(self, page: Sources, words: npt.NDArray[np.int32], roles: list[Role | None]) -> None:
        self._page, self._words, self._roles = page, words, roles

    @property
    def unsupported(self) -> Standing | None:
        """See `Signs`."""
        return _of_format(self._page)

    @property
    def barred(self) -> Standing | None:
        """See `Signs`."""
        return _of_markup(self._page, self._words, self._roles)

    @property
    def paid(self) -> tuple[str, ...]:
        """See `Signs`."""
        return _of_paywall(self._page)

    @property
    def excerpt(self) -> tuple[str, ...]:
        """See `Signs`."""
        return ("text=description",) if self._page.page.described else ()


def find_standing(
    page: Segments,
    signs: Signs,
    words: npt.NDArray[np.int32],
    kept: npt.NDArray[np.bool_],
    http_status: int | None,
    seen: Seen | None,
) -> Standing:
    """Decide it.

    Args:
        page: its blocks.
        signs: what it shows by itself.
        words: int32[n], of each block.
        kept: bool[n], which are content.
        http_status: of the response it came in; None where that is unknown.
        seen: what a memory says of the page.
    """
    content_words = int(words.dot(kept))
    standing = (
        _of_http(http_status)
        or signs.unsupported
        or (_of_copies(page, seen, int(words.sum())) if seen is not None else None)
        or (signs.barred if content_words < FEW_WORDS else None)
    )
    if standing is not None:
        return standing
    if not content_words and not kept.any():
        return Standing("empty", (f"blocks={len(words)}",))
    cut = tuple(f"limit={name}" for name in page.truncated if name in _CUTTING) if page.truncated else ()
    paywall = signs.paid if content_words < TEASER_WORDS else ()
    excerpt = signs.excerpt if kept[-1] else ()
    if evidence := (*cut, *excerpt, *paywall):
        return Standing("partial", evidence)
    return Standing("ok")


def is_copy(seen: Seen | None, words: int) -> bool:
    """Whether a page of so many words is one that unrelated URLs of the site serve too: a wall, or an error.

    An article stands under many addresses, too, but those have a part in common.
    """
    if seen is None or words >= LONG_WORDS:
        return False
    return seen.addresses >= REPEATED or (seen.copies >= REPEATED and words < FEW_WORDS)


def _of_http(status: int | None) -> Standing | None:
    if status is None or status < _FIRST_ERROR:
        return None
    return Standing("wall" if status in _FORBIDDEN else "error_page", (f"http_status={status}",))


def _of_format(page: Sources) -> Standing | None:
    """Feeds, data and frames that were handed in as a page."""
    table = page.page.table
    if table is None:
        return None
    head = page.markup.source[:_HEAD_BYTES].lstrip()
    if not head.startswith(_OF_A_PAGE):
        if found := _FEED.match(head):
            return Standing("unsupported", (f"format={found[1].decode().lower()}",))
        if (not len(table.tags) and _JSON.match(head)) or (head[:1] in _OF_JSON and _is_json(page.markup.source)):
            return Standing("unsupported", ("format=json",))
    if not len(page.page) and (table.tags[:, reduction.TAG] == _FRAMESET).any():
        return Standing("unsupported", ("format=frameset",))
    return None


def _is_json(source: bytes) -> bool:
    """Whether it is JSON as a whole, whose texts may hold markup."""
    try:
        msgspec.json.decode(source, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _of_copies(page: Segments, seen: Seen, words: int) -> Standing | None:
    """A page that many URLs serve; which kind it is, its heading may tell."""
    if not is_copy(seen, words):
        return None
    headings = [page.title or "", *(page.texts[block] for block in np.flatnonzero(page.levels == 1))]
    evidence = f"equal_pages={seen.copies}"
    for heading in headings:
        if number := _ERROR_NUMBER.search(heading):
            return Standing("error_page", (evidence, f"heading={number[0]}"))
    return Standing("wall", (evidence,))


def _of_markup(page: Sources, words: npt.NDArray[np.int32], roles: list[Role | None]) -> Standing | None:
    """Logins, challenges, consent dialogs and pages of script, where next to nothing is content."""
    table = page.page.table
    if table is None or _words_of(words, roles, "comments") >= FEW_WORDS:  # nobody discusses a wall
        return None
    tag = np.ascontiguousarray(table.tags[:, reduction.TAG])
    scripts, source = np.flatnonzero(tag == _SCRIPT), page.markup.source
    evidence: list[str] = []
    if _asks_password(table, tag, source):
        evidence.append("password_field=1")
    challenge = _challenge(source, attributes(table, scripts[:_MOST_SCRIPTS])[:, _SRC].tolist())
    if (
        challenge and page_type_of(page) != "article"
    ):  # a form for comments, say: no challenge calls itself an article
        evidence.append(f"challenge_script={challenge}")
    consent = _words_of(words, roles, "consent")
    total = int(words.sum())
    if total and consent >= CONSENT_SHARE * total:
        evidence.append(f"consent_share={consent / total:.2f}")
    if evidence:
        return Standing("wall", tuple(evidence))
    shown = int(words[(page.page.flags & NOSCRIPT) == 0].sum()) - (int(words[-1]) if page.page.described else 0)
    if len(scripts) and shown < SHELL_WORDS:
        return Standing("script_shell", (f"words={shown}", f"scripts={len(scripts)}"))
    return None


def _asks_password(table: ElementTable, tag: npt.NDArray[np.int32], source: bytes) -> bool:
    """Whether an input is for a password; those of hidden forms are none, since scripts fill these in."""
    inputs = np.flatnonzero(tag == _INPUT)[:_MOST_INPUTS]
    types = attributes(table, inputs)[:, _TYPE].tolist() if len(inputs) else []
    if "password" not in values_of(source, types).lower():  # which spares most pages a closer look at each
        return False
    asking = [row for row, at in zip(inputs.tolist(), types, strict=True) if _is_password(value_of(source, *at))]
    forms = np.flatnonzero(tag == _FORM)
    around = [forms[:number][-1:] for number in np.searchsorted(forms, asking).tolist()]  # of each the last, if any
    return any(not (table.tags[form, reduction.FLAGS] & reduction.HIDDEN).any() for form in around)


def _is_password(kind: str | None) -> bool:
    return kind is not None and kind.lower() == "password"


def _words_of(words: npt.NDArray[np.int32], roles: list[Role | None], role: Role) -> int:
    if role not in roles:
        return 0
    return sum(count for count, own in zip(words.tolist(), roles, strict=True) if own == role)


def _challenge(source: bytes, addresses: list[list[int]]) -> str | None:
    """What the first address of a script that asks whether somebody is there holds; of several, the foremost."""
    joined = values_of(source, addresses).lower()
    places = [(joined.find(challenge), challenge) for challenge in _CHALLENGES if challenge in joined]
    return min(places)[1] if places else None


def _of_paywall(page: Sources) -> tuple[str, ...]:
    """What the page says of being free."""
    for node in page.structured.nodes:
        if "isAccessibleForFree" in node and str(node["isAccessibleForFree"]).rpartition("/")[2].lower() == "false":
            return ("is_accessible_for_free=false",)
    return ()
