"""What an answer that is no success means to a client: refused for good, refused for now, or from somebody else."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

import aiohttp
import msgspec

from service.api import Problem
from service.errors import ClientError, RefusedError
from service.problems import problem

# A proxy says 502 or 504 while the service behind it is started again, which by itself would be no connection.
FOR_NOW: Final = frozenset(
    (
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    )
)
_SHOWN: Final = 200  # characters of what somebody else says


class Again(Exception):  # noqa: N818  (no error: the call is made again)
    """The call is to be made again.

    Attributes:
        after: seconds, where the answer names some.
    """

    def __init__(self, reason: str, after: float | None) -> None:
        self.after = after
        super().__init__(reason)


def check(response: aiohttp.ClientResponse, content: bytes) -> None:
    """Raise what a response that is no success means.

    Raises:
        Again: it was refused for now.
        RefusedError: it was refused, and the problem says why.
        ClientError: somebody else answers.
    """
    status = response.status
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return
    said = f"{status}: {' '.join(content.decode(errors='replace').split())[:_SHOWN]}"
    if status < HTTPStatus.BAD_REQUEST:  # not followed: it would make a GET of a POST, and a stream is sent but once
        location = response.headers.get("Location", "nowhere")
        raise ClientError(
            f"{response.url} redirects to {location}; give the client the address of the service itself"
        )
    if status in FOR_NOW:
        raise Again(said, _seconds(response.headers.get("Retry-After", "")))
    try:
        raise RefusedError(msgspec.json.decode(content, type=Problem))
    except msgspec.DecodeError:
        if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:  # pages that are too much at once may pass one by one
            detail = f"a proxy before the service takes less: {said}"
            raise RefusedError(problem("body_too_large", detail, "not received")) from None
        raise ClientError(said) from None


def _seconds(retry_after: str) -> float | None:
    """What a `Retry-After` asks for, in seconds or as a date (RFC 9110, section 10.2.3); None where that is neither."""
    if retry_after.isascii() and retry_after.isdecimal():
        return float(retry_after)
    try:
        return max(parsedate_to_datetime(retry_after).timestamp() - time.time(), 0)
    except (ValueError, OverflowError):
        return None
