"""Everything that can be wrong with a request before a page is cleaned.

    DedupError
    └── ServiceError
        ├── UnsupportedMediaTypeError       a Content-Type that is not read
        ├── UnsupportedContentEncodingError a Content-Encoding that is not undone
        ├── NotAcceptableError              an Accept that no format satisfies
        ├── BodyTooLargeError               more bytes than the limit
        ├── BodyTimeoutError                the body came too slowly
        ├── ExpectationFailedError          an Expect that cannot be met
        ├── MalformedBodyError              no JSON, no MessagePack, broken compression
        ├── UnknownFieldError               a field or query parameter that does not exist
        ├── InvalidFieldError               a value of the wrong type or outside its range
        ├── LearningUnavailableError        learning was asked for, and there is no memory
        ├── NoSuchSiteError                 nothing was learned of a site
        ├── NoSuchIndexError                documents are asked for, and there is no memory
        ├── NoSuchDocumentError             no document of a name is in the index
        ├── UnauthorizedError               no key, or one that is not known
        ├── ForbiddenError                  a key that may only read
        ├── ClientError                     a client that cannot go on
        │   ├── RefusedError                the service refuses a call
        │   └── UnreachableError            it does not answer
        ├── NotReadyError                   workers are starting
        ├── OverloadedError                 no room for another request
        ├── ShuttingDownError               no more requests are taken
        └── ListenError                     the address cannot be listened on

The codes, with their HTTP status, stand in `service.problems`.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

from dedup.errors import DedupError

if TYPE_CHECKING:
    from service.api import Problem

_MOST_SHOWN: Final = 64  # characters of a name that a client made up


class ServiceError(DedupError):
    """Base of the service's own errors."""


class UnsupportedMediaTypeError(ServiceError):
    """A Content-Type that is not read.

    Attributes:
        got: the header; None where there was none.
        supported: the types that are.
    """

    code = "unsupported_media_type"

    def __init__(self, got: str | None, supported: tuple[str, ...]) -> None:
        self.got = got
        self.supported = supported
        found = f"Content-Type is {got!r}" if got else "no Content-Type was sent"
        super().__init__(f"{found}; send one of {', '.join(supported)}, in UTF-8 where it is JSON")


class UnsupportedContentEncodingError(ServiceError):
    """A Content-Encoding that is not undone.

    Attributes:
        got: the header.
        supported: the encodings that are.
    """

    code = "unsupported_content_encoding"

    def __init__(self, got: str, supported: tuple[str, ...]) -> None:
        self.got = got
        self.supported = supported
        super().__init__(f"Content-Encoding is {got!r}; send one of {', '.join(supported)}, or none")


class NotAcceptableError(ServiceError):
    """An Accept that no format satisfies.

    Attributes:
        got: the header.
        supported: the types there are.
    """

    code = "not_acceptable"

    def __init__(self, got: str, supported: tuple[str, ...]) -> None:
        self.got = got
        self.supported = supported
        super().__init__(f"Accept is {got!r}; the response can be {' or '.join(supported)}")


class BodyTooLargeError(ServiceError):
    """More bytes than `Settings.max_body_bytes`.

    Attributes:
        limit: bytes allowed.
        measured: `declared`, `received` or `decompressed`.
    """

    code = "body_too_large"

    def __init__(self, limit: int, measured: str) -> None:
        self.limit = limit
        self.measured = measured
        super().__init__(f"the body is larger than {limit} bytes, {measured} (setting max_body_bytes)")


class BodyTimeoutError(ServiceError):
    """The body was not complete in time.

    Attributes:
        limit: seconds allowed.
    """

    code = "body_timeout"

    def __init__(self, limit: float) -> None:
        self.limit = limit
        super().__init__(f"the body was not complete within {limit:g} s (setting body_timeout)")


class ExpectationFailedError(ServiceError):
    """An Expect that cannot be met.

    Attributes:
        got: the header.
    """

    code = "expectation_failed"

    def __init__(self, got: str) -> None:
        self.got = got
        super().__init__(f"Expect is {got!r}; only 100-continue is known")


class MalformedBodyError(ServiceError):
    """No JSON, no MessagePack, or broken compression.

    Attributes:
        format: what it was to be.
        problem: what is wrong.
        position: the byte, from 0, at which that shows; None where it is not known.
        line: of that byte, from 1; None where the format has no lines.
        column: of that byte in its line, from 1, in bytes.
    """

    code = "malformed_body"

    def __init__(
        self,
        format: str,  # noqa: A002  (the field's name)
        problem: str,
        position: int | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        self.format = format
        self.problem = problem
        self.position = position
        self.line = line
        self.column = column
        place = "" if position is None else f" at byte {position}"
        if line is not None:
            place += f" (line {line}, column {column})"
        super().__init__(f"the body is no valid {format}: {problem}{place}")


class UnknownFieldError(ServiceError):
    """A field or query parameter that does not exist.

    Attributes:
        field: its name.
        known: the names there are.
    """

    code = "unknown_field"

    def __init__(self, field: str, known: tuple[str, ...]) -> None:
        self.field = field if len(field) <= _MOST_SHOWN else f"{field[:_MOST_SHOWN]}…"
        self.known = known
        close = difflib.get_close_matches(self.field, known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
        super().__init__(f"{self.field}: no such field; {hint}")


class InvalidFieldError(ServiceError):
    """A value of the wrong type or outside its range.

    Attributes:
        field: its name.
        problem: what was expected and what was found.
    """

    code = "invalid_field"

    def __init__(self, field: str, problem: str) -> None:
        self.field = field
        self.problem = problem
        super().__init__(f"{field}: {problem}")


class LearningUnavailableError(ServiceError):
    """Learning, or what was learned, was asked for, and there is no memory.

    Attributes:
        field: of the request, which asked for it; None where the request itself did.
    """

    code = "learning_unavailable"

    def __init__(self, field: str | None = None) -> None:
        self.field = field
        without = f"{field}: this service has no memory (setting state); leave the field out or send false"
        super().__init__(without if field else "this service has no memory; start it with the setting state")


class NoSuchSiteError(ServiceError):
    """Nothing was learned of a site.

    Attributes:
        site: its name.
    """

    code = "no_such_site"

    def __init__(self, site: str) -> None:
        self.site = site
        super().__init__(f"nothing was learned of {site}; GET /v1/sites names the sites there are")


class UnauthorizedError(ServiceError):
    """No key was sent, or none that is known.

    Attributes:
        problem: which of the two.
    """

    code = "unauthorized"

    def __init__(self, problem: str) -> None:
        self.problem = problem
        super().__init__(problem)

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return UnauthorizedError, (self.problem,)


class ForbiddenError(ServiceError):
    """The key may only read.

    Attributes:
        action: what was asked for.
    """

    code = "forbidden"

    def __init__(self, action: str) -> None:
        self.action = action
        super().__init__(f"{action} takes a key with the access read-write")

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return ForbiddenError, (self.action,)


class ClientError(ServiceError):
    """A client of the service cannot go on."""

    code = "client_error"


class RefusedError(ClientError):
    """The service refuses a call.

    Attributes:
        problem: what it says: `service.api.Problem`.
    """

    code = "refused"

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(f"{problem.code}: {problem.detail}")

    def __reduce__(self) -> tuple[type, tuple[Problem]]:
        return RefusedError, (self.problem,)


class UnreachableError(ClientError):
    """The service does not answer.

    Attributes:
        url: its address.
        reason: of the last attempt.
    """

    code = "unreachable"

    def __init__(self, url: str, reason: str) -> None:
        self.url = url
        self.reason = reason
        super().__init__(f"{url} does not answer: {reason}")

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return UnreachableError, (self.url, self.reason)


class NotReadyError(ServiceError):
    """Workers are starting; requests wait for them."""

    code = "not_ready"

    def __init__(self) -> None:
        super().__init__("the workers are starting")


class OverloadedError(ServiceError):
    """No room for another request.

    Attributes:
        setting: the one whose bound was hit.
        limit: its value.
    """

    code = "overloaded"

    def __init__(self, setting: str, limit: int) -> None:
        self.setting = setting
        self.limit = limit
        super().__init__(f"as much is waiting as may (setting {setting} is {limit}); try again later")


class NoSuchIndexError(ServiceError):
    """There is no crawl index, since there is no state to keep it in."""

    code = "no_such_index"

    def __init__(self) -> None:
        super().__init__("there is no crawl index; start the service with the setting state")


class NoSuchDocumentError(ServiceError):
    """The crawl index does not hold this document.

    Attributes:
        document: its id.
    """

    code = "no_such_document"

    def __init__(self, document: str) -> None:
        self.document = document
        super().__init__(f"the crawl index holds no document {document!r}")


class ShuttingDownError(ServiceError):
    """No more requests are taken; those under way are finished."""

    code = "shutting_down"

    def __init__(self) -> None:
        super().__init__("the service is shutting down; try again, or elsewhere")


class ListenError(ServiceError):
    """The address cannot be listened on.

    Attributes:
        host: setting `host`.
        port: setting `port`.
        problem: what the system says.
    """

    code = "cannot_listen"

    def __init__(self, host: str, port: int, problem: str) -> None:
        self.host = host
        self.port = port
        self.problem = problem
        super().__init__(f"cannot listen on {host} port {port}: {problem}")
