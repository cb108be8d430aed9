"""How fast do raw strings become signatures of 128 permutations, beside the peers that are installed?"""

from __future__ import annotations

import importlib
import os
import pickle
import re
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np

import dedup
from benchmarks.corpus import build
from benchmarks.report import Row, machine, pin, show
from dedup.fingerprint import TextBuffer

Sign = Callable[[list[str]], Any]

_WORD = re.compile(r"\w+")
_PEERS = ("datasketch", "rensa", "FastSketchLSH", "gaoya", "daft")
_PERMUTATIONS = 128


def ngrams(text: str, size: int) -> list[str]:
    """Word n-grams as a user of a peer builds them."""
    words = _WORD.findall(text.lower())
    return [" ".join(words[i : i + size]) for i in range(max(len(words) - size + 1, 1))]


def _dedup(size: int) -> Sign:
    return dedup.Fingerprinter(num_perm=_PERMUTATIONS, shingle=size).signatures


def _update_batch(size: int) -> Sign:
    minhash = importlib.import_module("datasketch").MinHash
    xxhash = importlib.import_module("xxhash")

    def sign(texts: list[str]) -> list[Any]:
        found = []
        for text in texts:
            one = minhash(num_perm=_PERMUTATIONS, hashfunc=xxhash.xxh32_intdigest)
            one.update_batch([gram.encode() for gram in ngrams(text, size)])
            found.append(one)
        return found

    return sign


def _generator(size: int) -> Sign:
    minhash = importlib.import_module("datasketch").MinHash
    xxhash = importlib.import_module("xxhash")

    def sign(texts: list[str]) -> list[Any]:
        grams = ([gram.encode() for gram in ngrams(text, size)] for text in texts)
        return list(minhash.generator(grams, num_perm=_PERMUTATIONS, hashfunc=xxhash.xxh32_intdigest))

    return sign


def _rensa(size: int) -> Sign:
    minhash = importlib.import_module("rensa").RMinHash
    return lambda texts: minhash.digest_matrix_from_token_sets([ngrams(t, size) for t in texts], _PERMUTATIONS, 42)


def _fast_sketch(size: int) -> Sign:
    sketch = importlib.import_module("FastSketchLSH").FastSimilaritySketch(_PERMUTATIONS, 42)
    return lambda texts: sketch.batch([ngrams(text, size) for text in texts], num_threads=1)


def _gaoya(size: int) -> Sign:
    index = importlib.import_module("gaoya.minhash").MinHashStringIndex

    def sign(texts: list[str]) -> Any:
        one = index(hash_size=32, jaccard_threshold=0.8, num_bands=16, band_size=8, ngram_range=(size, size))
        for number, text in enumerate(texts):
            one.insert_document(number, text)
        return one

    return sign


def _daft(size: int) -> Sign:
    daft = importlib.import_module("daft")

    def sign(texts: list[str]) -> Any:
        column = daft.col("t").minhash(num_hashes=_PERMUTATIONS, ngram_size=size, hash_function="xxhash")
        return daft.from_pydict({"t": texts}).select(column).collect()

    return sign


SIGNERS: dict[str, Callable[[int], Sign]] = {
    "dedup": _dedup,
    "daft minhash": _daft,
    "datasketch update_batch": _update_batch,
    "datasketch generator": _generator,
    "rensa matrix": _rensa,
    "FastSketchLSH": _fast_sketch,
    "gaoya, with insert": _gaoya,
}


@click.command()
@click.option(
    "--text", type=click.Path(path_type=Path, exists=True), help="JSON lines of real text, or their folder."
)
@click.option("--documents", default=20_000, show_default=True)
@click.option("--rounds", default=3, show_default=True, help="The best of so many counts.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for JSON and plots.")
def signatures(text: Path | None, documents: int, rounds: int, out: Path | None) -> None:
    """Raw Python strings to signatures, on one core: articles at word 5-grams, blocks at word 3-grams."""
    allowed = os.sched_getaffinity(0)
    pin()
    environment = machine(_PEERS)
    corpus = build(documents, text)
    for name, size, wanted in (("articles", 5, corpus.article), ("blocks", 3, ~corpus.article)):
        texts = [corpus.texts[i] for i in np.flatnonzero(wanted)]
        rows = list(_rates(texts, size, rounds))
        show(f"signatures of {name}: word {size}-grams, one core, MB/s", rows, out, environment)
    os.sched_setaffinity(0, allowed)
    texts = corpus.texts
    show("threads: signatures of the whole corpus, MB/s", list(_threads(texts, rounds)), out, environment)
    pin()
    show("shares of the time: where it goes, articles at 5-grams", list(_shares(texts, rounds)), out, environment)


def _rates(texts: list[str], size: int, rounds: int) -> Iterator[Row]:
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    ours = 0.0
    for name, make in SIGNERS.items():
        try:
            sign = make(size)
        except ImportError:
            yield {"tool": name, "MB/s": None, "documents/s": None, "dedup is faster by": None}
            continue
        # A slow peer sees a part of the documents: its rate does not depend on how many there are.
        part = texts if name in {"dedup", "daft minhash"} else texts[: max(len(texts) // 8, 1)]
        share = sum(len(text.encode()) for text in part) / 1e6
        rate = share / best(sign, part, rounds)
        ours = ours or rate
        yield {
            "tool": name,
            "MB/s": rate,
            "documents/s": rate / megabytes * len(texts),
            "dedup is faster by": ours / rate,
        }


def _threads(texts: list[str], rounds: int) -> Iterator[Row]:
    """From `str`, which Python encodes on one thread at a time, and from one UTF-8 buffer, which it has not to."""
    encoded = [text.encode() for text in texts]
    offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    buffer = TextBuffer(np.frombuffer(b"".join(encoded), np.uint8), offsets)
    for form in ("str", "UTF-8 buffer"):
        for size in (5, 3):
            one = 0.0
            for threads in (1, 2):
                signatures = dedup.Fingerprinter(num_perm=_PERMUTATIONS, shingle=size, threads=threads).signatures
                sign: Sign = signatures if form == "str" else partial(_sign_buffer, signatures, buffer)
                rate = float(offsets[-1]) / 1e6 / best(sign, texts, rounds)
                one = one or rate
                name = f"{form}, {size}, {threads}"
                yield {"form, shingle, threads": name, "MB/s": rate, "times one thread": rate / one}


def _sign_buffer(signatures: Callable[[TextBuffer], Any], buffer: TextBuffer, _: list[str]) -> Any:
    return signatures(buffer)


def _shares(texts: list[str], rounds: int) -> Iterator[Row]:
    """Each step includes those before it, so differences tell what one costs."""
    data = np.frombuffer("".join(texts).encode(), np.uint8)
    steps: dict[str, Sign] = {
        "reading memory": lambda _: data.sum(dtype=np.uint64),
        "encoding to UTF-8": lambda fresh: [text.encode() for text in fresh],
        "tokenising": dedup.Fingerprinter(shingle=5).token_counts,
        "tokenising and hashing": dedup.Fingerprinter(shingle=5).shingle_hashes,
        "all: 128 permutations too": dedup.Fingerprinter(num_perm=128, shingle=5).signatures,
    }
    seconds = {name: best(step, texts, rounds) for name, step in steps.items()}
    total = seconds["all: 128 permutations too"]
    for name, spent in seconds.items():
        yield {"up to": name, "MB/s": len(data) / 1e6 / spent, "share of the whole": spent / total}


def best(sign: Sign, texts: Sequence[str], rounds: int) -> float:
    """Seconds of the fastest of several rounds, each on strings that were never encoded before."""
    sign(pickle.loads(pickle.dumps(list(texts[:50]))))  # noqa: S301  (our own bytes)
    seconds = []
    for _ in range(rounds):
        fresh = pickle.loads(pickle.dumps(list(texts)))  # noqa: S301
        start = time.perf_counter()
        sign(fresh)
        seconds.append(time.perf_counter() - start)
    return min(seconds)
