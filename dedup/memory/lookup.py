"""Values of keys that stand in a sorted array."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Value = TypeVar("Value", bound=np.generic)


def places(known: NDArray[Any], keys: NDArray[Any]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Where each key stands among the known ones, which are sorted, and whether it does."""
    if not len(known):
        return np.zeros(len(keys), np.intp), np.zeros(len(keys), np.bool_)
    at = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return at, known[at] == keys


def look_up(known: NDArray[Any], keys: NDArray[Any], values: NDArray[Value]) -> NDArray[Value]:
    """The value of each key; 0 where it is not known."""
    if not len(known):
        return np.zeros(len(keys), values.dtype)
    at, is_known = places(known, keys)
    found: NDArray[Value] = np.where(is_known, values[at], values.dtype.type(0))
    return found
