"""What a page's content is worth beside its gold text, and whether two extractors differ at all."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

import dedup
from dedup.errors import DedupError
from dedup.judge.training.labels import label, words
from dedup.judge.training.metric import snippets_right, word_prf

Page = dict[str, Any]
Score = dict[str, float]
_GRAM: Final = 4
_LONG: Final = 20  # words of a paragraph whose loss a reader would notice
_SAMPLES: Final = 2000
_EXACT: Final = 0.98


def score(content: str, page: Page) -> Score:
    """All figures of one page that its record allows.

    `precision`, `recall`, `F1` of words as multisets; `exact`: F1 of .98 or more; `4-gram …`: true and false positives
    and false negatives of word 4-grams as shares of the page (they make the figure of the scrapinghub benchmark);
    `lost`: whether a gold paragraph of 20 words or more is missing by half; `with` and `without`: snippets kept and
    gone, and `snippets`: both together.
    """
    found: Score = {}
    gold = (page.get("gold") or "").strip()
    if gold:
        found["precision"], found["recall"], found["F1"] = word_prf(content, gold)
        found["exact"] = float(found["F1"] >= _EXACT)
        found |= _gram_shares(content, gold)
        found["lost"] = float(loses_paragraph(content, gold))
    keep, remove = page.get("with") or [], page.get("without") or []
    kept, gone = snippets_right(content, keep, remove)
    if keep:
        found["with"] = kept / len(keep)
    if remove:
        found["without"] = gone / len(remove)
    if keep or remove:
        found["snippets right"], found["snippets"] = kept + gone, len(keep) + len(remove)
    return found


def grams(text: str) -> Counter[tuple[str, ...]]:
    """Word 4-grams; a shorter text is one gram."""
    found = words(text)
    if not found:
        return Counter()
    return Counter(tuple(found[i : i + _GRAM]) for i in range(max(len(found) - _GRAM + 1, 1)))


def _gram_shares(content: str, gold: str) -> Score:
    found, wanted = grams(content), grams(gold)
    common = (found & wanted).total()
    extra, missing = found.total() - common, wanted.total() - common
    total = max(common + extra + missing, 1)
    return {"4-gram tp": common / total, "4-gram fp": extra / total, "4-gram fn": missing / total}


def loses_paragraph(content: str, gold: str) -> bool:
    """Whether any line of 20 words or more of the gold text has over half of its 4-grams missing."""
    found = grams(content)
    for line in gold.splitlines():
        if len(words(line)) >= _LONG:
            wanted = list(grams(line))
            if 2 * sum(gram in found for gram in wanted) < len(wanted):
                return True
    return False


def ceiling(page: Page) -> Score:
    """What a perfect judge over our blocks would reach; `{}` where only snippets are known."""
    gold = (page.get("gold") or "").strip()
    if not gold:
        return {}
    texts = _texts(page)
    shares = label(texts, gold)
    return score("\n\n".join(text for text, share in zip(texts, shares, strict=True) if share > 0.5), page)


def whole(page: Page) -> Score:
    """What keeping every block would reach: more snippets, and fewer losses, than this no judge of them can."""
    return score("\n\n".join(_texts(page)), page)


def _texts(page: Page) -> list[str]:
    """Of our blocks; none of a page that is refused."""
    try:
        return [block.text for block in dedup.clean(page["html"]).blocks]
    except DedupError:
        return []


def summary(scores: Sequence[Score]) -> Score:
    """Means over pages; of snippets the share over all; of 4-grams the F1 of the means."""
    columns: dict[str, list[float]] = defaultdict(list)
    for row in scores:
        for name, value in row.items():
            columns[name].append(value)
    mean = {name: float(np.mean(values)) for name, values in columns.items()}
    found: Score = {
        name: mean[name] for name in ("precision", "recall", "F1", "exact", "lost", "with", "without") if name in mean
    }
    if "4-gram tp" in mean:
        tp, fp, fn = (mean[f"4-gram {kind}"] for kind in ("tp", "fp", "fn"))
        found["4-gram F1"] = 2 * tp / max(2 * tp + fp + fn, 1e-9)
    if "snippets" in columns:
        found["snippets"] = sum(columns["snippets right"]) / sum(columns["snippets"])
    return found


def bootstrap(ours: Sequence[float], theirs: Sequence[float], sites: Sequence[str]) -> tuple[float, float]:
    """The 95 % interval of the mean difference of two extractors, sites drawn with replacement.

    Pages of one site are alike, so sites are what is drawn (B. Efron, R. Tibshirani, An Introduction to the Bootstrap,
    1993).
    """
    by_site: dict[str, list[float]] = defaultdict(list)
    for our, their, site in zip(ours, theirs, sites, strict=True):
        by_site[site].append(our - their)
    sums = np.array([[sum(part), len(part)] for part in by_site.values()])
    rng = np.random.default_rng(random.Random(1).randrange(2**32))
    means = []
    for _ in range(_SAMPLES):
        total, count = sums[rng.integers(0, len(sums), len(sums))].sum(axis=0)
        means.append(total / count)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)
