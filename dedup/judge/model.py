"""The weights of a judge: those of names, two ensembles of trees behind each other, and what their scores stand for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import IO, Final, Literal

import numpy as np
import numpy.typing as npt

from dedup.judge import columns, context_kernels, tree_kernels
from dedup.judge.features import Features
from dedup.judge.naming import NameWeights

VERSION: Final = "7"
FILE: Final = "model.npz"
SECOND_SHARE: Final = np.float32(0.75)  # of a score
SURE: Final = 0.01  # what the first ensemble scores lower, the second has never called content

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Form = Literal["html", "text"]


@dataclass(frozen=True, slots=True)
class Trees:
    """An ensemble of trees, laid out for `tree_kernels`.

    Attributes:
        cuts: float32[cuts], thresholds of each column, ascending.
        bounds: int32[columns + 1], where those of a column begin.
        starts: int32[tree_kernels.PARTS * trees + 1], first question of each part of each tree.
        columns: int16[questions].
        limits: int8[questions].
        masks: uint8[questions].
        leaves: float32[trees, tree_kernels.LEAVES].
    """

    cuts: Floats
    bounds: Ints
    starts: Ints
    columns: npt.NDArray[np.int16]
    limits: npt.NDArray[np.int8]
    masks: npt.NDArray[np.uint8]
    leaves: Floats

    def predict(self, *tables: Floats, rows: npt.NDArray[np.intp] | None = None) -> Floats:
        """The probability that each row is content.

        Args:
            tables: one or more float32[n, columns], side by side.
            rows: intp[k], those that are asked about; by default all.

        Returns:
            float32[n], or float32[k].
        """
        asked = np.arange(len(tables[0])) if rows is None else rows
        scores = np.empty(len(asked), np.float32)
        for first in range(0, len(asked), tree_kernels.ROWS):
            some = asked[first : first + tree_kernels.ROWS]
            width = -(-len(some) // tree_kernels.LANES) * tree_kernels.LANES
            ranks = np.empty((len(self.bounds) - 1, width), np.int8)
            column = 0
            for table in tables:
                end = column + table.shape[1]
                tree_kernels.rank(table, some, self.cuts, self.bounds[column : end + 1], ranks[column:end])
                column = end
            tree_kernels.predict(
                ranks,
                self.starts,
                self.columns,
                self.limits,
                self.masks,
                self.leaves,
                scores[first : first + tree_kernels.ROWS],
            )
        return scores


@dataclass(frozen=True, slots=True)
class Model:
    """A judge of one kind of input.

    Attributes:
        first: trees over the features.
        second: trees over the context of the first scores, and the features.
        knots: float32[k], scores, ascending.
        chances: float32[k], the share of content at each.
        names: what tags, classes and ids are worth, for the features.
    """

    first: Trees
    second: Trees
    knots: Floats
    chances: Floats
    names: NameWeights

    def score(self, evidence: Features, elements: Ints, rows: Ints) -> Floats:
        """float32[n], the chance that each block is content, calibrated."""
        scores = self.first.predict(evidence.table)
        context = context_of(scores, evidence, elements, rows)
        asked = np.flatnonzero(is_open(scores))
        scores[asked] = blend(scores[asked], self.second.predict(context, evidence.table, rows=asked))
        return self.calibrate(scores)

    def calibrate(self, scores: Floats) -> Floats:
        """float32[n], the chances that blended scores stand for."""
        calibrated: Floats = np.interp(scores, self.knots, self.chances).astype(np.float32)
        return calibrated


def is_open(first: Floats) -> npt.NDArray[np.bool_]:
    """bool[n], which blocks the second ensemble is asked about; of half of a page's, the first one is sure."""
    asked: npt.NDArray[np.bool_] = first > SURE
    return asked


def blend(first: Floats, second: Floats) -> Floats:
    """float32[n], one score from those of both ensembles: the second sees more, the first is less easily misled."""
    return SECOND_SHARE * second + (1 - SECOND_SHARE) * first


def context_of(scores: Floats, evidence: Features, elements: Ints, rows: Ints) -> Floats:
    """What the second ensemble sees before the features: float32[n, len(context_kernels.NAMES)]."""
    context = np.empty((len(scores), len(context_kernels.NAMES)), np.float32)
    words = np.ascontiguousarray(evidence.table[:, columns.NAMES.index("words")])
    context_kernels.context_features(scores, words, evidence.keys, elements, rows, context)
    return context


def save(models: dict[Form, Model], target: IO[bytes]) -> None:
    """Write the weights of all judges into one file."""
    arrays = {"version": np.array(VERSION)}
    for form, model in models.items():
        for stage, trees in (("first", model.first), ("second", model.second)):
            for name in Trees.__dataclass_fields__:
                arrays[f"{form}.{stage}.{name}"] = getattr(trees, name)
        arrays[f"{form}.knots"] = model.knots
        arrays[f"{form}.chances"] = model.chances
        arrays[f"{form}.names.keys"] = model.names.keys
        arrays[f"{form}.names.weights"] = model.names.weights
    np.savez_compressed(target, **arrays)  # type: ignore[arg-type]  # the stub takes the names for its own options


@cache
def load(form: Form) -> Model:
    """The judge that this version ships for a kind of input."""
    with resources.files(__package__).joinpath(FILE).open("rb") as source, np.load(source) as arrays:

        def trees(stage: str) -> Trees:
            return Trees(*(arrays[f"{form}.{stage}.{name}"] for name in Trees.__dataclass_fields__))

        names = NameWeights(arrays[f"{form}.names.keys"], arrays[f"{form}.names.weights"])
        return Model(trees("first"), trees("second"), arrays[f"{form}.knots"], arrays[f"{form}.chances"], names)
