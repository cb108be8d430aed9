"""One page of many: cleaned as if it had come alone, and what is wrong with it told in its place."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiohttp import web

from dedup.errors import DeadlineExceededError, DedupError
from service.api import Problem
from service.context import ACCESS, MEMORY, PLACES, REQUEST_ID, SETTINGS, WORKERS
from service.deadline import in_time
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
        ends: when all of them have to be answered, by the loop's clock; each has a `deadline` of its own unless given.
    """

    def __init__(self, request: web.Request, sent: Format, own: str, ends: float | None = None) -> None:
        self._request = request
        self._sent = sent
        self._own = own
        self._ends = ends

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
        async with self._place():
            reply = await app[WORKERS].clean(
                head, record, app[MEMORY], namespace=access.namespace, teach=access.may_write, ends=self._ends
            )
        if reply.media_type == PROBLEM:
            return self._problem(msgspec.json.decode(reply.body, type=Problem))
        return reply.body

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        """A place as soon as there is one.

        Raises:
            DeadlineExceededError: the time is over before.
        """
        app = self._request.app
        places, deadline = app[PLACES].wait(), app[SETTINGS].deadline
        if self._ends is None:
            await places.acquire()
        elif asyncio.get_running_loop().time() < self._ends:
            await in_time(places.acquire(), deadline, self._ends)
        else:
            raise DeadlineExceededError(deadline, "waiting")
        try:
            yield
        finally:
            places.release()

    def _problem(self, document: Problem) -> bytes:
        encode: Any = msgspec.json.encode if self._own == "application/json" else msgspec.msgpack.encode
        encoded: bytes = encode(document)
        return encoded
