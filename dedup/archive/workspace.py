"""The folder of a job: what is finished, what is under way, and whose it is."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from dedup.archive import files
from dedup.archive.formats.names import kept, shown
from dedup.archive.identity import Identity, difference
from dedup.errors import ArchiveOutputError

_JOB: Final = "job.json"
_SUMMARY: Final = "summary.json"


class Workspace:
    """Where a job's files are.

    Args:
        out: the output folder.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self.work = out / ".work"
        self.summary = out / _SUMMARY
        self.marker = out / _JOB

    def claim(self, identity: Identity) -> bool:
        """Make the folder this job's, or go on in it; True where the job is finished already.

        Raises:
            ArchiveOutputError: it holds another job's output, cannot be written, or has a name that is no text.
        """
        if kept(str(self.out)):
            raise ArchiveOutputError(shown(str(self.out)), "its name is no UTF-8; choose another folder")
        with files.failures_named(self.out):
            self.out.mkdir(parents=True, exist_ok=True)
        known = identity.encoded()
        if not self.marker.exists():
            if self._holds_more_than_work():
                raise ArchiveOutputError(str(self.out), "holds files already; choose an empty or a new folder")
            files.write(self.marker, known)
        elif (before := self.marker.read_bytes()) != known:
            raise ArchiveOutputError(str(self.out), self._another(difference(before, known)))
        if self.summary.exists():
            self.tidy()
            return True
        with files.failures_named(self.out):
            self.work.mkdir(exist_ok=True)
        return False

    def _holds_more_than_work(self) -> bool:
        """Whether anything is there beside what a job leaves that was ended, or had no room, before it wrote output."""
        return not {self.marker, files.unfinished(self.marker), self.work}.issuperset(self.out.iterdir())

    def _another(self, difference: str) -> str:
        """What to say of another job's folder. It is never cleared: days of work may lie in it, with no output yet."""
        if self._holds_more_than_work():
            return f"holds the output of another job ({difference}); choose another folder"
        return (
            f"holds an unfinished job that is another ({difference}) and wrote no output yet; remove the folder, "
            "unless that job is still at work, or choose another"
        )

    def tidy(self) -> None:
        """Remove what only an unfinished job needs."""
        shutil.rmtree(self.work, ignore_errors=True)

    def forget_search(self) -> None:
        """Remove what near-duplicates were found with: at no moment is a part of it there."""
        gone = files.unfinished(self.near)
        shutil.rmtree(gone, ignore_errors=True)
        if self.near.exists():
            self.near.replace(gone)
            shutil.rmtree(gone, ignore_errors=True)

    @property
    def stdin(self) -> Path:
        """What was read of standard input, which can be read once only."""
        return self.work / "stdin"

    def draft(self, number: int) -> Path:
        """What its records hold, analysed. There when the input is read."""
        return self.work / f"{number:05}.drafts"

    def pages(self, number: int) -> Path:
        """Parquet: the pages that count among those of their sites."""
        return self.work / f"{number:05}.pages"

    def keys(self, number: int) -> Path:
        """Parquet: the keys of their blocks."""
        return self.work / f"{number:05}.keys"

    @property
    def folded(self) -> Path:
        """Parquet: what a memory knew of pages that it had folded into counts."""
        return self.work / "folded"

    @property
    def sites(self) -> Path:
        """Folder of what sites repeat. There when all of it is."""
        return self.work / "sites"

    @property
    def taught(self) -> Path:
        """How far a memory has learned: up to which input, and how many pages of that one."""
        return self.work / "taught"

    def rows(self, number: int) -> Path:
        """JSON lines of `Row`, a file for each input."""
        return self.work / f"{number:05}.rows"

    def texts(self, number: int) -> Path:
        """The texts of its documents, one after another."""
        return self.work / f"{number:05}.texts"

    def index(self, number: int) -> Path:
        """Six int64 a document, see `cleaned.INDEXED`. There when the input is done."""
        return self.work / f"{number:05}.index"

    @property
    def near(self) -> Path:
        """What near-duplicates are found with."""
        return self.work / "near"

    @property
    def verdicts(self) -> Path:
        """What resembles what."""
        return self.work / "verdicts.npy"

    @property
    def report(self) -> Path:
        """What became of the job, for people."""
        return self.out / "report.html"

    def part(self, number: int, ending: str) -> Path:
        """The documents of an input that stay."""
        return self.out / f"part-{number:05}.{ending}"

    def ledger(self, number: int) -> Path:
        """What is dropped of an input."""
        return self.work / f"{number:05}.drops"

    def block_ledger(self, number: int) -> Path:
        """What is removed of the pages of an input."""
        return self.work / f"{number:05}.blocks"

    def quarantine(self, number: int) -> Path:
        """What could not be used of an input."""
        return self.work / f"{number:05}.quarantine"

    def counts(self, number: int) -> Path:
        """What became of an input's records. There when its output is."""
        return self.work / f"{number:05}.counts"
