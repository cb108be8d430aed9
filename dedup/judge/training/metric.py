"""Word precision, recall and F1, and snippet rates: how cleaning is judged."""

from __future__ import annotations

from collections import Counter

from dedup.judge.training.labels import words


def word_prf(predicted: str, gold: str) -> tuple[float, float, float]:
    """Precision, recall and F1 of the predicted words, as multisets."""
    found, wanted = Counter(words(predicted)), Counter(words(gold))
    if not wanted:
        return (0.0, 0.0, 0.0) if found else (1.0, 1.0, 1.0)
    common = (found & wanted).total()
    if not common:
        return 0.0, 0.0, 0.0
    precision, recall = common / found.total(), common / wanted.total()
    return precision, recall, 2 * precision * recall / (precision + recall)


def snippets_right(predicted: str, keep: list[str], remove: list[str]) -> tuple[int, int]:
    """How many snippets that must stay stayed, and how many that must go are gone."""
    plain = " ".join(predicted.lower().split())
    kept = sum(" ".join(snippet.lower().split()) in plain for snippet in keep)
    gone = sum(" ".join(snippet.lower().split()) not in plain for snippet in remove)
    return kept, gone
