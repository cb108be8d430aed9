"""A corpus with near-duplicates planted at known edit rates, and its exact truth.

Documents are put together from real sentences in random order, so that two of them resemble each other only where one
was planted as an edited copy. Without a source of text, sentences of made-up words serve: enough to try a benchmark.
"""

from __future__ import annotations

import gzip
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import Final

import click
import numpy as np
from numpy.typing import NDArray

import dedup

RATES: Final = (0.0, 0.02, 0.05, 0.1, 0.2)
_DUPLICATES: Final = 0.3  # share of the documents
_BLOCKS: Final = 0.6  # share of the originals that are single blocks rather than articles
_SENTENCE: Final = re.compile(r"[^.!?\n]{30,400}[.!?]")
_MOST_SENTENCES: Final = 400_000


@dataclass(frozen=True)
class Corpus:
    """Documents, and which was made from which.

    Attributes:
        texts: n documents.
        origin: int64[n], the document that each is an edited copy of; itself for originals.
        rate: float64[n], share of the words that were edited.
        article: bool[n], articles rather than blocks.
    """

    texts: list[str]
    origin: NDArray[np.int64]
    rate: NDArray[np.float64]
    article: NDArray[np.bool_]

    @cached_property
    def families(self) -> list[list[int]]:
        """Documents with a common origin, two at least."""
        found: dict[int, list[int]] = defaultdict(list)
        for document, origin in enumerate(self.origin.tolist()):
            found[origin].append(document)
        return [members for members in found.values() if len(members) > 1]

    def true_pairs(self, threshold: float, shingle: int) -> dict[tuple[int, int], float]:
        """Exact Jaccard of the pairs within families that reach a threshold."""
        members = sorted({document for family in self.families for document in family})
        hashes = dedup.Fingerprinter(shingle=shingle).shingle_hashes([self.texts[document] for document in members])
        sets = {
            document: hashes.values[hashes.offsets[row] : hashes.offsets[row + 1]]
            for row, document in enumerate(members)
        }
        found = {}
        for family in self.families:
            for first, second in combinations(family, 2):
                if (jaccard := exact_jaccard(sets[first], sets[second])) >= threshold:
                    found[first, second] = jaccard
        return found


def exact_jaccard(first: NDArray[np.uint32], second: NDArray[np.uint32]) -> float:
    """Of two sets of distinct shingle hashes."""
    common = len(np.intersect1d(first, second, assume_unique=True))
    return common / max(len(first) + len(second) - common, 1)


def build(count: int, source: Path | None = None, seed: int = 1) -> Corpus:
    """A corpus of `count` documents; the same for the same source, count and seed.

    Args:
        count: documents: 28 in a hundred articles, 42 blocks, 30 copies of earlier ones with words replaced.
        source: JSON lines (gzipped or not) with `gold`, `text` or `content`, or a folder of such files.
        seed: of the random order.
    """
    rng = random.Random(seed)
    pool = list(_sentences(source)) if source else [_made_up(rng) for _ in range(20_000)]
    if not pool:
        raise click.ClickException(
            f"{source}: holds no *.jsonl or *.jsonl.gz with sentences in `gold`, `text`, `content`"
        )
    vocabulary = sorted({word for sentence in pool[:20_000] for word in sentence.split()})
    texts: list[str] = []
    origin: list[int] = []
    rates: list[float] = []
    article: list[bool] = []
    for document in range(count):
        copied = document > 0 and rng.random() < _DUPLICATES
        parent = origin[rng.randrange(document)] if copied else document
        rate = rng.choice(RATES) if copied else 0.0
        is_article = article[parent] if copied else rng.random() >= _BLOCKS
        texts.append(_edited(texts[parent], rate, vocabulary, rng) if copied else _original(pool, rng, is_article))
        origin.append(parent)
        rates.append(rate)
        article.append(is_article)
    return Corpus(texts, np.array(origin), np.array(rates), np.array(article))


def _original(pool: list[str], rng: random.Random, is_article: bool) -> str:  # noqa: FBT001  (one of two kinds)
    if is_article:
        return " ".join(rng.choice(pool) for _ in range(rng.randint(8, 40)))
    words = [word for _ in range(rng.randint(2, 4)) for word in _half(rng.choice(pool).split(), rng)]
    return " ".join(words)


def _half(words: list[str], rng: random.Random) -> list[str]:
    middle = len(words) // 2
    return words[:middle] if rng.random() < 0.5 else words[middle:]


def _edited(text: str, rate: float, vocabulary: list[str], rng: random.Random) -> str:
    words = text.split(" ")
    for at in rng.sample(range(len(words)), round(rate * len(words))):
        words[at] = rng.choice(vocabulary)
    return " ".join(words)


def _sentences(source: Path) -> Iterator[str]:
    files = sorted(source.glob("*.jsonl*")) if source.is_dir() else [source]
    found: set[str] = set()
    for path in files:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                page = json.loads(line)
                for sentence in _SENTENCE.findall(page.get("gold") or page.get("text") or page.get("content") or ""):
                    plain = " ".join(sentence.split())
                    if plain not in found:
                        found.add(plain)
                        yield plain
                if len(found) >= _MOST_SENTENCES:
                    return


def _made_up(rng: random.Random) -> str:
    words = (
        "".join(rng.choice(("ba", "ke", "li", "mo", "nu", "ra", "so")) for _ in range(rng.randint(1, 4)))
        for _ in range(18)
    )
    return " ".join(words).capitalize() + "."
