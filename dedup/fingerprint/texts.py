"""The forms in which texts come in, and how each becomes one UTF-8 buffer with offsets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from dedup.errors import FingerprintError

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_TEXT_BYTES = 1 << 30
PIECE_BYTES = 1 << 20
"""Texts are processed in pieces of about this size, so that what one step writes the next finds in the cache."""


@dataclass(frozen=True, slots=True, eq=False)
class TextBuffer:
    """Texts in one UTF-8 buffer.

    Attributes:
        data: uint8[size], contiguous.
        offsets: int64[n + 1], contiguous, ascending; text `i` is `data[offsets[i] : offsets[i + 1]]`.

    Raises:
        FingerprintError: arrays of another type or layout, offsets that descend or point outside, a text over 1 GiB.
    """

    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]

    def __post_init__(self) -> None:
        _require_vector("data", self.data, np.uint8)
        _require_vector("offsets", self.offsets, np.int64)
        if not self.offsets.size:
            raise FingerprintError("offsets", "no offsets", "one more than there are texts")
        first, last = int(self.offsets[0]), int(self.offsets[-1])
        if first < 0 or last > self.data.size:
            raise FingerprintError("offsets", (first, last), f"within the {self.data.size} bytes of the buffer")
        if self.offsets.size > 1:
            sizes = np.diff(self.offsets)
            if sizes.min() < 0:
                text = int(sizes.argmin())
                raise FingerprintError("offsets", f"a descent after text {text}", "ascending")
            if sizes.max() > MAX_TEXT_BYTES:
                raise FingerprintError(f"texts[{sizes.argmax()}]", f"{sizes.max()} bytes", "at most 1 GiB")

    def __len__(self) -> int:
        return self.offsets.size - 1

    def slice(self, start: int, stop: int) -> TextBuffer:
        """Texts `start` to `stop`, without copying."""
        return TextBuffer(self.data, self.offsets[start : stop + 1])


Texts: TypeAlias = "Sequence[str] | Sequence[bytes] | TextBuffer | Any"
"""What `Fingerprinter` takes: a sequence of `str` or UTF-8 `bytes`, a `TextBuffer`, or an Arrow array of strings."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some of the texts.

    Attributes:
        first: index of its first text among all.
        texts: what they came as.
    """

    first: int
    texts: TextBuffer | Sequence[str] | Sequence[bytes]

    def buffer(self) -> TextBuffer:
        """The texts of this piece as UTF-8.

        Raises:
            FingerprintError: a text is neither str nor bytes, or holds a lone surrogate.
        """
        if isinstance(self.texts, TextBuffer):
            return self.texts
        return _encode(self.texts, self.first)


def pieces(texts: Texts) -> list[Piece]:
    """Cut texts into pieces of about `PIECE_BYTES`.

    Raises:
        FingerprintError: not one of the forms that `Texts` names.
    """
    cut: list[Piece] = []
    first = 0
    for part in _parts(texts):
        for start, stop in pairwise(_cuts(part)):
            piece = part.slice(start, stop) if isinstance(part, TextBuffer) else part[start:stop]
            cut.append(Piece(first + start, piece))
        first += len(part)
    return cut


def _parts(texts: Texts) -> Iterator[TextBuffer | Sequence[str] | Sequence[bytes]]:
    if isinstance(texts, (str, bytes)):
        raise FingerprintError("texts", type(texts).__name__, "a sequence of texts; put a single one into a list")
    if isinstance(texts, TextBuffer):
        yield texts
    elif hasattr(texts, "__arrow_c_array__") or hasattr(texts, "__arrow_c_stream__"):
        yield from _from_arrow(texts)
    elif isinstance(texts, Sequence):
        yield texts
    else:
        raise FingerprintError(
            "texts", type(texts).__name__, "a sequence of str or bytes, a TextBuffer or an Arrow array of strings"
        )


def _cuts(part: TextBuffer | Sequence[str] | Sequence[bytes]) -> list[int]:
    """Where to cut: indices from 0 to the number of texts."""
    if isinstance(part, TextBuffer):
        ends = part.offsets[1:] - part.offsets[0]
    else:
        try:
            ends = np.cumsum(np.fromiter(map(len, part), np.int64, len(part)))
        except TypeError:
            wrong = next(index for index, text in enumerate(part) if not isinstance(text, (str, bytes)))
            raise _not_a_text(wrong, part[wrong]) from None
    if not ends.size:
        return [0]
    marks = np.arange(PIECE_BYTES, ends[-1], PIECE_BYTES)
    return sorted({0, *(np.searchsorted(ends, marks) + 1).tolist(), ends.size})


def _encode(texts: Sequence[str] | Sequence[bytes], first: int) -> TextBuffer:
    try:
        encoded = [text if isinstance(text, bytes) else text.encode() for text in texts]
    except UnicodeEncodeError as error:
        wrong = next(index for index, text in enumerate(texts) if text == error.object)
        raise FingerprintError(
            f"texts[{first + wrong}]", f"a lone surrogate at character {error.start}", "text that UTF-8 can encode"
        ) from None
    except AttributeError:
        wrong = next(index for index, text in enumerate(texts) if not isinstance(text, (str, bytes)))
        raise _not_a_text(first + wrong, texts[wrong]) from None
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)), out=offsets[1:])
    return TextBuffer(np.frombuffer(b"".join(encoded), np.uint8), offsets)


def _from_arrow(texts: Any) -> Iterator[TextBuffer]:
    try:
        import pyarrow as pa  # noqa: PLC0415  (only Arrow input needs it)
    except ImportError:
        raise FingerprintError("texts", type(texts).__name__, "pyarrow to be installed for Arrow input") from None
    if not isinstance(texts, (pa.Array, pa.ChunkedArray)):
        texts = pa.chunked_array(texts) if hasattr(texts, "__arrow_c_stream__") else pa.array(texts)
    chunks = texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]
    offset_types = {pa.string(): np.int32, pa.large_string(): np.int64}
    for chunk in chunks:
        if chunk.type not in offset_types:
            raise FingerprintError("texts", f"an Arrow array of {chunk.type}", "one of string or large_string")
        # What a null's slot points at is undefined, so these are the only arrays that are copied.
        array = chunk.fill_null("") if chunk.null_count else chunk
        if not len(array):
            continue
        _, offsets, data = array.buffers()
        values = np.frombuffer(offsets, offset_types[array.type])[array.offset : array.offset + len(array) + 1]
        text = np.frombuffer(data, np.uint8) if data else np.empty(0, np.uint8)
        yield TextBuffer(text, values.astype(np.int64, copy=False))


def _not_a_text(index: int, got: object) -> FingerprintError:
    return FingerprintError(f"texts[{index}]", type(got).__name__, "str or bytes")


def _require_vector(name: str, array: object, dtype: type[np.generic]) -> None:
    if not isinstance(array, np.ndarray):
        raise FingerprintError(name, type(array).__name__, f"a NumPy array of {dtype.__name__}")
    if array.dtype != dtype or array.ndim != 1:
        raise FingerprintError(name, f"{array.dtype}, {array.ndim} dimensions", f"{dtype.__name__}, 1 dimension")
    if not array.flags.c_contiguous:
        raise FingerprintError(name, "an array with gaps", "a contiguous one (numpy.ascontiguousarray)")
