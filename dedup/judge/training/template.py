"""Fitting the stage that weighs what other pages hold against the judge's score."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from dedup.fingerprint import Fingerprinter
from dedup.judge.template import FREE, NAMES, count, evidence_of
from dedup.judge.training.dataset import LabelledPage
from dedup.memory.sites import SiteMemory
from dedup.state.records import Entry, PageRecord

LEAST_PAGES: Final = 3  # of a site
_ORDERS: Final = 3  # in which the pages of each site arrive
_ROUNDS: Final = 3000
_RATE: Final = 0.5
_RIDGE: Final = 0.002
_NAMESPACE: Final = "training"
_MASKING, _EXACT = Fingerprinter(mask_digits=True), Fingerprinter()

Floats = npt.NDArray[np.float64]


def fit(pages: Sequence[LabelledPage], scores: Sequence[npt.NDArray[np.float32]]) -> dict[str, float]:
    """Weights from held-out scores of pages whose sites have several.

    Each site's pages arrive one by one and are judged with those before them; all other sites are known in full.

    Raises:
        ValueError: no site has pages enough.
    """
    if not by_site(pages):
        raise ValueError(f"no site has {LEAST_PAGES} pages with gold text")
    rows = [row for order in range(_ORDERS) for row in _stream(pages, scores, order)]
    table, labels, weights = (np.concatenate(column) for column in zip(*rows, strict=True))
    return dict(zip(NAMES, _regress(table, labels, weights).round(4).tolist(), strict=True))


def write(weights: dict[str, float], target: Path) -> None:
    """Write weights as `dedup.judge.template` reads them."""
    target.write_text(json.dumps(weights, indent=1) + "\n", encoding="utf-8")


def by_site(pages: Sequence[LabelledPage]) -> dict[str, list[int]]:
    """Numbers of the pages of each site that has enough of them, and labels for whole pages."""
    sites: dict[str, list[int]] = defaultdict(list)
    for number, page in enumerate(pages):
        if page.given.get("gold") and page.given.get("site"):
            sites[str(page.given["site"])].append(number)
    return {site: numbers for site, numbers in sites.items() if len(numbers) >= LEAST_PAGES}


def _stream(
    pages: Sequence[LabelledPage], scores: Sequence[npt.NDArray[np.float32]], order: int
) -> Iterator[tuple[Floats, Floats, Floats]]:
    sites = by_site(pages)
    asked = {number: _keys(pages[number].texts) for numbers in sites.values() for number in numbers}
    everything = SiteMemory()
    for site, numbers in sites.items():
        for number in numbers:
            everything.apply(_entry(everything, site, number, asked[number].keys))
    for site, numbers in sites.items():
        memory = SiteMemory()
        for number in random.Random(order).sample(numbers, len(numbers)):  # noqa: S311  (an order, no secret)
            page, (keys, numbered) = pages[number], asked[number]
            here = memory.seen(_NAMESPACE, site, _key(number), keys)
            elsewhere = everything.seen(_NAMESPACE, site, _key(number), keys).sites
            words = page.sizes.astype(np.int32)
            counted = count(scores[number], replace(here, sites=elsewhere).by_block(numbered), words)
            use = (page.weights > 0) & ((counted.pages > 0) | (counted.sites > 0))
            table = evidence_of(scores[number], counted, words)
            yield table[use], (page.labels[use] > 0.5).astype(np.float64), page.weights[use].astype(np.float64)
            memory.apply(_entry(memory, site, number, keys))


class _Asked(NamedTuple):
    """As `dedup.pipeline.Analysis` has them."""

    keys: npt.NDArray[np.uint64]
    numbered: npt.NDArray[np.bool_]


def _keys(texts: list[str]) -> _Asked:
    masked, exact = _MASKING.digests(texts), _EXACT.digests(texts)
    return _Asked(np.concatenate([masked, exact[masked != exact]]), masked != exact)


def _entry(memory: SiteMemory, site: str, number: int, digests: npt.NDArray[np.uint64]) -> Entry:
    record = PageRecord(_NAMESPACE, site, _key(number), "", 0, digests.astype("<u8").tobytes())
    return Entry(memory.position + 1, record)


def _key(number: int) -> bytes:
    return number.to_bytes(16, "big")


def _regress(table: Floats, labels: Floats, weights: Floats) -> Floats:
    """Logistic regression by projected gradients, near the judge's own odds; all but the first weights at most 0."""
    prior = np.zeros(table.shape[1])
    prior[1] = 1
    found = prior.copy()
    weights = weights / weights.sum()
    for _ in range(_ROUNDS):
        chances = 1 / (1 + np.exp(-(table @ found)))
        step = table.T @ (weights * (chances - labels)) + _RIDGE * (found - prior)
        found -= _RATE * step
        found[FREE:] = np.minimum(found[FREE:], 0)
    return found
