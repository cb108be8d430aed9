"""Every exception that dedup raises on purpose.

    DedupError
    ├── InputError                  what was handed in cannot be processed
    │   ├── AmbiguousInputError     none, or more than one, of html, text and markdown
    │   ├── UnsupportedInputError   bytes that are no text (an image, a PDF, an archive)
    │   └── InputTooLargeError      more bytes than the limit
    ├── OptionError                 an option outside its range
    └── FingerprintError            arrays or signatures that do not fit together

Each carries the values it speaks of as fields and builds its message from them.
"""

from __future__ import annotations


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
