"""Grown trees as the arrays of `tree_kernels`."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from dedup.judge.model import Trees
from dedup.judge.tree_kernels import CUTS, LEAVES, PARTS, QUESTIONS, SLOTS

_MAX_CUTS: Final = 127  # of a column: a rank has to fit a signed byte
_NOTHING: Final = 0xFF  # is what a mask strikes out that leaves all bits


@dataclass(slots=True)
class _Flat:
    """Nodes of all trees, and where those of each begin."""

    roots: list[int] = field(default_factory=lambda: [0])
    features: list[int] = field(default_factory=list)
    thresholds: list[float] = field(default_factory=list)
    masks: list[int] = field(default_factory=list)


def lay_out(structures: list[dict[str, Any]]) -> Trees:
    """Set trees out for inference.

    Args:
        structures: `tree_structure` of each tree, as LightGBM dumps it; at most `LEAVES` leaves a tree. Thresholds are
            rounded down to float32, so that no row changes sides.

    Raises:
        ValueError: a column has more different thresholds than a byte can count.
    """
    flat = _Flat()
    leaves = np.zeros((len(structures), LEAVES), np.float32)
    for tree, structure in enumerate(structures):
        outputs: list[float] = []
        _flatten(structure, flat, outputs)
        leaves[tree, list(SLOTS[: len(outputs)])] = outputs
        flat.roots.append(len(flat.features))
    exact = np.array(flat.thresholds, np.float64)
    rounded = exact.astype(np.float32)
    rounded = np.where(rounded > exact, np.nextafter(rounded, np.float32(-np.inf)), rounded)
    features = np.array(flat.features, np.int16)
    cuts, bounds, limits = _ranked(features, rounded.astype(np.float32))
    return Trees(cuts, bounds, *_questions(flat, features, limits), leaves)


def _ranked(
    features: npt.NDArray[np.int16], thresholds: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32], npt.NDArray[np.int8]]:
    """The thresholds of each column, where they begin, and the rank of each node's among those of its column."""
    ranks = np.zeros(len(features), np.int8)
    bounds = [0]
    cuts: list[npt.NDArray[np.float32]] = []
    for column in range(int(features.max(initial=-1)) + 1):
        asking = features == column
        own, ranks[asking] = np.unique(thresholds[asking], return_inverse=True)
        if len(own) > _MAX_CUTS:
            raise ValueError(f"column {column} has {len(own)} thresholds; at most {_MAX_CUTS} can be told apart")
        cuts.append(np.pad(own, (0, -len(own) % CUTS), constant_values=np.inf))
        bounds.append(bounds[-1] + len(cuts[-1]))
    return np.concatenate([np.zeros(0, np.float32), *cuts]), np.array(bounds, np.int32), ranks


def _questions(
    flat: _Flat, features: npt.NDArray[np.int16], limits: npt.NDArray[np.int8]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int16], npt.NDArray[np.int8], npt.NDArray[np.uint8]]:
    """For each part of each tree the nodes that strike leaves of it; some twice, with masks that strike out none."""
    parts = np.array(flat.masks, "<u4").view(np.uint8).reshape(-1, PARTS)
    starts = [0]
    nodes: list[int] = []
    masks: list[int] = []
    for first, end in pairwise(flat.roots):
        for part in range(PARTS):
            asked = first + np.flatnonzero(parts[first:end, part] != _NOTHING)
            added = -len(asked) % QUESTIONS
            nodes += [*asked.tolist(), *([first] * added)]
            masks += [*parts[asked, part].tolist(), *([_NOTHING] * added)]
            starts.append(len(nodes))
    return np.array(starts, np.int32), features[nodes], limits[nodes], np.array(masks, np.uint8)


def _flatten(node: dict[str, Any], flat: _Flat, outputs: list[float]) -> None:
    """Leaves from left to right; a row that goes right at a node reaches none of the leaves on its left."""
    if "leaf_value" in node:
        outputs.append(node["leaf_value"])
        return
    first = len(outputs)
    _flatten(node["left_child"], flat, outputs)
    left = (1 << len(outputs)) - (1 << first)
    flat.features.append(node["split_feature"])
    flat.thresholds.append(node["threshold"])
    flat.masks.append(~left & 0xFFFFFFFF)
    _flatten(node["right_child"], flat, outputs)
