"""Texts that are read in order, and some of them again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dedup.errors import FingerprintError
from dedup.fingerprint import TextBuffer
from dedup.fingerprint.texts import Texts

_CHUNK = 2048


class Source:
    """A corpus of texts in one of the forms that `Texts` names.

    A sequence is sliced in order and asked for single items later, so it may read both from a file.

    Raises:
        FingerprintError: none of these forms.
    """

    def __init__(self, texts: Texts) -> None:
        self._is_buffer = isinstance(texts, TextBuffer)
        self._is_arrow = hasattr(texts, "to_pylist")
        is_sequence = isinstance(texts, Sequence) and not isinstance(texts, str | bytes)
        if not (self._is_buffer or self._is_arrow or is_sequence):
            expected = "a sequence of str or bytes, a TextBuffer or an Arrow array of strings"
            raise FingerprintError("texts", type(texts).__name__, expected)
        self._texts: Any = texts  # which of the forms it is, the two flags say

    def __len__(self) -> int:
        return len(self._texts)

    def chunks(self) -> Iterator[tuple[int, TextBuffer]]:
        """First document and texts, chunk by chunk.

        Raises:
            FingerprintError: a document is neither str nor bytes, or holds a lone surrogate.
        """
        for start in range(0, len(self), _CHUNK):
            yield start, self._read(start, min(start + _CHUNK, len(self)))

    def pick(self, documents: NDArray[np.int64]) -> list[str] | list[bytes]:
        """Some documents again."""
        if self._is_arrow:
            return _strings(self._texts.take(documents))
        if self._is_buffer:
            data, offsets = self._texts.data, self._texts.offsets
            return [data[offsets[document] : offsets[document + 1]].tobytes() for document in documents]
        return [self._texts[document] for document in documents.tolist()]

    def _read(self, start: int, stop: int) -> TextBuffer:
        if self._is_buffer:
            return TextBuffer(self._texts.data, self._texts.offsets[start : stop + 1])
        texts = self._texts[start:stop]
        return _encoded(_strings(texts) if self._is_arrow else texts, start)


def _strings(array: Any) -> list[str]:
    return [text or "" for text in array.to_pylist()]


def _encoded(texts: Sequence[str] | Sequence[bytes], first: int) -> TextBuffer:
    encoded = [_bytes_of(text, first + number) for number, text in enumerate(texts)]
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, encoded), np.int64, len(encoded)), out=offsets[1:])
    return TextBuffer(np.frombuffer(b"".join(encoded), np.uint8), offsets)


def _bytes_of(text: object, document: int) -> bytes:
    if isinstance(text, str):
        try:
            return text.encode()
        except UnicodeEncodeError as error:
            got = f"a lone surrogate at character {error.start}"
            raise FingerprintError(f"texts[{document}]", got, "text that UTF-8 can encode") from None
    if isinstance(text, bytes):
        return text
    raise FingerprintError(f"texts[{document}]", type(text).__name__, "str or bytes")
