"""A whole job: every record ends as kept, dropped or quarantined, and the output does not depend on how it was made."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from dedup.archive.formats import Fields
from dedup.archive.job import archive
from dedup.archive.options import ArchiveOptions
from dedup.errors import ArchiveOutputError, ArchiveRecordError, OptionError
from dedup.options import CleanOptions

WORDS = [
    "river",
    "bridge",
    "copper",
    "lantern",
    "orchard",
    "signal",
    "winter",
    "harbour",
    "meadow",
    "engine",
    "paper",
    "violet",
    "thunder",
    "market",
]
OPTIONS = ArchiveOptions(clean=None, workers=1)


def _text(seed: int) -> str:
    return " ".join(WORDS[(seed * 7 + at * at * (seed + 3)) % len(WORDS)] + str(at * seed) for at in range(200))


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    texts = [_text(1), _text(2), _text(1), _text(2) + " and a little more"]
    path.write_text(
        "".join(json.dumps({"id": f"d{n}", "text": text}) + "\n" for n, text in enumerate(texts)) + "{bad\n"
    )
    return path


def _output(folder: Path) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes()
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name != "report.html"
    }


def test_read_is_kept_and_dropped_and_quarantined(lines: Path, tmp_path: Path) -> None:
    summary = archive([str(lines)], tmp_path / "out", OPTIONS)
    assert summary.read == summary.kept + sum(summary.dropped.values()) + summary.quarantined == 5
    assert summary.dropped == {"exact_duplicate": 1, "near_duplicate": 1}
    drops = [json.loads(line) for line in (tmp_path / "out/drops.jsonl").read_text().splitlines()]
    assert [(drop["id"], drop["canonical_id"]) for drop in drops] == [("d2", "d0"), ("d3", "d1")]


@pytest.mark.parametrize(("annotate", "dropped"), [(False, 2), (True, 0)])
def test_duplicates_are_among_what_progress_says_was_dropped(
    lines: Path, tmp_path: Path, *, annotate: bool, dropped: int
) -> None:
    """It said 0 to the end, of whatever number."""
    told: list[int] = []
    options = ArchiveOptions(clean=None, workers=1, annotate=annotate)
    archive([str(lines)], tmp_path / "out", options, watch=lambda progress: told.append(progress.dropped))
    assert told[-1] == dropped


def test_the_longest_stays_where_that_is_asked_for(lines: Path, tmp_path: Path) -> None:
    archive([str(lines)], tmp_path / "out", ArchiveOptions(clean=None, canonical="longest"))
    kept = [json.loads(line)["id"] for line in (tmp_path / "out/part-00000.jsonl").read_text().splitlines()]
    assert kept == ["d0", "d3"]


def test_a_job_that_was_cut_off_ends_with_the_same_bytes(
    lines: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive([str(lines)], tmp_path / "whole", OPTIONS)

    def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    for stage in ("resemble", "write_output"):
        with monkeypatch.context() as patch:
            patch.setattr(f"dedup.archive.job.{stage}", cut_off)
            with pytest.raises(KeyboardInterrupt):
                archive([str(lines)], tmp_path / "cut", OPTIONS)
    archive([str(lines)], tmp_path / "cut", OPTIONS)
    assert _output(tmp_path / "cut") == _output(tmp_path / "whole")


def test_a_strict_job_stops_at_the_first_bad_record(lines: Path, tmp_path: Path) -> None:
    with pytest.raises(ArchiveRecordError, match="no JSON"):
        archive([str(lines)], tmp_path / "out", ArchiveOptions(clean=None, strict=True))


def test_another_job_s_output_is_not_written_over(lines: Path, tmp_path: Path) -> None:
    archive([str(lines)], tmp_path / "out", OPTIONS)
    with pytest.raises(ArchiveOutputError, match="another job"):
        archive([str(lines)], tmp_path / "out", ArchiveOptions(clean=None, threshold=0.9))
    assert not (tmp_path / "out/.work").exists()


def test_a_mended_input_is_named_where_a_strict_job_had_stopped_at_it(lines: Path, tmp_path: Path) -> None:
    """It said that another job's output was there, where no output was, and not what to do."""
    strict = ArchiveOptions(clean=None, workers=1, strict=True)
    with pytest.raises(ArchiveRecordError):
        archive([lines], tmp_path / "out", strict)
    before = _output(tmp_path / "out")
    lines.write_text('{"text": "mended"}\n')
    with pytest.raises(ArchiveOutputError) as caught:
        archive([lines], tmp_path / "out", strict)
    assert "unfinished job that is another (" in str(caught.value)
    assert f"{lines} has changed) and wrote no output yet; remove the folder" in str(caught.value)
    assert _output(tmp_path / "out") == before
    assert (tmp_path / "out/.work").exists()


def test_what_another_job_did_otherwise_is_named(lines: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text('{"text": "words"}\n')
    archive([lines, other], tmp_path / "out", OPTIONS)
    less = ArchiveOptions(clean=None, workers=1, threshold=0.9, fields=Fields(url="address"))
    for inputs, options, said in [
        ([lines], OPTIONS, f"{other} is no input any more"),
        ([other, lines], OPTIONS, "the inputs stand in another order"),
        ([lines, other], less, "fields.url was 'url' and is 'address' now, and 1 more)"),
        (
            [lines, other],
            ArchiveOptions(clean=None, workers=1, seconds_a_page=60),
            "seconds_a_page was 60.0 and is 60 ",
        ),
        ([lines, other], ArchiveOptions(workers=1), "clean was None and is set now)"),
    ]:
        with pytest.raises(ArchiveOutputError, match=re.escape(f"output of another job ({said}")):
            archive(inputs, tmp_path / "out", options)
    archive([lines], tmp_path / "less", OPTIONS)
    with pytest.raises(ArchiveOutputError, match=re.escape(f"({other} was no input of it)")):
        archive([lines, other], tmp_path / "less", OPTIONS)
    marker = tmp_path / "less/job.json"
    marker.write_bytes(msgspec.json.format(marker.read_bytes()))
    with pytest.raises(ArchiveOutputError, match=re.escape("job.json may have been edited")):
        archive([lines], tmp_path / "less", OPTIONS)
    (tmp_path / "out/job.json").write_text('{"options": "0123456789abcdef", "inputs": []}')
    with pytest.raises(ArchiveOutputError, match="of another version"):
        archive([lines, other], tmp_path / "out", OPTIONS)


def test_a_folder_of_a_job_tells_no_password_of_its_memory() -> None:
    options = ArchiveOptions(state="redis://user:secret@localhost/0")
    assert options.deciding()["state"] == "redis://localhost/0"


def test_a_folder_that_is_refused_is_left_as_it_was(lines: Path, tmp_path: Path) -> None:
    for arguments in ([str(lines)], [str(tmp_path)]):
        with pytest.raises(ArchiveOutputError, match="holds files already"):
            archive(arguments, tmp_path, OPTIONS)
    assert list(tmp_path.iterdir()) == [lines]


def test_an_output_folder_within_the_input_is_no_input(lines: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/.job.json.unfinished").touch()  # of a job that had no room for more
    summary = archive([str(tmp_path)], tmp_path / "out", OPTIONS)
    assert summary.inputs == 1
    for again in ([str(tmp_path)], [str(tmp_path / "**")], [str(lines), str(tmp_path / "out")]):
        assert archive(again, tmp_path / "out", OPTIONS) == summary


def test_any_number_of_workers_writes_the_same_bytes(tmp_path: Path, response: Callable[..., bytes]) -> None:
    page = "<html><body><article><h1>Head</h1><p>{}</p></article></body></html>"
    source = tmp_path / "a.warc"
    source.write_bytes(b"".join(response(n, page.format(_text(n % 3)).encode()) for n in range(6)))
    outputs = []
    for workers in (1, 2):
        archive([str(source)], tmp_path / str(workers), ArchiveOptions(workers=workers))
        outputs.append(_output(tmp_path / str(workers)))
    assert outputs[0] == outputs[1]


@pytest.mark.parametrize(
    "clean", [CleanOptions(list_links=True), CleanOptions(list_images=True), CleanOptions(list_spans=True)]
)
def test_a_list_that_no_row_has_is_refused_at_once(clean: CleanOptions) -> None:
    """Between its trips a page is kept without what images are listed from: every page was quarantined."""
    with pytest.raises(OptionError, match="list_"):
        ArchiveOptions(clean=clean)
