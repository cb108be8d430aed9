"""What does a threshold mean in edited words, by script and shingle size, and how far off are estimates?"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Final

import click
import numpy as np

import dedup
from benchmarks.corpus import exact_jaccard
from benchmarks.report import Row, machine, show

# Letters of each script, the letters of a word, and what stands between two words.
_SCRIPTS: Final[dict[str, tuple[str, tuple[int, int], str]]] = {
    "Latin": ("abcdefghijklmnopqrstuvwxyz", (2, 9), " "),
    "Cyrillic": ("абвгдежзийклмнопрстуфхцчшщыьэюя", (2, 10), " "),
    "Arabic": ("ابتثجحخدذرزسشصضطظعغفقكلمنهوي", (2, 7), " "),
    "Devanagari": ("कखगघचछजटडतथदधनपफबभमयरलवशसह", (2, 6), " "),
    "Hangul": ("가나다라마바사아자차카타파하고노도로모보소오조초코토포호", (2, 4), " "),
    "Han": (
        "的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可",
        (1, 3),
        "",
    ),
    "Thai": ("กขคงจชซญดตถทธนบปผพฟภมยรลวศสหอ", (3, 7), ""),
}
_RATES: Final = (0.01, 0.02, 0.03, 0.05, 0.1, 0.2)
_WORDS: Final = 600  # of a text
_VOCABULARY: Final = 3000


class _Writer:
    """Texts of a script, with words as frequent as in real ones (Zipf, Human behavior, 1949)."""

    def __init__(self, script: str, seed: int) -> None:
        letters, (least, most), self.space = _SCRIPTS[script]
        self._random = random.Random(seed)
        draw = self._random
        found = {"".join(draw.choices(letters, k=draw.randint(least, most))): None for _ in range(_VOCABULARY)}
        self._words = list(found)
        self._weights = list(accumulate(1 / rank for rank in range(1, len(self._words) + 1)))

    def words(self, count: int = _WORDS) -> list[str]:
        return self._random.choices(self._words, cum_weights=self._weights, k=count)

    def edited(self, words: list[str], rate: float) -> list[str]:
        copy = list(words)
        for at in self._random.sample(range(len(words)), round(rate * len(words))):
            copy[at] = self._random.choice(self._words)
        return copy


@click.command()
@click.option("--pairs", default=40, show_default=True, help="Pairs of texts of 600 words a figure.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for JSON and plots.")
def thresholds(pairs: int, out: Path | None) -> None:
    """The Jaccard of a text and its copy with some of the words replaced, and the error of estimating it."""
    environment = machine()
    show("edited words: mean Jaccard by share of the words replaced", list(_edits(pairs)), out, environment)
    show("estimates: error of 128 permutations, beside theory", list(_estimates(pairs * 10)), out, environment)


def _edits(pairs: int) -> Iterator[Row]:
    for script in _SCRIPTS:
        for shingle in (3, 5) if _SCRIPTS[script][2] else (3, 5, 10):
            writer = _Writer(script, 7)
            row: Row = {"script, shingle": f"{script}, {shingle}"}
            for rate in _RATES:
                originals = [writer.words() for _ in range(pairs)]
                copies = [writer.edited(words, rate) for words in originals]
                row[f"{rate:.0%}"] = float(np.mean(_jaccards(originals, copies, writer.space, shingle)))
            others = [writer.words() for _ in range(pairs)]
            row["unrelated, at most"] = float(np.max(_jaccards(originals, others, writer.space, shingle)))
            yield row


def _jaccards(first: list[list[str]], second: list[list[str]], space: str, shingle: int) -> list[float]:
    texts = [space.join(words) for words in (*first, *second)]
    hashes = dedup.Fingerprinter(shingle=shingle).shingle_hashes(texts)
    sets = [hashes.values[a:b] for a, b in zip(hashes.offsets, hashes.offsets[1:], strict=False)]
    return [exact_jaccard(one, other) for one, other in zip(sets[: len(first)], sets[len(first) :], strict=True)]


def _estimates(pairs: int) -> Iterator[Row]:
    """Root mean square error of the share of equal slots, beside sqrt(J (1 - J) / 128) (Broder, 1997)."""
    for rate in (0.02, 0.05, 0.1):
        writer = _Writer("Latin", 11)
        originals = [writer.words(120) for _ in range(pairs)]
        copies = [writer.edited(words, rate) for words in originals]
        true = np.array(_jaccards(originals, copies, " ", 3))
        error, theory = [], []
        for seed in range(1, 9):
            printer = dedup.Fingerprinter(num_perm=128, shingle=3, seed=seed)
            first = printer.signatures([" ".join(words) for words in originals])
            second = printer.signatures([" ".join(words) for words in copies])
            error.append(((first == second).mean(axis=1) - true) ** 2)
            theory.append(true * (1 - true) / 128)
        measured, expected = float(np.sqrt(np.mean(error))), float(np.sqrt(np.mean(theory)))
        yield {
            "words replaced": f"{rate:.0%}",
            "mean Jaccard": float(true.mean()),
            "error": measured,
            "theory": expected,
            "error of theory": measured / expected,
        }
