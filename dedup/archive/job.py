"""The stages in order: read every input, learn what sites repeat, clean, find what resembles what, write what stays."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final

import msgspec
from filelock import FileLock, Timeout

from dedup.archive.arguments import checked_names, checked_out, require_apart
from dedup.archive.cleaned import CleanedInput
from dedup.archive.engines import Call, Engine, Tell
from dedup.archive.engines.hands import Hands
from dedup.archive.engines.local import LocalEngine
from dedup.archive.files import replacing, write
from dedup.archive.formats import expand, sections_of
from dedup.archive.formats.stream import CHUNK
from dedup.archive.identity import Identity, identify
from dedup.archive.options import ArchiveOptions
from dedup.archive.progress import Progress, Watcher
from dedup.archive.report.cost import Meter
from dedup.archive.report.tally import Outcome
from dedup.archive.rows import Status
from dedup.archive.stages.ids import repeated_ids
from dedup.archive.stages.remember import (
    check_indexes,
    recall,
    remember,
    require_remembered,
    verify_indexes,
)
from dedup.archive.stages.report import report
from dedup.archive.stages.resemble import load_kernels, resemble
from dedup.archive.stages.take import TASK as TAKE
from dedup.archive.stages.write import write_output
from dedup.archive.workspace import Workspace
from dedup.errors import ArchiveInputError, ArchiveOutputError, OptionError
from dedup.options import require_kind

Work = Callable[[Sequence[int], Tell], Iterator[int]]
"""Does sections by their numbers; yields the number of each that is done."""
_DEFAULT: Final = ArchiveOptions()
_ANOTHER_STDIN: Final = (
    "holds the output of a job over standard input, which may be another by now; choose another folder"
)


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the records: `read` is the sum of `kept`, all of `dropped`, and `quarantined`.

    Attributes:
        inputs: files.
        read: records, unreadable ones among them.
        kept: documents in the output.
        marked: with `annotate`, the kept ones that would have been dropped, by reason; empty without.
        dropped: records that are not in the output, by reason.
        quarantined: records that could not be read or cleaned.
        repeated_ids: documents that have the id of another one before them. All stay: file and offset name a document.
        repeated_id: such an id; None where there is none.
    """

    inputs: int
    read: int
    kept: int
    marked: dict[str, int] = {}
    dropped: dict[str, int]
    quarantined: int
    repeated_ids: int = 0
    repeated_id: str | None = None


def _nobody(_: Progress) -> None: ...


def archive(
    inputs: Iterable[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    options: ArchiveOptions = _DEFAULT,
    *,
    watch: Watcher = _nobody,
) -> Summary:
    """Clean whole archives and drop what resembles a document that is kept.

    Killed at any moment and started again with the same arguments, it goes on where it was, and its output is the
    same to the byte; so it is for any number of workers.

    Args:
        inputs: files, folders, patterns, and `-` for standard input.
        out: folder for `part-*.jsonl` (or `.parquet`), one for each section of the input, `drops.jsonl`,
            `quarantine.jsonl`, `report.html` and `summary.json`; made where it is missing.
        options: what is done.
        watch: told how far it is; must not block.

    Raises:
        InputError: `inputs` are none, or no names.
        OptionError: `out` is no folder of this machine, or shares one with an index or a memory; `options` are none,
            or `watch` no function.
        ArchiveInputError: an input is not there.
        ArchiveOutputError: `out` cannot be written, is another job's, or another process works in it.
        ArchiveIndexError: an index is damaged, not there, or made with other options.
        ArchiveRecordError: a record cannot be used, and `options.strict` is set.
        StateError: the memory of `options.state` cannot be opened or written.
    """
    require_kind("options", options, ArchiveOptions)
    if not callable(watch):
        raise OptionError("watch", watch, "a function that takes the progress")
    given, workspace, so_far = checked_names(inputs), Workspace(checked_out(out)), Progress()
    require_apart(workspace.out, options)
    meter, names = Meter(), expand(given, workspace.out)
    identity = identify(names, options.deciding())
    if not workspace.summary.exists():
        check_indexes(options)  # before the folder is this job's
        _check_state(options)
    if workspace.claim(identity):
        if "-" in names:
            raise ArchiveOutputError(str(workspace.out), _ANOTHER_STDIN)
        require_remembered(workspace, options)
        return msgspec.json.decode(workspace.summary.read_bytes(), type=Summary)
    found = [section for source in identity.inputs for section in sections_of(source.location, source.size)]
    call = Call(str(workspace.out), tuple(found), options)
    with _alone(workspace):
        if "-" in names:
            _save_stdin(workspace)
        verify_indexes(workspace, options)
        earlier = recall(workspace, options)
        with Hands(call) as hands:
            _clean(identity, call, hands, watch, so_far)
            verdicts = resemble(len(found), workspace, options, watch, so_far, earlier)
            so_far.begin("write", len(verdicts))
            watch(so_far)
            counts = write_output(len(found), workspace, options, hands, watch, so_far)
        remember(len(found), workspace, options, verdicts)
        if options.state is not None:
            from dedup.archive.stages.teach import teach  # noqa: PLC0415  (loads the kernels of a memory)

            teach(len(found), workspace, options.state)
        repeated = repeated_ids([CleanedInput.of(workspace, number) for number in range(len(found))], options.memory)
        outcome = Outcome.of("all", counts, annotated=options.annotate)
        report(identity, call, outcome, verdicts, repeated, meter)
        summary = Summary(
            inputs=len(names),
            read=outcome.read,
            kept=outcome.kept,
            marked=outcome.marked,
            dropped=outcome.dropped,
            quarantined=outcome.quarantined,
            repeated_ids=repeated.documents,
            repeated_id=repeated.example,
        )
        write(workspace.summary, msgspec.json.format(msgspec.json.encode(summary)) + b"\n")
    workspace.tidy()
    return summary


def _check_state(options: ArchiveOptions) -> None:
    """See that a memory can be read and taught, now rather than when the whole input was read.

    Raises:
        StateError: it could not be opened; the subclass says why.
    """
    if options.state is None:
        return
    from dedup.state import StateOptions  # noqa: PLC0415  (most jobs have no memory)
    from dedup.state.opening import foresee  # noqa: PLC0415

    foresee(options.state, StateOptions())


def _clean(identity: Identity, call: Call, hands: Hands, watch: Watcher, so_far: Progress) -> None:
    """Two passes over all pages: what they say of their sites, then each with what its site repeats."""
    workspace, options = Workspace(Path(call.out)), call.options
    inputs = _Sections(identity, call, watch, so_far)
    if options.clean is None:
        inputs.do("clean", workspace.index, partial(_take, hands))
        return
    from dedup.archive.stages import clean, read  # noqa: PLC0415  (load Arrow)
    from dedup.archive.stages.statistics import STEPS, count_sites  # noqa: PLC0415  (loads DuckDB)

    with _engine(options) as engine, ThreadPoolExecutor(1) as meanwhile:
        meanwhile.submit(load_kernels)  # of the search: there is nothing else to do while the workers load theirs
        if not workspace.sites.exists():
            inputs.do("read", workspace.draft, partial(engine.map, read.TASK, call))
            so_far.begin("sites", STEPS)
            for _ in count_sites(len(call.sections), workspace, options):
                so_far.done += 1
                watch(so_far)
        inputs.do("clean", workspace.index, partial(engine.map, clean.TASK, call))


def _take(hands: Hands, numbers: Sequence[int], tell: Tell) -> Iterator[int]:
    """Take texts as they are; while other processes do, this one loads what it needs next."""
    done = hands.do(TAKE, numbers, tell)
    load_kernels()
    return done


def _engine(options: ArchiveOptions) -> Engine:
    if options.engine == "local":
        return LocalEngine()
    from dedup.archive.engines.spark import SparkEngine  # noqa: PLC0415  (an extra)

    return SparkEngine(options.master)


class _Sections:
    """The sections of a job's input, on which a stage works one by one."""

    def __init__(self, identity: Identity, call: Call, watch: Watcher, so_far: Progress) -> None:
        sizes = {source.name: source.size or 0 for source in identity.inputs}
        self._sizes = [
            sizes[section.name] if section.stop is None else section.stop - section.start for section in call.sections
        ]
        self._watch, self._so_far = watch, so_far

    def do(self, stage: str, marker: Callable[[int], Path], work: Work) -> None:
        """Do those for which there is no marker."""
        self._so_far.begin(stage, sum(self._sizes))
        missing = [number for number in range(len(self._sizes)) if not marker(number).exists()]
        self._so_far.done = sum(self._sizes) - sum(self._sizes[number] for number in missing)
        for number in work(missing, self._tell):
            self._so_far.done += self._sizes[number]
            self._watch(self._so_far)

    def _tell(self, status: Status, count: int = 1) -> None:
        self._so_far.records += count
        if status == "quarantined":
            self._so_far.quarantined += count
        elif status != "document":
            self._so_far.dropped += count
        self._watch(self._so_far)


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
    """Keep what can be read once only, so that a job that was killed can go on.

    Raises:
        ArchiveInputError: there is no standard input.
        ArchiveOutputError: another one is kept, or it cannot be written.
    """
    saved = workspace.stdin
    if saved.exists():
        if sys.stdin is not None and not sys.stdin.isatty() and _is_another(sys.stdin.buffer, saved):
            raise ArchiveOutputError(str(workspace.out), _ANOTHER_STDIN)
        return
    if sys.stdin is None:
        raise ArchiveInputError("stdin", "closed")
    with replacing(saved) as (file,):
        shutil.copyfileobj(sys.stdin.buffer, file)


def _is_another(stdin: BinaryIO, saved: Path) -> bool:
    """Whether standard input holds something, and something else than what was kept of it."""
    with saved.open("rb") as file:
        given = stdin.read(CHUNK)
        if not given:
            return False
        while given and given == file.read(CHUNK):
            given = stdin.read(CHUNK)
        return bool(given) or bool(file.read(1))
