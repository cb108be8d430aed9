"""Grown trees as the arrays of `tree_kernels.predict`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dedup.judge.model import Trees
from dedup.judge.tree_kernels import LEAVES, SLOTS


@dataclass(slots=True)
class _Flat:
    features: list[int] = field(default_factory=list)
    thresholds: list[float] = field(default_factory=list)
    masks: list[int] = field(default_factory=list)


def lay_out(structures: list[dict[str, Any]]) -> Trees:
    """Set trees out for inference.

    Args:
        structures: `tree_structure` of each tree, as LightGBM dumps it; at most `LEAVES` leaves a tree. Thresholds are
            rounded down to float32, so that no row changes sides.
    """
    flat = _Flat()
    roots = [0]
    leaves = np.zeros((len(structures), LEAVES), np.float32)
    for tree, structure in enumerate(structures):
        outputs: list[float] = []
        _flatten(structure, flat, outputs)
        leaves[tree, list(SLOTS[: len(outputs)])] = outputs
        roots.append(len(flat.features))
    exact = np.array(flat.thresholds, np.float64)
    rounded = exact.astype(np.float32)
    rounded = np.where(rounded > exact, np.nextafter(rounded, np.float32(-np.inf)), rounded)
    return Trees(
        np.array(roots, np.int32),
        np.array(flat.features, np.int16),
        rounded.astype(np.float32),
        np.array(flat.masks, np.uint32),
        leaves,
    )


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
