"""`python -m benchmarks.job_tools TOOL IN OUT`: one tool's way to deduplicate JSON lines, as its users write it."""

from __future__ import annotations

import json
import os
import re
import sys
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, overload

_WORD = re.compile(r"\w+")
_SHINGLE = 5


class _Texts(Sequence[str]):
    """The texts of a file of JSON lines, read when asked for: a corpus need not fit in memory."""

    def __init__(self, file: BinaryIO) -> None:
        import msgspec  # noqa: PLC0415  (each tool pays for its own imports only)

        class Line(msgspec.Struct):
            text: str

        self._decode = msgspec.json.Decoder(Line).decode
        self._file = file.fileno()
        self._bounds = array("q", [0])
        for line in file:
            self._bounds.append(self._bounds[-1] + len(line))

    def __len__(self) -> int:
        return len(self._bounds) - 1

    @overload
    def __getitem__(self, item: int) -> str: ...
    @overload
    def __getitem__(self, item: slice) -> list[str]: ...
    def __getitem__(self, item: int | slice) -> str | list[str]:
        if isinstance(item, slice):
            start, stop, _ = item.indices(len(self))
            return [self._decode(line).text for line in self._read(start, stop).splitlines()]
        return self._decode(self.line(item)).text

    def line(self, number: int) -> bytes:
        return self._read(number, number + 1)

    def _read(self, start: int, stop: int) -> bytes:
        return os.pread(self._file, self._bounds[stop] - self._bounds[start], self._bounds[start])


def _dedup(source: Path, target: Path) -> None:
    import dedup  # noqa: PLC0415

    with source.open("rb") as file:
        texts = _Texts(file)
        found = dedup.near_duplicates(texts, threshold=0.8, shingle=_SHINGLE)
        with target.open("wb") as out:
            for number in found.kept.nonzero()[0].tolist():
                out.write(texts.line(number))


def _grams(text: str) -> list[str]:
    words = _WORD.findall(text.lower())
    return [" ".join(words[i : i + _SHINGLE]) for i in range(max(len(words) - _SHINGLE + 1, 1))]


def _streamed(source: Path, target: Path, is_new: Callable[[int, str], bool]) -> None:
    with source.open(encoding="utf-8") as lines, target.open("w", encoding="utf-8") as out:
        for number, line in enumerate(lines):
            if is_new(number, json.loads(line)["text"]):
                out.write(line)


def _rensa(source: Path, target: Path) -> None:
    import rensa  # noqa: PLC0415

    seen = rensa.RMinHashDeduplicator(threshold=0.8, num_perm=128, use_lsh=True)

    def is_new(number: int, text: str) -> bool:
        signature = rensa.RMinHash(num_perm=128, seed=42)
        signature.update(_grams(text))
        return bool(seen.add(str(number), signature))

    _streamed(source, target, is_new)


def _datasketch(source: Path, target: Path) -> None:
    import datasketch  # noqa: PLC0415
    import xxhash  # noqa: PLC0415

    index = datasketch.MinHashLSH(threshold=0.8, num_perm=128)

    def is_new(number: int, text: str) -> bool:
        signature = datasketch.MinHash(num_perm=128, hashfunc=xxhash.xxh32_intdigest)
        signature.update_batch([gram.encode() for gram in _grams(text)])
        if index.query(signature):
            return False
        index.insert(number, signature)
        return True

    _streamed(source, target, is_new)


def _gaoya(source: Path, target: Path) -> None:
    from gaoya.minhash import MinHashStringIndex  # noqa: PLC0415

    index = MinHashStringIndex(
        hash_size=32,
        jaccard_threshold=0.8,
        num_bands=16,
        band_size=8,
        lowercase=True,
        ngram_range=(_SHINGLE, _SHINGLE),
    )

    def is_new(number: int, text: str) -> bool:
        if index.query(text):
            return False
        index.insert_document(number, text)
        return True

    _streamed(source, target, is_new)


def _peak() -> int:
    """Most memory that this process ever held, kB. `getrusage` would count what its parent held at the fork."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["VmHWM"].split()[0])


if __name__ == "__main__":
    tool, source, target = sys.argv[1:]
    {"dedup": _dedup, "rensa": _rensa, "datasketch": _datasketch, "gaoya": _gaoya}[tool](Path(source), Path(target))
    print(_peak())
