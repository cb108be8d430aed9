"""Growing the trees and setting them out for inference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import lightgbm
import numpy as np
import numpy.typing as npt

from dedup.judge.model import Model, Trees, blend, context_of, is_open
from dedup.judge.naming import NameWeights
from dedup.judge.training.copies import copies
from dedup.judge.training.dataset import LabelledPage
from dedup.judge.training.layout import lay_out
from dedup.judge.training.naming import Names

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


class Tables:
    """All pages of a form as one table, a row a block; after them those of `copies`, and those made of others.

    Attributes:
        pages: in order.
        bounds: int[pages + 1], first row of each.
        first: float32[rows, features]; those of names as weights tell that were grown without the page's site.
        sites: int[rows], folds by site.
        sets: int[rows], which set each is of.

    Args:
        pages: in order.
        made: pages made of some of them; they are trained on, and not reported.
    """

    def __init__(self, pages: list[LabelledPage], made: Sequence[LabelledPage] = ()) -> None:
        self.pages = pages
        self._all = [*pages, *copies(pages), *made]
        sizes = [len(page.labels) for page in self._all]
        self.bounds = np.cumsum([0, *sizes[: len(pages)]])
        self._cuts = np.cumsum(sizes)[:-1]
        self.labels = np.concatenate([page.labels for page in self._all])
        self.weights = np.concatenate([page.weights for page in self._all])
        names = sorted({page.name for page in pages})
        self.sites = np.repeat([page.fold for page in self._all], sizes)
        self.sets = np.repeat([names.index(page.name) for page in self._all], sizes)
        self._names = Names(self._all, len(pages))
        self.first = self.named(self.sites)

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """bool[rows], blocks of the pages themselves whose label is known."""
        known = self.weights > 0
        known[self.bounds[-1] :] = False
        return known

    def split(self, scores: Floats) -> list[Floats]:
        """The scores of each page."""
        return [scores[start:end] for start, end in zip(self.bounds, self.bounds[1:], strict=False)]

    def fit_names(self, rows: npt.NDArray[np.bool_]) -> NameWeights:
        """What tags, classes and ids are worth, from some of the rows."""
        return self._names.fit(rows & (self.weights > 0), self.labels > 0.5, self.weights)

    def named(self, folds: npt.NDArray[np.int_]) -> Floats:
        """The features; those of names in each fold by weights that were grown from the other folds."""
        table = np.concatenate([page.evidence.table for page in self._all])
        weights = {fold: self.fit_names(folds != fold) for fold in np.unique(folds).tolist()}
        parts = zip(self._all, np.split(table, self._cuts), np.split(folds, self._cuts), strict=True)
        for page, part, fold in parts:
            if page.around is not None and len(part):
                weights[int(fold[0])].fill(page.elements, page.around, part)
        return table

    def second(self, scores: Floats, first: Floats) -> Floats:
        """The second ensemble's table, from the first one's scores and table."""
        parts = [
            context_of(part, page.evidence, page.elements, page.rows)
            for page, part in zip(self._all, np.split(scores, self._cuts), strict=True)
        ]
        return np.concatenate([np.concatenate(parts), first], axis=1)


class HeldOut(NamedTuple):
    """What judges make of pages whose site they never saw.

    Attributes:
        blended: float32[rows], scores of both ensembles before calibration.
        second: float32[rows, columns], what the second ensemble is asked about.
        knots: float32[k], as in `Model`.
        chances: float32[k], as in `Model`.
    """

    blended: Floats
    second: Floats
    knots: Floats
    chances: Floats

    @property
    def scores(self) -> Floats:
        """float32[rows], calibrated."""
        return np.interp(self.blended, self.knots, self.chances).astype(np.float32)


def judge_unseen(tables: Tables) -> HeldOut:
    """Judge every page by judges that were grown without its site.

    The second ensemble learns from held-out scores of the first: its own training pages would look too easy.
    """
    first = _held_out(tables, tables.sites, FIRST_ROUNDS, tables.first)
    second = tables.second(first, tables.first)
    blended = _blended(first, _held_out(tables, tables.sites, SECOND_ROUNDS, second))
    return HeldOut(blended, second, *_calibrate(tables, tables.known, blended))


def judge_unseen_sets(tables: Tables, unseen: HeldOut) -> Floats:
    """Judge every set by judges that were grown, and calibrated, from the other sets alone.

    What the second ensemble and the calibration learn from are scores held out by site, as they are of a judge that
    ships: scores that are held out by set would tell of pages that are stranger than those of one more site.

    Returns:
        float32[rows], calibrated.
    """
    named = tables.named(tables.sets)
    first = _held_out(tables, tables.sets, FIRST_ROUNDS, tables.first, named)
    asked = tables.second(first, named)
    blended = _blended(first, _held_out(tables, tables.sets, SECOND_ROUNDS, unseen.second, asked))
    for fold in np.unique(tables.sets):
        inside = tables.sets == fold
        blended[inside] = np.interp(blended[inside], *_calibrate(tables, tables.known & ~inside, unseen.blended))
    return blended


def train(tables: Tables, held_out: HeldOut) -> Model:
    """A judge from all pages."""
    known = tables.weights > 0
    return Model(
        first=_lay_out(_grow(tables, tables.first, known, FIRST_ROUNDS)),
        second=_lay_out(_grow(tables, held_out.second, known, SECOND_ROUNDS)),
        knots=held_out.knots,
        chances=held_out.chances,
        names=tables.fit_names(known),
    )


def _held_out(
    tables: Tables, folds: npt.NDArray[np.int_], rounds: int, learned: Floats, asked: Floats | None = None
) -> Floats:
    """Scores of each fold by trees that were grown from the others: from `learned`, asked about `asked` (the same)."""
    scores = np.zeros(len(folds), np.float32)
    known = tables.weights > 0
    for fold in np.unique(folds):
        inside = folds == fold
        trees = _lay_out(_grow(tables, learned, known & ~inside, rounds))
        scores[inside] = trees.predict((learned if asked is None else asked)[inside])
    return scores


def _blended(first: Floats, second: Floats) -> Floats:
    return np.where(is_open(first), blend(first, second), first)


def _grow(tables: Tables, table: Floats, rows: npt.NDArray[np.bool_], rounds: int) -> lightgbm.Booster:
    weights = tables.weights[rows]
    data = lightgbm.Dataset(table[rows], tables.labels[rows] > 0.5, weight=weights / weights.mean())
    return lightgbm.train(_PARAMETERS, data, rounds)


def _lay_out(booster: lightgbm.Booster) -> Trees:
    return lay_out([tree["tree_structure"] for tree in booster.dump_model()["tree_info"]])


def _calibrate(tables: Tables, rows: npt.NDArray[np.bool_], blended: Floats) -> tuple[Floats, Floats]:
    """Share of content by score among some rows, in equal parts, made to rise (pool adjacent violators)."""
    scores, labels, weights = blended[rows], tables.labels[rows], tables.weights[rows]
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
