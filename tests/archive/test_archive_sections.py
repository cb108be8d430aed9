"""A large file of JSON lines is read in sections: no line is lost, read twice, or read otherwise than in one go."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from dedup.archive.formats import Section, read, sections_of
from dedup.archive.job import archive
from dedup.archive.options import ArchiveOptions
from dedup.errors import ArchiveRecordError

_CUT = "dedup.archive.formats.sections._LEAST"


def _line(rng: random.Random, number: int) -> bytes:
    kind = rng.choice(("row", "row", "row", "empty", "junk", "spaces"))
    if kind == "row":
        return json.dumps({"id": number, "text": "é" * rng.randint(0, 60)}, ensure_ascii=False).encode()
    return {"empty": b"", "junk": b"junk" * rng.randint(1, 40), "spaces": b"   "}[kind]


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("most", [64 * 1024**2, 50])
def test_sections_of_any_size_hold_what_the_file_holds(tmp_path: Path, seed: int, most: int) -> None:
    """Wherever the cuts fall: amid lines, at their ends, in lines that are damaged, or longer than is read."""
    rng, path = random.Random(seed), tmp_path / "rows.jsonl"
    lines = [b'{"text":"first"}', *(_line(rng, number) for number in range(rng.randint(0, 60)))]
    path.write_bytes(b"\n".join(lines) + rng.choice((b"", b"\n")))
    size, step = path.stat().st_size, rng.randint(1, 200)
    cut = [Section(str(path), start, min(start + step, size)) for start in range(0, size, step)]
    found = [one for section in cut for one in read(path, most=most, section=section)]
    assert found == list(read(path, most=most))


def test_only_plain_json_lines_are_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sections cover a file without gaps; what cannot be read from the middle stays whole."""
    monkeypatch.setattr(_CUT, 100)
    lines, other = tmp_path / "rows.jsonl", tmp_path / "rows.jsonl.gz"
    lines.write_bytes(b'{"text":"a"}\n' * 100)
    other.write_bytes(b"\x1f\x8b\x08" + bytes(1000))
    cut = sections_of(str(lines), 1300)
    assert [section.start for section in cut] == [0, *(section.stop for section in cut[:-1])]
    assert cut[-1].stop == 1300
    assert len(cut) == 13
    assert sections_of(str(other), 1003) == [Section(str(other))]
    assert sections_of("-", None) == [Section("-")]


def test_sections_over_several_processes_end_like_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The output is the same to the byte for any number of workers, and holds the same rows however it is cut."""
    source, rng = tmp_path / "rows.jsonl", random.Random(5)
    words = [f"word{number}" for number in range(300)]
    texts = [" ".join(rng.choices(words, k=60)) for _ in range(60)]
    rows = [
        {"id": number, "url": f"https://example.org/{number}", "text": rng.choice(texts)} for number in range(200)
    ]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows) + "no row\n")
    written = {}
    for name, cut, workers in (("whole", 1 << 30, 1), ("cut", 4000, 1), ("spread", 4000, 2)):
        monkeypatch.setattr(_CUT, cut)
        summary = archive([str(source)], tmp_path / name, ArchiveOptions(clean=None, workers=workers))
        assert (summary.inputs, summary.read, summary.quarantined) == (1, 201, 1)
        parts = sorted((tmp_path / name).glob("part-*"))
        assert (len(parts) > 1) == (name != "whole")
        ledgers = [(tmp_path / name / ledger).read_bytes() for ledger in ("drops.jsonl", "quarantine.jsonl")]
        written[name] = [b"".join(part.read_bytes() for part in parts), *ledgers]
    assert written["whole"] == written["cut"] == written["spread"]


def test_what_another_process_meets_is_said_as_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A strict job that reads in several processes names the file and the place of what it stops at."""
    monkeypatch.setattr(_CUT, 1000)
    source = tmp_path / "rows.jsonl"
    source.write_text('{"text":"fine"}\n' * 200 + "no row\n")
    with pytest.raises(ArchiveRecordError) as caught:
        archive([str(source)], tmp_path / "out", ArchiveOptions(clean=None, workers=2, strict=True))
    assert (caught.value.file, caught.value.offset) == (str(source), 3200)
