"""Around every handler: the request's id, the count of what is under way, errors as problem documents."""

from __future__ import annotations

import contextlib
import logging
import random
import re
import time
from http import HTTPStatus

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from dedup.errors import DedupError
from service.api import Problem
from service.auth import Access
from service.compression import compress_response, vary
from service.context import ACCESS, BUDGET, KEYS, LIFECYCLE, METRICS, REQUEST_ID, SETTINGS
from service.errors import OverloadedError
from service.logs import REQUEST
from service.media import ENCODINGS
from service.problems import CODES, problem, problem_of, problem_reply
from service.unsent import may_wait

REQUEST_ID_HEADER = "X-Request-Id"

_log = logging.getLogger(__name__)
_ids = random.Random()  # noqa: S311  (an id is a name, not a secret; the system's randomness costs a call each)
_USABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_OPEN = frozenset(("/", "/livez", "/readyz", "/openapi.json"))  # for which no key is needed
_ALLOWED = "Authorization, Content-Encoding, Content-Type, X-Request-Id"  # headers that pages of other origins send
_EXPOSED = "Retry-After, Server-Timing, X-Request-Id"  # and those that they read
_HTTP_CODES = {404: "not_found", 405: "method_not_allowed"}


def request_id(given: str) -> str:
    """The id of a request: what the client gave, if it can be copied into logs and headers, or else a new one."""
    return given if _USABLE_ID.fullmatch(given) else f"{_ids.getrandbits(128):032x}"


@web.middleware
async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give every request an id and an answer."""
    began = time.monotonic()
    request[REQUEST_ID] = request_id(request.headers.get(REQUEST_ID_HEADER, ""))
    token = REQUEST.set(request[REQUEST_ID])
    try:
        with request.app[LIFECYCLE].request():
            response = await _handle(request, handler)
            if not response.prepared:
                response.headers[REQUEST_ID_HEADER] = request[REQUEST_ID]
                await compress_response(request, response)
            taken = time.monotonic() - began
            if may_wait(request, response):
                response = await _send(request, response)
        request.app[METRICS].request(_route(request), request.method, response.status, taken)
        path = request.rel_url.raw_path  # with its escapes: decoded, a line break in it would begin a line of the log
        _log.debug("%s %s %d %.1f ms", request.method, path, response.status, taken * 1000)
        return response
    finally:
        REQUEST.reset(token)


async def _send(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """Send an answer that may wait for its reader; its bytes are counted as long as it does."""
    assert isinstance(response, web.Response)  # noqa: S101  (`may_wait`)
    body = response.body
    try:
        with request.app[BUDGET].held_unsent(len(body) if isinstance(body, bytes) else 0):
            with contextlib.suppress(ConnectionError):  # which the server, asked to send it again, finds out itself
                await response.prepare(request)
                await response.write_eof()
            return response
    except OverloadedError as error:
        refusal = _problem_response(problem_of(error, request[REQUEST_ID]))
        refusal.headers[REQUEST_ID_HEADER] = request[REQUEST_ID]
        return refusal


def _route(request: web.Request) -> str:
    """The pattern of the path, which there are few of."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "other"


async def allow_origin(request: web.Request, response: web.StreamResponse) -> None:
    """Let pages of the origins that the setting `cors` names read the answer; a signal, since streams need it, too."""
    allowed, origin = request.app[SETTINGS].origins, request.headers.get(hdrs.ORIGIN)
    if not allowed:
        return
    vary(response, hdrs.ORIGIN)  # whoever asks: a cache must not give one origin what another was refused
    if origin and ("*" in allowed or origin in allowed):
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = "*" if "*" in allowed else origin
        response.headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = _EXPOSED
        if request.method == hdrs.METH_OPTIONS:
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_METHODS] = "GET, POST, DELETE"
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_HEADERS] = _ALLOWED


async def _handle(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        if request.method == hdrs.METH_OPTIONS and request.app[SETTINGS].origins:
            return web.Response(status=HTTPStatus.NO_CONTENT)
        is_open = request.path in _OPEN
        request[ACCESS] = Access() if is_open else request.app[KEYS].find(request.headers.get(hdrs.AUTHORIZATION))
        return await handler(request)
    except DedupError as error:
        return _problem_response(problem_of(error, request[REQUEST_ID]))
    except web.HTTPException as error:
        return _http_problem(request, error)
    except ConnectionResetError:  # the client has gone before its answer; nobody reads this one
        return _problem_response(problem("malformed_request", "the connection was closed", request[REQUEST_ID]))
    except Exception:  # noqa: BLE001  (a fault of ours is no reason to leave a client without an answer)
        _log.exception("request %s", request[REQUEST_ID])
        detail = "the service's log tells more, under the request id"
        return _problem_response(problem("internal_error", detail, request[REQUEST_ID]))


def _http_problem(request: web.Request, error: web.HTTPException) -> web.Response:
    """What aiohttp itself refuses."""
    code = _HTTP_CODES.get(error.status, "malformed_request")
    detail = f"{request.method} {request.path}: {CODES[code].title.lower()}"
    response = _problem_response(problem(code, detail, request[REQUEST_ID]))
    if allowed := error.headers.get(hdrs.ALLOW):
        response.headers[hdrs.ALLOW] = allowed
    return response


def _problem_response(document: Problem) -> web.Response:
    reply = problem_reply(document)
    response = web.Response(status=reply.status, body=reply.body, content_type=reply.media_type)
    retry_after = CODES[document.code].retry_after
    if retry_after is not None:
        response.headers[hdrs.RETRY_AFTER] = str(retry_after)
    if document.code == "unauthorized":
        response.headers[hdrs.WWW_AUTHENTICATE] = "Bearer"
    if document.code == "unsupported_content_encoding":
        response.headers[hdrs.ACCEPT_ENCODING] = ", ".join(ENCODINGS)  # RFC 9110, section 12.5.3
    return response
