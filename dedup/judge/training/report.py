"""How good held-out scores are, by set and page type, beside what a perfect judge of the same blocks would reach."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from dedup.judge.model import Form
from dedup.judge.threshold import page_threshold
from dedup.judge.training.dataset import LabelledPage
from dedup.judge.training.metric import snippets_right, word_prf
from dedup.judge.training.trainer import Tables

Floats = npt.NDArray[np.float32]


def report(form: Form, tables: Tables, scores: Floats) -> Iterator[str]:
    """Lines of a table."""
    rows: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    for page, start, end in zip(tables.pages, tables.bounds, tables.bounds[1:], strict=False):
        row = _row(page, scores[start:end])
        rows[page.name].append(row)
        if page.given.get("page_type"):
            rows["  " + page.given["page_type"]].append(row)
    yield f"{form:20s}{'pages':>7}{'prec':>7}{'rec':>7}{'F1':>7}{'perfect':>8}{'snippets':>9}"
    for name, group in rows.items():
        table = np.array(group)
        known = table[table[:, 5] == 0]
        means = known[:, :4].mean(axis=0) if len(known) else np.full(4, np.nan)
        right = table[:, 4].sum() / max(table[:, 6].sum(), 1)
        yield f"{name:20s}{len(group):7d}{means[0]:7.3f}{means[1]:7.3f}{means[2]:7.3f}{means[3]:8.3f}{right:9.3f}"
    yield from _calibration(tables, scores)


def _row(page: LabelledPage, scores: Floats) -> tuple[float, ...]:
    threshold, _ = page_threshold(scores, page.sizes)
    content = "\n".join(text for text, score in zip(page.texts, scores, strict=True) if score >= threshold)
    gold = (page.given.get("gold") or "").strip()
    keep, remove = page.given.get("with") or [], page.given.get("without") or []
    kept, gone = snippets_right(content, keep, remove)
    perfect = "\n".join(text for text, share in zip(page.texts, page.labels, strict=True) if share > 0.5)
    return (
        *word_prf(content, gold),
        word_prf(perfect, gold)[2],
        kept + gone,
        float(not gold),
        len(keep) + len(remove),
    )


def _calibration(tables: Tables, scores: Floats) -> Iterator[str]:
    """Share of content in each tenth of the scores, beside their mean; blocks count by weight."""
    known = tables.known
    tenths = np.minimum((scores[known] * 10).astype(int), 9)
    worst = 0.0
    for tenth in range(10):
        inside = tenths == tenth
        weights = tables.weights[known][inside]
        if weights.sum():
            share = float((weights * (tables.labels[known][inside] > 0.5)).sum() / weights.sum())
            mean = float((weights * scores[known][inside]).sum() / weights.sum())
            worst = max(worst, abs(share - mean))
    yield f"largest calibration error of a tenth: {worst:.3f}"
