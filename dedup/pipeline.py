"""A page in, the cleaned page out: the stages in order."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

import dedup
from dedup.errors import AmbiguousInputError, InputError, InputTooLargeError
from dedup.fingerprint import NORMALISATION, BlockPrints, Fingerprinter, TextBuffer
from dedup.judge.judge import MODEL, judge
from dedup.memory.addresses import normalised_url, page_key, site_of
from dedup.memory.seen import Seen
from dedup.options import CleanOptions, Limits
from dedup.page import Block, CleanPage, Counts, PageInput, Versions
from dedup.render import render
from dedup.repeats.page import find_repeats
from dedup.repeats.twins import find_twins
from dedup.segment import shape_kernels as shape
from dedup.segment.charset import to_utf8
from dedup.segment.html import segment_html
from dedup.segment.markdown import segment_markdown
from dedup.segment.segments import KINDS, Segments
from dedup.segment.text import segment_text
from dedup.verdicts import decide

Form = Literal["html", "text", "markdown"]

_SEED: Final = 1
_NUM_PERM: Final = 128
_DEFAULT: Final = CleanOptions()
_TITLE: Final = KINDS.index("title")


@dataclass(frozen=True)
class Analysis:
    """A page before any verdict: what of it can be computed without memory.

    Attributes:
        given: the page as it came in.
        blocks: its segmentation.
        shapes: int32[n, shape_kernels.COLUMNS] of the blocks' text.
        prints: fingerprints of the blocks.
    """

    given: PageInput
    blocks: Segments
    shapes: npt.NDArray[np.int32]
    prints: BlockPrints

    @property
    def site(self) -> str | None:
        """The site that the page belongs to: the caller's, or the URL's."""
        return self.given.site or (site_of(self.given.url) if self.given.url else None)

    @property
    def page_key(self) -> bytes | None:
        """16 bytes that name the page in a memory; None where it has neither a URL nor an id."""
        name = normalised_url(self.given.url) if self.given.url else self.given.id
        return None if name is None else page_key(name)

    @cached_property
    def keys(self) -> npt.NDArray[np.uint64]:
        """uint64[n], what blocks are known by on other pages: digests of their text, each run of digits a single 0."""
        return _masking().digests(TextBuffer(self.blocks.text, self.blocks.offsets))


def clean(
    html: str | bytes | None = None,
    *,
    text: str | bytes | None = None,
    markdown: str | bytes | None = None,
    url: str | None = None,
    id: str | None = None,  # noqa: A002  (the field's name in every result)
    content_type: str | None = None,
    options: CleanOptions = _DEFAULT,
) -> CleanPage:
    """Clean one page, with nothing remembered from other pages.

    Args:
        html: the page as HTML. Bytes are decoded by byte order mark, `content_type`, declaration or detection.
        text: or as plain text, such as a WET record or another extractor's output.
        markdown: or as Markdown.
        url: where it was found; handed through.
        id: the caller's name for it; handed through.
        content_type: of the HTTP response that it came in; its charset counts.
        options: mode, limits and thresholds.

    Raises:
        AmbiguousInputError: not exactly one of html, text and markdown.
        InputTooLargeError: more than `options.limits.max_bytes`.
        UnsupportedInputError: an image, a PDF or other binary data.
    """
    page = PageInput(html=html, text=text, markdown=markdown, url=url, id=id)
    return finish(analyse(page, options, content_type), options)


def analyse(page: PageInput, options: CleanOptions, content_type: str | None = None) -> Analysis:
    """Segment and fingerprint a page; raises as `clean` does."""
    form, source = _only(page)
    blocks = segment(source, form, options.limits, content_type)
    shapes = np.empty((len(blocks), shape.COLUMNS), np.int32)
    shape.text_shapes(blocks.text, blocks.offsets, shapes)
    prints = _fingerprinter(options.repeats.shingle).blocks(blocks.text, blocks.offsets)
    return Analysis(page, blocks, shapes, prints)


def finish(
    page: Analysis,
    options: CleanOptions,
    seen: Seen | None = None,
    scores: npt.NDArray[np.float32] | None = None,
) -> CleanPage:
    """Find repeats at every scope, judge, and render what stays.

    Args:
        page: what was computed of it.
        options: as it was analysed with.
        seen: what a memory says of its blocks; None without one.
        scores: float32[n], the judge's, where they are known already.
    """
    given = page.given
    repeats = find_repeats(page.blocks, page.shapes, find_twins(page.prints, options.repeats), options.repeats)
    judgement = judge(page.blocks, page.shapes, repeats, options, scores, seen)
    verdicts = decide(judgement, repeats, seen, options.mode)
    kinds = [KINDS[kind] for kind in np.where(page.blocks.levels == 1, _TITLE, page.blocks.kinds).tolist()]
    texts = page.blocks.texts
    blocks = tuple(map(Block, range(len(texts)), kinds, texts, page.blocks.lines.tolist(), verdicts))
    removed: Counter[str] = Counter([verdict.reason for verdict in verdicts if not verdict.keep])
    position = seen.position if seen else None
    return CleanPage(
        id=given.id,
        url=given.url,
        site=page.site,
        title=page.blocks.title,
        content=render(blocks, page.blocks, options, given.url),
        content_format=options.content_format,
        confidence=round(judgement.confidence, 4),
        counts=Counts(len(blocks), len(blocks) - removed.total(), dict(removed)),
        versions=Versions(dedup.__version__, MODEL, NORMALISATION, options.digest(), position),
        truncated=page.blocks.truncated,
        blocks=blocks,
    )


def segment(source: str | bytes, form: Form, limits: Limits, content_type: str | None = None) -> Segments:
    """The blocks of a page.

    Raises:
        InputTooLargeError: more than `limits.max_bytes`.
        UnsupportedInputError: an image, a PDF or other binary data.
    """
    if len(source) > limits.max_bytes:
        raise InputTooLargeError(form, len(source), limits.max_bytes)
    data = to_utf8(source, field=form, content_type=content_type)
    if isinstance(source, str) and len(data) > limits.max_bytes:
        raise InputTooLargeError(form, len(data), limits.max_bytes)
    if form == "html":
        return segment_html(data, limits)
    plain = data.decode().replace("\x00", "")
    return segment_text(plain, limits) if form == "text" else segment_markdown(plain, limits)


def _only(page: PageInput) -> tuple[Form, str | bytes]:
    """The one form that a page came in."""
    forms: tuple[Form, ...] = ("html", "text", "markdown")
    given = tuple(form for form in forms if getattr(page, form) is not None)
    if len(given) != 1:
        raise AmbiguousInputError(given)
    source = getattr(page, given[0])
    if not isinstance(source, str | bytes):
        raise InputError(given[0], f"expected str or bytes, got {type(source).__name__}")
    return given[0], source


@cache
def _masking() -> Fingerprinter:
    return Fingerprinter(num_perm=_NUM_PERM, seed=_SEED, mask_digits=True)


@cache
def _fingerprinter(shingle: int) -> Fingerprinter:
    return Fingerprinter(num_perm=_NUM_PERM, shingle=shingle, seed=_SEED)
