"""Fitting what tags, classes and ids are worth: a logistic regression over those that stand around each block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.sparse import csr_matrix, hstack, vstack

from dedup.judge.naming import NO_NAMES, NameWeights
from dedup.judge.naming_kernels import REACHES, terms_of_elements
from dedup.judge.training.dataset import LabelledPage
from dedup.segment import dom_kernels as dom

LEAST_PAGES: Final = 8  # that use a term; rarer ones tell of single sites
_NEAR: Final = 2  # elements, as in `naming_kernels`
_RIDGE: Final = 1.5e-4  # of the squared weights, beside the mean loss of a block
_STEPS: Final = 80

Rows = npt.NDArray[np.bool_]


class Names:
    """Which terms stand around each block, by how far out.

    Args:
        pages: whose blocks are the rows, in order; those without elements have no terms.
        proper: how many of them, the first ones, are counted for which words are common enough.
    """

    def __init__(self, pages: Sequence[LabelledPage], proper: int) -> None:
        found = [_terms_of(page) for page in pages]
        used = [np.unique(terms.keys) for terms in found[:proper]]
        keys, counts = np.unique(np.concatenate(used), return_counts=True)
        self._keys = keys[counts >= LEAST_PAGES]
        self.counts = vstack(
            [self._counted(page, terms) for page, terms in zip(pages, found, strict=True)], format="csr"
        )

    def fit(self, rows: Rows, labels: npt.NDArray[np.bool_], weights: npt.NDArray[np.float32]) -> NameWeights:
        """The weights that predict the labels of some rows best (Liu and Nocedal, L-BFGS, 1989).

        Args:
            rows: bool[rows], those that are learned from.
            labels: bool[rows], whether each is content.
            weights: float32[rows], how much each counts.
        """
        if not len(self._keys):
            return NO_NAMES
        counts = self.counts[rows]
        across = counts.T.tocsr()
        wanted = labels[rows].astype(np.float64)
        shares = weights[rows] / weights[rows].sum(dtype=np.float64)

        def loss(found: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
            odds = counts @ found[1:].astype(np.float32) + found[0]
            missed = shares * (1 / (1 + np.exp(-odds)) - wanted)
            slope = across @ missed.astype(np.float32) + 2 * _RIDGE * found[1:]
            value = shares @ (np.logaddexp(0, odds) - wanted * odds) + _RIDGE * (found[1:] @ found[1:])
            return float(value), np.concatenate([[missed.sum()], slope])

        start = np.zeros(counts.shape[1] + 1)
        found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": _STEPS}).x[1:]
        return NameWeights(self._keys, found.reshape(REACHES, -1).T.astype(np.float16))

    def _counted(self, page: LabelledPage, terms: _Terms) -> Any:
        """Sparse float32[n, REACHES * terms], 1 where a term stands around a block."""
        at = np.searchsorted(self._keys, terms.keys)
        common = at < len(self._keys)
        common[common] = self._keys[at[common]] == terms.keys[common]
        starts = np.concatenate([[0], np.cumsum(common)])[terms.starts]
        ones = np.ones(int(common.sum()), np.float32)
        inside = csr_matrix((ones, at[common], starts), (len(page.rows), len(self._keys)))
        found = hstack([around @ inside for around in _around(page, terms.same)], format="csr")
        found.data[:] = 1
        return found


class _Terms(NamedTuple):
    """As `naming_kernels.terms_of_elements` has them."""

    same: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]
    keys: npt.NDArray[np.uint32]


def _terms_of(page: LabelledPage) -> _Terms:
    if page.around is None:
        size = len(page.rows)
        return _Terms(np.arange(size, dtype=np.int32), np.zeros(size + 1, np.int64), np.zeros(0, np.uint32))
    return _Terms(*terms_of_elements(page.around.rows, page.around.tags, page.around.source, page.elements))


def _around(page: LabelledPage, same: npt.NDArray[np.int32]) -> list[Any]:
    """Sparse float32[n, e] for each reach: elements with the terms of those that a block is in, so far in."""
    reaches: list[list[tuple[Any, Any]]] = [[] for _ in range(REACHES)]
    blocks, elements, distance = np.arange(len(page.elements)), page.elements, 0
    while len(blocks):
        reaches[0 if not distance else 1 if distance <= _NEAR else 2].append((blocks, same[elements]))
        parents = page.rows[elements, dom.PARENT]
        blocks, elements, distance = blocks[parents >= 0], parents[parents >= 0], distance + 1
    found = []
    for steps in reaches:
        places = np.concatenate([np.zeros((2, 0), np.int64), *(np.stack(step) for step in steps)], axis=1)
        ones = np.ones(places.shape[1], np.float32)
        found.append(csr_matrix((ones, (places[0], places[1])), (len(page.elements), len(page.rows))))
    return found
