"""One frozen options object per stage; `CleanOptions` holds them all.

Every field is checked when the object is made, so no stage meets a value outside its range.
"""

from __future__ import annotations

from typing import get_args

import msgspec
import xxhash

from dedup.errors import OptionError
from dedup.page import ContentFormat, Lean, Mode


def require_number(option: str, got: float, least: float, most: float) -> None:
    """Whether an option is a number within its range.

    Raises:
        OptionError: it is not.
    """
    if isinstance(got, bool) or not isinstance(got, int | float) or not least <= got <= most:
        raise OptionError(option, got, f"a number from {least} to {most}")


def require_whole(option: str, got: int, least: int, most: int) -> None:
    """Whether an option is a whole number within its range.

    Raises:
        OptionError: it is not.
    """
    if isinstance(got, bool) or not isinstance(got, int) or not least <= got <= most:
        raise OptionError(option, got, f"a whole number from {least} to {most}")


def require_kind(option: str, got: object, kind: type) -> None:
    """Whether an options object is one.

    Raises:
        OptionError: it is something else, such as a dict of its fields.
    """
    if not isinstance(got, kind):
        raise OptionError(option, got, f"{kind.__name__}(…)")


def require_switch(option: str, got: object) -> None:
    """Whether an option is True or False, and nothing that counts as one of them.

    Raises:
        OptionError: it is not.
    """
    if not isinstance(got, bool):
        raise OptionError(option, got, "True or False")


def require_one_of(option: str, got: object, allowed: tuple[str, ...]) -> None:
    """Whether an option is one of some words.

    Raises:
        OptionError: it is not.
    """
    if got not in allowed:
        raise OptionError(option, got, "one of " + ", ".join(allowed))


def require_utf8(option: str, got: object) -> None:
    """Whether an option is a name that can be written down.

    That of a command line holds half a surrogate pair for each byte that is no UTF-8.

    Raises:
        OptionError: it is no text, an empty one, or one that UTF-8 does not hold.
    """
    if not isinstance(got, str) or not got:
        raise OptionError(option, got, "a name as str")
    try:
        got.encode()
    except UnicodeEncodeError:
        raise OptionError(option, got, "a name in UTF-8") from None


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds on the work a single page may cause; a limit that was hit is named in `CleanPage.truncated`.

    Attributes:
        max_bytes: bytes of a page; a larger one is refused.
        max_depth: nested elements; deeper start tags are ignored, their text stays. In Markdown a quote counts for
            ten, a list for two, and 200 is the most.
        max_attributes: attributes of one tag; further ones are ignored.
        max_options: options of one `<select>`; none is content, more are reported.
        max_elements: start tags of a page; further ones are ignored, their text stays.
        max_blocks: blocks of a page, and of Markdown items of lists and quotes; the text after them is left out.
    """

    max_bytes: int = 16 * 1024 * 1024
    max_depth: int = 512
    max_attributes: int = 256
    max_options: int = 256
    max_elements: int = 400_000
    max_blocks: int = 200_000

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            require_whole(name, getattr(self, name), 1, 2**31 - 1)
        require_whole("max_depth", self.max_depth, 16, 2048)


class RepeatOptions(msgspec.Struct, frozen=True, kw_only=True):
    """When two blocks of a page count as the same.

    Attributes:
        threshold: least Jaccard of word shingles, from 0.5 to 1.
        shingle: words of a shingle.
        grow_words: longest block, in words, that a run of repeats may take in although it is not repeated.
    """

    threshold: float = 0.8
    shingle: int = 3
    grow_words: int = 40

    def __post_init__(self) -> None:
        require_number("threshold", self.threshold, 0.5, 1)
        require_whole("shingle", self.shingle, 1, 32)
        require_whole("grow_words", self.grow_words, 0, 1000)


class CleanOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a page is cleaned.

    Attributes:
        mode: `article` returns the main content, `unique` drops repeats within the page and keeps first copies,
            `annotate` keeps everything and only gives verdicts.
        content_format: `text` or `markdown`.
        links: whether Markdown keeps the links of the content; relative ones are resolved if the page's URL is known.
            Text has none, so it is refused there.
        lean: what to favour where the judge is in doubt: `precision` keeps less, `recall` keeps more.
        comments: whether readers' comments under an article are content.
        identify_language: whether the language is identified from the content, which takes the extra `language`; else
            it is the one that the page declares.
        list_links: whether the result lists the page's links.
        list_images: whether it lists the page's images.
        list_spans: whether it says which ranges of the input each block comes from.
        limits: bounds on the work.
        repeats: when two blocks of a page count as the same.
    """

    mode: Mode = "article"
    content_format: ContentFormat = "text"
    links: bool = False
    lean: Lean = "balanced"
    comments: bool = False
    identify_language: bool = False
    list_links: bool = False
    list_images: bool = False
    list_spans: bool = False
    limits: Limits = Limits()
    repeats: RepeatOptions = RepeatOptions()

    def __post_init__(self) -> None:
        require_one_of("mode", self.mode, get_args(Mode))
        require_one_of("content_format", self.content_format, get_args(ContentFormat))
        require_one_of("lean", self.lean, get_args(Lean))
        require_kind("limits", self.limits, Limits)
        require_kind("repeats", self.repeats, RepeatOptions)
        for switch in ("links", "comments", "identify_language", "list_links", "list_images", "list_spans"):
            require_switch(switch, getattr(self, switch))
        if self.links and self.content_format != "markdown":
            raise OptionError("links", self.links, "False, or content_format='markdown' beside it: text has no links")

    def digest(self) -> str:
        """Sixteen hexadecimal digits that are equal for equal options, on every machine."""
        return xxhash.xxh3_64_hexdigest(msgspec.json.encode(self, order="deterministic"))
