"""What an archive job keeps: nothing twice, nothing lost, the same however it was run and over however many runs."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

import dedup
from dedup.archive.job import archive
from dedup.archive.near import keep, prints
from dedup.archive.near.earlier import EarlierDocuments, read_header
from dedup.archive.near.runs import Mapped
from dedup.archive.options import ArchiveOptions
from dedup.errors import ArchiveIndexError, ArchiveIndexMismatchError, ArchiveOutputError

OPTIONS = ArchiveOptions(clean=None, workers=1)
WORDS = [a + b for a in ("ba", "ke", "li", "mo", "nu", "pa", "re", "si") for b in ("ran", "len", "mis")]


def corpus(rng: random.Random, originals: int = 150) -> list[str]:
    """Texts with edited copies, short ones and copies among them."""
    texts = ["one", "one", "One!", "two"]
    for _ in range(originals):
        words = rng.choices(WORDS, k=rng.choice((4, 8, 40, 120, 300)))
        texts.append(" ".join(words))
        for _ in range(rng.choice((0, 0, 1, 4))):
            rate = rng.choice((0, 0.005, 0.02, 0.05, 0.2))
            texts.append(" ".join(rng.choice(WORDS) if rng.random() < rate else word for word in words))
    rng.shuffle(texts)
    return texts


def write(path: Path, texts: list[str], first: int = 0) -> Path:
    path.write_text("".join(json.dumps({"id": f"d{first + n}", "text": text}) + "\n" for n, text in enumerate(texts)))
    return path


def drops(out: Path) -> dict[str, tuple[str, float]]:
    """What was dropped, for which, and how alike they are."""
    lines = map(json.loads, (out / "drops.jsonl").read_text().splitlines())
    return {line["id"]: (line["canonical_id"], line["jaccard"]) for line in lines}


def output(out: Path) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes()
        for path in sorted(out.iterdir())
        if path.is_file() and path.name != "report.html"
    }


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Path]:
    """Run a job over texts in a folder of its own."""

    def job(name: str, texts: list[str], options: ArchiveOptions = OPTIONS, first: int = 0) -> Path:
        archive([str(write(tmp_path / f"{name}.jsonl", texts, first))], tmp_path / name, options)
        return tmp_path / name

    return job


@pytest.mark.parametrize("threshold", [0.5, 0.8, 0.95])
def test_the_job_keeps_what_the_library_keeps(run: Callable[..., Path], rng: random.Random, threshold: float) -> None:
    texts = corpus(rng)
    found = dedup.near_duplicates(texts, threshold)
    expected = {f"d{n}": f"d{twin}" for n, twin in enumerate(found.duplicate_of.tolist()) if twin >= 0}
    dropped = drops(run("all", texts, ArchiveOptions(clean=None, workers=1, threshold=threshold)))
    assert {one: twin for one, (twin, _) in dropped.items()} == expected
    assert len(expected) > 50


def test_every_drop_has_the_exact_jaccard_to_a_kept_document(run: Callable[..., Path], rng: random.Random) -> None:
    texts = corpus(rng)
    sets = [set(dedup.Fingerprinter().shingles(text)) for text in texts]
    dropped = drops(run("all", texts))
    for one, (twin, jaccard) in dropped.items():
        first, second = sets[int(twin[1:])], sets[int(one[1:])]
        assert twin not in dropped
        assert int(twin[1:]) < int(one[1:])
        assert jaccard == pytest.approx(len(first & second) / len(first | second))
        assert jaccard >= 0.8


def test_shards_sorting_ranges_and_comparisons_at_a_time_change_no_byte(
    run: Callable[..., Path], rng: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = corpus(rng)
    whole = run("whole", texts)
    monkeypatch.setattr(prints, "SHARD", 37)
    monkeypatch.setattr(keep, "SHARD", 37)
    monkeypatch.setattr(keep, "_COMPARISONS", 3)
    monkeypatch.setattr("dedup.archive.stages.resemble._SORTED_AT_ONCE", 1e-5)
    small = run("small", texts)
    for name in ("part-00000.jsonl", "drops.jsonl"):
        assert (small / name).read_bytes().replace(b"small.jsonl", b"whole.jsonl") == (whole / name).read_bytes()


def test_a_thousand_like_texts_are_one_cluster(run: Callable[..., Path], rng: random.Random) -> None:
    words = rng.choices(WORDS, k=400)
    texts = [" ".join([*words, str(number)]) for number in range(1000)]
    out = run("like", texts)
    (kept,) = map(json.loads, (out / "part-00000.jsonl").read_text().splitlines())
    assert (kept["id"], kept["cluster_size"]) == ("d0", 1000)
    assert {twin for twin, _ in drops(out).values()} == {"d0"}


def test_a_document_that_resembles_two_kept_ones_joins_their_clusters(run: Callable[..., Path]) -> None:
    words = [f"w{number}" for number in range(200)]
    texts = [" ".join(words[:180]), " ".join(words[20:]), " ".join(words[5:195])]
    out = run("chain", texts)
    rows = [json.loads(line) for line in (out / "part-00000.jsonl").read_text().splitlines()]
    assert [(row["id"], row["cluster"], row["cluster_size"]) for row in rows] == [("d0", "d0", 3), ("d1", "d0", 3)]


@pytest.mark.parametrize("canonical", ["first", "longest"])
def test_a_job_killed_after_any_file_goes_on_to_the_same_bytes(
    tmp_path: Path,
    rng: random.Random,
    monkeypatch: pytest.MonkeyPatch,
    canonical: str,
) -> None:
    monkeypatch.setattr(prints, "SHARD", 100)
    monkeypatch.setattr(keep, "SHARD", 100)
    source = str(write(tmp_path / "in.jsonl", corpus(rng)))
    options = ArchiveOptions(clean=None, workers=1, canonical=canonical)  # type: ignore[arg-type]
    archive([source], tmp_path / "whole", options)
    monkeypatch.setattr(Path, "replace", _killed_after_each(Path.replace))
    cuts = 0
    while True:
        try:
            archive([source], tmp_path / "cut", options)
            break
        except KeyboardInterrupt:
            cuts += 1
    assert cuts > 20
    assert output(tmp_path / "cut") == output(tmp_path / "whole")


def test_a_job_cut_off_as_it_wrote_can_still_be_asked_for_an_index(
    tmp_path: Path, run: Callable[..., Path], rng: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts, index = corpus(rng), str(tmp_path / "index")
    source = str(write(tmp_path / "in.jsonl", texts))
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", _killed_at("00000.counts", Path.replace))
        with pytest.raises(KeyboardInterrupt):
            archive([source], tmp_path / "out", OPTIONS)
    archive([source], tmp_path / "out", msgspec.structs.replace(OPTIONS, index_out=index))
    archive([source], tmp_path / "whole", OPTIONS)
    assert output(tmp_path / "out") == output(tmp_path / "whole")
    again = run("again", texts, msgspec.structs.replace(OPTIONS, against=index), len(texts))
    assert (again / "part-00000.jsonl").read_bytes() == b""


def _killed_at(name: str, replace: Callable[[Path, Path], Path]) -> Callable[[Path, Path], Path]:
    """A rename before which the process is as good as gone."""

    def cut(path: Path, target: Path) -> Path:
        if target.name == name:
            raise KeyboardInterrupt
        return replace(path, target)

    return cut


def _killed_after_each(replace: Callable[[Path, Path], Path]) -> Callable[[Path, Path], Path]:
    """A rename after which the process is as good as gone, once for every name."""
    seen = set[Path]()

    def cut(path: Path, target: Path) -> Path:
        if target in seen:
            return replace(path, target)
        seen.add(target)
        if len(seen) % 2:  # as often just before as just after
            replace(path, target)
        raise KeyboardInterrupt

    return cut


def test_two_halves_in_sequence_keep_what_one_run_keeps(
    run: Callable[..., Path], rng: random.Random, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prints, "SHARD", 90)
    monkeypatch.setattr(keep, "SHARD", 90)
    texts = corpus(rng)
    half, index = len(texts) // 2, str(tmp_path / "index")
    whole = drops(run("whole", texts))
    first = run("first", texts[:half], ArchiveOptions(clean=None, workers=1, index_out=index))
    second = run("second", texts[half:], ArchiveOptions(clean=None, workers=1, against=index, index_out=index), half)
    assert {**drops(first), **drops(second)} == whole
    earlier = [json.loads(line)["canonical_in_index"] for line in (second / "drops.jsonl").read_text().splitlines()]
    assert earlier == [int(twin[1:]) < half for twin, _ in drops(second).values()]
    assert any(earlier)
    scheme = prints.Scheme.of(ArchiveOptions())
    header = read_header(tmp_path / "index", scheme)
    documents = EarlierDocuments(tmp_path / "index", header)
    ids = [documents.id_of(number) for number in range(header.documents)]
    assert ids == [f"d{number}" for number in range(len(texts)) if f"d{number}" not in whole]
    third = run("third", texts, ArchiveOptions(clean=None, workers=1, against=index))
    assert len(drops(third)) == len(texts)


def test_an_index_extended_by_a_killed_job_is_extended_once(
    run: Callable[..., Path], rng: random.Random, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ArchiveOptions(clean=None, workers=1, index_out=str(tmp_path / "index"))
    texts = corpus(rng)
    replace = Path.replace

    def cut(path: Path, target: Path) -> Path:
        if target.name == "summary.json":
            raise KeyboardInterrupt
        return replace(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", cut)
        with pytest.raises(KeyboardInterrupt):
            run("all", texts, options)
    once = output(tmp_path / "index")
    (tmp_path / "index/hashes").write_bytes(once["hashes"] + b"left of a job that was killed")
    archive([str(tmp_path / "all.jsonl")], tmp_path / "all", options)
    assert output(tmp_path / "index") == once | {"hashes": once["hashes"] + b"left of a job that was killed"}
    run("more", ["quite another text than all of those"], options, 10_000)
    assert (
        read_header(tmp_path / "index", prints.Scheme.of(ArchiveOptions())).documents
        == len(texts) - len(drops(tmp_path / "all")) + 1
    )
    archive([str(tmp_path / "all.jsonl")], tmp_path / "again", ArchiveOptions(clean=None, against=options.index_out))
    assert len(drops(tmp_path / "again")) == len(texts)


def _damages(index: Path) -> Iterator[Path]:
    for path in sorted(index.iterdir()):
        if path.name != "lock":
            yield path


def test_a_damaged_index_is_refused_by_the_name_of_the_file(
    run: Callable[..., Path], rng: random.Random, tmp_path: Path
) -> None:
    index = tmp_path / "index"
    texts = corpus(rng)
    run("all", texts, ArchiveOptions(clean=None, workers=1, index_out=str(index)))
    for number, path in enumerate(_damages(index)):
        content = path.read_bytes()
        middle = len(content) // 2
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
        with pytest.raises(ArchiveIndexError, match=path.name):
            run(f"damaged-{number}", texts, ArchiveOptions(clean=None, against=str(index)))
        path.write_bytes(content[:-1])
        with pytest.raises(ArchiveIndexError, match=path.name):
            run(f"short-{number}", texts, ArchiveOptions(clean=None, against=str(index)))
        path.write_bytes(content)
    with pytest.raises(ArchiveIndexError, match="is this an index"):
        run("none", texts, ArchiveOptions(clean=None, against=str(tmp_path / "nowhere")))
    run("none", texts, ArchiveOptions(clean=None))  # a job that could not begin leaves its folder free


@pytest.mark.parametrize(("against", "index_out"), [("index", None), (None, "index")])
def test_an_index_of_other_options_is_refused_with_both_values(
    run: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    against: str | None,
    index_out: str | None,
) -> None:
    monkeypatch.chdir(tmp_path)
    run("all", ["a text"], ArchiveOptions(clean=None, workers=1, index_out="index"))
    with pytest.raises(ArchiveIndexMismatchError, match="shingle is 5 there and 3 here") as raised:
        run("other", ["a text"], ArchiveOptions(clean=None, shingle=3, against=against, index_out=index_out))
    assert (raised.value.field, raised.value.expected, raised.value.got) == ("shingle", 3, 5)


def test_a_job_without_documents_ends_like_any_other(run: Callable[..., Path], tmp_path: Path) -> None:
    options = ArchiveOptions(clean=None, workers=1, index_out=str(tmp_path / "index"))
    assert list(drops(run("empty", [" "], options))) == ["d0"]
    assert drops(run("words", ["***", "***", "a"], ArchiveOptions(clean=None, against=str(tmp_path / "index")))) == {}


def test_memory_holds_no_more_of_a_mapped_file_than_was_just_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "numbers"
    np.arange(1 << 22, dtype=np.uint32).tofile(path)
    mapped = Mapped(path, np.uint32)
    before = _resident()
    assert int(mapped.array.sum(dtype=np.uint64)) == ((1 << 22) - 1) << 21
    assert _resident() - before > 12 << 20
    mapped.let_go()
    assert _resident() - before < 4 << 20
    assert int(mapped.array[-1]) == (1 << 22) - 1


def _resident() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssFile"))


def test_hashes_that_were_cut_short_end_the_job_with_a_reason(
    run: Callable[..., Path], rng: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(folder: Path, documents: int) -> prints.Prints:
        os.truncate(folder / "hashes", 400)
        return whole(folder, documents)

    whole = prints.Prints.of
    monkeypatch.setattr(prints.Prints, "of", cut)
    with pytest.raises(ArchiveOutputError, match="were cut short; begin again in a new folder"):
        run("cut", corpus(rng))
