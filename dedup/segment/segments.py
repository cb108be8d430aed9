"""A page in blocks: what segmentation hands on, in arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from dedup.lazy import lazy
from dedup.page import Kind
from dedup.segment import dom_kernels, reduce_kernels, walk_kernels
from dedup.segment.title_kernels import may_be_part

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

_TITLE_SHARE: Final = 0.5
_DEEPEST: Final = 16  # elements that `ancestors` names: nobody reads a deeper list, quote or table
_WORD_COLUMNS: Final = [
    reduce_kernels.CLASS_START,
    reduce_kernels.CLASS_END,
    reduce_kernels.ID_START,
    reduce_kernels.ID_END,
]

Ints = npt.NDArray[np.int32]


class Target(NamedTuple):
    """Where a link leads.

    Attributes:
        address: as the page says it, character references resolved.
        nofollow: whether the page asks crawlers not to follow.
    """

    address: str
    nofollow: bool = False


class Listed(NamedTuple):
    """Where an item of a list stands.

    Attributes:
        depth: lists around its own list.
        mark: `-`, or its number and a full stop or parenthesis.
        item: a number that blocks of the same item share.
        group: a number that items of the same list share.
    """

    depth: int
    mark: str
    item: int
    group: int = 0


class Placed(NamedTuple):
    """Where a block stands in a table.

    Attributes:
        table: a number that all its rows share.
        row: a number that all blocks of the row share.
        cell: how many cells of the row stand before the block.
    """

    table: int
    row: int
    cell: int


class Picture(NamedTuple):
    """An image.

    Attributes:
        address: as the page says it.
        alt: its text; None where it has none.
        block: index of the block it stands in or before; that of the end where it stands after all.
    """

    address: str
    alt: str | None
    block: int


@dataclass(frozen=True, slots=True)
class ElementTable:
    """The elements of a page in document order; a block names its element, an element its parent.

    Attributes:
        rows: int32[e, dom_kernels.ELEMENT_COLUMNS].
        tags: int32[t, reduce_kernels.COLUMNS], a row a start tag of the source.
        categories: uint64[t], mask of tell-tale words (`telltales.CATEGORIES`) of each.
        source: the page, UTF-8, which the rows of `tags` point into.
    """

    rows: Ints
    tags: Ints
    categories: npt.NDArray[np.uint64]
    source: npt.NDArray[np.uint8]

    def ancestors(self, element: int) -> Iterator[int]:
        """An element, its parent, and so on; the nearest 16."""
        for _ in range(_DEEPEST):
            yield element
            element = int(self.rows[element, dom_kernels.PARENT])
            if element < 0:
                return

    def words(self, element: int) -> list[str]:
        """The class and id words of an element, as the source writes them."""
        number = self.rows[element, dom_kernels.NUMBER]
        if number < 0:
            return []
        start, end, id_start, id_end = self.tags[number, _WORD_COLUMNS].tolist()
        source = self.source[start:end].tobytes() + b" " + self.source[id_start:id_end].tobytes()
        return source.decode(errors="replace").split()


@dataclass(frozen=True)
class Segments:
    """The blocks of a page, in its order.

    Attributes:
        text: uint8[bytes], UTF-8 of all blocks, one after the other.
        offsets: int64[n + 1], where each begins.
        kinds: uint8[n], indices into `KINDS`.
        elements: int32[n], rows of `table` (all 0 without one).
        flags: uint8[n], bits of `dom_kernels`: HIDDEN, NOSCRIPT, ARIA_HIDDEN.
        chars: int32[n], characters that are no white space.
        link_chars: int32[n], those that stand in a link.
        links: int32[n], links.
        levels: uint8[n], 1 to 6 for headings, else 0.
        lines: int32[n], line of the input on which each begins, from 1.
        table: the elements; None for plain text and Markdown.
        first_tags: int32[n], rows of `table.tags`: the last start tag before each block's first character.
        title: the document's title, as its head or front matter gives it.
        form: what the input was.
        truncated: names of the limits that were hit.
        anchors: int32[a, walk_kernels.ANCHOR_COLUMNS], pieces of linked text, in order; each names its link by a row of
            `table.tags`, or by an index into `targets` where there is no table.
        targets: of Markdown, where its links lead.
        listed: of Markdown, where each block stands in lists; None for what is no item.
        placed: int32[n, 3], of Markdown, where each block stands in tables, as in `Placed`; -1 for what is no row.
        quotes: int32[n], of Markdown, the number of the quote that each block stands in, as in `quotes_of`; 0: none.
        languages: of Markdown, the language of each block of code, as in `code.languages_of`; else empty.
        pictures: of Markdown, its images.
        ranges: of plain text and Markdown, the characters of the input that each block comes from.
        embedded: JSON that the page embeds, as (JSON-LD or not, text).
        in_order: the page that `table` is of, where it is read in another order than it came in (`streamed`).
        described: whether the last block is the description in the page's head, since its body says nothing.
    """

    text: npt.NDArray[np.uint8]
    offsets: npt.NDArray[np.int64]
    kinds: npt.NDArray[np.uint8]
    elements: Ints
    flags: npt.NDArray[np.uint8]
    chars: Ints
    link_chars: Ints
    links: Ints
    levels: npt.NDArray[np.uint8]
    lines: Ints
    table: ElementTable | None = None
    first_tags: Ints = field(default_factory=lambda: np.zeros(0, np.int32))
    title: str | None = None
    form: str = "html"
    truncated: tuple[str, ...] = ()
    ranges: tuple[tuple[tuple[int, int], ...], ...] = ()
    embedded: tuple[tuple[bool, bytes], ...] = field(default=())
    anchors: Ints = field(default_factory=lambda: np.zeros((0, walk_kernels.ANCHOR_COLUMNS), np.int32))
    targets: tuple[Target, ...] = ()
    listed: tuple[Listed | None, ...] = ()
    placed: Ints = field(default_factory=lambda: np.zeros((0, len(Placed._fields)), np.int32))
    quotes: Ints = field(default_factory=lambda: np.zeros(0, np.int32))
    languages: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    in_order: bytes | None = None
    described: bool = False

    def __len__(self) -> int:
        return len(self.kinds)

    @lazy
    def texts(self) -> list[str]:
        """Text of each block."""
        data = self._data
        return [data[a:b].decode() for a, b in pairwise(self._bounds)]

    def text_of(self, block: int) -> str:
        """Text of one block: where few are asked for, the others need not be decoded."""
        return self._data[self._bounds[block] : self._bounds[block + 1]].decode()

    def texts_of(self, blocks: Sequence[int]) -> list[str]:
        """Texts of some blocks."""
        data, bounds = self._data, self._bounds
        return [data[bounds[block] : bounds[block + 1]].decode() for block in blocks]

    @lazy
    def _data(self) -> bytes:
        return self.text.tobytes()

    @lazy
    def _bounds(self) -> list[int]:
        bounds: list[int] = self.offsets.tolist()
        return bounds

    @lazy
    def titles(self) -> npt.NDArray[np.bool_]:
        """bool[n], which blocks say the document's title, or most of it without the site's name."""
        matches = np.zeros(len(self), np.bool_)
        title = " ".join((self.title or "").lower().split())
        if not title:
            return matches
        sizes, encoded = np.diff(self.offsets), np.frombuffer(bytearray(title.encode()), np.uint8)
        blocks = np.flatnonzero((sizes >= _TITLE_SHARE * len(encoded)) & (sizes <= len(encoded) + 2))
        may = np.empty(len(blocks), np.bool_)
        may_be_part(self.text, self.offsets, blocks, encoded, may)
        for block in blocks[may].tolist():
            matches[block] = " ".join(self.text_of(block).lower().split()) in title
        return matches
