"""How a signature is cut into bands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dedup.errors import OptionError
from dedup.options import require_whole

_STEPS = 2000
_ITEMS = 1e7
"""Size of the corpus for which the cost of false candidates is reckoned."""
_UNRELATED = 0.02
"""Mean Jaccard of unrelated texts in that reckoning: their similarities are taken to fall off exponentially."""
_PROBE = 1.0
_CHECK = 1.0
"""Cost of a band, in time and in memory, and of a false candidate: each is a cache line from memory."""


def require_threshold(threshold: float) -> None:
    """Whether a least Jaccard is one.

    Raises:
        OptionError: it is not.
    """
    if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not 0 < threshold <= 1:
        raise OptionError("threshold", threshold, "a number above 0 and at most 1")


@dataclass(frozen=True, slots=True)
class Layout:
    """Bands of `rows` permutations each; two items meet where all rows of a band are equal.

    Items of Jaccard `s` meet with probability `1 - (1 - s^rows)^bands` (J. Leskovec et al., Mining of Massive
    Datasets, 3.4).

    Attributes:
        bands: how many.
        rows: permutations of each.

    Raises:
        OptionError: fewer than one of either.
    """

    bands: int
    rows: int

    def __post_init__(self) -> None:
        for option in ("bands", "rows"):
            require_whole(option, getattr(self, option), 1, 256)

    def found(self, jaccard: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """The probability that items of this Jaccard meet."""
        similarity = np.asarray(jaccard, np.float64)
        return np.asarray(1 - (1 - similarity**self.rows) ** self.bands)

    def recall(self, threshold: float) -> float:
        """The share of the pairs at or above a threshold that meet, in a corpus that makes it hard.

        Taken over the quarter of the range next to the threshold, where pairs are hardest to find; a corpus has pairs
        all the way to equal texts, and does better.
        """
        return float(self.found(np.linspace(threshold, threshold + (1 - threshold) / 4, _STEPS)).mean())

    @classmethod
    def for_threshold(cls, threshold: float, num_perm: int = 128, recall: float = 0.995) -> Layout:
        """The cheapest layout that finds what is wanted.

        For each number of rows, the fewest bands that reach the recall; of these, the one with the least cost in bands
        and in false candidates.

        Args:
            threshold: least Jaccard, above 0 and at most 1.
            num_perm: permutations of a signature.
            recall: least `recall(threshold)`, below 1.

        Raises:
            OptionError: an option outside its range, or too few permutations for such a recall.
        """
        require_threshold(threshold)
        require_whole("num_perm", num_perm, 1, 1 << 16)
        if not isinstance(recall, int | float) or not 0 < recall < 1:
            raise OptionError("recall", recall, "a number above 0 and below 1")
        layouts = [
            layout
            for rows in range(1, num_perm + 1)
            if (layout := cls._fewest_bands(threshold, rows, num_perm // rows, recall))
        ]
        if not layouts:
            raise OptionError(
                "num_perm", num_perm, f"more permutations, for a recall of {recall} at a threshold of {threshold}"
            )
        return min(layouts, key=lambda layout: layout.cost(threshold))

    @classmethod
    def _fewest_bands(cls, threshold: float, rows: int, most: int, recall: float) -> Layout | None:
        low, high = 1, min(most, 256)
        if rows > 256 or cls(high, rows).recall(threshold) < recall:
            return None
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if cls(middle, rows).recall(threshold) >= recall else (middle + 1, high)
        return cls(low, rows)

    def cost(self, threshold: float) -> float:
        """Bands to look into, and false candidates to reject, a query."""
        similarity = np.linspace(0, threshold, _STEPS)
        density = np.exp(-similarity / _UNRELATED) / _UNRELATED
        false = float(np.trapezoid(self.found(similarity) * density, similarity)) * _ITEMS
        return _PROBE * self.bands + _CHECK * false
