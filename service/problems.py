"""How it is told that something went wrong: problem documents (RFC 9457) with stable codes."""

from __future__ import annotations

import logging
import signal
from typing import NamedTuple

import msgspec

from dedup.errors import (
    DedupError,
    InputTooLargeError,
    JobFailedError,
    PoolClosedError,
    PoolFullError,
    StateError,
    WorkerDiedError,
    WorkerStartError,
)
from service.api import Problem
from service.envelope import Reply
from service.media import PROBLEM

_log = logging.getLogger(__name__)


class Code(NamedTuple):
    """What a code means.

    Attributes:
        status: of HTTP.
        title: in words.
        retry_after: seconds after which the same request may succeed; None where it will not.
    """

    status: int
    title: str
    retry_after: int | None = None


CODES: dict[str, Code] = {
    "malformed_request": Code(400, "The request breaks HTTP's rules"),
    "malformed_body": Code(400, "The body is not what its headers say"),
    "unauthorized": Code(401, "A key is needed"),
    "forbidden": Code(403, "The key may only read"),
    "not_found": Code(404, "There is no such route"),
    "method_not_allowed": Code(405, "The route has no such method"),
    "not_acceptable": Code(406, "No format that the client accepts"),
    "body_timeout": Code(408, "The body came too slowly"),
    "body_too_large": Code(413, "The body is too large"),
    "input_too_large": Code(413, "The page is too large"),
    "unsupported_media_type": Code(415, "A Content-Type that is not read"),
    "unsupported_content_encoding": Code(415, "A Content-Encoding that is not undone"),
    "expectation_failed": Code(417, "An Expect that cannot be met"),
    "unknown_field": Code(422, "No such field"),
    "invalid_field": Code(422, "A field has a value that it does not take"),
    "ambiguous_input": Code(422, "Not exactly one of html, text and markdown"),
    "invalid_input": Code(422, "The page cannot be processed"),
    "unsupported_input": Code(422, "The page is neither markup nor text"),
    "missing_extra": Code(422, "An option takes a package that the service lacks"),
    "learning_unavailable": Code(422, "There is no memory that could learn"),
    "time_limit_exceeded": Code(422, "The page takes too long"),
    "memory_exceeded": Code(422, "The page takes too much memory"),
    "page_crashes_worker": Code(422, "The page crashes its worker"),
    "no_such_index": Code(422, "There is no crawl index"),
    "no_such_document": Code(404, "The crawl index does not hold this document"),
    "no_such_site": Code(404, "Nothing was learned of this site"),
    "invalid_state": Code(500, "The state cannot be used"),
    "state_damaged": Code(500, "Bytes of the state are lost or changed"),
    "state_full": Code(503, "No room to learn more", retry_after=30),
    "state_unavailable": Code(503, "The state does not answer", retry_after=2),
    "internal_error": Code(500, "A fault of the service"),
    "not_ready": Code(503, "The service is starting", retry_after=2),
    "overloaded": Code(503, "Too many requests are waiting", retry_after=1),
    "deadline_exceeded": Code(503, "No result in time", retry_after=1),
    "worker_died": Code(503, "The page's worker was killed", retry_after=1),
    "workers_failed": Code(503, "No worker can be started", retry_after=30),
    "shutting_down": Code(503, "The service is shutting down", retry_after=2),
}

_POOL_CODES = {
    PoolFullError: "overloaded",
    PoolClosedError: "shutting_down",
    WorkerStartError: "workers_failed",
    JobFailedError: "internal_error",
}


_SETTING_OF = {"time_limit_exceeded": "page_time_limit", "memory_exceeded": "worker_memory"}

# What goes wrong with the state is the operator's business: its address stays in the log.
_OF_THE_STATE = {
    "state_full": "there is no room to learn more; nothing is lost, try again later or send learn=false",
    "state_unavailable": "the state does not answer; try again later or send learn=false",
}
_LOGGED = "the service's log tells more, under the request id"


def problem_of(error: DedupError, request_id: str) -> Problem:
    """The problem document for an error."""
    code = code_of(error)
    if code == "internal_error" and not isinstance(error, JobFailedError):  # of which the log has the stack trace
        _log.error("request %s: %s: %s", request_id, error.code, error)
    return problem(
        code,
        _detail(error),
        request_id,
        field=getattr(error, "field", None),
        position=getattr(error, "position", None),
        line=getattr(error, "line", None),
        column=getattr(error, "column", None),
    )


def problem(code: str, detail: str, request_id: str, **members: object) -> Problem:
    """The problem document for a code."""
    meaning = CODES[code]
    return msgspec.convert(
        {
            "type": f"urn:dedup:problem:{code}",
            "title": meaning.title,
            "status": meaning.status,
            "code": code,
            "detail": detail,
            "request_id": request_id,
            **members,
        },
        Problem,
    )


def problem_reply(document: Problem) -> Reply:
    """A problem document as a response."""
    return Reply(document.status, PROBLEM, msgspec.json.encode(document))


def code_of(error: DedupError) -> str:
    """The code that a client sees. A worker that was killed is not the page's fault; one that crashed is."""
    if isinstance(error, WorkerDiedError):
        return "worker_died" if error.exit_status == -signal.SIGKILL else "page_crashes_worker"
    code = _POOL_CODES.get(type(error), error.code)
    if code in CODES:
        return code
    return "invalid_state" if isinstance(error, StateError) else "internal_error"


def _detail(error: DedupError) -> str:
    code = code_of(error)
    if isinstance(error, StateError):
        return _OF_THE_STATE.get(code, f"the state cannot be used; {_LOGGED}")
    if code == "internal_error":
        return _LOGGED
    if isinstance(error, InputTooLargeError):
        return f"{error.field}: {error.size} bytes, {error.limit} allowed (setting max_page_bytes)"
    if setting := _SETTING_OF.get(code):
        return f"{error}; send less of it, or raise the setting {setting}"
    return str(error)
