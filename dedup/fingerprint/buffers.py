"""Texts as slices of one UTF-8 buffer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dedup.errors import FingerprintError
from dedup.fingerprint.buffer_kernels import find_misplaced

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_TEXT_BYTES = 1 << 30


class Spans(NamedTuple):
    """Texts as kernels take them: checked, and not necessarily side by side.

    Attributes:
        data: uint8[size].
        begins: int64[n], the first byte of each text.
        ends: int64[n], one past the last byte of each text.
    """

    data: NDArray[np.uint8]
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class TextBuffer:
    """Texts side by side in one UTF-8 buffer.

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
        if self.offsets[0] < 0 or self.offsets[-1] > self.data.size:
            reach = f"{self.offsets[0]} to {self.offsets[-1]}"
            raise FingerprintError("offsets", reach, f"within the {self.data.size} bytes of the buffer")
        text = find_misplaced(self.offsets, MAX_TEXT_BYTES)
        if text >= 0:
            size = self.offsets[text + 1] - self.offsets[text]
            raise FingerprintError(f"offsets[{text + 1}]", f"a text of {size} bytes", f"0 to {MAX_TEXT_BYTES} bytes")

    def __len__(self) -> int:
        return self.offsets.size - 1

    def spans(self) -> Spans:
        """The same texts, as kernels take them."""
        return Spans(self.data, self.offsets[:-1], self.offsets[1:])


def _require_vector(name: str, array: object, dtype: type[np.generic]) -> None:
    if not isinstance(array, np.ndarray):
        raise FingerprintError(name, type(array).__name__, f"a NumPy array of {dtype.__name__}")
    if array.dtype != dtype or array.ndim != 1:
        raise FingerprintError(name, f"{array.dtype} of {array.ndim} dimensions", f"{dtype.__name__} of 1 dimension")
    if not array.flags.c_contiguous:
        raise FingerprintError(name, "an array with gaps", "a contiguous one (numpy.ascontiguousarray)")
