"""Arrow arrays of strings, read where they lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dedup.errors import FingerprintError
from dedup.fingerprint.buffers import Spans, TextBuffer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import DTypeLike


def is_arrow(texts: object) -> bool:
    """Whether an object gives Arrow data, by the PyCapsule interface."""
    return hasattr(texts, "__arrow_c_array__") or hasattr(texts, "__arrow_c_stream__")


def arrow_spans(texts: Any) -> Iterator[Spans]:
    """The chunks of an array of type `string`, `large_string` or `string_view`; nulls are empty texts.

    Raises:
        FingerprintError: an array of another type, or pyarrow is not installed.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415  (optional, and only Arrow input needs it)
    except ImportError:
        raise FingerprintError("texts", "Arrow data without pyarrow", "pyarrow to be installed") from None
    if not isinstance(texts, (pa.Array, pa.ChunkedArray)):
        texts = pa.chunked_array(texts) if hasattr(texts, "__arrow_c_stream__") else pa.array(texts)
    if pa.types.is_string_view(texts.type):  # a view has no text in one piece, so this form alone is copied
        texts = texts.cast(pa.large_string())
    offset_types = {pa.string(): np.int32, pa.large_string(): np.int64}
    if texts.type not in offset_types:
        raise FingerprintError("texts", f"an Arrow array of {texts.type}", "one of strings")
    for chunk in texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts]:
        if len(chunk):
            yield _spans_of(chunk, offset_types[chunk.type])


def _spans_of(chunk: Any, offset_type: DTypeLike) -> Spans:
    _, offsets, data = chunk.buffers()
    every = np.frombuffer(offsets, offset_type)[chunk.offset : chunk.offset + len(chunk) + 1]
    text = np.frombuffer(data, np.uint8) if data else np.empty(0, np.uint8)
    data, begins, ends = TextBuffer(text, every.astype(np.int64, copy=False)).spans()
    if chunk.null_count:  # where a null points is left open
        ends = np.where(chunk.is_valid().to_numpy(zero_copy_only=False), ends, begins)
    return Spans(data, begins, ends)
