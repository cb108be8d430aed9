"""A page in, the cleaned page out: the stages in order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
import xxhash

import dedup
from dedup.describe.language import find_language
from dedup.describe.lead import Lead, find_lead
from dedup.describe.listing import list_images, list_links
from dedup.describe.metadata import describe
from dedup.describe.page_types import page_type_of
from dedup.describe.sources import Sources
from dedup.describe.status import Signs, SignsOfMarkup, Standing, find_standing, is_copy
from dedup.describe.versions import compare, content_digest, sketch
from dedup.errors import InputError, InputTooLargeError
from dedup.fingerprint import NORMALISATION, BlockPrints, Fingerprinter, TextBuffer
from dedup.inputs import check_page, source_of
from dedup.judge.judge import MODEL, Examined, Judgement, examine, judge
from dedup.lazy import lazy
from dedup.memory.addresses import normalised_url, page_key, site_of
from dedup.memory.seen import Seen
from dedup.options import CleanOptions, Limits, require_kind
from dedup.page import Block, CleanPage, Form, Kind, Metadata, PageInput, PageType, Versions
from dedup.render import as_markdown, as_text
from dedup.repeats.page import PageRepeats, find_repeats
from dedup.repeats.twins import find_twins
from dedup.segment import shape_kernels as shape
from dedup.segment.charset import Decoded, decode
from dedup.segment.html import segment_html
from dedup.segment.markdown import segment_markdown
from dedup.segment.segments import KINDS, Segments
from dedup.segment.spans import find_spans
from dedup.segment.text import segment_text
from dedup.state.records import PageRecord
from dedup.verdicts import Decision, decide

_SEED: Final = 1
_NUM_PERM: Final = 128
_DEFAULT: Final = CleanOptions()
_TITLE: Final = KINDS.index("title")
_PLAIN: Final = frozenset(("paragraph", "heading", "list_item", "other"))  # kinds that a byline or dateline may have


@dataclass(frozen=True)
class Analysis:
    """A page before any memory is asked: all that it tells by itself.

    Attributes:
        given: the page as it came in.
        options: how it is cleaned.
        blocks: its segmentation.
        shapes: int32[n, shape_kernels.COLUMNS] of the blocks' text.
        prints: fingerprints of the blocks.
        decoded: how its bytes were read.
    """

    given: PageInput
    options: CleanOptions
    blocks: Segments
    shapes: npt.NDArray[np.int32]
    prints: BlockPrints
    decoded: Decoded

    @lazy
    def site(self) -> str | None:
        """The site that the page belongs to: the caller's, or the URL's."""
        return self.given.site or (site_of(self.given.url) if self.given.url else None)

    @lazy
    def url(self) -> str:
        """Its URL without what does not tell pages apart; empty where it has none."""
        return normalised_url(self.given.url) if self.given.url else ""

    @property
    def is_named(self) -> bool:
        """Whether a memory can know the page: it has a URL or an id."""
        return bool(self.given.url) or self.given.id is not None

    @lazy
    def page_key(self) -> bytes | None:
        """16 bytes that name the page in a memory; None where it has neither a URL nor an id."""
        name = self.url if self.given.url else self.given.id
        return None if name is None else page_key(name)

    @property
    def numbered(self) -> npt.NDArray[np.bool_]:
        """bool[n], blocks that hold digits."""
        numbered: npt.NDArray[np.bool_] = self.shapes[:, shape.DIGITS] > 0
        return numbered

    @lazy
    def keys(self) -> npt.NDArray[np.uint64]:
        """uint64[k], what a memory is asked for.

        Digests of the text of the n blocks, each run of digits a single 0; then, of those that hold digits, of the text
        as it is.
        """
        masked = _masking().digests(TextBuffer(self.blocks.text, self.blocks.offsets))
        return np.concatenate([masked, self.prints.digests[self.numbered]])

    @property
    def known_keys(self) -> npt.NDArray[np.uint64]:
        """uint64[k], what a memory learns: the keys of all blocks that have words; none of a page without content."""
        if not self.standing().is_content:
            return self.keys[:0]
        has_words = self.prints.token_counts > 0
        known: npt.NDArray[np.uint64] = self.keys[np.concatenate([has_words, has_words[self.numbered]])]
        return known

    @lazy
    def whole(self) -> int:
        """What the page is known by as a whole: 64 bits of all its text, numbers included, never 0.

        Pages of prices, scores or the weather differ in nothing else, and are no copies of each other.
        """
        return xxhash.xxh3_64_intdigest(self.prints.digests.astype("<u8").tobytes()) | 1

    @lazy
    def repeats(self) -> PageRepeats:
        """What the page holds more than once."""
        twins = find_twins(self.prints, self.options.repeats)
        return find_repeats(self.blocks, self.shapes, twins, self.options.repeats)

    @lazy
    def examined(self) -> Examined:
        """What the model makes of each block."""
        return examine(self.blocks, self.shapes, self.repeats)

    @lazy
    def alone(self) -> Judgement:
        """The judge's word without any memory."""
        return judge(self.examined, self.options)

    @lazy
    def kept_alone(self) -> npt.NDArray[np.bool_]:
        """bool[n], what stays as an article's content without any memory."""
        stays = self.alone.content & ~self.alone.widget & ~self.repeats.copy
        return stays & ~self.repeats.said_again(stays)

    @lazy
    def sources(self) -> Sources:
        """What the page says of itself."""
        sources = Sources(self.blocks, self.blocks.in_order or self.decoded.utf8, self.given.url)
        words = self.shapes[:, shape.WORDS]
        sources.lead = find_lead(self.blocks, words, self.kept_alone, self.alone.widget, sources.lang)
        return sources

    @lazy
    def lead(self) -> Lead:
        """Its headline, bylines and datelines."""
        return self.sources.lead

    @lazy
    def kinds(self) -> list[Kind]:
        """What each block is, the headline and the lines about author and date told from the rest."""
        lead = self.lead
        is_title = self.blocks.levels == 1
        if lead.headline >= 0:
            is_title = np.arange(len(self.blocks)) == lead.headline
        kinds: list[Kind] = [KINDS[kind] for kind in np.where(is_title, _TITLE, self.blocks.kinds).tolist()]
        for block, _ in lead.datelines:
            if kinds[block] in _PLAIN:
                kinds[block] = "dateline"
        for block, _ in lead.bylines:
            if kinds[block] in _PLAIN or kinds[block] == "dateline":
                kinds[block] = "byline"
        return kinds

    @lazy
    def base(self) -> str | None:
        """What its relative addresses are resolved against."""
        return self.sources.base

    @lazy
    def metadata(self) -> Metadata:
        """What it says of itself, in fields."""
        return describe(self.sources)

    @lazy
    def page_type(self) -> PageType | None:
        """What kind of page it says it is."""
        return page_type_of(self.sources)

    @lazy
    def signs(self) -> Signs:
        """What it shows of its standing, whatever of it is kept."""
        return SignsOfMarkup(self.sources, self.shapes[:, shape.WORDS], self.alone.roles)

    @lazy
    def content_digest(self) -> bytes:
        """16 bytes that are equal for equal content, whatever a memory says of it."""
        if "keys" in self.__dict__:
            return content_digest(self.keys[(self.kept_alone & (self.prints.token_counts > 0)).nonzero()[0]])
        blocks = self.blocks
        return content_digest(_masking().masked_digests(blocks.text, blocks.offsets, self.prints, self.kept_alone))

    @lazy
    def sketch(self) -> bytes:
        """128 bytes that tell how alike two contents are."""
        return sketch(self.text_alone)

    @property
    def text_alone(self) -> str:
        """The content without any memory."""
        return "\n\n".join(self.blocks.texts[block] for block in np.flatnonzero(self.kept_alone).tolist())

    def standing(self, kept: npt.NDArray[np.bool_] | None = None, seen: Seen | None = None) -> Standing:
        """Whether the page holds content at all.

        Args:
            kept: bool[n], what stays; by default without any memory.
            seen: what a memory says of the page.
        """
        kept = self.kept_alone if kept is None else kept
        words = self.shapes[:, shape.WORDS]
        return find_standing(self.blocks, self.signs, words, kept, self.given.http_status, seen)

    def record(self, namespace: str, moment: int) -> PageRecord:
        """What a memory learns of the page: of one without content, only that it is there.

        Args:
            namespace: the tenant.
            moment: seconds since 1970, for a page that does not say when it came.

        Raises:
            InputError: the page has neither a URL nor a site and an id, so that nothing could be asked of it later.
        """
        site, key = self.site, self.page_key
        if site is None or key is None:
            raise InputError("url", "a page is learned by its URL, or by a site and an id; give one of them")
        return PageRecord(
            namespace=namespace,
            site=site,
            key=key,
            url=self.url,
            time=moment if self.given.time is None else self.given.time,
            blocks=self.known_keys.astype("<u8").tobytes(),
            whole=self.whole,
            digest=self.content_digest,
            sketch=self.sketch,
        )


def clean(
    html: str | bytes | None = None,
    *,
    text: str | bytes | None = None,
    markdown: str | bytes | None = None,
    url: str | None = None,
    id: str | None = None,  # noqa: A002  (the field's name in every result)
    content_type: str | None = None,
    http_status: int | None = None,
    options: CleanOptions = _DEFAULT,
) -> CleanPage:
    """Clean one page, with nothing remembered from other pages.

    Args:
        html: the page as HTML. Bytes are decoded by byte order mark, `content_type`, declaration or detection.
        text: or as plain text, such as a WET record or another extractor's output.
        markdown: or as Markdown.
        url: where it was found; relative addresses in it are resolved against it.
        id: the caller's name for it; handed through.
        content_type: of the HTTP response that it came in; its charset counts.
        http_status: of that response; an error's page has the status `error_page`, whatever it says.
        options: mode, limits and thresholds.

    Raises:
        AmbiguousInputError: not exactly one of html, text and markdown.
        InputError: an argument of the wrong type.
        OptionError: `options` is no `CleanOptions`.
        InputTooLargeError: more than `options.limits.max_bytes`.
        UnsupportedInputError: an image, a PDF or other binary data.
        MissingExtraError: an option takes a package that is not installed.
    """
    page = PageInput(
        html=html, text=text, markdown=markdown, url=url, id=id, content_type=content_type, http_status=http_status
    )
    return finish(analyse(page, options))


def analyse(page: PageInput, options: CleanOptions) -> Analysis:
    """Segment and fingerprint a page; raises as `clean` does."""
    check_page(page)
    require_kind("options", options, CleanOptions)
    form, source = source_of(page)
    decoded = _decode(source, form, options.limits, page.content_type)
    blocks = segment(decoded.utf8, form, options.limits)
    shapes = np.empty((len(blocks), shape.COLUMNS), np.int32)
    shape.text_shapes(blocks.text, blocks.offsets, shapes)
    prints = _fingerprinter(options.repeats.shingle).blocks(blocks.text, blocks.offsets)
    return Analysis(page, options, blocks, shapes, prints, decoded)


def settle(page: Analysis, seen: Seen | None = None, scores: npt.NDArray[np.float32] | None = None) -> Decision:
    """Judge a page with what is known of others.

    Args:
        page: what it tells by itself.
        seen: what a memory says of its blocks; None without one.
        scores: float32[n], held-out ones, in training.
    """
    options = page.options
    blocks_seen = None if seen is None else seen.by_block(page.numbered)
    if scores is not None:
        judgement = judge(examine(page.blocks, page.shapes, page.repeats, scores), options)
    else:
        is_known = blocks_seen is not None and blocks_seen.tells
        judgement = judge(page.examined, options, blocks_seen) if is_known else page.alone
    is_copied = seen is not None and is_copy(seen, int(page.shapes[:, shape.WORDS].sum()))
    return decide(judgement, page.repeats, blocks_seen, options.mode, is_copy=is_copied)


def finish(
    page: Analysis, seen: Seen | None = None, decision: Decision | None = None, *, with_parts: bool = True
) -> CleanPage:
    """Put together the answer about a page.

    Args:
        page: what it tells by itself.
        seen: what a memory says of its blocks; None without one.
        decision: what `settle` made of both, where it was asked already.
        with_parts: whether it holds what only a `CleanPage` does, and no `PageRow`: blocks, links, images, spans.
    """
    decision = settle(page, seen) if decision is None else decision
    given, options = page.given, page.options
    blocks = _blocks(page, decision) if with_parts else ()
    content = _content(page, decision.stays)
    standing = page.standing(decision.stays, seen)
    is_compared = page.is_named and standing.is_content
    metadata = page.metadata
    return CleanPage(
        id=given.id,
        url=given.url,
        site=page.site,
        title=metadata.title.value if metadata.title else None,
        content=content,
        content_format=options.content_format,
        content_digest=page.content_digest.hex(),
        page_type=page.page_type,
        confidence=round(decision.judgement.confidence, 4),
        status=standing.status,
        status_evidence=standing.evidence,
        language=find_language(metadata.language, content, identify=options.identify_language),
        metadata=metadata,
        change=compare(seen.before, page.content_digest, lambda: page.sketch) if seen and is_compared else None,
        counts=decision.counts(),
        versions=Versions(dedup.__version__, MODEL, NORMALISATION, options.digest(), seen.position if seen else None),
        truncated=page.blocks.truncated,
        blocks=blocks,
        links=list_links(page.sources, blocks) if with_parts and options.list_links else None,
        images=list_images(page.sources, blocks) if with_parts and options.list_images else None,
        spans=find_spans(page.blocks, page.decoded, blocks, options.limits)
        if with_parts and options.list_spans
        else None,
    )


def _blocks(page: Analysis, decision: Decision) -> tuple[Block, ...]:
    texts, lines = page.blocks.texts, page.blocks.lines.tolist()
    return tuple(map(Block, range(len(texts)), page.kinds, texts, lines, decision.verdicts()))


def _content(page: Analysis, stays: npt.NDArray[np.bool_]) -> str:
    kept, options = np.flatnonzero(stays).tolist(), page.options
    if options.content_format == "text":
        return as_text(page.blocks, kept)
    return as_markdown(page.blocks, kept, page.kinds, page.base, links=options.links)


def segment(utf8: bytes, form: Form, limits: Limits) -> Segments:
    """The blocks of a page.

    Args:
        utf8: the page, decoded.
        form: what it is.
        limits: what it may cost.
    """
    if form == "html":
        return segment_html(utf8, limits)
    plain = utf8.decode().replace("\x00", "")
    return segment_text(plain, limits) if form == "text" else segment_markdown(plain, limits)


def _decode(source: str | bytes, form: Form, limits: Limits, content_type: str | None) -> Decoded:
    if len(source) > limits.max_bytes:
        raise InputTooLargeError(form, len(source), limits.max_bytes)
    decoded = decode(source, field=form, content_type=content_type)
    if isinstance(source, str) and len(decoded.utf8) > limits.max_bytes:
        raise InputTooLargeError(form, len(decoded.utf8), limits.max_bytes)
    return decoded


@cache
def _masking() -> Fingerprinter:
    return Fingerprinter(num_perm=_NUM_PERM, seed=_SEED, mask_digits=True)


@cache
def _fingerprinter(shingle: int) -> Fingerprinter:
    return Fingerprinter(num_perm=_NUM_PERM, shingle=shingle, seed=_SEED)
