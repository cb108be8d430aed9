"""Every exception that dedup raises on purpose.

    DedupError
    ├── InputError                  what was handed in cannot be processed
    │   ├── AmbiguousInputError     none, or more than one, of html, text and markdown
    │   ├── UnsupportedInputError   bytes that are no text (an image, a PDF, an archive)
    │   └── InputTooLargeError      more bytes than the limit
    ├── OptionError                 an option outside its range
    │   └── MissingExtraError       one that needs a package which is not installed
    ├── StateError                  a memory that cannot be opened or does not fit
    │   ├── StateMissingError       there is none
    │   ├── StateMismatchError      it was made by another version or with other parameters
    │   ├── StateInUseError         another process owns it
    │   ├── StateDamagedError       bytes of it are lost or changed
    │   ├── StateFullError          no room for more; nothing is lost
    │   ├── StateUnavailableError   its server does not answer
    │   └── StateNotDurableError    its server would not keep what it promises
    ├── FingerprintError            arrays or signatures that do not fit together
    ├── ArchiveError                an archive job that cannot go on
    │   ├── ArchiveInputError       an input that is not there or cannot be read
    │   ├── ArchiveRecordError      the first bad record of a strict job
    │   ├── ArchiveOutputError      the output folder takes no more, or holds another job's output
    │   ├── ArchiveEngineError      what the stages run on does not start, or gave up
    │   └── ArchiveIndexError       an index of earlier documents that is damaged or not there
    │       └── ArchiveIndexMismatchError  it was made by another version or with other options
    └── PoolError                   work that worker processes did not do
        ├── WorkerStartError        no worker could be started
        ├── WorkerDiedError         a worker ended while it did the job
        ├── TimeLimitExceededError  the job ran too long; its worker was ended
        ├── MemoryExceededError     the job took too much memory; its worker was ended
        ├── DeadlineExceededError   no result in time, the wait for a worker included
        ├── JobFailedError          the job's function raised
        ├── PoolFullError           as many jobs are unanswered as the pool takes
        └── PoolClosedError         the pool was closed

Each carries the values it speaks of as fields and builds its message from them.
"""

from __future__ import annotations

import signal
from typing import Literal


class DedupError(Exception):
    """Base of all errors of this package; `code` is stable and machine-readable."""

    code = "error"


class InputError(DedupError):
    """What was handed in cannot be processed.

    Attributes:
        field: the argument at fault (`html`, `text`, `markdown`, `url` …).
    """

    code = "invalid_input"

    def __init__(self, field: str, problem: str) -> None:
        self.field = field
        self.problem = problem
        super().__init__(f"{field}: {problem}")

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return InputError, (self.field, self.problem)


class AmbiguousInputError(InputError):
    """Not exactly one of `html`, `text` and `markdown` was given.

    Attributes:
        given: the names of those that were.
    """

    code = "ambiguous_input"

    def __init__(self, given: tuple[str, ...]) -> None:
        self.given = given
        found = " and ".join(given) if given else "none"
        super().__init__(given[-1] if given else "html", f"give exactly one of html, text, markdown; got {found}")

    def __reduce__(self) -> tuple[type, tuple[tuple[str, ...]]]:  # type: ignore[override]
        return AmbiguousInputError, (self.given,)


class UnsupportedInputError(InputError):
    """The bytes are of a format that holds no markup or text.

    Attributes:
        detected: what they look like, such as `PDF` or `binary data`.
    """

    code = "unsupported_input"

    def __init__(self, field: str, detected: str) -> None:
        self.detected = detected
        super().__init__(field, f"looks like {detected}; expected HTML, plain text or Markdown")

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return UnsupportedInputError, (self.field, self.detected)


class InputTooLargeError(InputError):
    """More bytes than the limit.

    Attributes:
        size: bytes of the input.
        limit: bytes allowed (`Limits.max_bytes`).
    """

    code = "input_too_large"

    def __init__(self, field: str, size: int, limit: int) -> None:
        self.size = size
        self.limit = limit
        super().__init__(field, f"{size} bytes, {limit} allowed (Limits.max_bytes)")

    def __reduce__(self) -> tuple[type, tuple[str, int, int]]:  # type: ignore[override]
        return InputTooLargeError, (self.field, self.size, self.limit)


class OptionError(DedupError):
    """An option outside its range.

    Attributes:
        option: its name.
        got: the value given.
        expected: what is allowed, in words.
    """

    code = "invalid_option"

    def __init__(self, option: str, got: object, expected: str) -> None:
        self.option = option
        self.got = got
        self.expected = expected
        super().__init__(f"{option}: expected {expected}, got {got!r}")

    def __reduce__(self) -> tuple[type, tuple[str, object, str]]:
        return OptionError, (self.option, self.got, self.expected)


class MissingExtraError(OptionError):
    """An option that takes a package which is not installed.

    Attributes:
        package: its name.
        extra: of dedup, which brings it.
    """

    code = "missing_extra"

    def __init__(self, option: str, package: str, extra: str) -> None:
        self.package = package
        self.extra = extra
        got = True
        super().__init__(option, got, f"the package {package}")

    def __str__(self) -> str:
        return f"{self.option}: takes the package {self.package} (pip install 'dedup[{self.extra}]')"

    def __reduce__(self) -> tuple[type, tuple[str, str, str]]:
        return MissingExtraError, (self.option, self.package, self.extra)


class FingerprintError(DedupError):
    """Arrays, signatures or parameters that do not fit together.

    Attributes:
        argument: the one at fault.
        got: what it was.
        expected: what it had to be.
    """

    code = "invalid_fingerprint"

    def __init__(self, argument: str, got: object, expected: str) -> None:
        self.argument = argument
        self.got = got
        self.expected = expected
        super().__init__(f"{argument}: expected {expected}, got {got!r}")

    def __reduce__(self) -> tuple[type, tuple[str, object, str]]:
        return FingerprintError, (self.argument, self.got, self.expected)


class PoolError(DedupError):
    """Work that worker processes did not do."""

    code = "pool_error"


class WorkerStartError(PoolError):
    """No worker could be started, so the pool does no work at all.

    Attributes:
        entry: the `module:function` that workers were to run.
        problem: what went wrong.
    """

    code = "worker_start_failed"

    def __init__(self, entry: str, problem: str) -> None:
        self.entry = entry
        self.problem = problem
        super().__init__(f"no worker could be started for {entry}: {problem}")

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return WorkerStartError, (self.entry, self.problem)


class WorkerDiedError(PoolError):
    """A worker ended while it did the job, as often as the pool tries one.

    Attributes:
        exit_status: of the last worker; the signal's number, negative, where a signal ended it.
        attempts: workers that the job has cost.
    """

    code = "worker_died"

    def __init__(self, exit_status: int, attempts: int) -> None:
        self.exit_status = exit_status
        self.attempts = attempts
        super().__init__(f"a worker process ended ({_ending(exit_status)}) while it did the job, attempt {attempts}")

    def __reduce__(self) -> tuple[type, tuple[int, int]]:
        return WorkerDiedError, (self.exit_status, self.attempts)


def _ending(exit_status: int) -> str:
    if exit_status >= 0:
        return f"exit status {exit_status}"
    try:
        return signal.Signals(-exit_status).name
    except ValueError:  # real-time signals have no names
        return f"signal {-exit_status}"


class TimeLimitExceededError(PoolError):
    """The job ran longer than any job may; its worker was ended.

    Attributes:
        limit: seconds that a job may run.
    """

    code = "time_limit_exceeded"

    def __init__(self, limit: float) -> None:
        self.limit = limit
        super().__init__(f"the job ran for more than {limit:g} s and was ended")

    def __reduce__(self) -> tuple[type, tuple[float]]:
        return TimeLimitExceededError, (self.limit,)


class MemoryExceededError(PoolError):
    """The job took more memory than a worker may; its worker was ended.

    Attributes:
        limit: bytes that a worker may occupy.
    """

    code = "memory_exceeded"

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"the job took its worker past {limit} bytes of memory and was ended")

    def __reduce__(self) -> tuple[type, tuple[int]]:
        return MemoryExceededError, (self.limit,)


class DeadlineExceededError(PoolError):
    """No result in time. The wait for a worker counts, so the job need not be at fault.

    Attributes:
        deadline: seconds that the caller allowed.
        stage: `waiting` for a worker, or `running` in one.
    """

    code = "deadline_exceeded"

    def __init__(self, deadline: float, stage: Literal["waiting", "running"]) -> None:
        self.deadline = deadline
        self.stage = stage
        super().__init__(f"no result within {deadline:g} s; the job was {stage}")

    def __reduce__(self) -> tuple[type, tuple[float, str]]:
        return DeadlineExceededError, (self.deadline, self.stage)


class JobFailedError(PoolError):
    """The job's function raised; its worker goes on.

    Attributes:
        exception: name of the exception's class.
        message: of the exception.
        traceback: where it was raised in the worker, for logs.
    """

    code = "job_failed"

    def __init__(self, exception: str, message: str, traceback: str) -> None:
        self.exception = exception
        self.message = message
        self.traceback = traceback
        super().__init__(f"{exception}: {message}")

    def __reduce__(self) -> tuple[type, tuple[str, str, str]]:
        return JobFailedError, (self.exception, self.message, self.traceback)


class PoolFullError(PoolError):
    """As many jobs are unanswered as the pool takes.

    Attributes:
        capacity: that number.
    """

    code = "pool_full"

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        super().__init__(f"{capacity} jobs are unanswered and no more are taken")

    def __reduce__(self) -> tuple[type, tuple[int]]:
        return PoolFullError, (self.capacity,)


class PoolClosedError(PoolError):
    """The pool was closed before it could do the job."""

    code = "pool_closed"

    def __init__(self) -> None:
        super().__init__("the pool is closed")

    def __reduce__(self) -> tuple[type, tuple[()]]:
        return PoolClosedError, ()


class StateError(DedupError):
    """A memory that cannot be opened, or does not fit what is asked of it.

    Attributes:
        state: where it is.
        problem: what is wrong and what to do.
    """

    code = "invalid_state"

    def __init__(self, state: str, problem: str) -> None:
        self.state = state
        self.problem = problem
        super().__init__(f"{state}: {problem}")

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return StateError, (self.state, self.problem)


class StateMissingError(StateError):
    """There is no memory, where one is to be read."""

    code = "state_missing"

    def __init__(self, state: str) -> None:
        super().__init__(state, "there is no state; give the directory or Redis that a service or `Cleaner` keeps")

    def __reduce__(self) -> tuple[type, tuple[str]]:  # type: ignore[override]
        return StateMissingError, (self.state,)


class StateMismatchError(StateError):
    """A memory made by another version or with other parameters.

    Attributes:
        field: the parameter that differs.
        expected: its value in this process.
        got: its value in the memory.
    """

    code = "state_mismatch"

    def __init__(self, state: str, field: str, expected: object, got: object) -> None:
        self.field = field
        self.expected = expected
        self.got = got
        fix = "learn its pages again into a new one" if field == "format" else "use the options it was made with"
        super().__init__(state, f"{field} is {got!r} there and {expected!r} here; {fix}")

    def __reduce__(self) -> tuple[type, tuple[str, str, object, object]]:  # type: ignore[override]
        return StateMismatchError, (self.state, self.field, self.expected, self.got)


class StateInUseError(StateError):
    """Another process owns the memory; one at a time may."""

    code = "state_in_use"

    def __init__(self, state: str) -> None:
        super().__init__(state, "another process has it open; stop that one, or share a Redis between them")

    def __reduce__(self) -> tuple[type, tuple[str]]:  # type: ignore[override]
        return StateInUseError, (self.state,)


class StateDamagedError(StateError):
    """Bytes of the memory are lost or changed.

    Attributes:
        place: the file, page or position that is damaged.
        damage: what is wrong with it.
        fix: what to do about it.
    """

    code = "state_damaged"

    def __init__(
        self,
        state: str,
        place: str,
        damage: str,
        fix: str = "see `dedup state verify`, then restore a backup to a new state",
    ) -> None:
        self.place = place
        self.damage = damage
        self.fix = fix
        super().__init__(state, f"{place}: {damage}; {fix}")

    def __reduce__(self) -> tuple[type, tuple[str, str, str, str]]:  # type: ignore[override]
        return StateDamagedError, (self.state, self.place, self.damage, self.fix)


class StateFullError(StateError):
    """No room for more. What was acknowledged is kept, and writing works again when there is room.

    Attributes:
        reason: what the system or the server said.
    """

    code = "state_full"

    def __init__(self, state: str, reason: str) -> None:
        self.reason = reason
        super().__init__(state, f"no room to write ({reason}); nothing is lost, make room and try again")

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return StateFullError, (self.state, self.reason)


class StateUnavailableError(StateError):
    """The server of the memory does not answer; whether the last write arrived is unknown.

    Attributes:
        reason: what the connection said.
    """

    code = "state_unavailable"

    def __init__(self, state: str, reason: str) -> None:
        self.reason = reason
        super().__init__(state, f"does not answer ({reason}); try again later")

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return StateUnavailableError, (self.state, self.reason)


class StateNotDurableError(StateError):
    """The server is set up to lose what it acknowledges.

    Attributes:
        setting: of the server.
        expected: what it has to be.
        got: what it is.
    """

    code = "state_not_durable"

    def __init__(self, state: str, setting: str, expected: str, got: str) -> None:
        self.setting = setting
        self.expected = expected
        self.got = got
        super().__init__(state, f"{setting} is {got!r} there; set it to {expected!r}")

    def __reduce__(self) -> tuple[type, tuple[str, str, str, str]]:  # type: ignore[override]
        return StateNotDurableError, (self.state, self.setting, self.expected, self.got)


class ArchiveError(DedupError):
    """An archive job that cannot go on."""

    code = "archive"


class ArchiveInputError(ArchiveError):
    """An input that is not there or cannot be read.

    Attributes:
        name: the file or pattern.
        problem: what is wrong with it.
    """

    code = "archive_input"

    def __init__(self, name: str, problem: str) -> None:
        self.name = name
        self.problem = problem
        super().__init__(f"{name}: {problem}")

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return ArchiveInputError, (self.name, self.problem)


class ArchiveRecordError(ArchiveError):
    """A record that cannot be read or cleaned, in a job that was asked to stop at the first.

    Attributes:
        file: the archive.
        offset: where in it, as `Record.offset` counts.
        why: what is wrong with the record.
    """

    code = "archive_record"

    def __init__(self, file: str, offset: int, why: str) -> None:
        self.file = file
        self.offset = offset
        self.why = why
        super().__init__(
            f"{file}, offset {offset}: {why}; without --strict it is skipped and named in quarantine.jsonl"
        )

    def __reduce__(self) -> tuple[type, tuple[str, int, str]]:
        return ArchiveRecordError, (self.file, self.offset, self.why)


class ArchiveOutputError(ArchiveError):
    """The output folder takes no more, or holds the output of another job.

    Attributes:
        path: the folder or file.
        problem: what is wrong, and what helps.
    """

    code = "archive_output"

    def __init__(self, path: str, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"{path}: {problem}")

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return ArchiveOutputError, (self.path, self.problem)


class ArchiveEngineError(ArchiveError):
    """What the stages run on does not start, or gave up.

    Attributes:
        engine: its name.
        problem: what it said.
    """

    code = "archive_engine"

    def __init__(self, engine: str, problem: str) -> None:
        self.engine = engine
        self.problem = problem
        super().__init__(f"{engine}: {problem}")

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return ArchiveEngineError, (self.engine, self.problem)


class ArchiveIndexError(ArchiveError):
    """An index of what earlier jobs kept that cannot be used.

    Attributes:
        path: the index or the file of it.
        problem: what is wrong, and what helps.
    """

    code = "archive_index"

    def __init__(self, path: str, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"{path}: {problem}")

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return ArchiveIndexError, (self.path, self.problem)


class ArchiveIndexMismatchError(ArchiveIndexError):
    """An index made by another version or with other options; what it holds cannot be compared.

    Attributes:
        field: the parameter that differs.
        expected: its value in this job.
        got: its value in the index.
    """

    code = "archive_index_mismatch"

    def __init__(self, path: str, field: str, expected: object, got: object) -> None:
        self.field = field
        self.expected = expected
        self.got = got
        same = "options" if field in {"threshold", "shingle", "scope"} else "version of dedup"
        super().__init__(path, f"{field} is {got!r} there and {expected!r} here; use the {same} it was made with")

    def __reduce__(self) -> tuple[type, tuple[str, str, object, object]]:  # type: ignore[override]
        return ArchiveIndexMismatchError, (self.path, self.field, self.expected, self.got)
