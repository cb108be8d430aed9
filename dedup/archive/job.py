"""The stages in order: clean every input, find what resembles what, write what stays."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
from filelock import FileLock, Timeout

from dedup.archive.files import replacing, write
from dedup.archive.formats import expand
from dedup.archive.options import ArchiveOptions
from dedup.archive.progress import Progress, Watcher
from dedup.archive.stages.clean import clean
from dedup.archive.stages.remember import recall, remember
from dedup.archive.stages.resemble import resemble
from dedup.archive.stages.write import write_output
from dedup.archive.workspace import Workspace, identify
from dedup.errors import ArchiveOutputError

_DEFAULT: Final = ArchiveOptions()


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the records: `read` is the sum of `kept`, all of `dropped`, and `quarantined`.

    Attributes:
        inputs: files.
        read: records, unreadable ones among them.
        kept: documents that stay.
        dropped: records by the reason why they do not. With `annotate`, duplicates are here and in the output.
        quarantined: records that could not be read or cleaned.
    """

    inputs: int
    read: int
    kept: int
    dropped: dict[str, int]
    quarantined: int


def _nobody(_: Progress) -> None: ...


def archive(
    inputs: Iterable[str],
    out: str | Path,
    options: ArchiveOptions = _DEFAULT,
    *,
    watch: Watcher = _nobody,
) -> Summary:
    """Clean whole archives and drop what resembles a document that is kept.

    Killed at any moment and started again with the same arguments, it goes on where it was, and its output is the
    same to the byte; so it is for any number of workers.

    Args:
        inputs: files, folders, patterns, and `-` for standard input.
        out: folder for `part-*.jsonl` (or `.parquet`), one for each input, `drops.jsonl`, `quarantine.jsonl` and
            `summary.json`; made where it is missing.
        options: what is done.
        watch: told how far it is; must not block.

    Raises:
        ArchiveInputError: an input is not there.
        ArchiveOutputError: `out` cannot be written, is another job's, or another process works in it.
        ArchiveIndexError: an index is damaged, not there, or made with other options.
        ArchiveRecordError: a record cannot be used, and `options.strict` is set.
    """
    names = expand(inputs)
    workspace, so_far = Workspace(Path(out)), Progress()
    identity = identify(names, options.digest())
    if workspace.claim(identity):
        return msgspec.json.decode(workspace.summary.read_bytes(), type=Summary)
    with _alone(workspace):
        if "-" in names:
            _save_stdin(workspace)
        earlier = recall(workspace, options)
        so_far.begin("clean", sum(source.size or 0 for source in identity.inputs))
        clean(names, workspace, options, watch, so_far)
        so_far.begin("resemble", 0)
        watch(so_far)
        verdicts = resemble(len(names), workspace, options, watch, so_far, earlier)
        so_far.begin("write", len(verdicts))
        watch(so_far)
        counts = write_output(len(names), workspace, options, verdicts, watch, so_far, earlier)
        remember(len(names), workspace, options, verdicts)
        summary = Summary(
            inputs=len(names),
            read=counts.pop("read", 0),
            kept=counts.pop("kept", 0),
            quarantined=counts.pop("quarantined", 0),
            dropped=dict(sorted(counts.items())),
        )
        write(workspace.summary, msgspec.json.format(msgspec.json.encode(summary)) + b"\n")
    workspace.tidy()
    return summary


@contextmanager
def _alone(workspace: Workspace) -> Iterator[None]:
    """Keep a second process out of the same job.

    Raises:
        ArchiveOutputError: there is one.
    """
    lock = FileLock(workspace.work / "lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise ArchiveOutputError(
            str(workspace.out), "another process is at work on it; wait for it or end it"
        ) from None
    try:
        yield
    finally:
        lock.release()


def _save_stdin(workspace: Workspace) -> None:
    """Keep what can be read once only, so that a job that was killed can go on."""
    saved = workspace.work / "stdin"
    if not saved.exists():
        with replacing(saved) as (file,):
            shutil.copyfileobj(sys.stdin.buffer, file)
