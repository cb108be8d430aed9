"""The forms in which texts come in, and how they are cut into pieces of work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from dedup.errors import FingerprintError
from dedup.fingerprint.arrow import arrow_spans, is_arrow
from dedup.fingerprint.buffers import Spans, TextBuffer
from dedup.fingerprint.packing import pack

Texts: TypeAlias = Sequence[str | bytes] | TextBuffer | Any
"""What `Fingerprinter` takes: a sequence of `str` or UTF-8 `bytes`, a `TextBuffer`, or an Arrow array of strings."""

PIECE_BYTES = 1 << 20
"""About the size of a piece: what one step writes, the next finds in the cache."""
_SAMPLE = 64


@dataclass(frozen=True, slots=True)
class Piece:
    """Some of the texts, one after the other.

    Attributes:
        first: index of the first one among all.
        count: how many.
        spans: gives them as UTF-8. Raises FingerprintError for what is no text.
    """

    first: int
    count: int
    spans: Callable[[], Spans]


def pieces(texts: Texts) -> list[Piece]:
    """Cut texts into pieces.

    Raises:
        FingerprintError: not one of the forms that `Texts` names.
    """
    if isinstance(texts, TextBuffer):
        return _cut_spans([texts.spans()])
    if is_arrow(texts):
        return _cut_spans(arrow_spans(texts))
    if isinstance(texts, Sequence) and not isinstance(texts, (str, bytes)):
        return _cut_sequence(texts if isinstance(texts, (list, tuple)) else list(texts))
    expected = "a sequence of str or bytes, a TextBuffer or an Arrow array of strings"
    raise FingerprintError("texts", type(texts).__name__, expected)


def _cut_spans(parts: Iterable[Spans]) -> list[Piece]:
    cut: list[Piece] = []
    first = 0
    for data, begins, ends in parts:
        step = _texts_a_piece(int(ends[-1] - begins[0]) / begins.size) if begins.size else 1
        for start in range(0, begins.size, step):
            spans = Spans(data, begins[start : start + step], ends[start : start + step])
            cut.append(Piece(first + start, spans.begins.size, partial(_itself, spans)))
        first += begins.size
    return cut


def _cut_sequence(texts: Sequence[str | bytes]) -> list[Piece]:
    # Asking every string for its length would fetch each of them into the cache for nothing.
    sample = texts[:: max(len(texts) // _SAMPLE, 1)]
    mean = sum(len(text) for text in sample if isinstance(text, (str, bytes))) / max(len(sample), 1)
    step = _texts_a_piece(mean)
    return [
        Piece(start, min(step, len(texts) - start), partial(_packed, texts, start, start + step))
        for start in range(0, len(texts), step)
    ]


def _texts_a_piece(mean_bytes: float) -> int:
    return max(int(PIECE_BYTES / max(mean_bytes, 1)), 1)


def _packed(texts: Sequence[str | bytes], start: int, stop: int) -> Spans:
    return pack(texts[start:stop], start, PIECE_BYTES + PIECE_BYTES // 4)


def _itself(spans: Spans) -> Spans:
    return spans
