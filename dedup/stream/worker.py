"""The program of a worker: analyses a page, keeps it, and finishes it when it is told what the memory says."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import msgspec

from dedup.errors import DedupError
from dedup.page import PageInput
from dedup.pipeline import Analysis, analyse, clean, finish
from dedup.stream.wire import (
    Analyse,
    Answer,
    Asked,
    Call,
    Done,
    Setup,
    decode_call,
    encode,
    pack_error,
    question_of,
    unpack_seen,
)

_WARM_UP = "<h1>A title</h1><p>A paragraph that is long enough to be cut into words.</p><p>Another one.</p>"


def open_worker(packed: bytes) -> Callable[[bytes], bytes]:
    """What `WorkerPool` runs; `packed` is a `Setup`."""
    worker = _Worker(msgspec.msgpack.decode(packed, type=Setup))
    clean(_WARM_UP)  # kernels and models are loaded before the clock of the first page runs

    def do(payload: bytes) -> bytes:
        return encode(worker.answer(decode_call.decode(payload)))

    return do


class _Worker:
    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._held: OrderedDict[int, Analysis] = OrderedDict()

    def answer(self, call: Call) -> Answer:
        """Do one trip."""
        try:
            if isinstance(call, Analyse):
                return Asked(
                    question_of(
                        self._analysed(call.number, PageInput(**call.page)), self._setup.namespace, call.moment
                    )
                )
            analysis = self._held.pop(call.number, None) or self._analysed(call.number, PageInput(**call.page))
            return Done(finish(analysis, unpack_seen(call.seen)))
        except DedupError as error:
            return pack_error(error)

    def _analysed(self, number: int, page: PageInput) -> Analysis:
        analysis = self._held[number] = analyse(page, self._setup.options)
        while len(self._held) > self._setup.held:
            self._held.popitem(last=False)
        return analysis
