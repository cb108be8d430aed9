"""Labelled pages as tables: features, labels, weights and folds."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from dedup.errors import DedupError
from dedup.judge.features import Features, features, rows_of
from dedup.judge.model import Form
from dedup.judge.naming import NO_NAMES
from dedup.judge.training.labels import HAS_UNSPACED, label, label_snippets, words
from dedup.judge.training.thinned import thin
from dedup.judge.training.unspaced import unspaced, unspaced_text
from dedup.options import CleanOptions
from dedup.page import PageInput
from dedup.pipeline import Analysis, analyse
from dedup.repeats.page import find_repeats
from dedup.repeats.twins import find_twins
from dedup.segment.segments import ElementTable, Segments

FOLDS: Final = 5
# How much a page of each set counts: golds drafted by a tool, and snippets, count for less.
SETS: Final[dict[str, float]] = {
    "wcxb_dev": 1.0,
    "scrapinghub": 1.0,
    "news424": 1.0,
    "turing_misinfo": 1.0,
    "zh_web69": 1.0,
    "trafilatura_eval": 0.6,
    "mozilla_readability": 0.5,
}
OPTIONS: Final = CleanOptions()
_THINNED: Final = 0.5  # of the pages with a gold text
# Of one beside a whole page: at 1, small pages gain hardly more, and whole pages are judged as well on the average of
# the sets, but product pages worse.
_THINNED_WEIGHT: Final = np.float32(0.3)
_LEAST_BLOCKS: Final = 3  # of a page made of another
_UNSPACED: Final = 0.25  # of the pages with a gold text in a script with spaces
_UNSPACED_WEIGHT: Final = np.float32(0.3)


@dataclass(frozen=True, slots=True)
class LabelledPage:
    """A page of a training set.

    Attributes:
        name: of the set it is from.
        given: the page's record, without its markup.
        fold: by site, from 0.
        texts: of its blocks.
        evidence: features of its blocks.
        elements: int32[n].
        rows: int32[e, dom.ELEMENT_COLUMNS].
        labels: float32[n], share of each block that is content; not a number where unknown.
        weights: float32[n], how much each block counts; sums to the page's weight.
        sizes: float32[n], words as the metric counts them.
        widget: bool[n], repeated lists.
        copy: bool[n], later copies of passages.
        around: the elements, whose names tell something; None of plain text.
    """

    name: str
    given: dict[str, Any]
    fold: int
    texts: list[str]
    evidence: Features
    elements: npt.NDArray[np.int32]
    rows: npt.NDArray[np.int32]
    labels: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float32]
    sizes: npt.NDArray[np.float32]
    widget: npt.NDArray[np.bool_]
    copy: npt.NDArray[np.bool_]
    around: ElementTable | None


def read_pages(folder: Path, form: Form) -> Iterator[LabelledPage]:
    """The pages of all sets of a folder, as HTML or rendered to plain text; what the cleaner refuses is left out."""
    for name, given, analysis in read_analyses(folder, form):
        yield _labelled(name, given, analysis)


def read_made(folder: Path, form: Form) -> Iterator[LabelledPage]:
    """Pages made of those that have a gold text, at less weight; of which ones, their ids tell.

    Small ones (`thinned`), of HTML alone, and ones in a script without spaces (`unspaced`).
    """
    if form == "html":
        for name, given, rng in _drawn(folder, "thin", _THINNED):
            markup = thin(given.pop("html"), given["gold"], rng)
            yield from _made(name, given, markup, form, _THINNED_WEIGHT)
    for name, given, _ in _drawn(folder, "unspaced", _UNSPACED):
        if not HAS_UNSPACED.search(given["gold"]):
            markup, gold = unspaced(given.pop("html")), unspaced_text(given["gold"])
            yield from _made(name, given | {"gold": gold}, markup, form, _UNSPACED_WEIGHT)


def _drawn(folder: Path, purpose: str, share: float) -> Iterator[tuple[str, dict[str, Any], random.Random]]:
    """A share of the pages with a gold text, each with what draws the rest."""
    for name, given in _records(folder):
        rng = random.Random(_number(f"{purpose} {name} {given['id']}"))  # noqa: S311  (a draw, no secret)
        if (given.get("gold") or "").strip() and rng.random() <= share:
            yield name, given, rng


def _made(
    name: str, given: dict[str, Any], markup: str | None, form: Form, weight: np.float32
) -> Iterator[LabelledPage]:
    """The page, if there is one and it can be learned from."""
    if markup is None:
        return
    try:
        page = _labelled(name, given, analyse(_input(markup, form, str(given["id"])), OPTIONS))
    except DedupError:
        return
    if len(page.labels) >= _LEAST_BLOCKS and (page.labels > 0.5).any():
        yield replace(page, weights=page.weights * weight)


def read_analyses(folder: Path, form: Form) -> Iterator[tuple[str, dict[str, Any], Analysis]]:
    """The set, the record without its markup, and the analysis of each page of a folder, in order."""
    for name, given in _records(folder):
        try:
            yield name, given, analyse(_input(given.pop("html"), form, str(given["id"])), OPTIONS)
        except DedupError:
            continue


def _records(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in SETS:
        path = folder / f"{name}.jsonl.gz"
        if path.exists():
            with gzip.open(path, "rt", encoding="utf-8") as lines:
                for line in lines:
                    yield name, json.loads(line)


def _input(markup: str, form: Form, name: str) -> PageInput:
    if form == "html":
        return PageInput(html=markup)
    separator = "\n" if _number(name) % 2 else "\n\n"
    return PageInput(text=separator.join(_plain(analyse(PageInput(html=markup), OPTIONS).blocks)))


def _plain(blocks: Segments) -> list[str]:
    return [" ".join(text.split()) for text in blocks.texts]


def _labelled(name: str, given: dict[str, Any], found: Analysis) -> LabelledPage:
    twins = find_twins(found.prints, OPTIONS.repeats)
    repeats = find_repeats(found.blocks, found.shapes, twins, OPTIONS.repeats)
    texts = found.blocks.texts
    gold = (given.get("gold") or "").strip()
    labels = (
        label(texts, gold) if gold else label_snippets(texts, given.get("with") or [], given.get("without") or [])
    )
    sizes = np.array([len(words(text)) for text in texts], np.float32)
    weights = np.where(np.isnan(labels), 0, np.sqrt(sizes) + 0.3).astype(np.float32)
    total = (np.sqrt(sizes) + 0.3).sum()
    return LabelledPage(
        name=name,
        given=given,
        fold=_number(_site(name, given)) % FOLDS,
        texts=texts,
        evidence=features(found.blocks, found.shapes, repeats, NO_NAMES),
        elements=found.blocks.elements,
        rows=rows_of(found.blocks),
        labels=labels,
        weights=weights * (SETS[name] / max(float(total), 1e-9)),
        sizes=sizes,
        widget=repeats.widget,
        copy=repeats.copy,
        around=found.blocks.table,
    )


def _site(name: str, given: dict[str, Any]) -> str:
    """The registrable part of the site, near enough: pages of one owner must share a fold."""
    if name == "trafilatura_eval":
        return str(given["id"]).split("-", maxsplit=1)[0]
    host = str(given.get("site") or given["id"]).removeprefix("www.").split(".")
    short_suffix = len(host) > 2 and len(host[-2]) <= 3
    return ".".join(host[-3:] if short_suffix else host[-2:])


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4])
