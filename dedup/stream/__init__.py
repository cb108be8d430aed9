"""Cleaning a stream of pages on all cores, with the answers that one core would give.

A page makes two trips to its worker. On the first it is analysed, which is most of the work and needs no memory. What
the memory says of it goes along on the second, in the order of the stream, when every page before has been learned.

    lanes.py    workers, each with pages of its own, seen from the process that owns the memory
    worker.py   the program of a worker
    wire.py     what goes to and fro; bytes only, nothing is unpickled
"""

from __future__ import annotations

from dedup.stream.lanes import Lanes, Ticket
from dedup.stream.wire import Question, question_of

__all__ = ["Lanes", "Question", "Ticket", "question_of"]
