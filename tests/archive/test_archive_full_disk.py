"""A disk that fills up, whatever the job is at: a clear error, and with room again the same bytes as ever."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dedup.archive.job import archive
from dedup.archive.options import ArchiveOptions
from dedup.archive.stages.resemble import _reserve
from dedup.errors import ArchiveOutputError

_PLENTY = 64 * 1024  # kilobytes


class Disk:
    """A real file system of a size that can be changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def resize(self, kilobytes: int) -> None:
        subprocess.run(["mount", "-o", f"remount,size={kilobytes}k", self.folder], check=True)

    def take(self) -> dict[str, bytes]:
        """All that is on it but the report, which says how long a job took; it is empty then."""
        found = {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file() and path.name != "report.html"
        }
        for path in self.folder.iterdir():
            shutil.rmtree(path)
        return found


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={_PLENTY}k", "tmpfs", folder], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    yield Disk(folder)
    subprocess.run(["umount", "--lazy", folder], check=True)  # a map of a file may still be about


def test_a_disk_that_is_full_in_any_stage_is_said_and_the_job_goes_on_with_room(disk: Disk, tmp_path: Path) -> None:
    """From the first file that is written to the index that is left for the next job."""
    rng, source = random.Random(1), tmp_path / "in.jsonl"
    words = [f"word{number}" for number in range(999)]
    texts = [" ".join(rng.choices(words, k=40)) for _ in range(1500)]
    source.write_text("".join(json.dumps({"id": str(n), "text": text}) + "\n" for n, text in enumerate(texts)))
    options = ArchiveOptions(clean=None, workers=1, index_out=str(disk.folder / "index"))
    stages: list[str] = []

    def run() -> None:
        archive([str(source)], disk.folder / "out", options, watch=lambda far: stages.append(far.stage))

    run()
    expected, full_in = disk.take(), set()
    size = 256
    while True:
        disk.resize(size)
        try:
            run()
            break
        except ArchiveOutputError as error:
            assert "no space left on the disk" in str(error)  # noqa: PT017  (what it says is what is tested)
            full_in.add(stages[-1])
        disk.resize(_PLENTY)
        run()
        assert disk.take() == expected
        size = int(size * 1.15)
    assert full_in == {"clean", "resemble", "write"}


def test_room_is_taken_before_a_file_is_mapped(disk: Disk) -> None:
    """A page of a mapped file for which there is no room ends the process (SIGBUS), without a word."""
    path = disk.folder / "verdicts"
    path.touch()
    disk.resize(128)
    with pytest.raises(OSError, match="No space left"):
        _reserve(path, 1 << 20)
