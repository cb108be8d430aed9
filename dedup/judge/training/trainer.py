"""Growing the trees and setting them out for inference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal, NamedTuple

import lightgbm
import numpy as np
import numpy.typing as npt

from dedup.judge.model import Model, Trees, blend, context_of, is_open
from dedup.judge.training.copies import copies
from dedup.judge.training.dataset import LabelledPage
from dedup.judge.training.layout import lay_out

FIRST_ROUNDS: Final = 450
SECOND_ROUNDS: Final = 300
_KNOTS: Final = 33
_PARAMETERS: Final[dict[str, Any]] = {
    "objective": "binary",
    "num_leaves": 31,
    "learning_rate": 0.04,
    "min_data_in_leaf": 60,
    "feature_fraction": 0.4,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5,
    "max_bin": 127,
    "seed": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}

Floats = npt.NDArray[np.float32]
HoldOut = Literal["site", "set"]


class Tables:
    """All pages of a form as one table, a row a block; after them those of `copies`, and thinned ones.

    Attributes:
        pages: in order.
        bounds: int[pages + 1], first row of each.
        first: float32[rows, features].

    Args:
        pages: in order.
        thinned: small pages made of some of them; they are trained on, and not reported.
        hold_out: what no judge sees of the pages that it is tried on: their sites, or their whole set.
    """

    def __init__(
        self, pages: list[LabelledPage], thinned: Sequence[LabelledPage] = (), hold_out: HoldOut = "site"
    ) -> None:
        self.pages = pages
        self._all = [*pages, *copies(pages), *thinned]
        sizes = [len(page.labels) for page in self._all]
        self.bounds = np.cumsum([0, *sizes[: len(pages)]])
        self.first = np.concatenate([page.evidence.table for page in self._all])
        self.labels = np.concatenate([page.labels for page in self._all])
        self.weights = np.concatenate([page.weights for page in self._all])
        sets = sorted({page.name for page in pages})
        folds = [page.fold if hold_out == "site" else sets.index(page.name) for page in self._all]
        self.folds = np.repeat(folds, sizes)

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """bool[rows], blocks of the pages themselves whose label is known."""
        known = self.weights > 0
        known[self.bounds[-1] :] = False
        return known

    def split(self, scores: Floats) -> list[Floats]:
        """The scores of each page."""
        return [scores[start:end] for start, end in zip(self.bounds, self.bounds[1:], strict=False)]

    def second(self, scores: Floats) -> Floats:
        """The second ensemble's table, from the first one's scores."""
        cuts = np.cumsum([len(page.labels) for page in self._all])[:-1]
        parts = [
            context_of(part, page.evidence, page.elements, page.rows)
            for page, part in zip(self._all, np.split(scores, cuts), strict=True)
        ]
        return np.concatenate([np.concatenate(parts), self.first], axis=1)


class HeldOut(NamedTuple):
    """What judges make of pages whose site, or set, they never saw.

    Attributes:
        scores: float32[rows], calibrated.
        second: float32[rows, columns], what the second ensemble is asked about.
        knots: float32[k], as in `Model`.
        chances: float32[k], as in `Model`.
    """

    scores: Floats
    second: Floats
    knots: Floats
    chances: Floats


def judge_unseen(tables: Tables) -> HeldOut:
    """Judge every page by judges that were grown without it.

    The second ensemble learns from held-out scores of the first: its own training pages would look too easy.
    """
    first = _held_out(tables, tables.first, FIRST_ROUNDS)
    second = tables.second(first)
    blended = blend(first, _held_out(tables, second, SECOND_ROUNDS))
    scores = np.where(is_open(first), blended, first)
    known = tables.known
    knots, chances = _calibrate(scores[known], tables.labels[known], tables.weights[known])
    return HeldOut(np.interp(scores, knots, chances).astype(np.float32), second, knots, chances)


def train(tables: Tables, held_out: HeldOut) -> Model:
    """A judge from all pages."""
    known = tables.weights > 0
    return Model(
        first=_lay_out(_grow(tables, tables.first, known, FIRST_ROUNDS)),
        second=_lay_out(_grow(tables, held_out.second, known, SECOND_ROUNDS)),
        knots=held_out.knots,
        chances=held_out.chances,
    )


def _held_out(tables: Tables, table: Floats, rounds: int) -> Floats:
    scores = np.zeros(len(table), np.float32)
    known = tables.weights > 0
    for fold in np.unique(tables.folds):
        inside = tables.folds == fold
        trees = _lay_out(_grow(tables, table, known & ~inside, rounds))
        scores[inside] = trees.predict(table[inside])
    return scores


def _grow(tables: Tables, table: Floats, rows: npt.NDArray[np.bool_], rounds: int) -> lightgbm.Booster:
    weights = tables.weights[rows]
    data = lightgbm.Dataset(table[rows], tables.labels[rows] > 0.5, weight=weights / weights.mean())
    return lightgbm.train(_PARAMETERS, data, rounds)


def _lay_out(booster: lightgbm.Booster) -> Trees:
    return lay_out([tree["tree_structure"] for tree in booster.dump_model()["tree_info"]])


def _calibrate(scores: Floats, labels: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Share of content by score, in equal parts, made to rise (pool adjacent violators)."""
    order = np.argsort(scores, kind="stable")
    cuts = np.searchsorted(np.cumsum(weights[order]), np.linspace(0, weights.sum(), _KNOTS)[1:-1])
    groups = [group for group in np.split(order, cuts) if len(group)]
    pools: list[list[float]] = []  # score, share, weight
    for group in groups:
        weight = float(weights[group].sum())
        share = float((weights[group] * (labels[group] > 0.5)).sum()) / weight
        pools.append([float((weights[group] * scores[group]).sum()) / weight, share, weight])
        while len(pools) > 1 and pools[-2][1] > pools[-1][1]:
            last, before = pools.pop(), pools.pop()
            both = last[2] + before[2]
            pools.append([(last[i] * last[2] + before[i] * before[2]) / both for i in (0, 1)] + [both])
    knots = np.array([0.0, *(pool[0] for pool in pools), 1.0], np.float32)
    chances = np.array([0.0, *(pool[1] for pool in pools), 1.0], np.float32)
    return knots, chances
