"""`python -m benchmarks.job_tools TOOL IN OUT`: one tool's way to deduplicate JSON lines, as its users write it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from array import array
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import BinaryIO, overload

_WORD = re.compile(r"\w+")
_SHINGLE = 5
_BATCH = 4096


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


def _fastsketch(source: Path, target: Path) -> None:
    from FastSketchLSH import LSH, FastSimilaritySketch  # noqa: PLC0415

    sketcher = FastSimilaritySketch(size=128, seed=42)
    index = LSH(num_perm=128, num_bands=16)
    number = 0
    with source.open(encoding="utf-8") as lines, target.open("w", encoding="utf-8") as out:
        while batch := list(islice(lines, _BATCH)):
            sketches = sketcher.batch([_grams(json.loads(line)["text"]) for line in batch])
            index.insert(sketches)
            for line, candidates in zip(batch, index.query(sketches), strict=True):
                if min(candidates) == number:  # itself
                    out.write(line)
                number += 1


def _text_dedup(source: Path, target: Path) -> None:
    import datasets  # noqa: PLC0415

    folder = source.with_suffix(".text-dedup-work")
    options = ["--ngram", "5", "--num_perm", "128", "--threshold", "0.8", "--num_proc", "2", "--hash_func", "xxh3"]
    files = ["--path", "json", "--data_files", str(source), "--split", "train", "--cache_dir", f"{folder}.cache"]
    command = [sys.executable, "-m", "text_dedup.minhash", *files, "--column", "text", "--output", str(folder)]
    subprocess.run([*command, *options], check=True, stdout=subprocess.DEVNULL)
    datasets.load_from_disk(str(folder)).to_json(str(target), force_ascii=False)


def _datatrove(source: Path, target: Path) -> None:
    from datatrove.executor import LocalPipelineExecutor  # noqa: PLC0415
    from datatrove.pipeline.dedup import (  # noqa: PLC0415
        MinhashDedupBuckets,
        MinhashDedupCluster,
        MinhashDedupFilter,
        MinhashDedupSignature,
    )
    from datatrove.pipeline.dedup.minhash import MinhashConfig  # noqa: PLC0415
    from datatrove.pipeline.readers import JsonlReader  # noqa: PLC0415
    from datatrove.pipeline.writers import JsonlWriter  # noqa: PLC0415
    from datatrove.utils.hashing import HashConfig  # noqa: PLC0415

    work = source.with_suffix(".datatrove-work")
    texts = work / "texts"
    texts.mkdir(parents=True)
    for number in range(2):  # a task reads whole files
        with source.open() as lines, (texts / f"{number}.jsonl").open("w") as out:
            out.writelines(islice(lines, number, None, 2))
    hashing = HashConfig(hash_fc="sha1")  # its default does not work with xxhash 4
    config = MinhashConfig(n_grams=_SHINGLE, num_buckets=16, hashes_per_bucket=8, hash_config=hashing)
    signatures, buckets, remove = (str(work / name) for name in ("signatures", "buckets", "remove"))
    writer = JsonlWriter(
        str(work / "kept"), compression=None, adapter=lambda _, kept: {"id": kept.id, "text": kept.text}
    )
    steps: list[tuple[int, list[object]]] = [
        (2, [JsonlReader(str(texts)), MinhashDedupSignature(signatures, config=config)]),
        (16, [MinhashDedupBuckets(signatures, buckets, config=config)]),
        (1, [MinhashDedupCluster(buckets, remove, config=config)]),
        (2, [JsonlReader(str(texts)), MinhashDedupFilter(remove), writer]),
    ]
    for number, (tasks, pipeline) in enumerate(steps):
        LocalPipelineExecutor(pipeline, tasks=tasks, workers=2, logging_dir=str(work / f"log-{number}")).run()
    with target.open("wb") as out:
        for part in sorted((work / "kept").glob("*.jsonl")):
            out.write(part.read_bytes())


def _archive(source: Path, target: Path) -> None:
    from dedup.archive.job import archive  # noqa: PLC0415
    from dedup.archive.options import ArchiveOptions  # noqa: PLC0415

    archive([str(source)], target, ArchiveOptions(clean=None, memory=1024**3))


_TOOLS: dict[str, Callable[[Path, Path], None]] = {
    "dedup": _dedup,
    "dedup archive": _archive,
    "rensa": _rensa,
    "datasketch": _datasketch,
    "gaoya": _gaoya,
    "FastSketchLSH": _fastsketch,
    "text-dedup": _text_dedup,
    "datatrove": _datatrove,
}

if __name__ == "__main__":
    tool, source, target = sys.argv[1:]
    _TOOLS[tool](Path(source), Path(target))
