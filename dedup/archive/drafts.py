"""An analysed page as bytes: as much of it as its second trip takes, so that no page is parsed twice.

What only the first trip needs (the markup, fingerprints, most features) is left out: what the page says of itself and
shows of its standing is found on that trip.
"""

from __future__ import annotations

import dataclasses
import sys
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from dedup.describe.lead import Lead
from dedup.describe.status import Standing
from dedup.fingerprint import BlockPrints
from dedup.judge.columns import FAR, NAMES
from dedup.judge.features import Features
from dedup.judge.judge import Examined, Judgement
from dedup.judge.roles import DISTANCES, MEASURES
from dedup.options import CleanOptions
from dedup.page import Metadata, PageInput, PageType
from dedup.pipeline import Analysis
from dedup.repeats.page import PageRepeats
from dedup.repeats.twins import Twins
from dedup.segment import shape_kernels as shape
from dedup.segment.charset import Decoded
from dedup.segment.segments import ElementTable, Listed, Segments, Target

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_LEVEL: Final = 1
_SHAPES: Final = [shape.WORDS, shape.DIGITS]  # what is asked of a block's shape once its features are found
_NAMES_OF: Final = {
    kind: [field.name for field in dataclasses.fields(kind)] for kind in (Segments, Twins, PageRepeats)
}
_NOTHING: Final = np.zeros(0, np.uint64)
_NO_COUNTS: Final = np.zeros(0, np.int32)
_NO_HASHES: Final = np.zeros(0, np.uint32)
_NO_TABLE: Final = ElementTable(
    np.zeros((0, 0), np.int32), np.zeros((0, 0), np.int32), _NOTHING, np.zeros(0, np.uint8)
)
_NOT_DECODED: Final = Decoded(b"", None, 0)
_NO_PRINTS: Final = BlockPrints(_NOTHING, _NO_COUNTS, _NO_HASHES, np.zeros(1, np.int64), np.zeros((0, 0), np.uint32))


class Array(msgspec.Struct, frozen=True, array_like=True):
    """An array: its dtype, its shape and its bytes, which kernels want writable."""

    dtype: str
    shape: tuple[int, ...]
    content: bytearray


class _Markup(msgspec.Struct, frozen=True, array_like=True):
    """What only Markdown is written from."""

    rows: Array
    tags: Array
    categories: Array
    source: bytes


class _Shown(msgspec.Struct, frozen=True, array_like=True):
    """What the page shows of its standing, see `status.Signs`."""

    unsupported: Standing | None
    barred: Standing | None
    paid: tuple[str, ...]
    excerpt: tuple[str, ...]


class _Draft(msgspec.Struct, frozen=True, array_like=True):
    url: str | None
    keys: Array
    shapes: Array
    blocks: dict[str, Array]
    titles: Array
    title: str | None
    form: str
    truncated: tuple[str, ...]
    is_markup: bool
    markup: _Markup | None
    targets: tuple[Target, ...]
    listed: tuple[Listed | None, ...]
    languages: tuple[str, ...]
    twins: dict[str, Array]
    repeats: dict[str, Array]
    scores: Array
    alone: tuple[Array, Array, Array, list[Any], float]
    distances: Array
    measures: Array
    prose: Array
    next_items: Array
    digest: bytes
    base: str | None
    lead: Lead
    metadata: Metadata
    page_type: PageType | None
    signs: _Shown


_decode: Final = msgspec.msgpack.Decoder(_Draft).decode


def pack(page: Analysis) -> bytes:
    """The second trip of a page, as bytes."""
    blocks, table, alone, examined, signs = page.blocks, page.blocks.table, page.alone, page.examined, page.signs
    markup = None
    if table is not None and page.options.content_format == "markdown":
        markup = _Markup(_array(table.rows), _array(table.tags), _array(table.categories), table.source.tobytes())
    draft = _Draft(
        url=page.given.url,
        keys=_array(page.keys),
        shapes=_array(page.shapes[:, _SHAPES]),
        blocks=_arrays(blocks),
        titles=_array(blocks.titles),
        title=blocks.title,
        form=blocks.form,
        truncated=blocks.truncated,
        is_markup=table is not None,
        markup=markup,
        targets=blocks.targets,
        listed=blocks.listed,
        languages=blocks.languages,
        twins=_arrays(page.repeats.twins),
        repeats=_arrays(page.repeats),
        scores=_array(examined.scores),
        alone=(_array(alone.scores), _array(alone.content), _array(alone.widget), alone.roles, alone.confidence),
        distances=_array(np.minimum(examined.evidence.table[:, DISTANCES], FAR).astype(np.uint8)),
        measures=_array(examined.evidence.table[:, MEASURES]),
        prose=_array(examined.evidence.prose),
        next_items=_array(examined.evidence.next_items),
        digest=page.content_digest,
        base=page.base,
        lead=page.lead,
        metadata=page.metadata,
        page_type=page.page_type,
        signs=_Shown(signs.unsupported, signs.barred, signs.paid, signs.excerpt),
    )
    return zstd.compress(msgspec.msgpack.encode(draft), _LEVEL)


def unpack(packed: bytes, options: CleanOptions) -> Analysis:
    """The page that `pack` packed, ready to be finished."""
    draft = _decode(zstd.decompress(packed))
    table = _NO_TABLE if draft.is_markup else None
    if draft.markup is not None:
        rows, tags, categories = (
            _read(array) for array in (draft.markup.rows, draft.markup.tags, draft.markup.categories)
        )
        table = ElementTable(rows, tags, categories, np.frombuffer(draft.markup.source, np.uint8))
    blocks = Segments(
        **_read_all(draft.blocks),
        table=table,
        title=draft.title,
        form=draft.form,
        truncated=draft.truncated,
        targets=draft.targets,
        listed=draft.listed,
        languages=draft.languages,
    )
    blocks.__dict__.update(titles=_read(draft.titles))
    shapes = np.zeros((len(blocks), shape.COLUMNS), np.int32)
    shapes[:, _SHAPES] = _read(draft.shapes)
    repeats = PageRepeats(twins=Twins(**_read_all(draft.twins)), **_read_all(draft.repeats))
    evidence = np.zeros((len(blocks), len(NAMES)), np.float32)
    evidence[:, DISTANCES], evidence[:, MEASURES] = _read(draft.distances), _read(draft.measures)
    scores, content, widget, roles, confidence = draft.alone
    features = Features(evidence, _NOTHING, _read(draft.prose), _read(draft.next_items))
    examined = Examined(blocks, shapes, repeats, features, _read(draft.scores))
    page = Analysis(PageInput(url=draft.url), options, blocks, shapes, _NO_PRINTS, _NOT_DECODED)
    page.__dict__.update(  # what was found on the first trip
        keys=_read(draft.keys),
        repeats=repeats,
        examined=examined,
        alone=Judgement(_read(scores), _read(content), _read(widget), confidence, lambda: roles),
        content_digest=draft.digest,
        base=draft.base,
        lead=draft.lead,
        metadata=draft.metadata,
        page_type=draft.page_type,
        signs=draft.signs,
    )
    return page


def _arrays(values: Any) -> dict[str, Array]:
    """Fields of a dataclass that are arrays."""
    found = ((name, getattr(values, name)) for name in _NAMES_OF[type(values)])
    return {name: _array(value) for name, value in found if isinstance(value, np.ndarray)}


def _array(values: NDArray[Any]) -> Array:
    return Array(values.dtype.str, values.shape, bytearray(values.tobytes()))


def _read_all(arrays: dict[str, Array]) -> dict[str, Any]:
    return {name: _read(array) for name, array in arrays.items()}


def _read(array: Array) -> NDArray[Any]:
    values = np.frombuffer(array.content, array.dtype)
    return values if len(array.shape) == 1 else values.reshape(array.shape)
