"""One page of many: cleaned as if it had come alone, and what is wrong with it told in its place."""

from __future__ import annotations

import logging
from typing import Any

import msgspec
from aiohttp import web

from dedup.errors import DedupError
from service.api import Problem
from service.context import ACCESS, MEMORY, PLACES, REQUEST_ID, WORKERS
from service.envelope import Head
from service.media import PROBLEM, Format
from service.problems import problem, problem_of
from service.records import Parts

_log = logging.getLogger(__name__)

Record = Parts | DedupError


class Answering:
    """Answers the records of a request. Whoever has them answered has taken their bytes from the budget.

    Args:
        request: that they came in.
        sent: the format of the records.
        own: the media type of their answers.
    """

    def __init__(self, request: web.Request, sent: Format, own: str) -> None:
        self._request = request
        self._sent = sent
        self._own = own

    async def answer(self, record: Record, number: int) -> bytes:
        """The result of a page, or a problem document.

        Args:
            record: the page; an error in the place of one that could not be read.
            number: among the request's, for the id that logs and problems name.
        """
        request_id = f"{self._request[REQUEST_ID]}-{number}"
        try:
            if isinstance(record, DedupError):
                return self._problem(problem_of(record, request_id))
            return await self._clean(record, request_id)
        except DedupError as error:
            return self._problem(problem_of(error, request_id))
        except Exception:  # noqa: BLE001  (one page's fault is no reason to leave the others without an answer)
            _log.exception("request %s", request_id)
            detail = "the service's log tells more, under the request id"
            return self._problem(problem("internal_error", detail, request_id))

    async def _clean(self, record: Parts, request_id: str) -> bytes:
        access, app = self._request[ACCESS], self._request.app
        head = Head(request_id, self._sent, None, "identity", [], self._own, may_learn=access.may_write)
        async with app[PLACES].wait():
            reply = await app[WORKERS].clean(
                head, record, app[MEMORY], namespace=access.namespace, teach=access.may_write
            )
        if reply.media_type == PROBLEM:
            return self._problem(msgspec.json.decode(reply.body, type=Problem))
        return reply.body

    def _problem(self, document: Problem) -> bytes:
        encode: Any = msgspec.json.encode if self._own == "application/json" else msgspec.msgpack.encode
        encoded: bytes = encode(document)
        return encoded
